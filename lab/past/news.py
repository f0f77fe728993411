"""By when a project's people hear, whether that is late, and how long they have heard nothing.

A reply, the end of a vote or a workshop's wrap-up can promise a day. The promise holds until there is a reply
on a later day. Where none holds, news is due by the project's cadence. Silence runs since the last reply;
in a project without one, since people first took part. What the lab does within itself is not news.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, Subquery, func, or_, select, union_all
from sqlalchemy.orm import Session

from db.models import Engagement, Project, Reply, VoteRound, Workshop
from lab.foundation.text import quantity
from lab.past.changes import promised_cadence
from lab.past.edits import read_changes
from lab.past.taking_part import first_took_part

LATELY: Final = 28
"""Days for which news is fresh."""


@dataclass(frozen=True, slots=True)
class News:
    """What a project's people were promised to hear, on a day."""

    by: dt.date | None
    """The first day that was named to them and stands; None where none does."""
    last_heard_on: dt.date | None
    """The last reply to them."""
    took_part_on: dt.date | None
    """The day on which people first took part; None while there is nobody to tell."""
    cadence_days: int

    @property
    def silent_since(self) -> dt.date | None:
        """The last reply, or else the day on which people first took part; None before that."""
        return self.last_heard_on or self.took_part_on

    def days_of_silence(self, as_of: dt.date) -> int | None:
        """Days since the people heard anything; None while there is nobody to tell."""
        return (as_of - self.silent_since).days if self.silent_since else None

    def said(self, as_of: dt.date) -> str:
        """The silence in words."""
        days = self.days_of_silence(as_of)
        if days is None:
            return "Nobody to tell yet"
        if self.last_heard_on is None:
            return (
                "No news yet"
                if days == 0
                else f"No news yet, {quantity(days, 'day')} since people first took part"
            )
        if days <= LATELY:
            return "News today" if days == 0 else "News yesterday" if days == 1 else f"News {days} days ago"
        return f"{days} days without news"

    @property
    def silent_after(self) -> dt.date | None:
        """The last day that is not overdue: the promised day, or else the cadence after `silent_since`."""
        if self.by or self.silent_since is None:
            return self.by
        return self.silent_since + dt.timedelta(days=self.cadence_days)

    def is_late(self, as_of: dt.date) -> bool:
        """Whether the promised day has passed."""
        return self.by is not None and self.by < as_of


def stands(made_on: dt.date, last_heard_on: dt.date | None, as_of: dt.date) -> bool:
    """Whether a promised day still holds: no reply since, up to `as_of`."""
    return made_on <= as_of and (last_heard_on is None or last_heard_on <= made_on)


def promised_within(
    cadence_days: int, named: Iterable[tuple[dt.date, dt.date]], last_heard_on: dt.date | None, as_of: dt.date
) -> int:
    """Days between news, as promised: the cadence, or fewer if a promised day that holds (made on, by) is
    sooner."""
    sooner = (max(1, (by - made_on).days) for made_on, by in named if stands(made_on, last_heard_on, as_of))
    return min([cadence_days, *sooner])


def named_days() -> tuple[Any, ...]:
    """Every day ever promised for news, as `project_id`, `made_on` and `by`: in replies, votes and
    workshops."""
    return (
        select(Reply.project_id, Reply.told_on.label("made_on"), Reply.next_news_on.label("by")).where(
            Reply.next_news_on.is_not(None)
        ),
        select(VoteRound.project_id, VoteRound.closed_on, VoteRound.hear_by).where(
            VoteRound.hear_by.is_not(None), VoteRound.state == "revealed"
        ),
        select(Engagement.project_id, Workshop.wrapped_up_on, Workshop.hear_by)
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.hear_by.is_not(None), Workshop.state == "wrapped_up"),
    )


def standing(as_of: dt.date, project_ids: Sequence[uuid.UUID] | Select[uuid.UUID] | None = None) -> Subquery:
    """The promised days that hold on a day, as `project_id` and `by`, of these or all projects: `stands` in
    SQL."""
    replies = select(Reply.project_id, func.max(Reply.told_on).label("last")).where(Reply.told_on <= as_of)
    parts = list(named_days())
    if project_ids is not None:
        replies = replies.where(Reply.project_id.in_(project_ids))
        parts = [each.where(each.selected_columns[0].in_(project_ids)) for each in parts]
    heard = replies.group_by(Reply.project_id).subquery()
    named = union_all(*parts).subquery()
    return (
        select(named.c.project_id, named.c.by)
        .outerjoin(heard, heard.c.project_id == named.c.project_id)
        .where(named.c.made_on <= as_of, or_(heard.c.last.is_(None), heard.c.last <= named.c.made_on))
        .subquery()
    )


def news_by_project(
    session: Session, project_ids: Sequence[uuid.UUID], as_of: dt.date
) -> dict[uuid.UUID, News]:
    """By when the people of each of these projects hear. Two statements."""
    if not project_ids:
        return {}
    promised = standing(as_of, project_ids)
    first = (
        select(promised.c.project_id, func.min(promised.c.by).label("by"))
        .group_by(promised.c.project_id)
        .subquery()
    )
    heard = (
        select(Reply.project_id, func.max(Reply.told_on).label("last"))
        .where(Reply.told_on <= as_of, Reply.project_id.in_(project_ids))
        .group_by(Reply.project_id)
        .subquery()
    )
    began = first_took_part(as_of, project_ids)
    changed = read_changes(session, "project", project_ids=project_ids)
    return {
        key: News(by, last, began_on, promised_cadence(changed.get(key, ()), cadence, opened_on, as_of))
        for key, opened_on, cadence, by, last, began_on in session.execute(
            select(
                Project.id, Project.opened_on, Project.cadence_days, first.c.by, heard.c.last, began.c.day
            )
            .outerjoin(first, first.c.project_id == Project.id)
            .outerjoin(heard, heard.c.project_id == Project.id)
            .outerjoin(began, began.c.project_id == Project.id)
            .where(Project.id.in_(project_ids))
        )
    }  # fmt: skip


def news_of(session: Session, project_id: uuid.UUID, as_of: dt.date = dt.date.max) -> News:
    """By when the people of one project hear: as of a day, or as of now. Two statements."""
    return news_by_project(session, [project_id], as_of)[project_id]
