"""Dated records up to a day as NumPy columns: the input of the numbers.

Never the current state for a past day: stages and outcomes come from the event log, and a record counts by
the day on which it happened, whenever it was recorded.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func, literal, select, union_all
from sqlalchemy.orm import Session

from db.models import (
    Engagement,
    Event,
    ProgressUpdate,
    Project,
    ProjectForm,
    PrototypeTest,
    Recommendation,
    Response,
    Sponsor,
)
from db.reading import columns, raw
from db.words import FORMS, MODES, OUTCOMES, STAGES
from lab.followthrough.rules import OPEN_STATUSES, kept_until, patience
from lab.past.changes import as_day, promised_cadence, promised_day
from lab.past.edits import read_changes
from lab.past.undone import MOVE_UNDONE, undone_moves

Days = NDArray[np.int64]
"""Days since 1970-01-01; `NEVER` where there is none."""
NEVER: Final = int(np.iinfo(np.int64).max)
IMPLEMENTED, PARTLY, NOT_IMPLEMENTED, STOPPED = 1, 2, 3, 4
"""How a project ends. Stopped: not implemented, and closed while still in discovery."""
CAUSES: Final = (IMPLEMENTED, PARTLY, NOT_IMPLEMENTED, STOPPED)
_STATE: Final = {state: code for code, state in enumerate((*STAGES, *OUTCOMES))}
_FIRST_OUTCOME: Final = len(STAGES)


def number(day: dt.date) -> int:
    """A day as a number of these columns."""
    return (day - dt.date(1970, 1, 1)).days


def numbers(days: Sequence[dt.date | str | None]) -> Days:
    """Days as numbers of these columns. A lab has few different days, so each is converted once."""
    known = {
        day: NEVER if day is None else number(dt.date.fromisoformat(day) if isinstance(day, str) else day)
        for day in set(days)
    }
    return np.fromiter(map(known.__getitem__, days), dtype=np.int64, count=len(days))


def rows_of(row_of: dict[Any, int], keys: Sequence[Any]) -> NDArray[np.int64]:
    """The row of each raw key, or −1."""
    return np.fromiter(map(row_of.get, keys, repeat(-1)), dtype=np.int64, count=len(keys))


@dataclass(frozen=True, slots=True)
class Visits:
    """Time in stages: for each project and stage it entered, the days in it (all visits together) and
    whether it has left. Pauses count; time closed before a reopening does not."""

    stage: NDArray[np.int64]
    days: Days
    left: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OpenedProjects:
    """Every project opened by a day, and how often its people were promised news, in columns of the same
    length."""

    as_of: int
    row_of: dict[Any, int]
    """Row of each project by its raw key."""
    opened: Days
    cadence: Days
    """Days between news, as promised to its people: the shortest cadence promised by then."""

    @property
    def total(self) -> int:
        """Number of projects."""
        return len(self.opened)

    def rows(self, keys: Sequence[Any]) -> NDArray[np.int64]:
        """The row of each project by its raw key; −1 if missing."""
        return rows_of(self.row_of, keys)


@dataclass(frozen=True, slots=True)
class Projects(OpenedProjects):
    """Every project opened by a day with all that the numbers need, in columns of the same length."""

    ended: Days
    """The day it was closed; `as_of` while it runs."""
    cause: NDArray[np.int64]
    """How it ended, or 0 (`RUNNING`)."""
    entered: NDArray[np.int64]
    """First day in each stage (rows: projects, columns: stages), or `NEVER`."""
    visits: Visits
    sponsor: NDArray[np.int64]
    """Index in `sponsors`."""
    sponsors: tuple[str, ...]
    place: NDArray[np.int64]
    places: tuple[str, ...]
    form: NDArray[np.bool_]
    """Which of the four forms it carries (columns: `FORMS`)."""
    mode: NDArray[np.int64]
    """Index in `MODES`, or −1."""
    tested: NDArray[np.int64]
    """Days of its tests: (row, day)."""
    occasions: NDArray[np.int64]
    """Engagements and tests where the sponsor's presence is recorded: (row, day, present)."""


