"""The weekly digest: what changed, and what waits for whom. Text to copy into an e-mail."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Escalation,
    Event,
    Flag,
    Lab,
    Project,
    ProjectFeature,
    Recommendation,
    Sponsor,
    StallReason,
)
from db.words import ESCALATION_STEPS, LEVELS
from lab.access.rights import Actor, require
from lab.disillusion.lists import level_counts, stall_reasons
from lab.disillusion.score.words import LEVEL_WORD, STALL_REASON_WORD, STEP_WORD, days
from lab.disillusion.upkeep.features import days_waited
from lab.followthrough.rules import OPEN_STATUSES, stall_of
from lab.foundation.text import quantity, shortened
from lab.lifecycle.today import Promise, promises_due
from lab.past.heard import HeardBack, heard_on

WEEK: Final = 7
SHOWN: Final = 15


@dataclass(frozen=True, slots=True)
class Turned:
    """A flag that was raised or cleared in the week."""

    project_id: uuid.UUID
    project: str
    on: dt.date
    cleared: bool
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingRecommendation:
    """A stalled recommendation: for whom it waits, since when, and people waiting in its project, in
    person-days."""

    project_id: uuid.UUID
    project: str
    recommendation_id: uuid.UUID
    title: str
    sponsor: str
    owner: str
    since: dt.date
    days: int
    cleared_by: str
    people_waiting: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    """A week of the lab up to a day."""

    lab: str
    since: dt.date
    until: dt.date
    levels: dict[str, int]
    turned: tuple[Turned, ...]
    news: dict[str, int]
    """Number of answers, progress reports, replies and expectations met."""
    climbed: dict[str, int]
    """Number of stalls that reached each step of the ladder."""
    waits: tuple[WaitingRecommendation, ...]
    stalled_projects: int
    late_news: tuple[Promise, ...]
    """News that was promised to a project's people by a day that has passed, the longest late first."""
    reasons: dict[str, int]
    heard: HeardBack
    """Of the people who took part, how many have heard back in time."""


NEWS: Final = {
    "answer": ("recommendation answered", "recommendations answered"),
    "progress": ("report of progress with evidence", "reports of progress with evidence"),
    "reply": ("reply to the people", "replies to the people"),
    "met": ("expectation met", "expectations met"),
}


def digest(session: Session, actor: Actor, *, today: dt.date) -> Digest:
    """The seven days up to today. The number of statements does not grow with the lab."""
    require(actor, "risk.read")
    since = today - dt.timedelta(days=WEEK)
    lab = session.get_one(Lab, 1)
    stalled = ProjectFeature.stalled_after < today
    return Digest(
        lab=lab.name,
        since=since,
        until=today,
        levels=level_counts(session, actor),
        turned=_turned(session, since),
        news=_news(session, since, today),
        climbed=_climbed(session, since, today),
        waits=_waits(session, today),
        stalled_projects=session.scalar(select(func.count()).select_from(ProjectFeature).where(stalled)) or 0,
        late_news=tuple(
            each for each in promises_due(session, actor, as_of=today) if each.promised_for < today
        ),
        reasons=stall_reasons(session, actor),
        heard=heard_on(session, today),
    )


def _turned(session: Session, since: dt.date) -> tuple[Turned, ...]:
    rows = session.execute(
        select(Flag, Project.title)
        .join(Project, Project.id == Flag.project_id)
        .where(or_(Flag.raised_on > since, Flag.cleared_on > since))
        .order_by(func.coalesce(Flag.cleared_on, Flag.raised_on).desc(), Flag.id)
        .limit(SHOWN)
    )
    return tuple(
        Turned(
            flag.project_id,
            title,
            flag.cleared_on or flag.raised_on,
            flag.cleared_on is not None,
            flag.cleared_reason,
        )
        for flag, title in rows
    )


def _news(session: Session, since: dt.date, today: dt.date) -> dict[str, int]:
    between = (Event.day > since, Event.day <= today)

    def count(*where: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(Event).where(*between, *where)) or 0

    asked = Event.subject_type == "recommendation"
    return {
        "answer": count(asked, Event.to_state.in_(("accepted", "partly_accepted", "declined"))),
        "progress": count(asked, Event.to_state.in_(("in_progress", "implemented", "dropped"))),
        "reply": count(Event.subject_type == "reply", Event.to_state.is_(None), Event.verb == "told"),
        "met": count(Event.subject_type == "expectation", Event.to_state == "met"),
    }


