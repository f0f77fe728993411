"""Changes of several notes at once: each in one command, so that all of it is done or nothing."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Note, NotesApart
from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.errors import Invalid, TooMany
from lab.workshops.board.changing import block_of, changing, count_notes, guard_column, lay, note_of
from lab.workshops.board.commands import hide_note, merge_notes
from lab.workshops.board.lists import MOST_IN_LIST
from lab.workshops.board.rules import LONGEST_NOTE, MOST_NOTES

MOST_AT_ONCE: Final = 200
"""Notes of one change."""


def merge_several(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    notes: Sequence[uuid.UUID],
    *,
    into: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Merge several notes into one of them that says the same. All are kept and can be parted again."""
    require(actor, "workshop.run")
    for note_id in _bounded(notes):
        if note_id != into:
            merge_notes(session, actor, workshop_id, note_id, into=into, now=now)


def move_several(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    notes: Sequence[uuid.UUID],
    *,
    cluster_id: uuid.UUID | None,
) -> None:
    """Lay several notes at the end of a cluster, or of the new notes (None), in this order."""
    board = changing(session, actor, workshop_id)
    guard_column(session, workshop_id, cluster_id)
    for index, note_id in enumerate(_bounded(notes)):
        if note_of(session, workshop_id, note_id).merged_into:
            raise Invalid("One of these notes has been merged into another. Part them first.")
        position = board.revision - 1.0 + (index + 1) / len(notes)
        lay(session, board, note_id, cluster_id, position)


def hide_several(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    notes: Sequence[uuid.UUID],
    *,
    why: str = "",
    now: dt.datetime,
) -> None:
    """Take several notes off the board and the wall, for one reason, which may be said afterwards."""
    require(actor, "workshop.run")
    for note_id in _bounded(notes):
        hide_note(session, actor, workshop_id, note_id, why=why, now=now)


def write_list(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    ideas: Sequence[str],
    block_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Put up the ideas of a list among the new notes, in their order. They come from a list and
    from nobody in the room, so nobody is counted for them."""
    board = changing(session, actor, workshop_id)
    if not 1 <= len(ideas) <= MOST_IN_LIST:
        raise Invalid(f"A list has 1 to {MOST_IN_LIST} ideas.")
    if count_notes(session, Note.workshop_id == workshop_id) + len(ideas) > MOST_NOTES:
        raise TooMany(f"A board has at most {MOST_NOTES:,} notes.")
    block = block_of(session, workshop_id, block_id)
    session.add_all(
        Note(
            id=new_key(),
            workshop_id=workshop_id,
            block_id=block,
            kind="idea",
            text=text.paragraph(words, "Note", limit=LONGEST_NOTE),
            position=board.revision - 1.0 + (index + 1) / len(ideas),
            source="list",
            written_at=now,
            revision=board.revision,
        )
        for index, words in enumerate(ideas)
    )
    session.flush()


def set_apart(session: Session, actor: Actor, workshop_id: uuid.UUID, notes: Sequence[uuid.UUID]) -> None:
    """Say that notes which look alike are not the same: no two of them are suggested again."""
    changing(session, actor, workshop_id)
    keys = sorted({note_of(session, workshop_id, each).id for each in _bounded(notes)})
    said = select(NotesApart.note_id, NotesApart.other_id).where(NotesApart.workshop_id == workshop_id)
    known = {(one, other) for one, other in session.execute(said)}
    for one, other in combinations(keys, 2):
        if (one, other) not in known:
            session.add(NotesApart(note_id=one, other_id=other, workshop_id=workshop_id))
    session.flush()


def _bounded(notes: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    """Each note once.

    Raises:
        Invalid: there are none, or too many.
    """
    once = list(dict.fromkeys(notes))
    if not once:
        raise Invalid("Choose some notes first.")
    if len(once) > MOST_AT_ONCE:
        raise Invalid(f"Choose at most {MOST_AT_ONCE} notes at once.")
    return once
