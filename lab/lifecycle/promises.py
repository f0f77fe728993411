"""When people were told that they would hear: in a reply, at the end of a vote, or after a workshop."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Subquery, and_, func, select, union_all

from db.dates import day_of
from db.models import Engagement, Project, Reply, VoteRound, Workshop


def standing(as_of: dt.date) -> Subquery:
    """Days by which news was promised and that no later reply has answered, as `project_id` and `by`.

    The newest reply's own promise stands until the next one; those of votes and workshops until anybody is
    told anything after them.
    """
    last_told = (
        select(func.max(Reply.told_on))
        .where(Reply.project_id == Project.id, Reply.told_on <= as_of)
        .correlate(Project)
        .scalar_subquery()
    )
    closed, wrapped_up = day_of(VoteRound.closed_at), day_of(Workshop.wrapped_up_at)
    return union_all(
        select(Project.id.label("project_id"), Reply.next_news_on.label("by"))
        .join(Reply, and_(Reply.project_id == Project.id, Reply.told_on == last_told))
        .where(Reply.next_news_on.is_not(None)),
        select(Project.id, VoteRound.hear_by)
        .join(VoteRound, VoteRound.project_id == Project.id)
        .where(
            VoteRound.hear_by.is_not(None),
            VoteRound.state == "revealed",
            closed <= as_of,
            func.coalesce(last_told <= closed, True),
        ),
        select(Project.id, Workshop.hear_by)
        .join(Engagement, Engagement.project_id == Project.id)
        .join(Workshop, Workshop.id == Engagement.id)
        .where(
            Workshop.hear_by.is_not(None),
            Workshop.state == "wrapped_up",
            wrapped_up <= as_of,
            func.coalesce(last_told <= wrapped_up, True),
        ),
    ).subquery()
