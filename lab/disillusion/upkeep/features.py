"""The feature table: what lists say of each running project, kept as records change and rebuilt at will.

One statement computes it, for all projects or for some; the rebuild is the oracle of the upkeep.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from db.dates import days_between
from db.models import (
    Expectation,
    Project,
    ProjectFeature,
    Recommendation,
    Reply,
    Stakeholder,
    recommendation_expectation,
)
from lab.followthrough.rules import OPEN_STATUSES
from lab.past.stalls import stalled_after

_COLUMNS: Final = [column.name for column in ProjectFeature.__table__.columns]


def rebuild_features(session: Session) -> None:
    """Compute every running project's features afresh, in one statement after emptying the table."""
    session.execute(delete(ProjectFeature))
    session.execute(insert(ProjectFeature).from_select(_COLUMNS, features()))


def refresh_features(session: Session, project_ids: Sequence[uuid.UUID]) -> None:
    """Compute the features of some projects afresh."""
    session.execute(delete(ProjectFeature).where(ProjectFeature.project_id.in_(project_ids)))
    session.execute(insert(ProjectFeature).from_select(_COLUMNS, features(project_ids)))


def days_waited(day: ColumnElement[dt.date]) -> ColumnElement[int]:
    """People waiting on a day, in person-days, for a statement that reads `ProjectFeature`: how many have
    something of theirs hanging on what does not move, times the days since people were told anything."""
    waited = ProjectFeature.people_waiting * days_between(day, ProjectFeature.last_heard_on)
    return case((ProjectFeature.stalled_after < day, waited), else_=0)


def features(project_ids: Sequence[uuid.UUID] | None = None) -> Select[Any]:
    """The features of every running project, or of those asked for that run."""

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
    told = (
        select(Reply.project_id, func.max(Reply.told_on).label("last_on"))
        .where(of(Reply.project_id))
        .group_by(Reply.project_id)
        .subquery()
    )
    waiting = _waiting(is_open, of).subquery()
    return (
        select(
            Project.id,
            func.coalesce(asked.c.open, 0),
            func.coalesce(asked.c.unanswered, 0),
            stalled.c.after,
            func.coalesce(expected.c.open, 0),
            expected.c.missed_after,
            func.coalesce(told.c.last_on, Project.opened_on),
            func.coalesce(waiting.c.people, 0),
        )
        .outerjoin(asked, asked.c.project_id == Project.id)
        .outerjoin(stalled, stalled.c.project_id == Project.id)
        .outerjoin(expected, expected.c.project_id == Project.id)
        .outerjoin(told, told.c.project_id == Project.id)
        .outerjoin(waiting, waiting.c.project_id == Project.id)
        .where(Project.outcome.is_(None), of(Project.id))
    )


def _waiting(is_open: ColumnElement[bool], of: Any) -> Select[uuid.UUID, int]:
    """People with something of theirs hanging on an open recommendation: on one that serves an expectation
    of theirs or of everybody's, or that serves none that is recorded."""
    links = recommendation_expectation.c
    own = (
        exists()
        .where(links.recommendation_id == Recommendation.id, links.expectation_id == Expectation.id)
        .where(or_(Expectation.stakeholder_id.is_(None), Expectation.stakeholder_id == Stakeholder.id))
        .correlate(Recommendation, Stakeholder)
    )
    of_nobody = ~exists().where(links.recommendation_id == Recommendation.id)
    concerned = exists().where(
        Recommendation.project_id == Stakeholder.project_id, is_open, or_(of_nobody, own)
    )
    active = Stakeholder.withdrawn_on.is_(None)
    return (
        select(Stakeholder.project_id, func.sum(Stakeholder.people).label("people"))
        .where(active, of(Stakeholder.project_id), concerned)
        .group_by(Stakeholder.project_id)
    )
