"""What the implementation screen and `python -m lab rates` say, counted by the database."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Event, Expectation, Project, Recommendation, Response
from db.words import OUTCOMES, RECOMMENDATION_STATUSES, STAGES
from lab.access.rights import Actor, require
from lab.followthrough.rules import RESPONSE_DAYS
from lab.rates.statistics import BENCHMARK, Share, share


@dataclass(frozen=True, slots=True)
class Responses:
    """How long sponsors took to answer, against 12 weeks. `median_days` is None when nobody answered."""

    sent: int
    answered: int
    undated: int
    """Answered on a day that nobody wrote down."""
    within_12_weeks: int
    not_yet_due: int
    median_days: float | None
    by_week: tuple[tuple[int, int], ...]
    """(weeks taken, answers) in order."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Everything the screen shows, as of a day."""

    as_of: dt.date
    implementation: Share
    outcomes: dict[str, int]
    running: int
    reached: dict[str, int]
    """Projects that ever began each stage, and those closed as implemented."""
    recommendations: dict[str, int]
    responses: Responses
    claimed: int
    """Expectations the lab says are met."""
    confirmed: int
    """Of those, the ones for which the people who asked say yes."""


def rates(session: Session, actor: Actor, *, as_of: dt.date) -> Rates:
    """The lab's implementation numbers on a day. Six statements, however many projects there are."""
    require(actor, "rates.read")
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    outcomes: Counter[str] = Counter()
    running = 0
    closed = (Project.closed_on.is_not(None)) & (Project.closed_on <= as_of)
    for outcome, is_closed, count in session.execute(
        select(Project.outcome, closed, func.count())
        .where(Project.opened_on <= as_of)
        .group_by(Project.outcome, closed)
    ):
        if outcome and is_closed:
            outcomes[outcome] += count
        else:
            running += count
    reached = {
        stage: count
        for stage, count in session.execute(
            select(Event.to_state, func.count(Event.subject_id.distinct()))
            .where(Event.subject_type == "project", Event.to_state.in_(STAGES), Event.at < end)
            .group_by(Event.to_state)
        )
    }
    statuses = {
        status: count
        for status, count in session.execute(
            select(Recommendation.status, func.count())
            .where(Recommendation.recorded_on <= as_of)
            .group_by(Recommendation.status)
        )
    }
    claimed, confirmed = _claims(session)
    return Rates(
        as_of=as_of,
        implementation=share(outcomes["implemented"], outcomes.total()),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        running=running,
        reached={stage: reached.get(stage, 0) for stage in STAGES} | {"implemented": outcomes["implemented"]},
        recommendations={status: statuses.get(status, 0) for status in RECOMMENDATION_STATUSES},
        responses=_responses(session, as_of),
        claimed=claimed,
        confirmed=confirmed,
    )


def _claims(session: Session) -> tuple[int, int]:
    rows = session.execute(
        select(Expectation.verdict, func.count())
        .where(Expectation.state == "met")
        .group_by(Expectation.verdict)
    )
    verdicts = {verdict: count for verdict, count in rows}
    return sum(verdicts.values()), verdicts.get("yes", 0)


def _responses(session: Session, as_of: dt.date) -> Responses:
    first = (
        select(Response.recommendation_id, func.min(Response.received_on).label("on"))
        .where(Response.received_on <= as_of)
        .group_by(Response.recommendation_id)
        .subquery()
    )
    answered = Recommendation.status != "sent"
    took: Counter[int] = Counter()
    unanswered = waiting = undated = 0
    for sent_on, received_on, due, has_answer, count in session.execute(
        select(Recommendation.sent_on, first.c.on, Recommendation.response_due, answered, func.count())
        .outerjoin(first, first.c.recommendation_id == Recommendation.id)
        .where(Recommendation.sent_on <= as_of)
        .group_by(Recommendation.sent_on, first.c.on, Recommendation.response_due, answered)
    ):
        if received_on is not None and sent_on is not None:
            took[max(0, (received_on - sent_on).days)] += count
        elif has_answer:
            undated += count
        else:
            unanswered += count
            waiting += count if due is None or due >= as_of else 0
    days = sorted(took.elements())
    by_week: Counter[int] = Counter()
    for day, count in took.items():
        by_week[day // 7] += count
    return Responses(
        sent=len(days) + undated + unanswered,
        answered=len(days) + undated,
        undated=undated,
        within_12_weeks=sum(day <= RESPONSE_DAYS for day in days),
        not_yet_due=waiting,
        median_days=float(median(days)) if days else None,
        by_week=tuple(sorted(by_week.items())),
    )


def rates_report(session: Session, actor: Actor, as_of: dt.date) -> dict[str, Any]:
    """The same as plain values for the command line; see `Rates` for their meaning."""
    found = rates(session, actor, as_of=as_of)
    implementation = found.implementation
    return {
        "as_of": str(as_of),
        "implementation_rate": {
            "implemented": implementation.count,
            "closed": implementation.total,
            "rate": implementation.rate,
            "low": implementation.low,
            "high": implementation.high,
        },
        "benchmark": {"implemented": BENCHMARK[0], "closed": BENCHMARK[1]},
        "outcomes": found.outcomes,
        "running": found.running,
        "reached": found.reached,
        "recommendations": found.recommendations,
        "responses": {
            name: value for name, value in dataclasses.asdict(found.responses).items() if name != "by_week"
        },
        "expectations": {"claimed_met": found.claimed, "confirmed": found.confirmed},
    }
