"""The stage or the outcome of projects on a day, from the event log, in SQL."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, case, func, literal, select

from db.models import Event, Project
from db.words import OUTCOMES, STAGES


def column_on(as_of: dt.date) -> ColumnElement[str]:
    """SQL: the board's column of a project on a day, its stage or `closed`. For statements that read
    `Project`."""
    latest = (
        select(Event.to_state)
        .where(
            Event.subject_id == Project.id,
            Event.subject_type == "project",
            Event.day <= as_of,
            Event.to_state.in_((*STAGES, *OUTCOMES)),
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    return case((latest.in_(OUTCOMES), "closed"), else_=func.coalesce(latest, literal("discovery")))
