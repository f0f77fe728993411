"""Changes of a workshop's board. Every change takes the board's next revision, so that whoever has
seen one revision asks only for what came after, and of two hosts who move a note the last one wins.

A position orders the notes of a column from the top. Whatever comes to the end gets the revision as its
position: no earlier one is larger.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Cluster, Note, Workshop
from db.words import GROUPS, NOTE_KINDS
from lab.access.rights import Actor
from lab.foundation import text
from lab.foundation.errors import Invalid, TooMany, WrongTransition
from lab.foundation.records import change
from lab.workshops.board.changing import (
    BoardChange,
    block_of,
    changing,
    cluster_of,
    clusters_of,
    count_notes,
    guard_column,
    is_known,
    lay,
    note_of,
    remember_note,
    touch,
)
from lab.workshops.board.marks import loggable, stored_mark
from lab.workshops.board.positions import position_below
from lab.workshops.board.rules import (
    LONGEST_CLUSTER,
    LONGEST_NOTE,
    MOST_CLUSTERS,
    MOST_NOTES,
    NO_REASON_YET,
    TAKEN_BACK,
)


def write_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    words: str,
    now: dt.datetime,
    block_id: uuid.UUID | None = None,
    kind: str = "idea",
    group: str | None = None,
    is_paper: bool = False,
    cluster_id: uuid.UUID | None = None,
    note_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Put up a note as a host, of one's own or, from paper, for somebody without a phone.

    Without a block it belongs to the one the room is in, or was in last. Sent twice under the same key it
    is one note.
    """
    board = changing(session, actor, workshop_id)
    if note_id and is_known(session, Note, note_id, workshop_id):
        return note_id
    guard_column(session, workshop_id, cluster_id)
    if count_notes(session, Note.workshop_id == workshop_id) >= MOST_NOTES:
        raise TooMany(f"A board has at most {MOST_NOTES:,} notes.")
    note = Note(
        id=note_id or new_key(),
        workshop_id=workshop_id,
        block_id=block_of(session, workshop_id, block_id),
        kind=text.chosen(kind, NOTE_KINDS, "Kind"),
        text=text.paragraph(words, "Note", limit=LONGEST_NOTE),
        cluster_id=cluster_id,
        position=float(board.revision),
        group_name=text.chosen_or_none(group, GROUPS, "Group"),
        source="paper" if is_paper else "facilitator",
        written_at=now,
        revision=board.revision,
    )
    session.add(note)
    session.flush()
    return note.id


def edit_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    words: str,
    now: dt.datetime,
) -> None:
    """Correct the words of a note; the event log keeps what it said before."""
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    before = change(note, text=text.paragraph(words, "Note", limit=LONGEST_NOTE))
    if before:
        note.revision = board.revision
        remember_note(session, actor, board, note_id, "edited", now=now, before=before)


def move_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    cluster_id: uuid.UUID | None,
    below: uuid.UUID | None,
) -> None:
    """Lay a note into a cluster, or back among the new notes (None), right below another note, or at the
    top (None). Where that other note has gone elsewhere, it is laid at the end.

    The notes merged into it come along.
    """
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    if note.merged_into:
        raise Invalid("This note has been merged into another. Move that one, or part them first.")
    guard_column(session, workshop_id, cluster_id)
    position = position_below(session, board, note_id, cluster_id, below)
    lay(session, board, note_id, cluster_id, position)


def merge_notes(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    into: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Merge a note into another that says the same. Both are kept and can be parted again."""
    board = changing(session, actor, workshop_id)
    note, standing = note_of(session, workshop_id, note_id), note_of(session, workshop_id, into)
    if standing.merged_into:
        standing = note_of(session, workshop_id, standing.merged_into)
    if standing.id == note_id:
        raise Invalid("These two already lie together.")
    if note.hidden_at or standing.hidden_at:
        raise Invalid("A hidden note cannot be merged. Show it again first.")
    if note.merged_into == standing.id:
        return
    touch(session, board, note.merged_into)
    session.execute(
        update(Note)
        .where(or_(Note.id == note_id, Note.merged_into == note_id))
        .values(
            merged_into=standing.id,
            cluster_id=standing.cluster_id,
            position=standing.position,
            revision=board.revision,
        )
    )
    standing.revision = board.revision
    remember_note(session, actor, board, note_id, "merged", now=now, into=str(standing.id))


def part_note(
    session: Session, actor: Actor, workshop_id: uuid.UUID, note_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a merged note out again, below the note it was merged into."""
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    if note.merged_into:
        _stand_alone(session, board, note)
        remember_note(session, actor, board, note_id, "parted", now=now)


def hide_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    why: str = "",
    now: dt.datetime,
) -> None:
    """Take a note off the board and the wall, at once: the reason may be said afterwards, by hiding it again.
    It is kept, with who hid it and why; voices that were merged with it stay. Its author's phone says so."""
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    reason = text.line(why, "Why", required=False) or NO_REASON_YET
    if note.hidden_at is None or (note.hidden_why == NO_REASON_YET != reason):
        _stand_alone(session, board, note)
        _tell_phones(session, note)
        note.hidden_at, note.hidden_by, note.hidden_why = now, actor.account_id, reason
        note.revision = board.revision
        remember_note(session, actor, board, note_id, "hidden", now=now, reason=reason)


