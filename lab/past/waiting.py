"""Who waits, and for how long.

A person waits if a contribution, an expectation, a ballot or a worry of theirs depends on something stalled
or silent: once per project, since they last heard or took part, whichever is later. What they said depends on
the recommendations that serve it or that are about its prototype; when a project is silent, everything in it
waits. Where no person is named, everybody in the project waits.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from db.models import Contribution, Event, Expectation, Project, Reply, Stakeholder
from db.reading import columns, raw
from lab.past.changes import promised_cadence, value_at
from lab.past.columns import (
    NEVER,
    Days,
    OpenedProjects,
    Recommendations,
    number,
    numbers,
    read_recommendations,
    rows_of,
)
from lab.past.corrected import Corrected, read_corrected
from lab.past.edits import read_changes
from lab.past.hanging import (
    Projects,
    among,
    hanging_in_projects,
    otherwise_hanging,
    served,
    took_part,
)
from lab.past.news import standing
from lab.past.stages import column_on
from lab.past.taking_part import first_took_part

AS_IT_STANDS: Final = dt.date(9999, 12, 30)
"""Pass this as the day for what holds until the records change."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody active in some projects on a day, in columns of the same length."""

    project: NDArray[np.int64]
    """Row of the project."""
    people: NDArray[np.int64]
    """How many people the record stands for."""
    heard: Days
    """The day on which they last heard or took part, whichever is later."""
    row_of: dict[Any, int]
    """Row of each by the stakeholder's raw key."""


