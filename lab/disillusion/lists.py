"""The lists on At risk, for today and for a past day, and how useful flags were."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Flag,
    Lab,
    Project,
    ProjectFeature,
    ProjectRisk,
    Recommendation,
    RiskEvaluation,
    Sponsor,
    StallReason,
)
from db.words import FLAG_OUTCOMES, STALL_REASONS
from lab.access.rights import Actor, require
from lab.disillusion.upkeep.commands import EVERY
from lab.disillusion.upkeep.features import days_waited
from lab.disillusion.upkeep.situation import Evidence
from lab.past.news import News, news_by_project

SHOWN: Final = 20


def _severity(level: ColumnElement[str]) -> ColumnElement[int]:
    return case((level == "critical", 3), (level == "at_risk", 2), (level == "watch", 1), else_=0)


_SEVERITY = _severity(ProjectRisk.__table__.c.level)


_WAITED = days_waited(ProjectRisk.__table__.c.project_id, ProjectRisk.__table__.c.as_of)


_WORST_FIRST = (_SEVERITY.desc(), _WAITED.desc(), ProjectRisk.score.desc(), ProjectRisk.project_id)


@dataclass(frozen=True, slots=True)
class Driver:
    """One addend of a score as a sentence, with the next action and the tab for it."""

    driver: str
    title: str
    sentence: str
    points: float
    subject_kind: str
    subject_id: str
    action: str
    tab: str
    after: float | None = None
    """The score if the action were done today; None where that cannot be computed."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A project's flag: raised, or acknowledged with a plan."""

    id: uuid.UUID
    state: str
    level: str
    raised_on: dt.date
    plan: str
    review_on: dt.date | None
    acknowledged_by: str
    snoozed_until: dt.date | None
    snooze_reason: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One project of the list. People waiting are in person-days."""

    project_id: uuid.UUID
    title: str
    sponsor: str
    stage: str
    as_of: dt.date
    level: str
    score: float
    low: float
    high: float
    probability: float
    coverage: float
    people_waiting: int
    news: News
    stalled_after: dt.date | None
    drivers: tuple[Driver, ...]
    flag: OpenFlag | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One point of a project's history."""

    on: dt.date
    score: float
    low: float
    high: float
    level: str


