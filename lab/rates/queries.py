"""The numbers on the Implementation screen and of `python -m lab rates`, as of a day."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Event, Project, Recommendation
from db.words import OUTCOMES
from lab.access.rights import Actor, require
from lab.past import heard
from lab.past.columns import IMPLEMENTED, number, read_projects, read_recommendations
from lab.past.corrected import read_corrected
from lab.rates import people, story
from lab.rates.statistics import (
    BENCHMARK,
    Belief,
    Interval,
    Share,
    belief,
    clopper_pearson,
    jeffreys,
    share,
)
from lab.rates.survival import RUNNING, Curve

PROJECTS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Rates:
    """The Implementation screen, as of a day."""

    as_of: dt.date
    implementation: Share
    belief: Belief
    """The implementation rate with the benchmark as prior, for labs with few closed projects."""
    outcomes: dict[str, int]
    stopped: int
    """Not implemented, and closed while still in discovery."""
    running: int
    incidence: story.Incidence
    reached: dict[str, int]
    """Projects that ever began each stage, and those closed as implemented."""
    steps_on: tuple[tuple[str, Share], ...]
    cohorts: tuple[story.Cohort, ...]
    time_in_stages: tuple[story.StageTime, ...]
    comparisons: tuple[story.Comparison, ...]
    breakdowns: tuple[story.Breakdown, ...]
    recommendations: dict[str, int]
    """Recommendations by status."""
    responses: story.Responses
    stalled: dict[str, int]
    addressees: tuple[story.Addressee, ...]
    claims: people.Claims
    heard_back: heard.HeardBack
    foreseen: people.Foreseen
    influence: tuple[tuple[str, str, int], ...]
    influence_not_said: int
    """Engagements with a declared influence and no recorded actual one."""
    waiting_items: int
    waiting_person_days: int
    waiting: tuple[people.Waiting, ...]


def rates(session: Session, actor: Actor, *, as_of: dt.date) -> Rates:
    """The lab's implementation numbers on a day. Twenty-five statements, however many projects there are;
    three more where attendance and head counts were corrected since."""
    require(actor, "rates.read")
    projects = read_projects(session, as_of)
    recommendations = read_recommendations(session, as_of)
    outcomes = np.bincount(np.minimum(projects.cause, len(OUTCOMES)), minlength=len(OUTCOMES) + 1)
    named = dict(zip(OUTCOMES, outcomes[IMPLEMENTED:].tolist(), strict=True))
    closed = sum(named.values())
    replies = heard.read_replies(session, projects, as_of)
    influence, influence_not_said = people.influence(session, as_of)
    corrected = read_corrected(session, as_of)
    items, person_days, waiting = people.waiting(session, projects, recommendations, corrected, as_of)
    return Rates(
        as_of=as_of,
        implementation=share(named["implemented"], closed),
        belief=belief(named["implemented"], closed),
        outcomes=named,
        stopped=story.stopped(projects),
        running=int(outcomes[RUNNING]),
        incidence=story.incidence(projects),
        reached=story.reached(projects),
        steps_on=story.steps_on(projects),
        cohorts=story.cohorts(projects),
        time_in_stages=story.time_in_stages(projects),
        comparisons=story.comparisons(projects),
        breakdowns=(
            story.by_form(projects),
            story.by_name(projects, "sponsor", projects.sponsor, projects.sponsors),
            story.by_name(projects, "place", projects.place, projects.places),
        ),
        recommendations={"draft": _drafts(session, as_of)} | story.statuses(recommendations),
        responses=story.responses(recommendations),
        stalled=story.stalled(recommendations),
        addressees=story.addressees(recommendations),
        claims=people.claims(session, as_of),
        heard_back=heard.heard_back(session, projects, replies, corrected, as_of),
        foreseen=people.foreseen(session, as_of),
        influence=influence,
        influence_not_said=influence_not_said,
        waiting_items=items,
        waiting_person_days=person_days,
        waiting=waiting,
    )


def _drafts(session: Session, as_of: dt.date) -> int:
    unsent = Recommendation.sent_by.is_(None) | (Recommendation.sent_by > as_of)
    drafted = (
        select(func.count()).select_from(Recommendation).where(Recommendation.recorded_on <= as_of, unsent)
    )
    return session.scalar(drafted) or 0


def newest_record(session: Session, actor: Actor) -> uuid.UUID | None:
    """The key of the newest event: the numbers change only with it. One statement."""
    require(actor, "rates.read")
    return session.scalar(select(Event.id).order_by(Event.id.desc()).limit(1))


def projects_behind(
    session: Session, actor: Actor, *, outcome: str, as_of: dt.date
) -> tuple[tuple[uuid.UUID, str, dt.date, dt.date | None], ...]:
    """The projects behind a number: (key, title, opened, ended), the last ended first; at most 50.

    `outcome` is one of the outcomes, `stopped` or `running`. Five statements.
    """
    require(actor, "rates.read")
    projects = read_projects(session, as_of)
    cause = ("running", *OUTCOMES, "stopped").index(outcome)
    rows = np.flatnonzero(projects.cause == cause)
    rows = rows[np.argsort(-projects.ended[rows], kind="stable")][:PROJECTS_SHOWN]
    key_of = {row: uuid.UUID(str(key)) for key, row in projects.row_of.items()}
    ids = {key_of[row]: row for row in rows.tolist()}
    found = {
        ids[key]: (key, title)
        for key, title in session.execute(select(Project.id, Project.title).where(Project.id.in_(ids)))
    }
    today = number(as_of)
    return tuple(
        (
            *found[row],
            story.date_of(projects.opened[row]),
            None if projects.cause[row] == RUNNING else story.date_of(min(projects.ended[row], today)),
        )
        for row in rows.tolist()
    )


def rates_report(session: Session, actor: Actor, as_of: dt.date) -> dict[str, Any]:
    """`rates` as plain values, for the command line."""
    found = rates(session, actor, as_of=as_of)
    implementation = found.implementation
    counts = (implementation.count, implementation.total)
    return {
        "as_of": str(as_of),
        "implementation_rate": {
            "implemented": implementation.count,
            "closed": implementation.total,
            "rate": implementation.rate,
            "low": implementation.low,
            "high": implementation.high,
        },
        "implementation_rate_otherwise": {
            "jeffreys": _plain(jeffreys(*counts)) if implementation.total else None,
            "clopper_pearson": _plain(clopper_pearson(*counts)) if implementation.total else None,
            "with_benchmark_prior": _plain(found.belief),
        },
        "benchmark": {"implemented": BENCHMARK[0], "closed": BENCHMARK[1]},
        "outcomes": found.outcomes,
        "stopped_in_discovery": found.stopped,
        "running": found.running,
        "cumulative_incidence": _incidence(found.incidence),
        "reached": found.reached,
        "went_on": {stage: _plain(each) for stage, each in found.steps_on},
        "cohorts": [_plain(each) for each in found.cohorts],
        "time_in_stages": [_plain(each) for each in found.time_in_stages],
        "comparisons": [_plain(each) for each in found.comparisons],
        "breakdowns": {each.by: [_plain(group) for group in each.groups] for each in found.breakdowns},
        "recommendations": found.recommendations,
        "responses": {name: value for name, value in _plain(found.responses).items() if name != "by_week"},
        "stalled": found.stalled,
        "addressees": [_plain(each) for each in found.addressees],
        "expectations": _plain(found.claims),
        "heard_back": _plain(found.heard_back),
        "foreseen_risks": _plain(found.foreseen),
        "influence": [
            {"declared": declared, "actual": actual, "engagements": count}
            for declared, actual, count in found.influence
        ],
        "influence_not_said": found.influence_not_said,
        "people_waiting": {
            "items": found.waiting_items,
            "person_days": found.waiting_person_days,
            "first": [_plain(each) for each in found.waiting],
        },
    }


def _plain(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)


def _incidence(found: story.Incidence) -> dict[str, Any]:
    def at(curve: Curve, mark: int) -> dict[str, float]:
        low, high = curve.bounds_at(mark)
        return dataclasses.asdict(Interval(curve.at(mark), low, high))

    return {
        "by_day": [
            {
                "day": mark,
                "at_risk": count,
                "implemented": at(found.implemented, mark),
                "ended_otherwise": at(found.otherwise, mark),
            }
            | {f"apart_{name}": values[index] for name, values in found.apart.items()}
            for index, (mark, count) in enumerate(zip(found.marks, found.at_risk, strict=True))
        ],
        "implemented_per_project_year": _plain(found.per_year) if found.per_year else None,
        "median_days_to_any_end": found.median,
    }