def _climbed(session: Session, since: dt.date, today: dt.date) -> dict[str, int]:
    counts = {
        step: count
        for step, count in session.execute(
            select(Escalation.step, func.count())
            .where(Escalation.reached_on > since, Escalation.reached_on <= today)
            .group_by(Escalation.step)
        )
    }
    return {step: counts[step] for step in ESCALATION_STEPS if step in counts}


def _waits(session: Session, today: dt.date) -> tuple[WaitingRecommendation, ...]:
    waited = days_waited(ProjectFeature.project_id, literal(today))
    worst = (
        select(ProjectFeature.project_id, waited.label("waited"))
        .where(ProjectFeature.stalled_after < today)
        .order_by(waited.desc(), ProjectFeature.stalled_after, ProjectFeature.project_id)
        .limit(SHOWN)
        .subquery()
    )
    rows = session.execute(
        select(Recommendation, Project.title, Sponsor.name, Account.name, worst.c.waited, StallReason.reason)
        .join(worst, worst.c.project_id == Recommendation.project_id)
        .join(Project, Project.id == Recommendation.project_id)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .outerjoin(Account, Account.id == Project.owner_id)
        .outerjoin(StallReason, StallReason.recommendation_id == Recommendation.id)
        .where(Recommendation.status.in_(OPEN_STATUSES))
    )
    found = []
    for each, project, sponsor, owner, people_waiting, reason in rows:
        why = stall_of(each, today)
        if why is not None:
            found.append(
                WaitingRecommendation(
                    each.project_id,
                    project,
                    each.id,
                    each.title,
                    sponsor,
                    owner or "",
                    why.since,
                    why.days,
                    why.cleared_by,
                    people_waiting,
                    reason,
                )
            )
    found.sort(key=lambda each: (-each.people_waiting, each.project_id, each.since, each.recommendation_id))
    return tuple(found)


def as_text(found: Digest) -> str:
    """The digest as plain text, to copy into an e-mail. The lab sends nothing."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Digest) -> Iterator[str]:
    yield f"{found.lab}: the week to {found.until}"
    yield ""
    counts = [f"{found.levels.get(level, 0)} {LEVEL_WORD[level].lower()}" for level in reversed(LEVELS)]
    yield "Running projects: " + ", ".join(counts) + "."
    yield ""
    yield from _section("What changed", _changed(found))
    yield from _section(
        "What waits for whom, where most people wait first",
        [line for each in found.waits for line in _said(each)],
    )
    rest = found.stalled_projects - len({each.project_id for each in found.waits})
    if rest > 0:
        yield f"… and {quantity(rest, 'more project')} with something stalled."
        yield ""
    if found.late_news:
        yield from _section(
            "News that was promised and is late",
            [f"- {shortened(each.project)}: by {each.promised_for}" for each in found.late_news],
        )
    reasons = [f"- {STALL_REASON_WORD[reason]}: {count}" for reason, count in found.reasons.items()]
    if reasons:
        yield from _section("Why things do not move, as somebody said", reasons)
    yield from _section("Who heard", [f"- {each}" for each in heard_said(found.heard)])
    yield "You get this because somebody at the lab passed it on. It names no one who took part."


def heard_said(found: HeardBack) -> list[str]:
    """The heard-back rate in two lines; nothing where nobody took part."""
    if not found.due + found.not_yet_due:
        return []
    return [f"{found.in_time_said()}.", f"{found.otherwise_said()}."]


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield title.upper()
    yield from lines or ["- nothing"]
    yield ""


def _changed(found: Digest) -> list[str]:
    flags = [
        f"- {shortened(each.project)}: flag cleared {each.on}: {shortened(each.reason)}"
        if each.cleared
        else f"- {shortened(each.project)}: flag raised {each.on}"
        for each in found.turned
    ]
    climbed = [
        f"- {quantity(count, 'stall')} reached: {STEP_WORD[step]}" for step, count in found.climbed.items()
    ]
    news = [f"- {quantity(count, *NEWS[kind])}" for kind, count in found.news.items() if count]
    return [*flags, *climbed, *news]


def _said(each: WaitingRecommendation) -> list[str]:
    owner = f" (project owner: {each.owner})" if each.owner else ""
    waiting = f"; {quantity(each.people_waiting, 'person-day')} of waiting" if each.people_waiting else ""
    reason = f"; why: {STALL_REASON_WORD[each.reason].lower()}" if each.reason else ""
    return [
        f"- {each.sponsor}: “{shortened(each.title)}”, {shortened(each.project)}{owner}",
        f"  stalled {days(each.days)}, since {each.since}{waiting}{reason}; cleared by {each.cleared_by}",
    ]
