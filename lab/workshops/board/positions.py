"""Where a note lies in its column."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from db.models import Note
from lab.workshops.board.changing import BoardChange
from lab.workshops.board.rules import is_too_fine


def position_below(
    session: Session,
    board: BoardChange,
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
    if is_too_fine(above, after):
        return _renumbered(session, board, others, below)
    return (above + after) / 2


def _renumbered(
    session: Session, board: BoardChange, others: tuple[ColumnElement[bool], ...], below: uuid.UUID
) -> float:
    """Renumber a column's notes evenly; returns the free position below one of them."""
    keys = session.scalars(select(Note.id).where(*others).order_by(Note.position, Note.id)).all()
    free = keys.index(below) + 1
    step = board.revision / (len(keys) + 1)
    spread = [
        {"id": key, "position": step * (index + (index > free)), "revision": board.revision}
        for index, key in enumerate(keys, 1)
    ]
    session.execute(update(Note), spread)
    return step * (free + 1)
