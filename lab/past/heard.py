"""Who heard: how many of the people who took part had a reply in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.orm import Session

from db.models import Reply, Stakeholder
from db.reading import columns, raw
from lab.foundation.text import quantity
from lab.past.columns import NEVER, Days, OpenedProjects, number, numbers, read_opened
from lab.past.corrected import Corrected, read_corrected
from lab.past.hanging import took_part


@dataclass(frozen=True, slots=True)
class Replies:
    """Replies in columns, project by project in the order of time."""

    project: Days
    """Row of the project."""
    told_on: Days
    promised: Days
    """The day for which news was promised next, or `NEVER`."""


@dataclass(frozen=True, slots=True)
class HeardBack:
    """How many of the people who took part had a reply in time.

    People: those a stakeholder record stands for (`people`), if they came to an engagement, contributed,
    stated an expectation or a worry, or voted in a round that records participation, and have not withdrawn
    consent. Each counts once, by the last time they took part for which time is up. Time is up once the
    project's cadence has passed, or on the day for which the last reply before promised news, if that is
    later. Told: a reply to the project's people on that day or later, before time was up. A reply is taken to
    reach everybody in its project. Those whose time is not yet up count neither way.

    Everybody is counted, not sampled, and the people of one project hear together: so there is no interval,
    which would treat each person as an independent draw.
    """

    told: int
    due: int
    """People whose time was up."""
    rate: float | None
    """Told of due; None if nobody is due."""
    projects: int
    """Projects these people belong to."""
    late: int
    """Told after their time was up."""
    never: int
    """Not told since."""
    not_yet_due: int

    def in_time_said(self) -> str:
        """The rate as words."""
        if self.rate is None:
            return "Nobody had to hear back yet"
        return (
            f"{self.told:,} of {quantity(self.due, 'person', 'people')} heard back in time ({self.rate:.0%})"
        )

    def otherwise_said(self) -> str:
        """What became of the others."""
        later = f"for {self.not_yet_due:,} more it is not yet due"
        return f"{self.late:,} heard late, {self.never:,} not at all; {later}"


def heard_on(session: Session, as_of: dt.date) -> HeardBack:
    """The heard-back rate on a day, for a report that needs no other number. Six statements; three
    more where attendance and head counts were corrected since."""
    projects = read_opened(session, as_of)
    replies = read_replies(session, projects, as_of)
    return heard_back(session, projects, replies, read_corrected(session, as_of), as_of)


def heard_back(
    session: Session, projects: OpenedProjects, replies: Replies, corrected: Corrected, as_of: dt.date
) -> HeardBack:
    """The heard-back rate on a day. One statement."""
    if not projects.total:
        return HeardBack(0, 0, None, 0, 0, 0, 0)
    row, took, people_of = _took_part(session, projects, corrected, as_of)
    due = took != NEVER
    not_yet_due = int(people_of[~due].sum())
    row, took, people_of = row[due], took[due], people_of[due]
    time_up = took + projects.cadence[row]
    replied, told_on, promised = replies.project, replies.told_on, replies.promised
    # Replies in one sorted line: a project's stretch of it, and in it the days.
    line = replied * _SPAN + told_on
    index = np.searchsorted(line, row * _SPAN + took, side="left")
    following = np.where(
        (index < len(line)) & (np.append(replied, -1)[index] == row), np.append(told_on, NEVER)[index], NEVER
    )
    before = index - 1
    has_promise = (before >= 0) & (np.append(replied, -1)[before] == row)
    later = np.where(has_promise, np.append(promised, NEVER)[before], NEVER)
    time_up = np.where(later == NEVER, time_up, np.maximum(time_up, later))
    in_time = following <= time_up
    open_still = ~in_time & (time_up >= projects.as_of)
    late = ~in_time & ~open_still & (following != NEVER)
    heard, whole = int(people_of[in_time].sum()), int(people_of[~open_still].sum())
    return HeardBack(
        told=heard,
        due=whole,
        rate=heard / whole if whole else None,
        projects=len(np.unique(row[~open_still])),
        late=int(people_of[late].sum()),
        never=int(people_of[~in_time & ~open_still & ~late].sum()),
        not_yet_due=not_yet_due + int(people_of[open_still].sum()),
    )


_SPAN: Final = 1_000_000
"""More days than there are since 1970: keeps projects apart in one sorted line."""


def _took_part(
    session: Session, projects: OpenedProjects, corrected: Corrected, as_of: dt.date
) -> tuple[NDArray[np.int64], Days, NDArray[np.int64]]:
    """(row of the project, last day of taking part whose cadence has passed or `NEVER`, people), for people
    who took part.

    For each cadence there is, the last such day is found of everybody in one pass; looking up each
    person's own cadence for each time they took part takes twice as long.
    """
    cadences = np.unique(projects.cadence)
    attended, counted = corrected.attended, corrected.people
    part = took_part(as_of, but=[engagement for engagement, _, _ in attended])
    last = [
        func.max(case((part.c.day <= as_of - dt.timedelta(days=days), part.c.day))).label(f"after_{days}")
        for days in cadences.tolist()
    ]
    person = select(part.c.who, *last).group_by(part.c.who).subquery()
    days_of = [person.c[each.name] for each in last]
    agrees = or_(Stakeholder.consent_withdrawn_on.is_(None), Stakeholder.consent_withdrawn_on > as_of)
    if attended or counted:
        statement = select(
            raw(Stakeholder.project_id), Stakeholder.people, raw(Stakeholder.id), person.c.who, *days_of
        ).outerjoin(person, person.c.who == Stakeholder.id)
    else:
        statement = (
            select(
                raw(Stakeholder.project_id), func.sum(Stakeholder.people), literal(None), literal(1), *days_of
            )
            .join(person, person.c.who == Stakeholder.id)
            .group_by(Stakeholder.project_id, *days_of)
        )
    keys, people, who, came, *found = columns(session, statement.where(agrees), 4 + len(last))
    took = np.column_stack([numbers(each) for each in found])
    people_of = np.array(people, dtype=np.int64)
    is_in = np.array([each is not None for each in came], dtype=bool)
    row_of = {key: row for row, key in enumerate(who)}
    for key, then in counted.items():
        if (row := row_of.get(key)) is not None:
            people_of[row] = then
    for _, held_on, those in attended:
        rows = [row for row in map(row_of.get, those) if row is not None]
        is_in[rows] = True
        passed = np.flatnonzero(number(held_on) + cadences <= projects.as_of)
        for column in passed.tolist():
            before = took[rows, column]
            took[rows, column] = np.maximum(np.where(before == NEVER, 0, before), number(held_on))
    project = projects.rows(keys)
    is_in &= project >= 0
    project, took, people_of = project[is_in], took[is_in], people_of[is_in]
    own = np.searchsorted(cadences, projects.cadence[project])
    return project, took[np.arange(len(own)), own], people_of


def read_replies(session: Session, projects: OpenedProjects, as_of: dt.date) -> Replies:
    """Every reply to a project's people up to a day. One statement."""
    keys, days, promised = columns(
        session,
        select(raw(Reply.project_id), Reply.told_on, Reply.next_news_on).where(Reply.told_on <= as_of),
        3,
    )
    row, told_on, next_news = projects.rows(keys), numbers(days), numbers(promised)
    order = np.lexsort((told_on, row))
    order = order[row[order] >= 0]
    return Replies(row[order], told_on[order], next_news[order])
