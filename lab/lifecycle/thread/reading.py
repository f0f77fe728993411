"""The whole thread of one project, from contributions to replies.

Every link between two records is one edge, read from both ends, so each link on the screen can be followed
back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from db.base import Base
from db.models import (
    Attendance,
    Contribution,
    Engagement,
    Event,
    Expectation,
    ForeseenRisk,
    Picture,
    ProgressUpdate,
    Prototype,
    PrototypeTest,
    Recommendation,
    Reply,
    Response,
    Sponsor,
    Stakeholder,
    VoteOption,
    VoteRound,
    prototype_expectation,
    recommendation_expectation,
    reply_expectation,
    reply_recommendation,
)
from lab.access.rights import Actor, require
from lab.followthrough.rules import stall_of
from lab.lifecycle.thread.records import (
    ContributionRecord,
    EngagementRecord,
    ExpectationRecord,
    ForeseenRiskRecord,
    PictureFacts,
    PrototypeRecord,
    RecommendationRecord,
    Record,
    ReplyRecord,
    ResponseFacts,
    StakeholderRecord,
    TestRecord,
    Thread,
    UpdateFacts,
    VoteRecord,
)

Model = TypeVar("Model", bound=Base)


def thread_of(session: Session, actor: Actor, project_id: uuid.UUID, *, today: dt.date) -> Thread:
    """The project's thread as it stands; stalls are judged on `today`. Seventeen statements."""
    require(actor, "project.read")
    stakeholders = _all(session, Stakeholder, project_id, Stakeholder.joined_on, Stakeholder.id)
    engagements = _all(session, Engagement, project_id, Engagement.held_on.desc(), Engagement.id)
    contributions = _all(
        session,
        Contribution,
        project_id,
        Contribution.said_on.desc(),
        Contribution.dots.desc().nulls_last(),
        Contribution.id,
    )
    expectations = _all(
        session,
        Expectation,
        project_id,
        Expectation.importance.desc().nulls_last(),
        Expectation.recorded_on,
        Expectation.id,
    )
    prototypes = _all(session, Prototype, project_id, Prototype.made_on.desc(), Prototype.id)
    risks = _all(session, ForeseenRisk, project_id, ForeseenRisk.raised_on, ForeseenRisk.id)
    tests = _all(session, PrototypeTest, project_id, PrototypeTest.held_on.desc(), PrototypeTest.id)
    votes = _all(session, VoteRound, project_id, VoteRound.id.desc())
    replies = _all(session, Reply, project_id, Reply.told_on.desc(), Reply.id)
    recommendations = session.execute(
        select(Recommendation, Sponsor.name)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .where(Recommendation.project_id == project_id)
        .order_by(Recommendation.recorded_on.desc(), Recommendation.id)
    ).all()
    linked = _linked(session, project_id)
    attendance = _attendance(session, project_id)

    edges: list[tuple[uuid.UUID | None, uuid.UUID]] = []
    edges += [(person, occasion) for occasion, each in attendance.items() for person, came in each if came]
    edges += [(source, row.id) for row in contributions for source in (row.engagement_id, row.stakeholder_id)]
    edges += [
        (source, row.id) for row in expectations for source in (row.contribution_id, row.stakeholder_id)
    ]
    edges += [(row.contribution_id, row.id) for row in prototypes]
    edges += [
        (source, row.id)
        for row in risks
        for source in (row.prototype_id, row.round_id, row.contribution_id, row.stakeholder_id)
    ]
    edges += _voted_on(session, project_id)
    edges += [(row.prototype_id, row.id) for row in tests]
    edges += [
        (source, row.id) for row, _ in recommendations for source in (row.prototype_id, row.contribution_id)
    ]
    edges += [(source, target) for target, sources in linked.items() for source in sources]
    known = {
        row.id
        for rows in (
            stakeholders,
            engagements,
            contributions,
            expectations,
            prototypes,
            risks,
            tests,
            votes,
            replies,
        )
        for row in rows
    } | {row.id for row, _ in recommendations}
    came_from: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    led_to: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for source, target in edges:
        if source in known and target in known:
            came_from[target].append(source)
            led_to[source].append(target)

    def ends(row: Any) -> dict[str, Any]:
        return {"id": row.id, "came_from": tuple(came_from[row.id]), "led_to": tuple(led_to[row.id])}

    expected = {row.id for row in expectations}
    served = {key: tuple(each for each in sources if each in expected) for key, sources in linked.items()}
    reasons = _reasons(session, project_id)
    pictures = _pictures(session, project_id)
    responses, updates = _responses(session, project_id), _updates(session, project_id)
    parts: dict[str, tuple[Any, ...]] = {
        "stakeholders": tuple(
            StakeholderRecord(**ends(row), group=row.group_name, **_same(row, StakeholderRecord, "group"))
            for row in stakeholders
        ),
        "engagements": tuple(
            EngagementRecord(
                **ends(row),
                held_as=row.kind,
                attendance=tuple(attendance.get(row.id, ())),
                **_same(row, EngagementRecord, "held_as", "attendance"),
            )
            for row in engagements
        ),
        "contributions": tuple(
            ContributionRecord(**ends(row), **_same(row, ContributionRecord)) for row in contributions
        ),
        "expectations": tuple(
            ExpectationRecord(
                **ends(row),
                state_reason=reasons.get(row.id, ""),
                **_same(row, ExpectationRecord, "state_reason"),
            )
            for row in expectations
        ),
        "prototypes": tuple(
            PrototypeRecord(
                **ends(row),
                pictures=tuple(pictures.get(row.id, ())),
                expectation_ids=served.get(row.id, ()),
                **_same(row, PrototypeRecord, "pictures", "expectation_ids"),
            )
            for row in prototypes
        ),
        "foreseen_risks": tuple(
            ForeseenRiskRecord(**ends(row), **_same(row, ForeseenRiskRecord)) for row in risks
        ),
        "tests": tuple(TestRecord(**ends(row), **_same(row, TestRecord)) for row in tests),
        "votes": tuple(VoteRecord(**ends(row), **_same(row, VoteRecord)) for row in votes),
        "recommendations": tuple(
            RecommendationRecord(
                **ends(row),
                sponsor=sponsor,
                expectation_ids=served.get(row.id, ()),
                stall=stall_of(row, today),
                responses=tuple(responses.get(row.id, ())),
                updates=tuple(updates.get(row.id, ())),
                **_same(
                    row, RecommendationRecord, "sponsor", "expectation_ids", "stall", "responses", "updates"
                ),
            )
            for row, sponsor in recommendations
        ),
        "replies": tuple(ReplyRecord(**ends(row), **_same(row, ReplyRecord)) for row in replies),
    }
    return Thread(**parts, records={record.id: record for part in parts.values() for record in part})


