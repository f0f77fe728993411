"""What happens on a workshop's board. Every change takes the board's next revision, so that whoever has
seen one revision asks only for what came after, and of two hosts who move a note the last one wins.

A position orders the notes of a column from the top. Whatever comes to the end gets the revision as its
position: no earlier one is larger.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Cluster, Engagement, Note, Prototype, Workshop, WorkshopBlock
from db.words import GROUPS, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.errors import Invalid, NotFound, TooMany, WrongTransition
from lab.foundation.events import Subject, remember
from lab.foundation.records import change
from lab.workshops import rules


@dataclass(frozen=True, slots=True)
class _Board:
    """A board that may be changed, and the revision under which it now is."""

    workshop_id: uuid.UUID
    project_id: uuid.UUID
    revision: int


def next_revision(session: Session, workshop_id: uuid.UUID) -> int:
    """The revision under which the next change of the board is written. Other writers of the same board
    wait until the transaction ends, so revisions become visible in their order."""
    revision: int | None = session.scalar(
        update(Workshop)
        .where(Workshop.id == workshop_id)
        .values(board_revision=Workshop.board_revision + 1)
        .returning(Workshop.board_revision)
    )
    if revision is None:
        raise NotFound("This workshop does not exist (any more).")
    return revision


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
    board = _changing(session, actor, workshop_id)
    if note_id and _is_known(session, Note, note_id, workshop_id):
        return note_id
    _guard_column(session, workshop_id, cluster_id)
    if _count(session, Note.workshop_id == workshop_id) >= rules.MOST_NOTES:
        raise TooMany(f"A board has at most {rules.MOST_NOTES:,} notes.")
    note = Note(
        id=note_id or new_key(),
        workshop_id=workshop_id,
        block_id=_block(session, workshop_id, block_id),
        kind=text.chosen(kind, NOTE_KINDS, "Kind"),
        text=text.paragraph(words, "Note", limit=rules.LONGEST_NOTE),
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
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    before = change(note, text=text.paragraph(words, "Note", limit=rules.LONGEST_NOTE))
    if before:
        note.revision = board.revision
        _remember(session, actor, board, note_id, "edited", now=now, before=before)


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
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    if note.merged_into:
        raise Invalid("This note has been merged into another. Move that one, or part them first.")
    _guard_column(session, workshop_id, cluster_id)
    position = _position(session, board, note_id, cluster_id, below)
    session.execute(
        update(Note)
        .where(or_(Note.id == note_id, Note.merged_into == note_id))
        .values(cluster_id=cluster_id, position=position, revision=board.revision)
    )


def merge_notes(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    into: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Let one note stand for both that say the same. Both voices are kept, and can be parted again."""
    board = _changing(session, actor, workshop_id)
    note, standing = _note(session, workshop_id, note_id), _note(session, workshop_id, into)
    if standing.merged_into:
        standing = _note(session, workshop_id, standing.merged_into)
    if standing.id == note_id:
        raise Invalid("These two already lie together.")
    if note.hidden_at or standing.hidden_at:
        raise Invalid("A hidden note cannot be merged. Show it again first.")
    if note.merged_into == standing.id:
        return
    _touch(session, board, note.merged_into)
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
    _remember(session, actor, board, note_id, "merged", now=now, into=str(standing.id))


