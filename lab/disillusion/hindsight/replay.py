"""Replay of the lab's history: every evaluation computed from what was known on its day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Event, Project
from lab.access.rights import Actor, require
from lab.disillusion.hindsight.backtest import HORIZON, Backtest, Evaluations, judge
from lab.disillusion.hindsight.fitting import DRIVERS, Floats, Past, project_probabilities
from lab.disillusion.score.drivers import assess_stakeholder
from lab.disillusion.score.facts import StakeholderFacts
from lab.disillusion.score.model import WEIGHTS, History, Model
from lab.disillusion.upkeep.commands import EVERY, latest_evaluation
from lab.disillusion.upkeep.model import current_model
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import Situation, situation
from lab.foundation.errors import Invalid
from lab.past.records import CHUNK, ProjectRecords, read_records

OPEN_HOPES: Final = ("open", "in_hand")


@dataclass(slots=True)
class _Columns:
    project: list[int] = field(default_factory=list)
    day: list[int] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)
    left: list[bool] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    immediate: list[bool] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    leaving: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Replay:
    """Every evaluation of every project in a period, with each person's drivers."""

    projects: tuple[uuid.UUID, ...]
    columns: _Columns

    def past(self) -> Past:
        """Data for fitting a model: the evaluations with a known outcome."""
        columns = self.columns
        known = np.array(columns.known, dtype=bool)
        people = np.diff([*columns.first, len(columns.values)])
        first = np.r_[0, np.cumsum(people[known])[:-1]].astype(np.int64)
        return Past(
            self._values()[np.repeat(known, people)],
            first if known.any() else np.zeros(0, dtype=np.int64),
            np.array(columns.left, dtype=bool)[known],
            np.array(columns.project, dtype=np.int64)[known],
            len(columns.leaving),
        )

    def evaluations(self, model: Model) -> Evaluations:
        """The evaluations under a model, for the backtest."""
        columns = self.columns
        first = np.array(columns.first, dtype=np.int64)
        probability = project_probabilities(self._values(), first, model) if len(first) else np.zeros(0)
        leaving = np.array(columns.leaving, dtype=np.int64).reshape(-1, 2)
        return Evaluations(
            project=np.array(columns.project, dtype=np.int64),
            day=np.array(columns.day, dtype=np.int64),
            probability=probability,
            overdue=np.array(columns.overdue, dtype=float),
            quiet=np.array(columns.quiet, dtype=float),
            left=np.array(columns.left, dtype=bool),
            known=np.array(columns.known, dtype=bool),
            immediate=np.array(columns.immediate, dtype=bool),
            leaving_project=leaving[:, 0],
            leaving_day=leaving[:, 1],
        )

    def _values(self) -> Floats:
        return np.array(self.columns.values, dtype=float).reshape(-1, len(DRIVERS))