def read_opened(session: Session, as_of: dt.date) -> OpenedProjects:
    """The projects opened by a day, with their cadence. Two statements."""
    return _read_opened(session, as_of)[0]


def _read_opened(session: Session, as_of: dt.date, *more: Any) -> tuple[OpenedProjects, list[Any]]:
    """The same, and more columns of these projects or of their sponsors."""
    keys, opened_on, cadence, promised, *rest = columns(
        session,
        select(raw(Project.id), Project.opened_on, Project.cadence_days, Project.promised_cadence_days, *more)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(Project.opened_on <= as_of)
        .order_by(Project.opened_on, Project.id),
        4 + len(more),
    )
    row_of = {key: row for row, key in enumerate(keys)}
    changed = read_changes(session, "project", after=as_of, key=raw(Event.subject_id))
    cadences = list(promised)
    for key, changes in changed.items():
        if (row := row_of.get(key)) is not None:
            cadences[row] = promised_cadence(changes, cadence[row], as_day(opened_on[row]), as_of)
    held = np.array(cadences, dtype=np.int64)
    return OpenedProjects(number(as_of), row_of, numbers(opened_on), held), rest


def read_projects(session: Session, as_of: dt.date) -> Projects:
    """The projects as they stood on a day. Five statements."""
    more = (Sponsor.name, Project.place, Project.mode)
    found, (sponsor_names, place_names, modes) = _read_opened(session, as_of, *more)
    row_of, opened, today = found.row_of, found.opened, found.as_of
    steps = _steps(session, row_of, as_of)
    ended, cause = _ends(steps, found.total, today)
    sponsor, sponsors = _coded(name or "" for name in sponsor_names)
    place, places = _coded(place_names)
    tested, occasions = _read_occasions(session, row_of, as_of)
    return Projects(
        as_of=today,
        row_of=row_of,
        opened=opened,
        cadence=found.cadence,
        ended=np.maximum(ended, opened),
        cause=cause,
        entered=_entered(steps, opened),
        visits=_visits(steps, found.total, today),
        sponsor=sponsor,
        sponsors=sponsors,
        place=place,
        places=places,
        form=_read_forms(session, row_of),
        mode=np.array([MODES.index(mode) if mode else -1 for mode in modes], dtype=np.int64),
        tested=tested,
        occasions=occasions,
    )


def _steps(session: Session, row_of: dict[Any, int], as_of: dt.date) -> NDArray[np.int64]:
    """(row, state, day) of every change of stage or closing, project by project in the order of time.
    Pauses, returning to the same stage, and moves that were taken back by that day are left out."""
    steps = select(raw(Event.subject_id), Event.to_state, Event.day).where(
        Event.subject_type == "project", Event.to_state.in_(_STATE), Event.day <= as_of,
        Event.verb != MOVE_UNDONE,
    )  # fmt: skip
    if undone := undone_moves(session, as_of=as_of):
        steps = steps.where(Event.id.not_in(undone))
    keys, states, days = columns(session, steps.order_by(Event.at, Event.id), 3)
    table = np.column_stack(
        [
            rows_of(row_of, keys),
            np.fromiter(map(_STATE.__getitem__, states), dtype=np.int64, count=len(keys)),
            numbers(days),
        ]
    )
    table = table[table[:, 0] >= 0]
    table = table[np.argsort(table[:, 0], kind="stable")]
    same = np.zeros(len(table), dtype=bool)
    same[1:] = (table[1:, :2] == table[:-1, :2]).all(axis=1)
    return table[~same]


