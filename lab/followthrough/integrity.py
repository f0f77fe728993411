"""A check for recommendations that were changed without the commands."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Event, Recommendation
from lab.access.rights import Actor, require

NAMED = 20
"""Recommendations listed at most; beyond that, somebody has to look at the database."""


def unexplained_recommendations(session: Session, actor: Actor) -> list[str]:
    """Recommendations whose status differs from their last event, one sentence each. One statement."""
    require(actor, "lab.administer")
    last = (
        select(
            Event.subject_id,
            Event.to_state,
            func.row_number()
            .over(partition_by=Event.subject_id, order_by=(Event.at.desc(), Event.id.desc()))
            .label("rank"),
        )
        .where(Event.subject_type == "recommendation", Event.to_state.is_not(None))
        .subquery()
    )
    rows = session.execute(
        select(Recommendation.title, Recommendation.status, last.c.to_state)
        .outerjoin(last, (last.c.subject_id == Recommendation.id) & (last.c.rank == 1))
        .where(func.coalesce(last.c.to_state, "") != Recommendation.status)
        .limit(NAMED)
    )
    return [
        f"Recommendation “{title}” is {status}, but its events say {recorded or 'nothing'}"
        for title, status, recorded in rows
    ]
