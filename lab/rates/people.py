"""Numbers about people: who waits, which claims were confirmed, which risks they foresaw."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.models import (
    Engagement,
    Event,
    Expectation,
    ForeseenRisk,
    Project,
    PrototypeTest,
    Recommendation,
)
from db.words import FINDINGS, INFLUENCES
from lab.past.columns import NEVER, Projects, Recommendations
from lab.past.corrected import Corrected
from lab.past.waiting import waits
from lab.rates.statistics import Share, share
from lab.rates.story import date_of

WAITING_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Claims:
    """What the lab claims about expectations, beside the verdict of those who asked. Never add the two."""

    claimed_met: int
    claimed_partly: int
    confirmed: int
    """Claimed met, and those who asked say yes."""
    confirmed_partly: int
    contradicted: int
    """Claimed met, and those who asked say no."""
    unasked: int
    """Claimed met, without a verdict yet."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Findings about the risks people foresaw."""

    findings: dict[str, int]
    hits: Share
    """Occurred, of those with a conclusive finding (occurred or did not)."""
    before_the_test: Share
    """Of those that occurred, how many were recorded before their prototype was first tested. Problems
    nobody foresaw have no record, so the share of all problems foreseen is not known."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stalled recommendation or a silent project, with the people who wait for it. Never add rows up: a
    person may wait for several."""

    project_id: uuid.UUID
    project: str
    record_id: uuid.UUID | None
    """The recommendation; None for a silent project."""
    title: str
    why: str
    """`unanswered`, `no_news`, `past_due`, `moved_twice` (as for stalled recommendations), or `silent`:
    promised news did not come."""
    since: dt.date
    people: int
    person_days: int
    """People who wait for this, times the days since they last heard or took part."""
    project_person_days: int
    """The same for everybody who waits in the project, each once: the sort key of lists."""


def claims(session: Session, as_of: dt.date) -> Claims:
    """Claims as of a day, with the verdicts given by then. Two statements.

    A verdict holds until another is given or the claim is taken back. If nothing has happened to any
    expectation since, the current columns hold; otherwise the log is read.
    """
    standing = (
        _claims_in_the_log(as_of)
        if _happened_since(session, "expectation", as_of)
        else select(Expectation.state.label("claim"), Expectation.verdict.label("verdict")).where(
            Expectation.state.in_(("met", "partly_met"))
        )
    ).subquery()
    counts = {
        (claim, verdict): count
        for claim, verdict, count in session.execute(
            select(standing.c.claim, standing.c.verdict, func.count()).group_by(
                standing.c.claim, standing.c.verdict
            )
        )
    }
    met = {verdict: count for (claim, verdict), count in counts.items() if claim == "met"}
    return Claims(
        claimed_met=sum(met.values()),
        claimed_partly=sum(count for (claim, _), count in counts.items() if claim == "partly_met"),
        confirmed=met.get("yes", 0),
        confirmed_partly=met.get("partly", 0),
        contradicted=met.get("no", 0),
        unasked=met.get(None, 0),
    )


def _happened_since(session: Session, subject: str, as_of: dt.date) -> bool:
    since = select(Event.id).where(Event.subject_type == subject, Event.day > as_of).limit(1)
    return session.scalar(since) is not None


def _claims_in_the_log(as_of: dt.date) -> Select[Any]:
    later, taken_back, judged = aliased(Event), aliased(Event), aliased(Event)
    stands = ~exists().where(
        later.subject_id == Event.subject_id,
        later.to_state.is_not(None),
        later.day <= as_of,
        _after(later, Event),
    )
    verdict = (
        select(judged.detail["verdict"].as_string())
        .where(
            judged.subject_id == Event.subject_id,
            judged.verb == "judged",
            judged.day <= as_of,
            ~exists().where(
                taken_back.subject_id == judged.subject_id,
                taken_back.to_state == "in_hand",
                taken_back.day <= as_of,
                _after(taken_back, judged),
            ),
        )
        .order_by(judged.at.desc(), judged.id.desc())
        .limit(1)
        .correlate(Event)
        .scalar_subquery()
    )
    return select(Event.to_state.label("claim"), verdict.label("verdict")).where(
        Event.subject_type == "expectation",
        Event.to_state.in_(("met", "partly_met")),
        Event.day <= as_of,
        stands,
    )


def _after(later: Any, earlier: Any) -> ColumnElement[bool]:
    """SQL: later in the log, by when it happened, then by when it was recorded."""
    return or_(later.at > earlier.at, and_(later.at == earlier.at, later.id > earlier.id))