def _is_last(steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    last = np.ones(len(steps), dtype=bool)
    last[:-1] = steps[1:, 0] != steps[:-1, 0]
    return last


def _ends(steps: NDArray[np.int64], total: int, today: int) -> tuple[Days, NDArray[np.int64]]:
    ended, cause = np.full(total, today), np.zeros(total, dtype=np.int64)
    closing = _is_last(steps) & (steps[:, 1] >= _FIRST_OUTCOME)
    project, outcome, day = steps[closing].T
    ended[project] = day
    cause[project] = outcome - _FIRST_OUTCOME + IMPLEMENTED
    moved_on = np.zeros(total, dtype=bool)
    moved_on[steps[(steps[:, 1] > 0) & (steps[:, 1] < _FIRST_OUTCOME), 0]] = True
    cause[(cause == NOT_IMPLEMENTED) & ~moved_on] = STOPPED
    return ended, cause


def _entered(steps: NDArray[np.int64], opened: Days) -> NDArray[np.int64]:
    entered = np.full((len(opened), len(STAGES)), NEVER)
    entered[:, 0] = opened
    project, stage, day = steps[steps[:, 1] < _FIRST_OUTCOME].T
    np.minimum.at(entered, (project, stage), day)
    return entered


def _visits(steps: NDArray[np.int64], total: int, today: int) -> Visits:
    until = np.full(len(steps), today)
    until[:-1] = np.where(_is_last(steps)[:-1], today, steps[1:, 2])
    in_stage = steps[:, 1] < _FIRST_OUTCOME
    visited = steps[in_stage, 0] * len(STAGES) + steps[in_stage, 1]
    days = np.bincount(visited, (until - steps[:, 2])[in_stage], total * len(STAGES)).astype(np.int64)
    there = np.zeros(total * len(STAGES), dtype=bool)
    there[visited[_is_last(steps)[in_stage]]] = True
    found = np.unique(visited)
    return Visits(found % len(STAGES), np.maximum(days[found], 0), ~there[found])


def _coded(names: Iterable[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    codes: dict[str, int] = {}
    coded = np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int64)
    return coded, tuple(codes)


def _read_forms(session: Session, row_of: dict[Any, int]) -> NDArray[np.bool_]:
    forms = np.zeros((len(row_of), len(FORMS)), dtype=bool)
    keys, carried = columns(session, select(raw(ProjectForm.project_id), ProjectForm.form), 2)
    row = rows_of(row_of, keys)
    column = np.fromiter(map(FORMS.index, carried), dtype=np.int64, count=len(keys))
    forms[row[row >= 0], column[row >= 0]] = True
    return forms


def _read_occasions(
    session: Session, row_of: dict[Any, int], as_of: dt.date
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tests = select(
        raw(PrototypeTest.project_id), PrototypeTest.held_on, PrototypeTest.sponsor_present, literal(1)
    ).where(PrototypeTest.held_on <= as_of)
    engagements = select(
        raw(Engagement.project_id), Engagement.held_on, Engagement.sponsor_present, literal(0)
    ).where(Engagement.held_on <= as_of)
    keys, days, present, is_test = columns(session, union_all(tests, engagements), 4)
    table = np.column_stack(
        [
            rows_of(row_of, keys),
            numbers(days),
            np.array([-1 if each is None else int(each) for each in present], dtype=np.int64),
            np.array(is_test, dtype=np.int64),
        ]
    )
    table = table[table[:, 0] >= 0]
    return table[table[:, 3] == 1, :2], table[table[:, 2] >= 0, :3]


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Every recommendation sent by a day, in columns of the same length."""

    as_of: int
    keys: tuple[Any, ...]
    project: tuple[Any, ...]
    """Raw key of its project."""
    sponsor: NDArray[np.int64]
    """Index in `sponsors`: the addressee."""
    sponsors: tuple[str, ...]
    status: NDArray[np.str_]
    sent: Days
    """`NEVER` where nobody said when."""
    answered: Days
    """The day of the first dated answer, or `NEVER`."""
    response_due: Days
    due: Days
    """The date that holds, of those promised by the day."""
    moved_twice_on: Days
    """The day on which its due date was moved a second time, or `NEVER`."""
    news: Days
    """The last change of status or evidence."""
    quiet_after: Days
    """The last day on which silence is within 1.5 × its cadence."""

    @property
    def total(self) -> int:
        """Number of recommendations."""
        return len(self.keys)

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Sent, and neither finished nor refused."""
        return np.isin(self.status, OPEN_STATUSES)

    @property
    def is_unanswered(self) -> NDArray[np.bool_]:
        """Sent and not answered."""
        return np.isin(self.status, ["sent"])

    @property
    def kept_until(self) -> dict[str, Days]:
        """For each promise, the last day on which it is kept, or `NEVER`."""
        return kept_until(
            lambda condition, days: np.where(condition, days, NEVER),
            unanswered=self.is_unanswered,
            begun=self.is_open & ~self.is_unanswered,
            response_due=self.response_due,
            quiet_after=self.quiet_after,
            due=self.due,
            moved_twice_on=self.moved_twice_on,
        )

    @property
    def stalled_after(self) -> Days:
        """The last day on which each keeps every promise, or `NEVER`."""
        found: Days = np.minimum.reduce(list(self.kept_until.values()))
        return found

    def stalled_since(self) -> dict[str, Days]:
        """For each promise, the day since which it is broken, or `NEVER`."""
        return {name: np.where(since < self.as_of, since, NEVER) for name, since in self.kept_until.items()}


def read_recommendations(
    session: Session, as_of: dt.date, project_ids: Sequence[uuid.UUID] | None = None
) -> Recommendations:
    """The recommendations of these projects, or of all, as of a day. Two statements.

    If nothing has happened to one since that day, its current columns hold; otherwise its events are read.
    """
    unchanged = Recommendation.last_news_on <= as_of
    steps = (
        select(Event.to_state, Event.day.label("day"))
        .where(
            Event.subject_id == Recommendation.id,
            Event.subject_type == "recommendation",
            Event.to_state.is_not(None),
            Event.day <= as_of,
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
        .correlate(Recommendation)
    )
    status = case(
        (unchanged, Recommendation.status), else_=steps.with_only_columns(Event.to_state).scalar_subquery()
    )
    stepped = case(
        (unchanged, Recommendation.last_news_on),
        else_=steps.with_only_columns(Event.day).scalar_subquery(),
    )
    evidence = case(
        (unchanged, None),
        else_=select(func.max(ProgressUpdate.done_on))
        .where(
            ProgressUpdate.recommendation_id == Recommendation.id,
            ProgressUpdate.evidence != "",
            ProgressUpdate.done_on <= as_of,
        )
        .correlate(Recommendation)
        .scalar_subquery(),
    )
    answered = (
        select(func.min(Response.received_on))
        .where(Response.recommendation_id == Recommendation.id, Response.received_on <= as_of)
        .correlate(Recommendation)
        .scalar_subquery()
    )
    found = columns(
        session,
        select(
            raw(Recommendation.id),
            raw(Recommendation.project_id),
            Sponsor.name,
            status,
            Recommendation.sent_on,
            Recommendation.sent_by,
            answered,
            Recommendation.response_due,
            Recommendation.due,
            Recommendation.promised_due,
            Recommendation.moved_twice_on,
            stepped,
            evidence,
            Recommendation.cadence_days,
            Recommendation.promised_cadence_days,
        )
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .where(
            Recommendation.sent_by <= as_of,
            literal(True) if project_ids is None else Recommendation.project_id.in_(project_ids),
        ),
        15,
    )
    (
        keys, projects, names, statuses, sent, sent_by, answers, response_due, due, kept_due, twice, news,
        proof, cadence, kept_cadence,
    ) = found  # fmt: skip
    dues, cadences = list(kept_due), list(kept_cadence)
    row_of = {key: row for row, key in enumerate(keys)}
    later = read_changes(
        session, "recommendation", after=as_of, project_ids=project_ids, key=raw(Event.subject_id)
    )
    for key, changes in later.items():
        if (row := row_of.get(key)) is not None:
            since = as_day(sent_by[row])
            dues[row] = promised_day(changes, "due", as_day(due[row]), since, as_of)
            cadences[row] = promised_cadence(changes, cadence[row], since, as_of)
    sponsor, sponsors = _coded(names)
    proven = numbers(proof)
    last = np.maximum(numbers(news), np.where(proven == NEVER, 0, proven))
    return Recommendations(
        as_of=number(as_of),
        keys=keys,
        project=projects,
        sponsor=sponsor,
        sponsors=sponsors,
        status=np.array(statuses, dtype=np.str_),
        sent=numbers(sent),
        answered=numbers(answers),
        response_due=numbers(response_due),
        due=numbers(dues),
        moved_twice_on=numbers(twice),
        news=last,
        quiet_after=last + patience(np.array(cadences, dtype=np.int64)),
    )