def _listed(*where: ColumnElement[bool]) -> Any:
    return (
        select(
            ProjectRisk,
            Project.title,
            Project.stage,
            Sponsor.name,
            _WAITED,
            ProjectFeature.stalled_after,
        )
        .join(Project, Project.id == ProjectRisk.project_id)
        .outerjoin(ProjectFeature, ProjectFeature.project_id == ProjectRisk.project_id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(*where)
        .order_by(*_WORST_FIRST)
    )


def at_risk(
    session: Session, actor: Actor, *, level: str | None = None, offset: int = 0
) -> tuple[int, tuple[AtRisk, ...]]:
    """How many projects have a score (of that level), and 20 of them: worst level first, then by people
    waiting, then by score. Five statements."""
    require(actor, "risk.read")
    where = [ProjectRisk.level == level] if level else []
    total = session.scalar(select(func.count()).select_from(ProjectRisk).where(*where)) or 0
    # sorted as keys: the rows themselves carry their sentences and are only read for those shown
    first = (
        select(ProjectRisk.project_id)
        .outerjoin(ProjectFeature, ProjectFeature.project_id == ProjectRisk.project_id)
        .where(*where)
        .order_by(*_WORST_FIRST)
        .offset(offset)
        .limit(SHOWN)
    )
    rows = session.execute(_listed(ProjectRisk.project_id.in_(first))).all()
    ids = [row[0].project_id for row in rows]
    flags, news = open_flags(session, ids), news_by_project(session, ids, dt.date.max)
    return total, tuple(_at_risk(flags, news, *row) for row in rows)


def _at_risk(
    flags: dict[uuid.UUID, OpenFlag],
    news: dict[uuid.UUID, News],
    risk: ProjectRisk,
    title: str,
    stage: str,
    sponsor: str | None,
    waited: int,
    stalled_after: dt.date | None,
) -> AtRisk:
    return AtRisk(
        risk.project_id,
        title,
        sponsor or "",
        stage,
        risk.as_of,
        risk.level,
        risk.score,
        risk.low,
        risk.high,
        risk.probability,
        risk.coverage,
        waited,
        news[risk.project_id],
        stalled_after,
        tuple(Driver(**line) for line in risk.lines),
        flags.get(risk.project_id),
    )


def open_flags(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, OpenFlag]:
    """The flags of some projects that are not cleared. One statement."""
    rows = session.execute(
        select(Flag, Account.name)
        .outerjoin(Account, Account.id == Flag.acknowledged_by)
        .where(Flag.project_id.in_(ids), Flag.cleared_on.is_(None))
    )
    return {
        flag.project_id: OpenFlag(
            flag.id,
            flag.state,
            flag.level,
            flag.raised_on,
            flag.plan,
            flag.review_on,
            name or "",
            flag.snoozed_until,
            flag.snooze_reason,
        )
        for flag, name in rows
    }


def level_counts(session: Session, actor: Actor) -> dict[str, int]:
    """Running projects by level. One statement."""
    require(actor, "risk.read")
    rows = session.execute(select(ProjectRisk.level, func.count()).group_by(ProjectRisk.level))
    return {level: count for level, count in rows}


def evaluated(
    session: Session, actor: Actor, *, as_of: dt.date, level: str | None = None, offset: int = 0
) -> tuple[dict[str, int], tuple[tuple[uuid.UUID, str, Evaluation], ...]]:
    """The list of a past day: how many projects were at each level when they were last evaluated up to then,
    and 20 of them with their title, worst first. Two statements."""
    require(actor, "risk.read")
    then = RiskEvaluation.evaluated_on.between(as_of - dt.timedelta(days=EVERY - 1), as_of)
    running = (Project.closed_on.is_(None)) | (Project.closed_on > as_of)
    counts = session.execute(
        select(RiskEvaluation.level, func.count())
        .join(Project, Project.id == RiskEvaluation.project_id)
        .where(then, running)
        .group_by(RiskEvaluation.level)
    )
    rows = session.execute(
        select(RiskEvaluation, Project.title)
        .join(Project, Project.id == RiskEvaluation.project_id)
        .where(then, running, RiskEvaluation.level == level if level else literal(True))
        .order_by(_severity(RiskEvaluation.__table__.c.level).desc(), RiskEvaluation.score.desc(), Project.id)
        .offset(offset)
        .limit(SHOWN)
    )
    return (
        {name: count for name, count in counts},
        tuple((each.project_id, title, _evaluation(each)) for each, title in rows),
    )


def _evaluation(each: RiskEvaluation) -> Evaluation:
    return Evaluation(each.evaluated_on, each.score, each.low, each.high, each.level)


def flags_to_acknowledge(session: Session, actor: Actor, *, limit: int = 10) -> tuple[AtRisk, ...]:
    """Projects whose flag is neither acknowledged nor snoozed. Four statements."""
    require(actor, "flag.acknowledge")
    awake = (Flag.snoozed_until.is_(None)) | (Flag.snoozed_until < ProjectRisk.as_of)
    statement = _listed(Flag.state == "raised", awake).join(Flag, Flag.project_id == Project.id)
    rows = session.execute(statement.limit(limit)).all()
    ids = [row[0].project_id for row in rows]
    flags, news = open_flags(session, ids), news_by_project(session, ids, dt.date.max)
    return tuple(_at_risk(flags, news, *row) for row in rows)


def stall_reasons(session: Session, actor: Actor) -> dict[str, int]:
    """Recorded reasons why stalled recommendations of running projects do not move, counted over all
    projects, in the order of the vocabulary. One statement."""
    require(actor, "risk.read")
    counts = {
        reason: count
        for reason, count in session.execute(
            select(StallReason.reason, func.count())
            .join(Recommendation, Recommendation.id == StallReason.recommendation_id)
            .join(Project, Project.id == Recommendation.project_id)
            .where(
                Project.outcome.is_(None),
                Recommendation.status.in_(("sent", "accepted", "partly_accepted", "in_progress")),
                Recommendation.last_news_on <= StallReason.said_on,
            )
            .group_by(StallReason.reason)
        )
    }
    return {reason: counts[reason] for reason in STALL_REASONS if reason in counts}


def flag_audit(session: Session, actor: Actor) -> dict[str, int]:
    """How cleared flags were judged, and how many were not judged. One statement."""
    require(actor, "risk.read")
    rows = session.execute(
        select(func.coalesce(Flag.outcome, "not_judged"), func.count())
        .where(Flag.cleared_on.is_not(None))
        .group_by(Flag.outcome)
    )
    counts = {outcome: count for outcome, count in rows}
    return {outcome: counts.get(outcome, 0) for outcome in (*FLAG_OUTCOMES, "not_judged")}


def escalation_days(session: Session, actor: Actor) -> tuple[int, ...]:
    """Days of a stall after which each step of the ladder is reached. One statement."""
    require(actor, "risk.read")
    return tuple(session.get_one(Lab, 1).escalation_days)
