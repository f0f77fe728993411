"""The public page of a project: only what was marked public, in the order people ask for it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    Expectation,
    Lab,
    Picture,
    ProgressUpdate,
    Project,
    Prototype,
    Recommendation,
    Reply,
    Response,
    Sponsor,
)
from lab.followthrough.rules import stall_of
from lab.foundation.folding import is_slug
from lab.past.news import news_of


@dataclass(frozen=True, slots=True)
class PublicExpectation:
    """An expectation, and the lab's claim about it."""

    statement: str
    state: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class PublicRecommendation:
    """A recommendation to a sponsor, and its status."""

    title: str
    sponsor: str
    status: str
    sent_on: dt.date | None
    response_due: dt.date | None
    answered_on: dt.date | None
    """The day of the last answer; None if there is none, or its day is not known."""
    due: dt.date | None
    """The day by which it is to be done, if the sponsor named one."""
    promised_due: dt.date | None
    """The promise that holds, although an edit put the day off."""
    reason: str
    done: tuple[tuple[dt.date, str, str], ...]
    """(date, what, evidence) of updates with evidence, oldest first."""
    silent_days: int | None
    """Days since it stalled, once the public silence clock runs."""


@dataclass(frozen=True, slots=True)
class PublicReply:
    """A reply to the people concerned."""

    told_on: dt.date
    what_happened: str
    why: str
    what_next: str


@dataclass(frozen=True, slots=True)
class PublicPicture:
    """A picture of a public prototype."""

    id: uuid.UUID
    description: str
    width: int
    height: int
    prototype: str


@dataclass(frozen=True, slots=True)
class PublicStory:
    """The public page: you said, we did, why not yet, and when there is news next."""

    title: str
    challenge: str
    sponsor: str
    place: str
    stage: str
    outcome: str | None
    outcome_reason: str
    said: tuple[PublicExpectation, ...]
    done: tuple[PublicRecommendation, ...]
    not_yet: tuple[PublicRecommendation, ...]
    told: tuple[PublicReply, ...]
    pictures: tuple[PublicPicture, ...]
    next_news_on: dt.date | None
    silence: str
    """How long a running project's people have heard nothing, in words; empty with nobody to tell."""


def public_story(session: Session, slug: str, *, today: dt.date) -> PublicStory | None:
    """The public page of a project, or None where there is none. Ten statements."""
    if not is_slug(slug):
        return None
    found = session.execute(
        select(Project, Sponsor.name)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(Project.slug == slug, Project.is_public)
    ).one_or_none()
    if found is None:
        return None
    project, sponsor = found
    said = session.scalars(
        select(Expectation)
        .where(Expectation.project_id == project.id, Expectation.is_public)
        .order_by(Expectation.importance.desc().nulls_last(), Expectation.id)
    )
    lab = session.get_one(Lab, 1)
    asked = _asked(session, project.id, today, lab.escalation_days[-1])
    replies = session.scalars(
        select(Reply)
        .where(Reply.project_id == project.id, Reply.is_public)
        .order_by(Reply.told_on.desc(), Reply.id.desc())
    ).all()
    news = news_of(session, project.id, today)
    pictures = session.execute(
        select(
            Picture.id,
            Picture.description,
            Picture.thumbnail_width,
            Picture.thumbnail_height,
            Prototype.title,
        )
        .join(Prototype, Prototype.id == Picture.prototype_id)
        .where(Prototype.project_id == project.id, Prototype.is_public)
        .order_by(Picture.id)
        .limit(12)
    )
    return PublicStory(
        title=project.title,
        challenge=project.challenge,
        sponsor=sponsor or "",
        place=project.place,
        stage=project.stage,
        outcome=project.outcome,
        outcome_reason=project.outcome_reason or "",
        said=tuple(PublicExpectation(each.statement, each.state, each.verdict) for each in said),
        done=tuple(each for each in asked if each.status == "implemented"),
        not_yet=tuple(each for each in asked if each.status != "implemented"),
        told=tuple(
            PublicReply(each.told_on, each.what_happened, each.why, each.what_next) for each in replies
        ),
        pictures=tuple(PublicPicture(*row) for row in pictures),
        next_news_on=news.by,
        silence=news.said(today) if project.outcome is None and news.silent_since else "",
    )


def _asked(
    session: Session, project_id: uuid.UUID, today: dt.date, clock_days: int
) -> list[PublicRecommendation]:
    rows = session.execute(
        select(Recommendation, Sponsor.name)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .where(
            Recommendation.project_id == project_id,
            Recommendation.is_public,
            Recommendation.status != "draft",
        )
        .order_by(Recommendation.sent_by, Recommendation.id)
    ).all()
    ids = [row[0].id for row in rows]
    answers = {
        each.recommendation_id: each
        for each in session.scalars(
            select(Response)
            .where(Response.recommendation_id.in_(ids))
            .order_by(Response.received_on, Response.id)
        )
    }
    updates: dict[uuid.UUID, list[ProgressUpdate]] = {}
    for update in session.scalars(
        select(ProgressUpdate)
        .where(ProgressUpdate.recommendation_id.in_(ids))
        .order_by(ProgressUpdate.done_on, ProgressUpdate.id)
    ):
        updates.setdefault(update.recommendation_id, []).append(update)
    asked = []
    for each, sponsor in rows:
        stalled, answer = stall_of(each, today), answers.get(each.id)
        of_this = updates.get(each.id, [])
        dropped = [update.what for update in of_this] if each.status == "dropped" else []
        asked.append(
            PublicRecommendation(
                title=each.title,
                sponsor=sponsor,
                status=each.status,
                sent_on=each.sent_on,
                response_due=each.response_due,
                answered_on=answer.received_on if answer else None,
                due=each.due,
                promised_due=each.promised_due,
                reason=dropped[-1] if dropped else answer.reason if answer else "",
                done=tuple(
                    (update.done_on, update.what, update.evidence) for update in of_this if update.evidence
                ),
                silent_days=stalled.days if stalled and stalled.days >= clock_days else None,
            )
        )
    return asked


def public_thumbnail(session: Session, picture_id: uuid.UUID) -> tuple[bytes, str] | None:
    """The small size of a picture and its media type, if prototype and project are both public."""
    found = session.execute(
        select(Picture.thumbnail, Picture.media_type)
        .join(Prototype, Prototype.id == Picture.prototype_id)
        .join(Project, Project.id == Prototype.project_id)
        .where(Picture.id == picture_id, Prototype.is_public, Project.is_public)
    ).one_or_none()
    return (found.thumbnail, found.media_type) if found else None
