"""Which notes of a board look alike, for its hosts to merge or not. Nothing is merged by itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Note, NotesApart
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.workshops.board.alike import Pair, notes_alike
from lab.workshops.board.queries import board_revision

MOST_COMPARED: Final = 1000
"""Notes that are compared, the latest; comparing takes time by their square."""
MOST_SUGGESTED: Final = 50


@dataclass(frozen=True, slots=True)
class Comparable:
    """The standing notes of a board, in the order in which they were written, and the pairs of them that a
    host said are not the same."""

    notes: tuple[uuid.UUID, ...]
    texts: tuple[str, ...]
    waits: tuple[bool, ...]
    apart: frozenset[Pair]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Notes that look alike, first the one that would stand for all."""

    notes: tuple[uuid.UUID, ...]
    similarity: float
    """The least cosine of any two of them."""


def comparable_notes(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Comparable:
    """What is compared: neither hidden notes nor those merged already. Three statements.

    Raises:
        NotFound: there is no such workshop.
    """
    require(actor, "workshop.run")
    if board_revision(session, workshop_id) is None:
        raise NotFound("This workshop does not exist (any more).")
    rows = session.execute(
        select(Note.id, Note.text, Note.waits)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None), Note.merged_into.is_(None))
        .order_by(Note.written_at.desc(), Note.id.desc())
        .limit(MOST_COMPARED)
    ).all()[::-1]
    at = {row.id: index for index, row in enumerate(rows)}
    pairs = session.execute(
        select(NotesApart.note_id, NotesApart.other_id).where(NotesApart.workshop_id == workshop_id)
    )
    return Comparable(
        tuple(row.id for row in rows),
        tuple(row.text for row in rows),
        tuple(row.waits for row in rows),
        frozenset((at[one], at[other]) for one, other in pairs if one in at and other in at),
    )


def suggest(board: Comparable) -> list[Suggestion]:
    """The notes that look alike, the most alike first. A note on the wall stands before one that waits, then
    the earlier one. Takes up to a second: call it outside any transaction."""
    suggestions = []
    for found in notes_alike(board.texts, apart=board.apart)[:MOST_SUGGESTED]:
        order = sorted(found.notes, key=lambda each: (board.waits[each], each))
        suggestions.append(Suggestion(tuple(board.notes[each] for each in order), found.similarity))
    return suggestions
