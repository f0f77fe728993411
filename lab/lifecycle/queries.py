"""The board, and the facts its gates check."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from db.base import Base
from db.models import (
    Contribution,
    Event,
    Expectation,
    ForeseenRisk,
    Project,
    ProjectForm,
    ProjectRisk,
    PrototypeTest,
    Recommendation,
    Reply,
    RiskEvaluation,
    Sponsor,
    Stakeholder,
)
from db.words import STAGES
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.foundation.folding import fold
from lab.lifecycle.rules import RISKS_FOUND, UNDO_FOR, GateFacts
from lab.past.news import News, news_by_project, news_of
from lab.past.stages import column_on
from lab.past.undone import MOVE_UNDONE

CARDS_PER_COLUMN = 12
MOST_MOVES = 5
"""Moves that are offered to be undone at once."""


def gate_facts(session: Session, actor: Actor, project_id: uuid.UUID) -> GateFacts:
    """The facts the gates check about one project, and what was waived. Two statements; three if findings
    of risks were waived."""
    require(actor, "project.read")

    def count(model: type[Base], *where: ColumnElement[bool]) -> ScalarSelect[int]:
        table = model.__table__
        chosen = select(func.count()).select_from(table).where(table.c.project_id == project_id, *where)
        return chosen.scalar_subquery()

    accepted = ("accepted", "partly_accepted", "in_progress", "implemented")
    row = session.execute(
        select(
            Project.challenge,
            Project.sponsor_id,
            count(Stakeholder, Stakeholder.group_name.in_(("service_user", "carer"))),
            count(Contribution, Contribution.chosen.is_(True)),
            count(Expectation),
            count(PrototypeTest),
            count(ForeseenRisk, ForeseenRisk.finding == "untested"),
            literal(0),  # risks waived: asked below
            count(Recommendation, Recommendation.status.in_(accepted)),
            count(Recommendation, Recommendation.status.in_(accepted[:3])),
            count(Reply),
        ).where(Project.id == project_id)
    ).one_or_none()
    if row is None:
        raise NotFound("This project does not exist (any more).")
    challenge, sponsor_id, *counts = row
    facts = GateFacts(bool(challenge), sponsor_id is not None, *counts)
    waivers = _waivers(session, project_id)
    waived = frozenset(words for each in waivers for words in each.detail["waived"])
    risks = _risks_waived(session, project_id, waivers) if RISKS_FOUND in waived else 0
    return replace(facts, waived=waived, risks_waived=risks)


def _waivers(session: Session, project_id: uuid.UUID) -> list[Event]:
    decided = session.scalars(
        select(Event).where(
            Event.project_id == project_id,
            Event.subject_type == "project",
            Event.verb.in_(("moved", "closed", MOVE_UNDONE)),
        )
    ).all()
    undone = {each.detail["undone"] for each in decided if each.verb == MOVE_UNDONE}
    return [each for each in decided if each.detail.get("waived") and str(each.id) not in undone]


@dataclass(frozen=True, slots=True)
class Move:
    """A move between stages that can still be undone."""

    event_id: uuid.UUID
    project_id: uuid.UUID
    title: str
    before: str
    after: str
    since: str | None
    """The day, in ISO format, since when the project had been at the stage before; None if not on record."""


def moves_to_undo(
    session: Session, actor: Actor, *, now: dt.datetime, project_id: uuid.UUID | None = None
) -> list[Move]:
    """The moves of the last ten minutes after which nobody has decided anything else about the project's
    stage, the newest first. One statement."""
    require(actor, "project.move")
    later = aliased(Event)
    decided = exists().where(
        later.subject_type == "project",
        later.subject_id == Event.subject_id,
        later.to_state.is_not(None),
        or_(
            later.recorded_at > Event.recorded_at,
            and_(later.recorded_at == Event.recorded_at, later.id > Event.id),
        ),
    )
    found = (
        select(Event.id, Project.id, Project.title, Event.from_state, Event.to_state, Event.detail)
        .join(Project, Project.id == Event.subject_id)
        .where(
            Event.subject_type == "project", Event.verb == "moved", Event.recorded_at >= now - UNDO_FOR,
            Project.outcome.is_(None), ~decided,
        )
        .order_by(Event.recorded_at.desc(), Event.id.desc())
        .limit(MOST_MOVES)
    )  # fmt: skip
    if project_id is not None:
        found = found.where(Project.id == project_id)
    return [
        Move(event_id, key, title, before or "", after or "", detail.get("since"))
        for event_id, key, title, before, after, detail in session.execute(found)
    ]


def _risks_waived(session: Session, project_id: uuid.UUID, waivers: Sequence[Event]) -> int:
    """Untested risks that existed when their finding was waived. Waivers name them; older waivers, which
    do not, cover the risks raised up to their day."""
    of_risks = [each for each in waivers if RISKS_FOUND in each.detail["waived"]]
    named = {uuid.UUID(key) for each in of_risks for key in each.detail.get("risks_waived", ())}
    days = [each.day for each in of_risks if "risks_waived" not in each.detail]
    covered: ColumnElement[bool] = ForeseenRisk.id.in_(named)
    if days:
        covered = or_(covered, ForeseenRisk.raised_on <= max(days))
    untested = select(func.count()).where(
        ForeseenRisk.project_id == project_id, ForeseenRisk.finding == "untested", covered
    )
    return session.scalar(untested) or 0


def untested_risks(session: Session, project_id: uuid.UUID) -> list[str]:
    """The keys of the risks without a finding, as waivers name them. One statement."""
    found = select(ForeseenRisk.id).where(
        ForeseenRisk.project_id == project_id, ForeseenRisk.finding == "untested"
    )
    return sorted(str(key) for key in session.scalars(found))


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """The board's filters; empty means all."""

    sponsor_id: uuid.UUID | None = None
    place: str | None = None
    form: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A project on the board."""

    id: uuid.UUID
    title: str
    sponsor: str
    place: str
    stage: str
    outcome: str | None
    paused: bool
    level: str
    score: float | None
    opened_on: dt.date
    news: News


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the board (a stage, or `closed`): its number of projects, and the cards of this page."""

    stage: str
    total: int
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of the board's filters."""

    sponsors: tuple[tuple[uuid.UUID, str], ...]
    places: tuple[str, ...]


