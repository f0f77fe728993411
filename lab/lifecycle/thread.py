"""The whole thread of one project, from what somebody said to how the people were told.

Every link between two records is kept as one edge and read from both ends, so what leads somewhere on the
screen always leads back as well.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Literal, TypeVar

from sqlalchemy import and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from db.base import Base
from db.models import (
    Account,
    Attendance,
    Contact,
    Contribution,
    Engagement,
    Event,
    Expectation,
    ForeseenRisk,
    Picture,
    ProgressUpdate,
    Prototype,
    PrototypeTest,
    Pulse,
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
from lab.followthrough.rules import Stall, stall_of
from lab.foundation.errors import NotFound

SMALLEST_SHOWN: Final = 5
"""Pulse answers of fewer people than this are never shown."""

Model = TypeVar("Model", bound=Base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of the thread, with the ids of what it came from and of what came of it."""

    kind: ClassVar[str] = ""
    id: uuid.UUID
    came_from: tuple[uuid.UUID, ...] = ()
    led_to: tuple[uuid.UUID, ...] = ()

    @property
    def words(self) -> str:
        """How people would name it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderRecord(Record):
    """A person or group, under a pseudonym."""

    kind: ClassVar[str] = "stakeholder"
    version: int
    pseudonym: str
    group: str
    voice_role: str | None
    expert_by_experience: bool | None
    people: int
    joined_on: dt.date
    consent_for: str
    consent_on: dt.date | None
    consent_withdrawn_on: dt.date | None
    status: str
    withdrawn_on: dt.date | None
    withdrawn_reason: str | None

    @property
    def words(self) -> str:
        """The pseudonym."""
        return self.pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementRecord(Record):
    """An occasion; `attendance` says of each stakeholder expected whether they came."""

    kind: ClassVar[str] = "engagement"
    version: int
    held_as: str
    title: str
    held_on: dt.date
    agenda_set_by: str | None
    chaired_by: str
    sponsor_present: bool | None
    declared_influence: str | None
    actual_influence: str | None
    attendance: tuple[tuple[uuid.UUID, bool], ...]

    @property
    def words(self) -> str:
        """The title."""
        return self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionRecord(Record):
    """What somebody said."""

    kind: ClassVar[str] = "contribution"
    version: int
    text: str
    cluster: str
    chosen: bool
    said_on: dt.date
    stakeholder_id: uuid.UUID | None
    engagement_id: uuid.UUID | None

    @property
    def words(self) -> str:
        """What was said."""
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationRecord(Record):
    """What somebody was led to expect: the lab's claim (`state`) and the verdict of those who asked."""

    kind: ClassVar[str] = "expectation"
    version: int
    statement: str
    importance: int | None
    confidence: int | None
    within_power: str | None
    said_back: str | None
    hoped_for: dt.date | None
    state: str
    state_reason: str
    """Why it is in its present state; empty where nobody said."""
    verdict: str | None
    verdict_on: dt.date | None
    recorded_on: dt.date
    is_public: bool
    stakeholder_id: uuid.UUID | None
    contribution_id: uuid.UUID | None

    @property
    def words(self) -> str:
        """The statement."""
        return self.statement


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture without its bytes; sizes in pixels."""

    id: uuid.UUID
    description: str
    screen_width: int
    screen_height: int
    thumbnail_width: int
    thumbnail_height: int
    added_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class PrototypeRecord(Record):
    """Something people can react to."""

    kind: ClassVar[str] = "prototype"
    version: int
    title: str
    question: str
    fidelity: str
    iteration: int
    cost_estimate: int | None
    made_on: dt.date
    is_public: bool
    pictures: tuple[PictureFacts, ...]
    expectation_ids: tuple[uuid.UUID, ...]

    @property
    def words(self) -> str:
        """The title."""
        return self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenRiskRecord(Record):
    """A worry about a prototype, and its finding."""

    kind: ClassVar[str] = "foreseen_risk"
    prototype_id: uuid.UUID
    statement: str
    finding: str
    finding_note: str
    raised_on: dt.date

    @property
    def words(self) -> str:
        """The worry."""
        return self.statement


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord(Record):
    """People trying one iteration of a prototype."""

    __test__: ClassVar[bool] = False
    kind: ClassVar[str] = "test"
    version: int
    prototype_id: uuid.UUID
    iteration: int
    held_on: dt.date
    participants: int
    method: str
    findings: str
    sponsor_present: bool | None
    decision: str

    @property
    def words(self) -> str:
        """What was found."""
        return self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRecord(Record):
    """A round in which people said what they preferred."""

    kind: ClassVar[str] = "vote_round"
    question: str
    method: str
    state: str
    made_at: dt.datetime

    @property
    def words(self) -> str:
        """The question."""
        return self.question


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """The sponsor's answer."""

    id: uuid.UUID
    answer: str
    reason: str
    received_on: dt.date | None


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """What was done; news only where there is evidence."""

    id: uuid.UUID
    what: str
    evidence: str
    done_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRecord(Record):
    """What the lab asks a sponsor to do, the answers to it and what was done, the oldest first."""

    kind: ClassVar[str] = "recommendation"
    version: int
    title: str
    text: str
    sponsor: str
    importance: int | None
    status: str
    recorded_on: dt.date
    sent_on: dt.date | None
    response_due: dt.date | None
    cadence_days: int
    due: dt.date | None
    due_moves: int
    last_news_on: dt.date | None
    is_public: bool
    prototype_id: uuid.UUID | None
    expectation_ids: tuple[uuid.UUID, ...]
    stall: Stall | None
    responses: tuple[ResponseFacts, ...]
    updates: tuple[UpdateFacts, ...]

    @property
    def words(self) -> str:
        """The title."""
        return self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRecord(Record):
    """How and when the people concerned were told."""

    kind: ClassVar[str] = "reply"
    version: int
    told_on: dt.date
    how: str
    what_happened: str
    why: str
    what_next: str
    next_news_on: dt.date | None
    is_public: bool

    @property
    def words(self) -> str:
        """What happened."""
        return self.what_happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Everything that hangs together in one project; `records` finds any of it by id."""

    stakeholders: tuple[StakeholderRecord, ...]
    engagements: tuple[EngagementRecord, ...]
    contributions: tuple[ContributionRecord, ...]
    expectations: tuple[ExpectationRecord, ...]
    prototypes: tuple[PrototypeRecord, ...]
    foreseen_risks: tuple[ForeseenRiskRecord, ...]
    tests: tuple[TestRecord, ...]
    votes: tuple[VoteRecord, ...]
    recommendations: tuple[RecommendationRecord, ...]
    replies: tuple[ReplyRecord, ...]
    records: Mapping[uuid.UUID, Record]


def thread_of(session: Session, actor: Actor, project_id: uuid.UUID, *, today: dt.date) -> Thread:
    """The project's thread as it stands; stalls are judged on `today`. Seventeen statements."""
    require(actor, "project.read")
    stakeholders = _all(session, Stakeholder, project_id, Stakeholder.joined_on, Stakeholder.id)
    engagements = _all(session, Engagement, project_id, Engagement.held_on.desc(), Engagement.id)
    contributions = _all(session, Contribution, project_id, Contribution.said_on.desc(), Contribution.id)
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
    """The fields a record takes over from its row as they are."""
    left_out = {"id", "came_from", "led_to", *but}
    return {each.name: getattr(row, each.name) for each in fields(record) if each.name not in left_out}