def _all(session: Session, model: type[Model], project_id: uuid.UUID, *order: Any) -> Sequence[Model]:
    of_project = model.__table__.c.project_id == project_id
    return session.scalars(select(model).where(of_project).order_by(*order)).all()


def _same(row: Any, record: type[Record], *but: str) -> dict[str, Any]:
    """The fields copied unchanged from a row."""
    left_out = {"id", "came_from", "led_to", *but}
    return {each.name: getattr(row, each.name) for each in fields(record) if each.name not in left_out}


def _linked(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[uuid.UUID]]:
    """The records that each prototype, recommendation and reply refers to, from the four link tables."""
    ways = (
        (prototype_expectation, "prototype_id", "expectation_id", Prototype),
        (recommendation_expectation, "recommendation_id", "expectation_id", Recommendation),
        (reply_expectation, "reply_id", "expectation_id", Reply),
        (reply_recommendation, "reply_id", "recommendation_id", Reply),
    )
    every = union_all(
        *(
            select(table.c[target].label("target"), table.c[source].label("source")).where(
                table.c[target].in_(select(owner.id).where(owner.project_id == project_id))
            )
            for table, target, source, owner in ways
        )
    ).subquery()
    rows = session.execute(select(every.c.target, every.c.source).order_by(every.c.target, every.c.source))
    return _grouped((target, source) for target, source in rows)


def _voted_on(session: Session, project_id: uuid.UUID) -> list[tuple[uuid.UUID | None, uuid.UUID]]:
    """(prototype, round) of every vote."""
    rows = session.execute(
        select(VoteOption.prototype_id, VoteOption.round_id)
        .join(VoteRound, VoteRound.id == VoteOption.round_id)
        .where(VoteRound.project_id == project_id, VoteOption.prototype_id.is_not(None))
        .order_by(VoteOption.round_id, VoteOption.place)
    )
    return [(prototype_id, round_id) for prototype_id, round_id in rows]


def _attendance(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[tuple[uuid.UUID, bool]]]:
    rows = session.execute(
        select(Attendance.engagement_id, Attendance.stakeholder_id, Attendance.attended)
        .join(Engagement, Engagement.id == Attendance.engagement_id)
        .where(Engagement.project_id == project_id)
        .order_by(Attendance.engagement_id, Attendance.stakeholder_id)
    )
    return _grouped((row.engagement_id, (row.stakeholder_id, row.attended)) for row in rows)


def _reasons(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """The reason of each expectation's last step."""
    rows = session.execute(
        select(Event.subject_id, Event.reason)
        .where(
            Event.project_id == project_id, Event.subject_type == "expectation", Event.to_state.is_not(None)
        )
        .order_by(Event.at, Event.recorded_at, Event.id)
    )
    return {key: reason or "" for key, reason in rows if key is not None}


def _pictures(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[PictureFacts]]:
    rows = session.execute(
        select(
            Picture.prototype_id,
            Picture.id,
            Picture.description,
            Picture.screen_width,
            Picture.screen_height,
            Picture.thumbnail_width,
            Picture.thumbnail_height,
            Picture.added_on,
        )
        .join(Prototype, Prototype.id == Picture.prototype_id)
        .where(Prototype.project_id == project_id)
        .order_by(Picture.added_on, Picture.id)
    )
    return _grouped((row[0], PictureFacts(*row[1:])) for row in rows)


def _responses(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[ResponseFacts]]:
    rows = session.execute(
        select(
            Response.recommendation_id, Response.id, Response.answer, Response.reason, Response.received_on
        )
        .join(Recommendation, Recommendation.id == Response.recommendation_id)
        .where(Recommendation.project_id == project_id)
        .order_by(Response.received_on, Response.id)
    )
    return _grouped((row[0], ResponseFacts(*row[1:])) for row in rows)


def _updates(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[UpdateFacts]]:
    rows = session.execute(
        select(
            ProgressUpdate.recommendation_id,
            ProgressUpdate.id,
            ProgressUpdate.what,
            ProgressUpdate.evidence,
            ProgressUpdate.done_on,
        )
        .join(Recommendation, Recommendation.id == ProgressUpdate.recommendation_id)
        .where(Recommendation.project_id == project_id)
        .order_by(ProgressUpdate.done_on, ProgressUpdate.id)
    )
    return _grouped((row[0], UpdateFacts(*row[1:])) for row in rows)


Value = TypeVar("Value")


def _grouped(pairs: Iterable[tuple[uuid.UUID, Value]]) -> dict[uuid.UUID, list[Value]]:
    found: dict[uuid.UUID, list[Value]] = {}
    for owner, value in pairs:
        found.setdefault(owner, []).append(value)
    return found