def board(
    session: Session,
    actor: Actor,
    *,
    as_of: dt.date,
    today: dt.date,
    chosen: BoardFilter | None = None,
    pages: int = 1,
) -> tuple[Column, ...]:
    """The board on a day: most at risk first, `pages` × 12 cards a column.

    Three statements, however many projects there are. On a past day the columns come from the event
    log; the level shown is the one of the last evaluation up to that day.
    """
    require(actor, "project.read")
    chosen = chosen or BoardFilter()
    risk, its_risk = _risk_today() if as_of >= today else _risk_on(as_of)
    conditions: list[ColumnElement[bool]] = [Project.opened_on <= as_of]
    if chosen.sponsor_id:
        conditions.append(Project.sponsor_id == chosen.sponsor_id)
    if chosen.place:
        conditions.append(Project.place_folded == fold(chosen.place))
    if chosen.form:
        conditions.append(
            Project.id.in_(select(ProjectForm.project_id).where(ProjectForm.form == chosen.form))
        )
    if chosen.level:
        conditions.append(func.coalesce(risk.level, "calm") == chosen.level)
    limit = CARDS_PER_COLUMN * max(1, pages)
    if as_of >= today:
        ranked = _ranked_today(conditions, limit).subquery()
    else:
        ranked = _ranked_on(as_of, risk, its_risk, conditions, limit).subquery()
    rows = session.execute(
        select(Project, Sponsor.name, risk.level, risk.score, ranked.c.board_column, ranked.c.total)
        .join(ranked, ranked.c.id == Project.id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .outerjoin(risk, its_risk)
        .order_by(ranked.c.place_in_column)
    ).all()
    ids = [row[0].id for row in rows]
    news = news_by_project(session, ids, as_of)
    columns: dict[str, tuple[int, list[Card]]] = {name: (0, []) for name in (*STAGES, "closed")}
    for project, sponsor, level, score, name, total in rows:
        cards = columns[name][1]
        cards.append(
            Card(
                project.id,
                project.title,
                sponsor or "",
                project.place,
                name if name != "closed" else project.stage,
                project.outcome if name == "closed" else None,
                project.paused_on is not None and project.paused_on <= as_of,
                level or "calm",
                score,
                project.opened_on,
                news[project.id],
            )
        )
        columns[name] = (total, cards)
    return tuple(Column(name, total, tuple(cards)) for name, (total, cards) in columns.items())


def _risk_today() -> tuple[Any, ColumnElement[bool]]:
    return ProjectRisk, ProjectRisk.project_id == Project.id


def _risk_on(as_of: dt.date) -> tuple[Any, ColumnElement[bool]]:
    """The last evaluation of each project up to a past day, and its join condition."""
    risk = aliased(RiskEvaluation)
    newest = (
        select(func.max(RiskEvaluation.evaluated_on))
        .where(RiskEvaluation.project_id == Project.id, RiskEvaluation.evaluated_on <= as_of)
        .correlate(Project)
        .scalar_subquery()
    )
    return risk, and_(risk.project_id == Project.id, risk.evaluated_on == newest)


def _worst_first(risk: Any) -> tuple[ColumnElement[Any], ...]:
    return func.coalesce(risk.score, 0).desc(), Project.opened_on.desc(), Project.id.asc()


def _ranked_today(conditions: list[ColumnElement[bool]], limit: int) -> Any:
    """The first cards of each column. Column by column, so that the database sorts and counts only narrow
    rows; one window over all projects takes three times as long with 10,000 of them."""
    columns = [(stage, [Project.stage == stage, Project.outcome.is_(None)]) for stage in STAGES]
    # what is closed has a day, and its index gives the latest first
    columns.append(("closed", [Project.closed_on.is_not(None)]))
    parts = []
    for name, where in columns:
        of_column = (
            select(Project.id)
            .outerjoin(ProjectRisk, ProjectRisk.project_id == Project.id)
            .where(*where, *conditions)
        )
        total = select(func.count()).select_from(of_column.subquery()).scalar_subquery()
        latest_first = (Project.closed_on.desc(), Project.id.desc())
        order = latest_first if name == "closed" else _worst_first(ProjectRisk)
        first = of_column.order_by(*order).limit(limit).subquery()
        parts.append(
            select(
                first.c.id,
                literal(name).label("board_column"),
                total.label("total"),
                func.row_number().over().label("place_in_column"),
            )
        )
    return union_all(*parts)


def _ranked_on(
    as_of: dt.date,
    risk: Any,
    its_risk: ColumnElement[bool],
    conditions: list[ColumnElement[bool]],
    limit: int,
) -> Any:
    """The first cards of each column on a past day, from the event log."""
    stage = column_on(as_of)
    ranked = (
        select(
            Project.id,
            stage.label("board_column"),
            func.count().over(partition_by=stage).label("total"),
            func.row_number().over(partition_by=stage, order_by=_worst_first(risk)).label("place_in_column"),
        )
        .outerjoin(risk, its_risk)
        .where(*conditions)
        .subquery()
    )
    return select(ranked).where(ranked.c.place_in_column <= limit)


def news_of_project(session: Session, actor: Actor, project_id: uuid.UUID, *, as_of: dt.date) -> News:
    """When a project's people last heard, and by when they hear. Two statements."""
    require(actor, "project.read")
    return news_of(session, project_id, as_of)


def board_choices(session: Session, actor: Actor) -> Choices:
    """Sponsors and places for the board's filters. Two statements."""
    require(actor, "project.read")
    sponsors = session.execute(
        select(Sponsor.id, Sponsor.name)
        .where(Sponsor.id.in_(select(Project.sponsor_id)))
        .order_by(Sponsor.name)
        .limit(500)
    )
    places = session.scalars(
        select(func.min(Project.place))
        .where(Project.place != "")
        .group_by(Project.place_folded)
        .order_by(Project.place_folded)
        .limit(500)
    )
    return Choices(tuple((row.id, row.name) for row in sponsors), tuple(places))


def stage_of(session: Session, actor: Actor, project_id: uuid.UUID) -> str:
    """A project's stage. One statement."""
    require(actor, "project.read")
    stage = session.scalar(select(Project.stage).where(Project.id == project_id))
    if stage is None:
        raise NotFound("This project does not exist (any more).")
    return stage