def _linked(session: Session, project_id: uuid.UUID) -> dict[uuid.UUID, list[uuid.UUID]]:
    """What each prototype, recommendation and reply refers to, from the four link tables at once."""
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
    """Which prototypes stood in which round."""
    rows = session.execute(
        select(VoteOption.prototype_id, VoteOption.round_id)
        .join(VoteRound, VoteRound.id == VoteOption.round_id)
        .where(VoteRound.project_id == project_id)
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


Cursor = tuple[dt.datetime, uuid.UUID]
"""Where a page of the timeline ended: the instant and id of its last entry."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline."""

    id: uuid.UUID
    at: dt.datetime
    day: dt.date
    """The lab's day on which it happened."""
    recorded_at: dt.datetime
    who: str
    """The account's name; empty for the command line."""
    subject_type: str
    subject_id: uuid.UUID | None
    verb: str
    from_state: str | None
    to_state: str | None
    reason: str
    waived: tuple[str, ...]
    """The conditions of a gate that were not true when it was passed."""
    was: dt.date | None
    """The promised date before it was moved."""


def timeline_of(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    limit: int = 200,
    before: Cursor | None = None,
) -> tuple[Happening, ...]:
    """What happened in a project, the latest first: `limit` entries earlier than `before`. One statement."""
    require(actor, "project.read")
    sought = (
        select(Event, Account.name)
        .outerjoin(Account, Account.id == Event.actor_id)
        .where(Event.project_id == project_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(limit)
    )
    if before is not None:
        at, key = before
        sought = sought.where(or_(Event.at < at, and_(Event.at == at, Event.id < key)))
    return tuple(_happening(event, name) for event, name in session.execute(sought))


def _happening(event: Event, name: str | None) -> Happening:
    return Happening(
        event.id,
        event.at,
        event.day,
        event.recorded_at,
        name or "",
        event.subject_type,
        event.subject_id,
        event.verb,
        event.from_state,
        event.to_state,
        event.reason or "",
        tuple(str(words) for words in event.detail.get("waived") or ()),
        _date_before(event.detail.get("before") or {}),
    )


def _date_before(before: Mapping[str, Any]) -> dt.date | None:
    """The promised date that an event moved."""
    was = before.get("due") or before.get("hoped_for")
    return dt.date.fromisoformat(was) if was else None


@dataclass(frozen=True, slots=True)
class PulseSummary:
    """How people felt: means of answers from 1 to 5, of at least five people."""

    answers: int
    trust: float
    difference: float
    last_answered_on: dt.date


def pulse_summary(session: Session, actor: Actor, project_id: uuid.UUID) -> PulseSummary | None:
    """The project's pulse, or None while fewer than five people have answered. One statement.

    A named stakeholder counts once however often they answered, an anonymous answer as one person.
    """
    require(actor, "project.read")
    answers, named, people, trust, difference, last = session.execute(
        select(
            func.count(Pulse.id),
            func.count(Pulse.stakeholder_id),
            func.count(Pulse.stakeholder_id.distinct()),
            func.avg(Pulse.trust),
            func.avg(Pulse.difference),
            func.max(Pulse.answered_on),
        ).where(Pulse.project_id == project_id)
    ).one()
    if people + (answers - named) < SMALLEST_SHOWN or last is None:
        return None
    return PulseSummary(answers, float(trust), float(difference), last)


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """How to reach somebody; empty where nothing is kept."""

    name: str = ""
    email: str = ""
    phone: str = ""
    account_id: uuid.UUID | None = None
    """The account with which they see what became of what they said."""


def contact_of(session: Session, actor: Actor, stakeholder_id: uuid.UUID) -> ContactFacts:
    """How to reach a stakeholder. One statement."""
    require(actor, "contact.read")
    row = session.execute(
        select(Contact.name, Contact.email, Contact.phone, Stakeholder.account_id)
        .select_from(Stakeholder)
        .outerjoin(Contact, Contact.stakeholder_id == Stakeholder.id)
        .where(Stakeholder.id == stakeholder_id)
    ).one_or_none()
    return (
        ContactFacts(row.name or "", row.email or "", row.phone or "", row.account_id)
        if row
        else ContactFacts()
    )


def picture_bytes(
    session: Session, actor: Actor, picture_id: uuid.UUID, size: Literal["screen", "thumbnail"]
) -> bytes:
    """A picture's WebP file in one of its two sizes. One statement.

    Raises:
        NotFound: there is no such picture.
    """
    require(actor, "project.read")
    column = Picture.screen if size == "screen" else Picture.thumbnail
    found = session.scalar(select(column).where(Picture.id == picture_id))
    if found is None:
        raise NotFound("This picture does not exist (any more).")
    return found
