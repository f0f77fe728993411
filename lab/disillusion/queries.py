"""The at-risk screen's questions."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from db.models import Account, Flag, Project, ProjectRisk, RiskEvaluation, Sponsor
from lab.access.rights import Actor, require
from lab.disillusion.drivers import assess_project
from lab.disillusion.levels import AlertState, from_text
from lab.disillusion.records import CHUNK, LabPast, read_records, situation
from lab.disillusion.words import NEXT_ACTION, sentence

SHOWN = 20
_SEVERITY = case((ProjectRisk.level == "critical", 3), (ProjectRisk.level == "at_risk", 2),
                 (ProjectRisk.level == "watch", 1), else_=0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Driver:
    """One addend of a score, in a sentence, with the next action and where it is done."""

    driver: str
    title: str
    sentence: str
    points: float
    subject_kind: str
    subject_id: str
    action: str
    tab: str


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


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One project of the list."""

    project_id: uuid.UUID
    title: str
    sponsor: str
    stage: str
    level: str
    score: float
    low: float
    high: float
    probability: float
    coverage: float
    people_waiting: int
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


@dataclass(frozen=True, slots=True)
class PastFlag:
    """A flag in a project's history, open or cleared."""

    raised_on: dt.date
    level: str
    plan: str
    cleared_on: dt.date | None
    cleared_reason: str


