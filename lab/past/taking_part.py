"""Since when people have taken part in a project: before that day, there is nobody to tell anything."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all

from db.models import (
    Attendance,
    Ballot,
    Contribution,
    Engagement,
    Expectation,
    ForeseenRisk,
    GroupAttendance,
    VoteRound,
)


def first_took_part(
    as_of: dt.date, project_ids: Sequence[uuid.UUID] | Select[uuid.UUID] | None = None
) -> Subquery:
    """The first day up to `as_of` on which anybody took part, named or not, as `project_id` and `day`: they
    came to an engagement, said, expected or feared something, or voted in a round that has closed."""
    came = select(Attendance.engagement_id).where(Attendance.attended)
    counted = select(GroupAttendance.engagement_id).where(GroupAttendance.people > 0)
    voted = select(Ballot.round_id).where(Ballot.round_id == VoteRound.id).exists()

    def first(project: ColumnElement[uuid.UUID], day: ColumnElement[dt.date]) -> Select[uuid.UUID, dt.date]:
        found = select(project.label("project_id"), func.min(day).label("day")).where(day <= as_of)
        return found.where(project.in_(project_ids)) if project_ids is not None else found

    engagement = Engagement.__table__.c
    said, expected, feared = Contribution.__table__.c, Expectation.__table__.c, ForeseenRisk.__table__.c
    vote = VoteRound.__table__.c
    each = union_all(
        first(engagement.project_id, engagement.held_on)
        .where(engagement.id.in_(union_all(came, counted)))
        .group_by(engagement.project_id),
        first(said.project_id, said.said_on).group_by(said.project_id),
        first(expected.project_id, expected.recorded_on).group_by(expected.project_id),
        first(feared.project_id, feared.raised_on).group_by(feared.project_id),
        first(vote.project_id, vote.closed_on).where(voted).group_by(vote.project_id),
    ).subquery()
    return select(each.c.project_id, func.min(each.c.day).label("day")).group_by(each.c.project_id).subquery()