def part_note(
    session: Session, actor: Actor, workshop_id: uuid.UUID, note_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a merged note out again; it lies below the one that stood for it."""
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    if note.merged_into:
        _stand_alone(session, board, note)
        _remember(session, actor, board, note_id, "parted", now=now)


def hide_note(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    note_id: uuid.UUID,
    *,
    why: str,
    now: dt.datetime,
) -> None:
    """Take a note off the board and the wall. It is kept, with who hid it and why; voices that were merged
    with it stay."""
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    reason = text.line(why, "Why")
    if note.hidden_at is None:
        _stand_alone(session, board, note)
        note.hidden_at, note.hidden_by, note.hidden_why = now, actor.account_id, reason
        note.revision = board.revision
        _remember(session, actor, board, note_id, "hidden", now=now, reason=reason)


def show_note(
    session: Session, actor: Actor, workshop_id: uuid.UUID, note_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Put a hidden note back where it was."""
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    if note.hidden_why == rules.TAKEN_BACK:
        raise WrongTransition("Whoever wrote this note has taken it back; its words are gone.")
    if note.hidden_at is not None:
        note.hidden_at, note.hidden_by, note.hidden_why = None, None, ""
        note.revision = board.revision
        _remember(session, actor, board, note_id, "shown_again", now=now)


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
    board = _changing(session, actor, workshop_id)
    note = _note(session, workshop_id, note_id)
    before = change(note, **{name: _mark(session, board, name, marks[name], now) for name in marks})
    if before:
        note.revision = board.revision
        _remember(session, actor, board, note_id, "marked", now=now, before=_said(before), marks=_said(marks))


def add_cluster(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    title: str,
    cluster_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """A new heading, at the right end. Sent twice under the same key it is one cluster."""
    board = _changing(session, actor, workshop_id)
    if cluster_id and _is_known(session, Cluster, cluster_id, workshop_id):
        return cluster_id
    others = _clusters(session, workshop_id)
    if len(others) >= rules.MOST_CLUSTERS:
        raise TooMany(f"A board has at most {rules.MOST_CLUSTERS} clusters.")
    cluster = Cluster(
        id=cluster_id or new_key(),
        workshop_id=workshop_id,
        title=text.line(title, "Name of the cluster", limit=rules.LONGEST_CLUSTER),
        place=others[-1].place + 1 if others else 0,
        revision=board.revision,
    )
    session.add(cluster)
    session.flush()
    return cluster.id


def rename_cluster(
    session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID, *, title: str
) -> None:
    """Give a cluster another heading."""
    board = _changing(session, actor, workshop_id)
    cluster = _cluster(session, workshop_id, cluster_id)
    cluster.title = text.line(title, "Name of the cluster", limit=rules.LONGEST_CLUSTER)
    cluster.revision = board.revision


def place_cluster(
    session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID, *, place: int
) -> None:
    """Put a cluster at a place from the left, counted from 0; beyond the last it is the last."""
    board = _changing(session, actor, workshop_id)
    moved = _cluster(session, workshop_id, cluster_id)
    order = [each for each in _clusters(session, workshop_id) if each.id != moved.id]
    order.insert(max(place, 0), moved)
    for new_place, each in enumerate(order):
        if each.place != new_place:
            each.place, each.revision = new_place, board.revision


def drop_cluster(session: Session, actor: Actor, workshop_id: uuid.UUID, cluster_id: uuid.UUID) -> None:
    """Take a heading away; its notes go back to the end of the new ones, in the same order."""
    board = _changing(session, actor, workshop_id)
    cluster = _cluster(session, workshop_id, cluster_id)
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


def _changing(session: Session, actor: Actor, workshop_id: uuid.UUID) -> _Board:
    """The board, locked for others until the transaction ends."""
    require(actor, "workshop.run")
    revision = next_revision(session, workshop_id)
    state, project_id = session.execute(
        select(Workshop.state, Engagement.project_id)
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.id == workshop_id)
    ).one()
    rules.guard_board(state)
    return _Board(workshop_id, project_id, revision)


def _note(session: Session, workshop_id: uuid.UUID, note_id: uuid.UUID) -> Note:
    note = session.get(Note, note_id)
    if note is None or note.workshop_id != workshop_id:
        raise NotFound("This note is not on the board (any more).")
    return note


def _cluster(session: Session, workshop_id: uuid.UUID, cluster_id: uuid.UUID) -> Cluster:
    cluster = session.get(Cluster, cluster_id)
    if cluster is None or cluster.workshop_id != workshop_id or cluster.is_dropped:
        raise NotFound("This cluster is not on the board (any more).")
    return cluster


def _clusters(session: Session, workshop_id: uuid.UUID) -> list[Cluster]:
    statement = select(Cluster).where(Cluster.workshop_id == workshop_id, ~Cluster.is_dropped)
    return list(session.scalars(statement.order_by(Cluster.place, Cluster.id)))


def _guard_column(session: Session, workshop_id: uuid.UUID, cluster_id: uuid.UUID | None) -> None:
    if cluster_id is not None:
        _cluster(session, workshop_id, cluster_id)


def _is_known(
    session: Session, table: type[Note] | type[Cluster], key: uuid.UUID, workshop_id: uuid.UUID
) -> bool:
    found = session.scalar(select(table.workshop_id).where(table.id == key))
    if found not in (None, workshop_id):
        raise Invalid("This key is taken. Please try again.")
    return found is not None


def _count(session: Session, *which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Note).where(*which)) or 0


def _block(session: Session, workshop_id: uuid.UUID, block_id: uuid.UUID | None) -> uuid.UUID:
    blocks = select(WorkshopBlock.id).where(WorkshopBlock.workshop_id == workshop_id)
    if block_id:
        found = session.scalar(blocks.where(WorkshopBlock.id == block_id))
    else:
        current = select(Workshop.current_place).where(Workshop.id == workshop_id).scalar_subquery()
        found = session.scalar(
            blocks.where(WorkshopBlock.place <= func.coalesce(current, rules.MOST_BLOCKS))
            .order_by(WorkshopBlock.place.desc())
            .limit(1)
        )
    if found is None:
        raise Invalid("This block is not part of the workshop.")
    return found


