"""Links between people and the recommendations or projects they wait for, in SQL."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, or_, select, union, union_all

from db.models import (
    Attendance,
    Contribution,
    Engagement,
    Expectation,
    ForeseenRisk,
    Prototype,
    Recommendation,
    VoteJoin,
    VoteOption,
    VoteRound,
    recommendation_expectation,
)
from db.reading import raw
from lab.followthrough.rules import OPEN_STATUSES

Projects = Sequence[uuid.UUID] | None
"""The projects asked about; None for all."""


def among(column: Any, project_ids: Projects) -> tuple[ColumnElement[bool], ...]:
    """The condition that a row belongs to these projects."""
    return () if project_ids is None else (column.in_(project_ids),)


def took_part(as_of: dt.date, project_ids: Projects = None, *, but: Sequence[uuid.UUID] = ()) -> Subquery:
    """Each time a stakeholder took part up to a day, as `who` and `day`, without the engagements in `but`:
    they came to an engagement, said or expected something, raised a worry, or voted in a round that
    records participation."""
    return union_all(
        select(Attendance.stakeholder_id.label("who"), Engagement.held_on.label("day"))
        .join(Engagement, Engagement.id == Attendance.engagement_id)
        .where(
            Attendance.attended,
            Engagement.held_on <= as_of,
            *among(Engagement.project_id, project_ids),
            *((Engagement.id.not_in(but),) if but else ()),
        ),
        *(
            select(model.stakeholder_id, day).where(
                model.stakeholder_id.is_not(None), day <= as_of, *among(model.project_id, project_ids)
            )
            for model, day in _DATED
        ),
        select(VoteJoin.stakeholder_id, VoteRound.closed_on)
        .join(VoteRound, VoteRound.id == VoteJoin.round_id)
        .where(*_voted(as_of), *among(VoteRound.project_id, project_ids)),
    ).subquery()


_DATED: tuple[tuple[Any, Any], ...] = (
    (Contribution, Contribution.said_on),
    (Expectation, Expectation.recorded_on),
    (ForeseenRisk, ForeseenRisk.raised_on),
)


def _voted(as_of: dt.date) -> tuple[ColumnElement[bool], ...]:
    return (
        VoteJoin.stakeholder_id.is_not(None),
        VoteJoin.receipt.is_not(None),
        VoteRound.closed_on <= as_of,
    )


def _may_be_open(as_of: dt.date, project_ids: Projects) -> ColumnElement[bool]:
    status = or_(Recommendation.status.in_(OPEN_STATUSES), Recommendation.last_news_on > as_of)
    return and_(status, Recommendation.sent_by <= as_of, *among(Recommendation.project_id, project_ids))


def served(as_of: dt.date, project_ids: Projects) -> Select[Any]:
    """(recommendation, owner of an expectation it serves or null, author of the contribution behind it)."""
    links = recommendation_expectation.c
    return (
        select(
            raw(links.recommendation_id), raw(Expectation.stakeholder_id), raw(Contribution.stakeholder_id)
        )
        .join(Recommendation, Recommendation.id == links.recommendation_id)
        .join(Expectation, Expectation.id == links.expectation_id)
        .outerjoin(Contribution, Contribution.id == Expectation.contribution_id)
        .where(_may_be_open(as_of, project_ids), Expectation.recorded_on <= as_of)
    )


def otherwise_hanging(as_of: dt.date, project_ids: Projects) -> Any:
    """(recommendation, who): people with a worry or a ballot on its prototype, and authors of
    contributions behind either."""
    is_open = _may_be_open(as_of, project_ids)
    asked = raw(Recommendation.id)
    return union(
        select(asked, raw(ForeseenRisk.stakeholder_id))
        .join(ForeseenRisk, ForeseenRisk.prototype_id == Recommendation.prototype_id)
        .where(is_open, ForeseenRisk.raised_on <= as_of, ForeseenRisk.stakeholder_id.is_not(None)),
        select(asked, raw(VoteJoin.stakeholder_id))
        .join(VoteOption, VoteOption.prototype_id == Recommendation.prototype_id)
        .join(VoteRound, VoteRound.id == VoteOption.round_id)
        .join(VoteJoin, VoteJoin.round_id == VoteRound.id)
        .where(is_open, *_voted(as_of)),
        select(asked, raw(Contribution.stakeholder_id))
        .join(Contribution, Contribution.id == Recommendation.contribution_id)
        .where(is_open, Contribution.said_on <= as_of, Contribution.stakeholder_id.is_not(None)),
        select(asked, raw(Contribution.stakeholder_id))
        .join(Prototype, Prototype.id == Recommendation.prototype_id)
        .join(Contribution, Contribution.id == Prototype.contribution_id)
        .where(is_open, Contribution.said_on <= as_of, Contribution.stakeholder_id.is_not(None)),
    )


def hanging_in_projects(as_of: dt.date, project_ids: Projects) -> Any:
    """(project, who): people with anything in it; null for an expectation shared by all."""
    return union(
        *(
            select(raw(model.project_id), raw(model.stakeholder_id)).where(
                day <= as_of,
                *among(model.project_id, project_ids),
                *(() if model is Expectation else (model.stakeholder_id.is_not(None),)),
            )
            for model, day in _DATED
        ),
        select(raw(VoteRound.project_id), raw(VoteJoin.stakeholder_id))
        .join(VoteRound, VoteRound.id == VoteJoin.round_id)
        .where(*_voted(as_of), *among(VoteRound.project_id, project_ids)),
    )
