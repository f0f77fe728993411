"""Moves between stages that were taken back: from that day on they never happened, before it they stand."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Event

MOVE_UNDONE = "move_undone"


def undone_moves(
    session: Session, *, as_of: dt.date | None = None, project_ids: Sequence[uuid.UUID] | None = None
) -> dict[uuid.UUID, dt.date]:
    """The events of the moves that were taken back by a day, or by now, each with the day of that; of some
    projects, or of all. One statement."""
    found = select(Event.detail, Event.day).where(Event.subject_type == "project", Event.verb == MOVE_UNDONE)
    if as_of is not None:
        found = found.where(Event.day <= as_of)
    if project_ids is not None:
        found = found.where(Event.project_id.in_(project_ids))
    return {uuid.UUID(detail["undone"]): day for detail, day in session.execute(found)}