def foreseen(session: Session, as_of: dt.date) -> Foreseen:
    """The risks raised by a day, with their findings by then. Two statements."""
    in_the_log = (
        select(Event.to_state)
        .where(
            Event.subject_id == ForeseenRisk.id,
            Event.subject_type == "foreseen_risk",
            Event.to_state.is_not(None),
            Event.day <= as_of,
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
        .correlate(ForeseenRisk)
        .scalar_subquery()
    )
    finding = in_the_log if _happened_since(session, "foreseen_risk", as_of) else ForeseenRisk.finding
    first_test = (
        select(func.min(PrototypeTest.held_on))
        .where(
            or_(
                PrototypeTest.prototype_id == ForeseenRisk.prototype_id,
                and_(
                    ForeseenRisk.prototype_id.is_(None), PrototypeTest.project_id == ForeseenRisk.project_id
                ),
            ),
            PrototypeTest.held_on <= as_of,
        )
        .correlate(ForeseenRisk)
        .scalar_subquery()
    )
    risk = (
        select(
            func.coalesce(finding, "untested").label("finding"),
            case(
                (ForeseenRisk.raised_on < func.coalesce(first_test, ForeseenRisk.raised_on), 1), else_=0
            ).label("early"),
        )
        .where(ForeseenRisk.raised_on <= as_of)
        .subquery()
    )
    found = dict.fromkeys(FINDINGS, 0)
    early = 0
    for word, was_early, count in session.execute(
        select(risk.c.finding, risk.c.early, func.count()).group_by(risk.c.finding, risk.c.early)
    ):
        found[word] += count
        early += count if was_early and word.startswith("occurred") else 0
    occurred = found["occurred_fixed"] + found["occurred_open"]
    return Foreseen(found, share(occurred, occurred + found["did_not_occur"]), share(early, occurred))


def influence(session: Session, as_of: dt.date) -> tuple[tuple[tuple[str, str, int], ...], int]:
    """(declared, actual, engagements) where both are recorded, in the order of the scale; and the number
    of engagements with a declared but no actual influence. One statement."""
    rows = session.execute(
        select(Engagement.declared_influence, Engagement.actual_influence, func.count())
        .where(
            Engagement.held_on <= as_of,
            Engagement.declared_influence.is_not(None),
        )
        .group_by(Engagement.declared_influence, Engagement.actual_influence)
    )
    counts = {(declared, actual): count for declared, actual, count in rows}
    both = tuple(
        (declared, actual, counts[declared, actual])
        for declared in INFLUENCES
        for actual in INFLUENCES
        if (declared, actual) in counts
    )
    return both, sum(count for (_, actual), count in counts.items() if actual is None)


def waiting(
    session: Session,
    projects: Projects,
    recommendations: Recommendations,
    corrected: Corrected,
    as_of: dt.date,
) -> tuple[int, int, tuple[Waiting, ...]]:
    """(number of rows, person-days in all with everybody once per project, the first 20 by their projects'
    person-days). Eight statements.

    Rows are the stalled recommendations of every project, and silent running projects.
    """
    found = waits(session, as_of, recommendations, opened=projects, corrected=corrected)
    in_all, row_of = found.person_days(as_of), {key: row for row, key in enumerate(found.keys)}
    stalls = recommendations.stalled_since()
    since = np.column_stack(list(stalls.values()))
    first, whose = since.min(axis=1, initial=NEVER), since.argmin(axis=1) if since.size else np.array([], int)
    # (project's row, recommendation's row or none, since)
    items = [
        (row_of[recommendations.project[asked]], asked, int(first[asked]))
        for asked in np.flatnonzero(first != NEVER).tolist()
    ]
    silent = np.flatnonzero(found.silent_after < projects.as_of).tolist()
    items += [(row, -1, int(found.silent_after[row])) for row in silent]

    def in_order(item: tuple[int, int, int]) -> tuple[int, int, int, str]:
        row, asked, began = item
        return -int(in_all[row]), row, began, str(recommendations.keys[asked]) if asked >= 0 else ""

    items = sorted((item for item in items if in_all[item[0]]), key=in_order)
    shown = items[:WAITING_SHOWN]
    titles = _titles(session, Project, [found.keys[row] for row, *_ in shown])
    asks = _titles(session, Recommendation, [recommendations.keys[at] for _, at, _ in shown if at >= 0])
    days = found.days_of_each(as_of)
    listed = []
    for row, asked, began in shown:
        project_id, project = titles[found.keys[row]]
        record_id, title = asks[recommendations.keys[asked]] if asked >= 0 else (None, project)
        people = found.hang_on(asked, row) if asked >= 0 else found.of_silence(row)
        listed.append(
            Waiting(
                project_id=project_id,
                project=project,
                record_id=record_id,
                title=title,
                why=tuple(stalls)[int(whose[asked])] if asked >= 0 else "silent",
                since=date_of(began),
                people=int(found.active.people[people].sum()),
                person_days=int(days[people].sum()),
                project_person_days=int(in_all[row]),
            )
        )
    return len(items), int(in_all.sum()), tuple(listed)


def _titles(session: Session, model: Any, keys: list[Any]) -> dict[Any, tuple[uuid.UUID, str]]:
    ids = {uuid.UUID(str(key)): key for key in keys}
    if not ids:
        return {}
    rows = session.execute(select(model.id, model.title).where(model.id.in_(ids)))
    return {ids[found]: (found, title) for found, title in rows}