def at_risk(
    session: Session, actor: Actor, *, level: str | None = None, offset: int = 0
) -> tuple[int, tuple[AtRisk, ...]]:
    """How many projects have a score (of that level), and 20 of them: worst level first, then by people
    waiting, then by score. Three statements."""
    require(actor, "risk.read")
    where = [ProjectRisk.level == level] if level else []
    total = session.scalar(select(func.count()).select_from(ProjectRisk).where(*where)) or 0
    rows = session.execute(
        select(ProjectRisk, Project.title, Project.stage, Sponsor.name)
        .join(Project, Project.id == ProjectRisk.project_id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(*where)
        .order_by(_SEVERITY.desc(), ProjectRisk.people_waiting.desc(), ProjectRisk.score.desc(), Project.id)
        .offset(offset)
        .limit(SHOWN)
    ).all()
    flags = _flags(session, [row[0].project_id for row in rows])
    return total, tuple(_at_risk(*row, flags) for row in rows)


def risk_of(session: Session, actor: Actor, project_id: uuid.UUID) -> AtRisk | None:
    """One project's score with its drivers, or None when it is closed or not yet scored. Two statements."""
    require(actor, "risk.read")
    row = session.execute(
        select(ProjectRisk, Project.title, Project.stage, Sponsor.name)
        .join(Project, Project.id == ProjectRisk.project_id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(ProjectRisk.project_id == project_id)
    ).one_or_none()
    return _at_risk(*row, _flags(session, [project_id])) if row else None


def _at_risk(
    risk: ProjectRisk, title: str, stage: str, sponsor: str | None, flags: dict[uuid.UUID, OpenFlag]
) -> AtRisk:
    return AtRisk(
        risk.project_id,
        title,
        sponsor or "",
        stage,
        risk.level,
        risk.score,
        risk.low,
        risk.high,
        risk.probability,
        risk.coverage,
        risk.people_waiting,
        tuple(Driver(**line) for line in risk.lines),
        flags.get(risk.project_id),
    )


def _flags(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, OpenFlag]:
    rows = session.execute(
        select(Flag, Account.name)
        .outerjoin(Account, Account.id == Flag.acknowledged_by)
        .where(Flag.project_id.in_(ids), Flag.cleared_on.is_(None))
    )
    return {
        flag.project_id: OpenFlag(
            flag.id, flag.state, flag.level, flag.raised_on, flag.plan, flag.review_on, name or ""
        )
        for flag, name in rows
    }


def level_counts(session: Session, actor: Actor) -> dict[str, int]:
    """Running projects by level. One statement."""
    require(actor, "risk.read")
    rows = session.execute(select(ProjectRisk.level, func.count()).group_by(ProjectRisk.level))
    return {level: count for level, count in rows}


def history_of(
    session: Session, actor: Actor, project_id: uuid.UUID
) -> tuple[tuple[Evaluation, ...], tuple[PastFlag, ...]]:
    """A project's evaluations, oldest first, and its flags. Two statements."""
    require(actor, "risk.read")
    evaluations = session.scalars(
        select(RiskEvaluation)
        .where(RiskEvaluation.project_id == project_id)
        .order_by(RiskEvaluation.evaluated_on)
    )
    flags = session.scalars(select(Flag).where(Flag.project_id == project_id).order_by(Flag.raised_on))
    return (
        tuple(
            Evaluation(each.evaluated_on, each.score, each.low, each.high, each.level) for each in evaluations
        ),
        tuple(
            PastFlag(each.raised_on, each.level, each.plan, each.cleared_on, each.cleared_reason)
            for each in flags
        ),
    )


def flags_to_acknowledge(session: Session, actor: Actor, *, limit: int = 10) -> tuple[AtRisk, ...]:
    """Projects whose flag nobody has taken on, or whose review is due. Two statements."""
    require(actor, "flag.acknowledge")
    rows = session.execute(
        select(ProjectRisk, Project.title, Project.stage, Sponsor.name)
        .join(Project, Project.id == ProjectRisk.project_id)
        .join(Flag, Flag.project_id == Project.id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(Flag.state == "raised")
        .order_by(_SEVERITY.desc(), ProjectRisk.people_waiting.desc(), Project.id)
        .limit(limit)
    ).all()
    flags = _flags(session, [row[0].project_id for row in rows])
    return tuple(_at_risk(*row, flags) for row in rows)


def risk_report(session: Session, actor: Actor, as_of: dt.date) -> list[dict[str, Any]]:
    """Every running project's score on a day, for the command line: worst first."""
    require(actor, "risk.read")
    ids = list(
        session.scalars(
            select(Project.id).where(
                Project.opened_on <= as_of, (Project.closed_on.is_(None)) | (Project.closed_on > as_of)
            )
        )
    )
    past = LabPast(session).until(as_of)
    newest = (
        select(RiskEvaluation.project_id, func.max(RiskEvaluation.evaluated_on).label("day"))
        .where(RiskEvaluation.evaluated_on <= as_of)
        .group_by(RiskEvaluation.project_id)
        .subquery()
    )
    states = {
        project_id: from_text(state)
        for project_id, state in session.execute(
            select(RiskEvaluation.project_id, RiskEvaluation.alert_state).join(
                newest,
                (newest.c.project_id == RiskEvaluation.project_id)
                & (newest.c.day == RiskEvaluation.evaluated_on),
            )
        )
    }
    report: list[dict[str, Any]] = []
    for start in range(0, len(ids), CHUNK):
        for project_id, record in read_records(session, ids[start : start + CHUNK]).items():
            facts = situation(record, as_of)
            score = assess_project(facts.stakeholders, past)
            kept = states.get(project_id, AlertState())
            report.append(
                {
                    "project": record.project.title,
                    "id": str(project_id),
                    "level": AlertState(kept.watch, kept.at_risk, facts.immediate).level,
                    "score": score.index,
                    "low": score.low,
                    "high": score.high,
                    "probability": score.probability,
                    "coverage": score.coverage,
                    "people_waiting": facts.people_waiting,
                    "next_action": NEXT_ACTION[score.lines[0].driver].label if score.lines else "",
                    "drivers": [
                        {
                            "driver": line.driver,
                            "points": line.points,
                            "sentence": sentence(line),
                            "evidence": line.subject_id or str(project_id),
                        }
                        for line in score.lines
                    ],
                }
            )
    return sorted(report, key=lambda row: (-row["score"], row["project"], row["id"]))