def show_note(
    session: Session, actor: Actor, workshop_id: uuid.UUID, note_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Put a hidden note back where it was."""
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    if note.hidden_why == TAKEN_BACK:
        raise WrongTransition("Whoever wrote this note has taken it back; its words are gone.")
    if note.hidden_at is not None:
        note.hidden_at, note.hidden_by, note.hidden_why = None, None, ""
        _tell_phones(session, note)
        note.revision = board.revision
        remember_note(session, actor, board, note_id, "shown_again", now=now)


def let_on_the_wall(
    session: Session, actor: Actor, workshop_id: uuid.UUID, note_id: uuid.UUID | None = None
) -> None:
    """Let a note that waits on the wall, or all that wait."""
    board = changing(session, actor, workshop_id)
    waiting = update(Note).where(Note.workshop_id == workshop_id, Note.waits)
    if note_id is not None:
        waiting = waiting.where(Note.id == note_of(session, workshop_id, note_id).id)
    session.execute(waiting.values(waits=False, revision=board.revision))
    _tell_phones_of(session, workshop_id)


def mark_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    marks: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> None:
    """Say what a note is, which the wrap-up then proposes to make of it. What is not named stays.

    Args:
        marks: `kind`; `chosen` yes or no; of a promise `promised_by` and `promised_for`; of an expectation
            `importance` 1–5 or None, `within_power` and `said_back`; of a worry `prototype_id`.
    """
    board = changing(session, actor, workshop_id)
    note = note_of(session, workshop_id, note_id)
    before = change(note, **{name: stored_mark(session, board, name, marks[name], now) for name in marks})
    if before:
        note.revision = board.revision
        remember_note(
            session, actor, board, note_id, "marked", now=now, before=loggable(before), marks=loggable(marks)
        )


def add_cluster(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    title: str,
    cluster_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Add a cluster at the right end. The same key twice makes one cluster."""
    board = changing(session, actor, workshop_id)
    if cluster_id and is_known(session, Cluster, cluster_id, workshop_id):
        return cluster_id
    others = clusters_of(session, workshop_id)
    if len(others) >= MOST_CLUSTERS:
        raise TooMany(f"A board has at most {MOST_CLUSTERS} clusters.")
    cluster = Cluster(
        id=cluster_id or new_key(),
        workshop_id=workshop_id,
        title=text.line(title, "Name of the cluster", limit=LONGEST_CLUSTER),
        place=others[-1].place + 1 if others else 0,
        revision=board.revision,
    )
    session.add(cluster)
    session.flush()
    return cluster.id


def rename_cluster(
    session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID, *, title: str
) -> None:
    """Rename a cluster."""
    board = changing(session, actor, workshop_id)
    cluster = cluster_of(session, workshop_id, cluster_id)
    cluster.title = text.line(title, "Name of the cluster", limit=LONGEST_CLUSTER)
    cluster.revision = board.revision


def place_cluster(
    session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID, *, place: int
) -> None:
    """Move a cluster to this index from the left, counted from 0; too large an index means the end."""
    board = changing(session, actor, workshop_id)
    moved = cluster_of(session, workshop_id, cluster_id)
    order = [each for each in clusters_of(session, workshop_id) if each.id != moved.id]
    order.insert(max(place, 0), moved)
    for index, each in enumerate(order):
        if each.place != index:
            each.place, each.revision = index, board.revision


def drop_cluster(session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID) -> None:
    """Take a heading away; its notes go back to the end of the new ones, in the same order."""
    board = changing(session, actor, workshop_id)
    cluster = cluster_of(session, workshop_id, cluster_id)
    cluster.is_dropped, cluster.revision = True, board.revision
    within = Note.cluster_id == cluster_id
    low, high = session.execute(select(func.min(Note.position), func.max(Note.position)).where(within)).one()
    if low is not None:
        share = (Note.position - low + 1.0) / (high - low + 1.0)
        session.execute(
            update(Note)
            .where(within)
            .values(cluster_id=None, position=board.revision - 1.0 + share, revision=board.revision)
            .execution_options(synchronize_session=False)
        )


def _tell_phones(session: Session, note: Note) -> None:
    """Have the phones look again where a note of theirs has changed."""
    if note.join_id is not None:
        _tell_phones_of(session, note.workshop_id)


def _tell_phones_of(session: Session, workshop_id: uuid.UUID) -> None:
    session.execute(update(Workshop).where(Workshop.id == workshop_id).values(revision=Workshop.revision + 1))


def _stand_alone(session: Session, board: BoardChange, note: Note) -> None:
    """Part one note from those merged with it; the others stay merged."""
    others = session.scalars(
        select(Note).where(Note.merged_into == note.id).order_by(Note.written_at, Note.id)
    ).all()
    for other in others:
        other.merged_into = None if other is others[0] else others[0].id
        other.revision = board.revision
    if note.merged_into:
        touch(session, board, note.merged_into)
        note.position = position_below(session, board, note.id, note.cluster_id, note.merged_into)
        note.merged_into = None
        note.revision = board.revision
    session.flush()
