"""The records of a thread for screens, each with its sources and its consequences."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lab.followthrough.rules import Stall


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of the thread, with the ids of its sources and consequences."""

    kind: ClassVar[str] = ""
    id: uuid.UUID
    came_from: tuple[uuid.UUID, ...] = ()
    led_to: tuple[uuid.UUID, ...] = ()

    @property
    def words(self) -> str:
        """Its text on screen."""
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
    """An engagement; `attendance` has every stakeholder expected and whether they came."""

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
    """A contribution: something a person said."""

    kind: ClassVar[str] = "contribution"
    version: int
    text: str
    cluster: str
    chosen: bool
    dots: int | None
    said_on: dt.date
    stakeholder_id: uuid.UUID | None
    engagement_id: uuid.UUID | None

    @property
    def words(self) -> str:
        """What was said."""
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationRecord(Record):
    """An expectation: the lab's claim (`state`) and the verdict of those who asked."""

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
    """The reason for its present state; empty if none was given."""
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
    """A picture's description and size in pixels, without its bytes."""

    id: uuid.UUID
    description: str
    screen_width: int
    screen_height: int
    thumbnail_width: int
    thumbnail_height: int
    added_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class PrototypeRecord(Record):
    """A prototype."""

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
    """A worry about a prototype or the project as a whole, and its finding."""

    kind: ClassVar[str] = "foreseen_risk"
    prototype_id: uuid.UUID | None
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
    """A test of one iteration of a prototype."""

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
    """A voting round."""

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
    """A progress update; news only if it has evidence."""

    id: uuid.UUID
    what: str
    evidence: str
    done_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRecord(Record):
    """A recommendation with its answers and updates, oldest first."""

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
    """A reply to the people concerned: how and when."""

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
    """Everything connected in one project; `records` finds each record by id."""

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