@dataclass(frozen=True)
class Waits:
    """Who waits in each project, from which day on. Holds for later days too until the records change."""

    keys: tuple[Any, ...]
    """Raw key of each project."""
    silent_after: Days
    """The last day on which each project is not silent; `NEVER` if closed, or if there is nobody to tell."""
    runs: NDArray[np.bool_]
    """Whether each project is open."""
    hanging: dict[int, NDArray[np.int64]]
    """The people, by row, who wait for each recommendation, by row; for one that is missing here,
    everybody in the project."""
    in_project: NDArray[np.int64]
    """The people, by row, who wait when their project is silent."""
    active: People
    after: Days
    """For each of the people, the last day on which nothing they wait for is stalled or silent."""

    def person_days(self, as_of: dt.date) -> NDArray[np.int64]:
        """People waiting on a day times the days since they last heard or took part, by project."""
        days = self.days_of_each(as_of)
        waits = self.after < number(as_of)
        return self._by_project(np.where(waits, days, 0))

    def people(self, as_of: dt.date) -> NDArray[np.int64]:
        """People waiting on a day, by project."""
        return self._by_project(np.where(self.after < number(as_of), self.active.people, 0))

    def days_of_each(self, as_of: dt.date) -> NDArray[np.int64]:
        """Person-days since each of the people last heard or took part."""
        unheard: NDArray[np.int64] = np.maximum(number(as_of) - self.active.heard, 0)
        return self.active.people * unheard

    def hang_on(self, recommendation: int, project: int) -> NDArray[np.int64]:
        """The people, by row, who wait for a recommendation of a project."""
        everybody = self.hanging.get(recommendation)
        return np.flatnonzero(self.active.project == project) if everybody is None else everybody

    def of_silence(self, project: int) -> NDArray[np.int64]:
        """The people, by row, who wait when a project is silent."""
        mine: NDArray[np.int64] = self.in_project[self.active.project[self.in_project] == project]
        return mine

    def groups(self) -> list[tuple[uuid.UUID, dt.date, dt.date, int]]:
        """(project, last day without waiting, last heard, people): everybody in running projects who
        waits, or will if nothing happens."""
        waits = np.flatnonzero((self.after != NEVER) & self.runs[self.active.project])
        table = np.column_stack([self.active.project[waits], self.after[waits], self.active.heard[waits]])
        found, group_of = np.unique(table, axis=0, return_inverse=True)
        people = np.bincount(group_of.ravel(), self.active.people[waits], len(found))
        return [
            (self.ids[project], _day(after), _day(heard), int(count))
            for (project, after, heard), count in zip(found.tolist(), people, strict=True)
        ]

    @cached_property
    def ids(self) -> tuple[uuid.UUID, ...]:
        """The key of each project."""
        return tuple(uuid.UUID(str(key)) for key in self.keys)

    def _by_project(self, each: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(self.active.project, each, len(self.keys)).astype(np.int64)


def _day(days: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=days)


def person_days(session: Session, project_ids: Projects, as_of: dt.date) -> dict[uuid.UUID, int]:
    """People waiting in each of these projects on a day, or in all, in person-days. Eleven statements;
    fourteen where attendance and head counts were corrected since."""
    found = waits(session, as_of, read_recommendations(session, as_of, project_ids), project_ids)
    return dict(zip(found.ids, found.person_days(as_of).tolist(), strict=True))


def waits(
    session: Session,
    as_of: dt.date,
    recommendations: Recommendations,
    project_ids: Projects = None,
    *,
    opened: OpenedProjects | None = None,
    corrected: Corrected | None = None,
) -> Waits:
    """Who waits in these projects, or in all, by what was on record on a day. Nine statements; one fewer with
    the projects, two fewer with what was corrected since, where the caller has read them already."""
    keys, silent_after, replied, runs = _silence(session, as_of, project_ids, opened)
    row_of = {key: row for row, key in enumerate(keys)}
    corrected = corrected or read_corrected(session, as_of, project_ids)
    active = _people(session, as_of, project_ids, row_of, replied, corrected)
    hanging = _hanging(session, as_of, project_ids, recommendations, active)
    in_project = _in_project(session, as_of, project_ids, row_of, active)
    after = np.full(len(active.project), NEVER)
    after[in_project] = silent_after[active.project[in_project]]
    stalled = recommendations.stalled_after
    rows = rows_of(row_of, recommendations.project)
    of_all = np.full(len(keys), NEVER)
    whole = np.array([row for row in range(len(rows)) if row not in hanging], dtype=np.int64)
    np.minimum.at(of_all, rows[whole], stalled[whole])
    after = np.minimum(after, of_all[active.project])
    for row, people in hanging.items():
        after[people] = np.minimum(after[people], stalled[row])
    return Waits(tuple(keys), silent_after, runs, hanging, in_project, active, after)


def _silence(
    session: Session, as_of: dt.date, project_ids: Projects, opened: OpenedProjects | None
) -> tuple[tuple[Any, ...], Days, Days, NDArray[np.bool_]]:
    """The projects, the last day on which each is not silent (`lab.past.news`), the last reply in it, and
    whether it is open."""
    promised = standing(as_of, project_ids)
    first = (
        select(promised.c.project_id, func.min(promised.c.by).label("by"))
        .group_by(promised.c.project_id)
        .subquery()
    )
    heard = (
        select(Reply.project_id, func.max(Reply.told_on).label("last"))
        .where(Reply.told_on <= as_of, *among(Reply.project_id, project_ids))
        .group_by(Reply.project_id)
        .subquery()
    )
    began = first_took_part(as_of, project_ids)
    closed = Project.outcome.is_not(None) if as_of == AS_IT_STANDS else column_on(as_of) == "closed"
    keys, opened_on, cadence, present, by, last, took_part_on, is_closed = columns(
        session,
        select(
            raw(Project.id), Project.opened_on, Project.promised_cadence_days, Project.cadence_days,
            first.c.by, heard.c.last, began.c.day, closed,
        )
        .outerjoin(first, first.c.project_id == Project.id)
        .outerjoin(heard, heard.c.project_id == Project.id)
        .outerjoin(began, began.c.project_id == Project.id)
        .where(Project.opened_on <= as_of, *among(Project.id, project_ids))
        .order_by(Project.opened_on, Project.id),
        8,
    )  # fmt: skip
    opening, named, replied, first_part = (numbers(each) for each in (opened_on, by, last, took_part_on))
    if opened is not None:
        days = opened.cadence[opened.rows(keys)]
    else:
        days = np.array(cadence, dtype=np.int64)
        row_of = {key: row for row, key in enumerate(keys)}
        changed = read_changes(
            session, "project", after=as_of, project_ids=project_ids, key=raw(Event.subject_id)
        )
        for key, changes in changed.items():
            if (row := row_of.get(key)) is not None:
                days[row] = promised_cadence(changes, present[row], _day(int(opening[row])), as_of)
    since = np.where(replied == NEVER, first_part, replied)
    after = np.where(named == NEVER, np.where(since == NEVER, NEVER, since + days), named)
    runs = ~np.array(is_closed, dtype=bool)
    return keys, np.where(runs, after, NEVER), replied, runs


def _people(
    session: Session,
    as_of: dt.date,
    project_ids: Projects,
    row_of: dict[Any, int],
    replied: Days,
    corrected: Corrected,
) -> People:
    part = took_part(as_of, project_ids, but=[engagement for engagement, _, _ in corrected.attended])
    last = select(part.c.who, func.max(part.c.day).label("day")).group_by(part.c.who).subquery()
    active = and_(
        Stakeholder.joined_on <= as_of,
        or_(Stakeholder.withdrawn_on.is_(None), Stakeholder.withdrawn_on > as_of),
    )
    keys, projects, people, joined, took = columns(
        session,
        select(
            raw(Stakeholder.id), raw(Stakeholder.project_id), Stakeholder.people, Stakeholder.joined_on,
            last.c.day,
        )
        .outerjoin(last, last.c.who == Stakeholder.id)
        .where(active, *among(Stakeholder.project_id, project_ids)),
        5,
    )  # fmt: skip
    project = rows_of(row_of, projects)
    number_of = {key: row for row, key in enumerate(keys)}
    counts = np.array(people, dtype=np.int64)
    for key, then in corrected.people.items():
        if (row := number_of.get(key)) is not None:
            counts[row] = then
    last_reply = replied[project] if len(project) else numbers([])
    days = [np.where(each == NEVER, -NEVER, each) for each in (numbers(took), last_reply)]
    heard = np.maximum.reduce([numbers(joined), *days])
    for _, held_on, who in corrected.attended:
        came = [row for row in map(number_of.get, who) if row is not None]
        heard[came] = np.maximum(heard[came], number(held_on))
    return People(project, counts, heard, number_of)


def _hanging(
    session: Session,
    as_of: dt.date,
    project_ids: Projects,
    recommendations: Recommendations,
    active: People,
) -> dict[int, NDArray[np.int64]]:
    """The people, by row, who wait for each recommendation, by row, if any are named."""
    row_of = {key: row for row, key in enumerate(recommendations.keys)}
    then = _served_then(session, as_of, project_ids)
    asks, owners, sayers = columns(session, served(as_of, project_ids), 3)
    named: dict[int, set[Any]] = {}
    everybody: set[int] = set()
    links = [link for link in zip(asks, owners, sayers, strict=True) if link[0] not in then]
    links += [(ask, *of) for ask, found in then.items() for of in found]
    for ask, owner, sayer in links:
        if (row := row_of.get(ask)) is None:
            continue
        if owner is None:
            everybody.add(row)
        else:
            named.setdefault(row, set()).update((owner, sayer))
    for ask, who in zip(*columns(session, otherwise_hanging(as_of, project_ids), 2), strict=True):
        if (row := row_of.get(ask)) is not None:
            named.setdefault(row, set()).add(who)
    return {
        row: np.array(sorted(active.row_of[who] for who in people if who in active.row_of), dtype=np.int64)
        for row, people in named.items()
        if row not in everybody
    }


def _served_then(session: Session, as_of: dt.date, project_ids: Projects) -> dict[Any, list[tuple[Any, Any]]]:
    """(owner, author) of the expectations a recommendation served on a day, if that was edited since."""
    changed = read_changes(
        session, "recommendation", after=as_of, project_ids=project_ids, key=raw(Event.subject_id)
    )
    then = {
        key: [uuid.UUID(each) for each in value_at(changes, "expectations", [], as_of)]
        for key, changes in changed.items()
        if any("expectations" in each.before and each.on > as_of for each in changes)
    }
    if not then:
        return {}
    wanted = {each for found in then.values() for each in found}
    owners = {
        key: (owner, sayer)
        for key, owner, sayer in session.execute(
            select(
                Expectation.id,
                raw(Expectation.stakeholder_id).label("owner"),
                raw(Contribution.stakeholder_id).label("sayer"),
            )
            .outerjoin(Contribution, Contribution.id == Expectation.contribution_id)
            .where(Expectation.id.in_(wanted), Expectation.recorded_on <= as_of)
        )
    }
    return {key: [owners[each] for each in found if each in owners] for key, found in then.items()}


def _in_project(
    session: Session, as_of: dt.date, project_ids: Projects, row_of: dict[Any, int], active: People
) -> NDArray[np.int64]:
    """The people, by row, who wait when their project is silent: those with anything in it, or everybody."""
    projects, whose = columns(session, hanging_in_projects(as_of, project_ids), 2)
    whole = np.ones(len(row_of), dtype=bool)
    of_all = {row_of[key] for key, who in zip(projects, whose, strict=True) if who is None and key in row_of}
    named = rows_of(row_of, [key for key, who in zip(projects, whose, strict=True) if who is not None])
    whole[named[named >= 0]] = False
    whole[list(of_all)] = True
    rows = rows_of(active.row_of, [who for who in whose if who is not None])
    mine = np.zeros(len(active.project), dtype=bool)
    mine[rows[rows >= 0]] = True
    return np.flatnonzero(mine | whole[active.project])
