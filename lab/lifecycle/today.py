"""The home screen: what needs action today."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Engagement,
    Expectation,
    Lab,
    Project,
    Recommendation,
    Reply,
    Sponsor,
    Stakeholder,
    Workshop,
)
from lab.access.rights import Actor, require
from lab.followthrough.rules import OPEN_STATUSES, Stall, stall_of
from lab.past.news import standing
from lab.past.stalls import stalled_after

SHOWN = 10
WRAP_UP_DAYS = 2
"""Days within which a workshop should be wrapped up. Our default."""


@dataclass(frozen=True, slots=True)
class OpenRecommendation:
    """A recommendation that needs action."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    title: str
    text: str
    sponsor: str
    status: str
    sent_on: dt.date | None
    response_due: dt.date | None
    due: dt.date | None
    stall: Stall | None


@dataclass(frozen=True, slots=True)
class Promise:
    """News that was promised to a project's people."""

    project_id: uuid.UUID
    project: str
    promised_for: dt.date


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A workshop that has ended and has not been wrapped up."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    title: str
    ended_on: dt.date


@dataclass(frozen=True, slots=True)
class Coming:
    """An engagement that is coming up."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    title: str
    kind: str
    held_on: dt.date
    has_plan: bool
    """Whether it is a workshop with its own screen."""


@dataclass(frozen=True, slots=True)
class Mine:
    """An expectation of the person who looks, and what became of it."""

    id: uuid.UUID
    project: str
    slug: str | None
    statement: str
    state: str
    verdict: str | None
    last_reply: str
    told_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Begun:
    """Which of a new lab's first steps are taken."""

    name: str
    """What the lab is called."""
    colleagues: bool
    """Somebody besides the first administrator has access."""
    projects: bool
    engagements: bool


def begun(session: Session, actor: Actor) -> Begun:
    """What a new lab has done so far. One statement."""
    require(actor, "project.read")
    second = select(Account.id).offset(1).exists()
    name = func.coalesce(select(Lab.name).scalar_subquery(), "")
    return Begun(*session.execute(select(name, second, exists(Project.id), exists(Engagement.id))).one())


def _open(
    session: Session, as_of: dt.date, limit: int, *where: ColumnElement[bool], order: Sequence[Any]
) -> list[OpenRecommendation]:
    statement = (
        select(Recommendation, Project.title, Sponsor.name)
        .join(Project, Project.id == Recommendation.project_id)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .where(Recommendation.status.in_(OPEN_STATUSES), Project.outcome.is_(None), *where)
        .order_by(*order, Recommendation.id)
        .limit(limit)
    )
    return [
        OpenRecommendation(
            each.id,
            each.project_id,
            project,
            each.title,
            each.text,
            sponsor,
            each.status,
            each.sent_on,
            each.response_due,
            each.due,
            stall_of(each, as_of),
        )
        for each, project, sponsor in session.execute(statement)
    ]


def stalled(session: Session, actor: Actor, *, as_of: dt.date) -> list[OpenRecommendation]:
    """Stalled recommendations of running projects, longest stalled first; at most ten. One statement."""
    require(actor, "project.read")
    after = stalled_after()
    return _open(session, as_of, SHOWN, after < as_of, order=[after])


def addressed_to_me(session: Session, actor: Actor, *, as_of: dt.date) -> list[OpenRecommendation]:
    """The recommendations to a sponsor that are not finished. One statement."""
    require(actor, "recommendation.answer")
    own = Recommendation.sponsor_id == (actor.sponsor_id or uuid.UUID(int=0))
    return _open(session, as_of, 100, own, order=[Recommendation.last_news_on])


def promises_due(session: Session, actor: Actor, *, as_of: dt.date) -> list[Promise]:
    """News promised to the people of running projects for now or within the week, in a reply, a vote or a
    workshop. One statement."""
    require(actor, "project.read")
    promised = standing(as_of, select(Project.id).where(Project.outcome.is_(None)))
    first = (
        select(promised.c.project_id, func.min(promised.c.by).label("by"))
        .group_by(promised.c.project_id)
        .subquery()
    )
    rows = session.execute(
        select(Project.id, Project.title, first.c.by)
        .join(first, first.c.project_id == Project.id)
        .where(Project.outcome.is_(None), first.c.by <= as_of + dt.timedelta(days=7))
        .order_by(first.c.by, Project.id)
        .limit(SHOWN)
    )
    return [Promise(*row) for row in rows]


def not_wrapped_up(session: Session, actor: Actor, *, as_of: dt.date) -> list[Unfinished]:
    """Workshops that ended two or more days ago and are not wrapped up, longest first. One statement."""
    require(actor, "project.read")
    ended = Workshop.ended_on
    rows = session.execute(
        select(Workshop.id, Engagement.project_id, Project.title, Engagement.title, ended)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .where(Workshop.state == "ended", ended <= as_of - dt.timedelta(days=WRAP_UP_DAYS))
        .order_by(Workshop.ended_at, Workshop.id)
        .limit(SHOWN)
    )
    return [Unfinished(*row[:4], row.ended_on) for row in rows if row.ended_on]


def coming(session: Session, actor: Actor, *, as_of: dt.date) -> list[Coming]:
    """Engagements of the next four weeks. One statement."""
    require(actor, "project.read")
    rows = session.execute(
        select(
            Engagement.id, Project.id, Project.title, Engagement.title, Engagement.kind, Engagement.held_on,
            Workshop.id.is_not(None),
        )
        .join(Project, Project.id == Engagement.project_id)
        .outerjoin(Workshop, Workshop.id == Engagement.id)
        .where(Engagement.held_on >= as_of, Engagement.held_on <= as_of + dt.timedelta(days=28))
        .order_by(Engagement.held_on, Engagement.id)
        .limit(SHOWN)
    )  # fmt: skip
    return [Coming(*row) for row in rows]


def mine(session: Session, actor: Actor) -> list[Mine]:
    """The expectations of the person who looks, and what became of them. Two statements."""
    require(actor, "own.read")
    rows = session.execute(
        select(Expectation, Project.title, Project.slug, Project.is_public, Project.id)
        .join(Stakeholder, Stakeholder.id == Expectation.stakeholder_id)
        .join(Project, Project.id == Expectation.project_id)
        .where(Stakeholder.account_id == actor.account_id)
        .order_by(Expectation.recorded_on.desc(), Expectation.id)
        .limit(100)
    ).all()
    replies: dict[uuid.UUID, Reply] = {}
    for reply in session.scalars(
        select(Reply)
        .where(Reply.project_id.in_({row[4] for row in rows}), Reply.is_public)
        .order_by(Reply.told_on, Reply.id)
    ):
        replies[reply.project_id] = reply
    return [
        Mine(
            each.id,
            project,
            slug if public else None,
            each.statement,
            each.state,
            each.verdict,
            replies[key].what_happened if key in replies else "",
            replies[key].told_on if key in replies else None,
        )
        for each, project, slug, public, key in rows
    ]