def _position(
    session: Session,
    board: _Board,
    note_id: uuid.UUID,
    cluster_id: uuid.UUID | None,
    below: uuid.UUID | None,
) -> float:
    """The position of a note right below another in a column, or above the first."""
    others = (
        Note.workshop_id == board.workshop_id,
        Note.cluster_id.is_not_distinct_from(cluster_id),
        Note.merged_into.is_(None),
        Note.id != note_id,
    )
    end = float(board.revision)
    if below is None:
        first = session.scalar(select(func.min(Note.position)).where(*others))
        return end if first is None else first - 1.0
    above = session.scalar(select(Note.position).where(*others, Note.id == below))
    if above is None:
        return end
    is_after = or_(Note.position > above, (Note.position == above) & (Note.id > below))
    after = session.scalar(
        select(Note.position).where(*others, is_after).order_by(Note.position, Note.id).limit(1)
    )
    if after is None:
        return max(end, above + 1.0)
    if rules.is_too_fine(above, after):
        return _renumbered(session, board, others, below)
    return (above + after) / 2


def _renumbered(
    session: Session, board: _Board, others: tuple[ColumnElement[bool], ...], below: uuid.UUID
) -> float:
    """Spread a column's notes evenly again, and answer with the position left free below one of them."""
    keys = session.scalars(select(Note.id).where(*others).order_by(Note.position, Note.id)).all()
    free = keys.index(below) + 1
    step = board.revision / (len(keys) + 1)
    spread = [
        {"id": key, "position": step * (place + (place > free)), "revision": board.revision}
        for place, key in enumerate(keys, 1)
    ]
    session.execute(update(Note), spread)
    return step * (free + 1)


def _stand_alone(session: Session, board: _Board, note: Note) -> None:
    """Take one voice out of those that lie merged; the others go on lying together."""
    others = session.scalars(
        select(Note).where(Note.merged_into == note.id).order_by(Note.written_at, Note.id)
    ).all()
    for other in others:
        other.merged_into = None if other is others[0] else others[0].id
        other.revision = board.revision
    if note.merged_into:
        _touch(session, board, note.merged_into)
        note.position = _position(session, board, note.id, note.cluster_id, note.merged_into)
        note.merged_into = None
        note.revision = board.revision
    session.flush()


def _touch(session: Session, board: _Board, note_id: uuid.UUID | None) -> None:
    """Say that a note has changed for whoever follows the board: it stands for more voices, or fewer."""
    if note_id:
        session.execute(update(Note).where(Note.id == note_id).values(revision=board.revision))


def _mark(session: Session, board: _Board, name: str, value: Any, now: dt.datetime) -> Any:
    """What may be stored under this name.

    Raises:
        Invalid: there is no such mark, or it cannot have this value.
    """
    match name:
        case "kind":
            return text.chosen(value, NOTE_KINDS, "Kind")
        case "chosen" if isinstance(value, bool):
            return value
        case "importance":
            return value if value is None else text.number(value, "Importance", 1, 5)
        case "within_power":
            return text.chosen_or_none(value, WITHIN_POWER, "Within our power")
        case "said_back":
            return text.chosen_or_none(value, SAID_BACK, "What was said back")
        case "promised_by":
            return text.line(value, "Who promised", required=False)
        case "promised_for":
            return value if value is None else text.planned(value, now.date(), "Promised for")
        case "prototype_id":
            return _prototype(session, board.project_id, value)
    raise Invalid(f"A note cannot be marked like this: {name}.", field=name)


def _prototype(session: Session, project_id: uuid.UUID, key: uuid.UUID | None) -> uuid.UUID | None:
    known = key and session.scalar(
        select(Prototype.id).where(Prototype.id == key, Prototype.project_id == project_id)
    )
    if key and not known:
        raise Invalid("Choose a prototype of the same project.", field="prototype_id")
    return key


def _said(marks: Mapping[str, Any]) -> dict[str, Any]:
    """Marks as the event log can hold them."""
    plain = (str, int, float, bool, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in marks.items()}


def _remember(
    session: Session, actor: Actor, board: _Board, note_id: uuid.UUID, verb: str, **facts: Any
) -> None:
    """What lies on the board counts for no score before the wrap-up."""
    remember(session, actor, Subject("note", note_id, board.project_id), verb, derived=True, **facts)
