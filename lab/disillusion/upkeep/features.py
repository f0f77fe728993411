"""The feature tables: what lists show of each running project, updated as records change and rebuilt at will.

The same functions compute them for all projects and for some, so a rebuild checks the updates.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

from db.dates import days_between
from db.models import (
    Expectation,
    Project,
    ProjectFeature,
    ProjectWait,
    Recommendation,
)
from lab.followthrough.rules import OPEN_STATUSES
from lab.past.columns import read_recommendations
from lab.past.stalls import stalled_after
from lab.past.waiting import AS_IT_STANDS, waits

AT_ONCE: Final = 5000
"""Rows written in one statement."""
_COLUMNS: Final = [column.name for column in ProjectFeature.__table__.columns]


def rebuild_features(session: Session) -> None:
    """Compute the features of every running project anew."""
    _keep(session, None)


def refresh_features(session: Session, project_ids: Sequence[uuid.UUID]) -> None:
    """Compute the features of some projects anew."""
    _keep(session, project_ids)


def _keep(session: Session, project_ids: Sequence[uuid.UUID] | None) -> None:
    for table in (ProjectFeature, ProjectWait):
        among = () if project_ids is None else (table.project_id.in_(project_ids),)
        session.execute(delete(table).where(*among))
    session.execute(insert(ProjectFeature).from_select(_COLUMNS, features(project_ids)))
    asked = read_recommendations(session, AS_IT_STANDS, project_ids)
    names = ("project_id", "waits_after", "heard_on", "people")
    rows = [
        dict(zip(names, group, strict=True))
        for group in waits(session, AS_IT_STANDS, asked, project_ids).groups()
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(ProjectWait), rows[start : start + AT_ONCE])


def days_waited(project_id: Any, day: Any) -> ColumnElement[int]:
    """SQL: people waiting in a running project on a day, in person-days (`lab.past.waiting`)."""
    days = ProjectWait.people * days_between(day, ProjectWait.heard_on)
    return (
        select(func.coalesce(func.sum(days), 0))
        .where(
            ProjectWait.project_id == project_id,
            ProjectWait.waits_after < day,
            ProjectWait.heard_on < day,
        )
        .scalar_subquery()
    )


def features(project_ids: Sequence[uuid.UUID] | None = None) -> Select[Any]:
    """The features of every running project, or of those given that run."""

    def of(column: Any) -> ColumnElement[bool]:
        return literal(True) if project_ids is None else column.in_(project_ids)

    is_open = Recommendation.status.in_(OPEN_STATUSES)
    asked = (
        select(
            Recommendation.project_id,
            func.count().label("open"),
            func.sum(case((Recommendation.status == "sent", 1), else_=0)).label("unanswered"),
        )
        .where(is_open, of(Recommendation.project_id))
        .group_by(Recommendation.project_id)
        .subquery()
    )
    stalled = (
        select(Recommendation.project_id, func.min(stalled_after()).label("after"))
        .where(is_open, of(Recommendation.project_id))
        .group_by(Recommendation.project_id)
        .subquery()
    )
    expected = (
        select(
            Expectation.project_id,
            func.count().label("open"),
            func.min(Expectation.hoped_for).label("missed_after"),
        )
        .where(Expectation.state.in_(("open", "in_hand")), of(Expectation.project_id))
        .group_by(Expectation.project_id)
        .subquery()
    )
    return (
        select(
            Project.id,
            func.coalesce(asked.c.open, 0),
            func.coalesce(asked.c.unanswered, 0),
            stalled.c.after,
            func.coalesce(expected.c.open, 0),
            expected.c.missed_after,
        )
        .outerjoin(asked, asked.c.project_id == Project.id)
        .outerjoin(stalled, stalled.c.project_id == Project.id)
        .outerjoin(expected, expected.c.project_id == Project.id)
        .where(Project.outcome.is_(None), of(Project.id))
    )