def replay(
    session: Session,
    *,
    start: dt.date,
    end: dt.date,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Evaluate every project on each day of the fortnightly grid in the period, as of that day.

    Departures after `end` are ignored, so evaluations in the last 84 days have no known outcome. With `limit`
    only so many projects are read, spread evenly by opening date. Twelve statements for every 400 projects,
    and four more.
    """
    opened = (
        select(Project.id)
        .where(Project.opened_on < end, (Project.closed_on.is_(None)) | (Project.closed_on > start))
        .order_by(Project.opened_on, Project.id)
    )
    ids = list(session.scalars(opened))
    if limit is not None and len(ids) > limit:
        ids = [ids[index] for index in np.linspace(0, len(ids) - 1, limit).astype(int)]
    lab_past = _Remembered(LabPast(session))
    columns = _Columns()
    for begin in range(0, len(ids), CHUNK):
        chunk = ids[begin : begin + CHUNK]
        records = read_records(session, chunk)
        for number, key in enumerate(chunk, begin):
            _live_again(columns, number, records[key], start, end, lab_past)
        session.expunge_all()
        if progress:
            progress(begin + len(chunk), len(ids))
    return Replay(tuple(ids), columns)


class _Remembered:
    """Caches the lab's pace of progress by day: every project asks for the same days."""

    def __init__(self, past: LabPast) -> None:
        self._past = past
        self._known: dict[dt.date, History] = {}

    def until(self, day: dt.date) -> History:
        if day not in self._known:
            self._known[day] = self._past.until(day)
        return self._known[day]


def _live_again(
    columns: _Columns,
    number: int,
    records: ProjectRecords,
    start: dt.date,
    end: dt.date,
    lab_past: _Remembered,
) -> None:
    leavings = [
        person.withdrawn_on.toordinal()
        for person in records.stakeholders
        if person.withdrawn_reason == "disappointed"
        and person.withdrawn_on is not None
        and start < person.withdrawn_on <= end
    ]
    columns.leaving += [(number, day) for day in sorted(leavings)]
    for day in _grid(records.project, start, end):
        facts = situation(records, day)
        if not facts.stakeholders:
            continue
        ordinal = day.toordinal()
        columns.project.append(number)
        columns.day.append(ordinal)
        columns.overdue.append(_overdue(facts))
        columns.quiet.append((day - (facts.last_news_on or records.project.opened_on)).days)
        columns.left.append(any(ordinal < each <= ordinal + HORIZON for each in leavings))
        columns.known.append(ordinal + HORIZON <= end.toordinal())
        columns.immediate.append(facts.immediate)
        columns.first.append(len(columns.values))
        history = lab_past.until(day)
        columns.values += [driver_values(each, history) for each in facts.stakeholders]


def _grid(project: Project, start: dt.date, end: dt.date) -> Iterator[dt.date]:
    """Days of the grid in the period on which the project ran."""
    day = latest_evaluation(max(start, project.opened_on)) + dt.timedelta(days=EVERY)
    last = min(end, project.closed_on - dt.timedelta(days=1)) if project.closed_on else end
    while day <= last:
        yield day
        day += dt.timedelta(days=EVERY)


def driver_values(facts: StakeholderFacts, history: History) -> list[float]:
    """One person's drivers, each 0–1, in the order of the weights; nan where not known.

    Computed back from the score's points, so that the backtest tests the score that is shown.
    """
    risk = assess_stakeholder(facts, history)
    points: dict[str, float] = defaultdict(float)
    for line in risk.lines:
        points[line.driver] += line.points
    has_pulses = facts.team_pulse_mean is not None or bool(facts.own_pulses)
    known = {
        "stall": facts.recommendations is not None or bool(facts.not_taken_up),
        "gap": any(each.importance for each in facts.expectations),
        "silence": facts.days_since_communication is not None,
        "unanswered": bool(facts.expectations) or facts.open_inputs > 0,
        "mood": has_pulses and (facts.pulses_fresh or points["mood"] > 0),
        "attend": facts.attendance is not None,
        "sponsor": facts.days_since_sponsor is not None,
        "bypass": True,
    }
    weight = sum(WEIGHTS[driver] for driver in DRIVERS if known[driver])
    return [
        points[driver] * weight / (100.0 * WEIGHTS[driver]) if known[driver] else float("nan")
        for driver in DRIVERS
    ]


def _overdue(facts: Situation) -> int:
    """Number of overdue items: recommendations to answer or to finish, and expectations with a date."""
    asked = {
        each.id
        for person in facts.stakeholders
        for each in person.recommendations or ()
        if each.open and each.days_overdue > 0
    }
    hoped = {
        each.id
        for person in facts.stakeholders
        for each in person.expectations
        if each.hope is not None and each.hope.state in OPEN_HOPES and each.hope.days_past > 0
    }
    return len(asked) + len(hoped)


@dataclass(frozen=True, slots=True)
class Span:
    """What a backtest can cover: the first opening, the number of projects, and the newest event."""

    first: dt.date | None
    projects: int
    newest: str


def span(session: Session, actor: Actor) -> Span:
    """How far back the lab's history goes. Two statements."""
    require(actor, "risk.read")
    first, projects = session.execute(select(func.min(Project.opened_on), func.count())).one()
    newest = session.scalar(select(Event.id).order_by(Event.recorded_at.desc(), Event.id.desc()).limit(1))
    return Span(first, projects, str(newest))


def backtest(
    session: Session,
    actor: Actor,
    *,
    start: dt.date,
    end: dt.date,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Replay, Backtest]:
    """Replay a period, and judge the model in use on it.

    Raises:
        Invalid: the period is empty.
    """
    require(actor, "risk.read")
    if start >= end:
        raise Invalid("The period must end after it begins.", field="end")
    lived = replay(session, start=start, end=end, limit=limit, progress=progress)
    return lived, judge(lived.evaluations(current_model(session)))
