"""Who heard: of the people who took part, how many were told in time what became of what they said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from db.models import Project, Reply, Stakeholder
from db.reading import columns, raw
from lab.past.columns import NEVER, Days, Projects, numbers
from lab.past.hanging import took_part


@dataclass(frozen=True, slots=True)
class Replies:
    """Replies in columns, project by project in the order of time."""

    project: Days
    """Row of the project."""
    told: Days
    promised: Days
    """The day for which news was promised next, or `NEVER`."""


@dataclass(frozen=True, slots=True)
class HeardBack:
    """Of the people who took part, how many were told in time what became of what they said.

    People: those a stakeholder record stands for (`people`), if they came to an engagement, contributed, told
    the lab an expectation or a worry, or voted in a round that records who did, and have not taken back their
    consent. Each is judged once, by the last day on which they took part whose time is up. Time is up when
    the project's cadence has passed, or, if the last reply before that day promised news for a later day, on
    that day. Told means: a reply to the project's people on that day or later and before time was up. A reply
    is taken to reach everybody in its project. Whoever took part too recently for their time to be up counts
    neither way.

    Everybody is counted, nobody is sampled, and the people of one project hear together: so there is no
    interval, which would pretend that each heard or not by chance.
    """

    told: int
    due: int
    """People whose time was up."""
    rate: float | None
    """Told of due; None when nobody's time was up."""
    projects: int
    """Projects these people belong to."""
    late: int
    """Told after their time was up."""
    never: int
    """Not told since."""
    not_yet_due: int


def heard_back(session: Session, projects: Projects, replies: Replies, as_of: dt.date) -> HeardBack:
    """The heard-back rate on a day. One statement."""
    if not projects.total:
        return HeardBack(0, 0, None, 0, 0, 0, 0)
    keys, days, people = columns(session, _took_part(projects, as_of), 3)
    row = projects.rows(keys)
    took, people_of = numbers(days), np.array(people, dtype=np.int64)
    due = (took != NEVER) & (row >= 0)
    not_yet_due = int(people_of[~due & (row >= 0)].sum())
    row, took, people_of = row[due], took[due], people_of[due]
    time_up = took + projects.cadence[row]
    replied, told_on, promised = replies.project, replies.told, replies.promised
    # Replies in one sorted line: a project's stretch of it, and in it the days.
    line = replied * _SPAN + told_on
    place = np.searchsorted(line, row * _SPAN + took, side="left")
    following = np.where(
        (place < len(line)) & (np.append(replied, -1)[place] == row), np.append(told_on, NEVER)[place], NEVER
    )
    before = place - 1
    has_promise = (before >= 0) & (np.append(replied, -1)[before] == row)
    later = np.where(has_promise, np.append(promised, NEVER)[before], NEVER)
    time_up = np.where(later == NEVER, time_up, np.maximum(time_up, later))
    told = following <= time_up
    open_still = ~told & (time_up >= projects.as_of)
    late = ~told & ~open_still & (following != NEVER)
    in_time, whole = int(people_of[told].sum()), int(people_of[~open_still].sum())
    return HeardBack(
        told=in_time,
        due=whole,
        rate=in_time / whole if whole else None,
        projects=len(np.unique(row[~open_still])),
        late=int(people_of[late].sum()),
        never=int(people_of[~told & ~open_still & ~late].sum()),
        not_yet_due=not_yet_due + int(people_of[open_still].sum()),
    )


_SPAN: Final = 1_000_000
"""More days than there are since 1970: keeps projects apart in one sorted line."""


def _took_part(projects: Projects, as_of: dt.date) -> Any:
    """(project, last day of taking part whose cadence has passed, people).

    For each cadence there is, the last such day is found of everybody in one pass; looking up each
    person's own cadence for each time they took part takes twice as long.
    """
    part = took_part(as_of)
    last = {
        days: func.max(case((part.c.day <= as_of - dt.timedelta(days=days), part.c.day))).label(
            f"after_{days}"
        )
        for days in np.unique(projects.cadence).tolist()
    }
    person = select(part.c.who, *last.values()).group_by(part.c.who).subquery()
    day_of_own = case(
        {days: person.c[column.name] for days, column in last.items()}, value=Project.cadence_days
    )
    return (
        select(raw(Stakeholder.project_id), day_of_own, func.sum(Stakeholder.people))
        .select_from(person)
        .join(Stakeholder, Stakeholder.id == person.c.who)
        .join(Project, Project.id == Stakeholder.project_id)
        .where(or_(Stakeholder.consent_withdrawn_on.is_(None), Stakeholder.consent_withdrawn_on > as_of))
        .group_by(Stakeholder.project_id, day_of_own)
    )


def read_replies(session: Session, projects: Projects, as_of: dt.date) -> Replies:
    """Every reply to a project's people up to a day. One statement."""
    keys, told, promised = columns(
        session,
        select(raw(Reply.project_id), Reply.told_on, Reply.next_news_on).where(Reply.told_on <= as_of),
        3,
    )
    row, told_on, next_news = projects.rows(keys), numbers(told), numbers(promised)
    order = np.lexsort((told_on, row))
    order = order[row[order] >= 0]
    return Replies(row[order], told_on[order], next_news[order])
