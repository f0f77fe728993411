"""The portfolio: risk against importance, how sponsors keep their word, and what is neglected."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, func, null, or_, select
from sqlalchemy.orm import Session

from db.models import (
    Expectation,
    Project,
    ProjectForm,
    ProjectRisk,
    Recommendation,
    RiskEvaluation,
)
from db.words import FORMS, MODES
from lab.access.rights import Actor, require
from lab.disillusion.upkeep.commands import latest_evaluation
from lab.disillusion.upkeep.features import days_waited
from lab.past.columns import read_recommendations
from lab.past.waiting import person_days
from lab.rates import story

SHOWN: Final = 50
FEW: Final = 2_000
"""With more projects than this, people waiting are computed for the whole lab at once."""
UNSAID: Final = "not_said"
"""Projects without a form, or without a mode."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The portfolio screen, as of a day."""

    as_of: dt.date
    projects: int
    running: int
    matrix: dict[tuple[str, int], int]
    """Running projects by (level, importance): the highest importance, 1 to 5, of its expectations and
    recommendations; 0 if there are none, or none was given."""
    addressees: tuple[story.Addressee, ...]
    practice: dict[tuple[str, str], int]
    """Projects by (form, mode); a project with several forms counts under each."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in a cell of the matrix."""

    id: uuid.UUID
    title: str
    score: float
    people_waiting: int
    """Person-days on that day."""


def portfolio(session: Session, actor: Actor, *, as_of: dt.date, today: dt.date) -> Portfolio:
    """The portfolio on a day. Four statements, however many projects there are."""
    require(actor, "rates.read")
    placed = _placed(as_of, today).subquery()
    matrix = {
        (level, importance): count
        for level, importance, count in session.execute(
            select(placed.c.level, placed.c.importance, func.count()).group_by(
                placed.c.level, placed.c.importance
            )
        )
    }
    opened, running = session.execute(
        select(func.count(), func.coalesce(func.sum(case((_runs(as_of), 1), else_=0)), 0))
        .select_from(Project)
        .where(Project.opened_on <= as_of)
    ).one()
    return Portfolio(
        as_of=as_of,
        projects=opened,
        running=running,
        matrix=matrix,
        addressees=story.addressees(read_recommendations(session, as_of)),
        practice=_practice(session, as_of),
    )


def projects_at(
    session: Session, actor: Actor, *, level: str, importance: int, as_of: dt.date, today: dt.date
) -> tuple[Listed, ...]:
    """The projects in one cell of the matrix, most person-days first; at most 50. One statement; twelve to
    fourteen for a past day, where person-days are in no column."""
    require(actor, "risk.read")
    placed = _placed(as_of, today).subquery()
    cell = select(placed.c.id, placed.c.title, placed.c.score, placed.c.people_waiting).where(
        placed.c.level == level, placed.c.importance == importance
    )
    if as_of >= today:
        order = func.coalesce(placed.c.people_waiting, 0).desc(), placed.c.score.desc(), placed.c.id
        rows = session.execute(cell.order_by(*order).limit(SHOWN))
        return tuple(Listed(key, title, score, days or 0) for key, title, score, days in rows)
    found = session.execute(cell).all()
    keys = [row.id for row in found]
    waited = person_days(session, keys if len(keys) <= FEW else None, as_of) if keys else {}
    listed = [Listed(row.id, row.title, row.score, waited[row.id]) for row in found]
    return tuple(sorted(listed, key=lambda each: (-each.people_waiting, -each.score, each.id))[:SHOWN])


def _placed(as_of: dt.date, today: dt.date) -> Select[Any]:
    """(id, title, level, score, people waiting, importance) of every running project that has a score: the
    current one, or for a past day that of the last fortnightly evaluation, which only running projects
    have."""
    importance = func.coalesce(
        _highest(Expectation.importance, Expectation.project_id, Expectation.recorded_on <= as_of), 0
    )
    asked = func.coalesce(
        _highest(Recommendation.importance, Recommendation.project_id, Recommendation.sent_by <= as_of), 0
    )
    highest = case((importance >= asked, importance), else_=asked).label("importance")
    if as_of >= today:
        return (
            select(
                Project.id,
                Project.title,
                ProjectRisk.level,
                ProjectRisk.score,
                days_waited(ProjectRisk.__table__.c.project_id, ProjectRisk.__table__.c.as_of).label(
                    "people_waiting"
                ),
                highest,
            )
            .join(ProjectRisk, ProjectRisk.project_id == Project.id)
            .where(Project.outcome.is_(None))
        )
    newest = (
        select(RiskEvaluation.project_id, func.max(RiskEvaluation.evaluated_on).label("day"))
        .where(RiskEvaluation.evaluated_on <= as_of)
        .group_by(RiskEvaluation.project_id)
        .subquery()
    )
    return (
        select(
            Project.id,
            Project.title,
            RiskEvaluation.level,
            RiskEvaluation.score,
            cast(null(), Integer).label("people_waiting"),
            highest,
        )
        .join(newest, newest.c.project_id == Project.id)
        .join(
            RiskEvaluation,
            and_(RiskEvaluation.project_id == Project.id, RiskEvaluation.evaluated_on == newest.c.day),
        )
        .where(_runs(as_of), newest.c.day >= latest_evaluation(as_of))
    )


def _runs(as_of: dt.date) -> ColumnElement[bool]:
    return or_(Project.closed_on.is_(None), Project.closed_on > as_of)


def _highest(importance: Any, project_id: Any, known: Any) -> Any:
    return (
        select(func.max(importance))
        .where(project_id == Project.id, known)
        .correlate(Project)
        .scalar_subquery()
    )


def _practice(session: Session, as_of: dt.date) -> dict[tuple[str, str], int]:
    counts = {
        (form or UNSAID, mode or UNSAID): count
        for form, mode, count in session.execute(
            select(ProjectForm.form, Project.mode, func.count())
            .select_from(Project)
            .outerjoin(ProjectForm, ProjectForm.project_id == Project.id)
            .where(Project.opened_on <= as_of)
            .group_by(ProjectForm.form, Project.mode)
        )
    }
    return {
        (form, mode): counts.get((form, mode), 0) for form in (*FORMS, UNSAID) for mode in (*MODES, UNSAID)
    }


def neglected(found: Portfolio) -> tuple[tuple[str, str], ...]:
    """Combinations of form and mode without a project, in the order of the vocabulary."""
    return tuple((form, mode) for form in FORMS for mode in MODES if not found.practice.get((form, mode)))
