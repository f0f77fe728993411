"""Expectations, recommendations, responses, progress updates and replies."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Column, ColumnElement, ForeignKey, Index, Table, Uuid, case, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of, same_as
from db.words import (
    ANSWERS,
    EXPECTATION_STATES,
    RECOMMENDATION_STATUSES,
    SAID_BACK,
    VERDICTS,
    WITHIN_POWER,
)

recommendation_expectation = Table(
    "recommendation_expectation",
    Base.metadata,
    Column("recommendation_id", Uuid, ForeignKey("recommendation.id"), primary_key=True),
    Column("expectation_id", Uuid, ForeignKey("expectation.id"), primary_key=True, index=True),
)
reply_expectation = Table(
    "reply_expectation",
    Base.metadata,
    Column("reply_id", Uuid, ForeignKey("reply.id"), primary_key=True),
    Column("expectation_id", Uuid, ForeignKey("expectation.id"), primary_key=True, index=True),
)
reply_recommendation = Table(
    "reply_recommendation",
    Base.metadata,
    Column("reply_id", Uuid, ForeignKey("reply.id"), primary_key=True),
    Column("recommendation_id", Uuid, ForeignKey("recommendation.id"), primary_key=True, index=True),
)


class Expectation(Base):
    """What a stakeholder was led to expect. The lab sets `state`, those who asked set `verdict`."""

    __tablename__ = "expectation"
    __table_args__ = (
        one_of("within_power", WITHIN_POWER),
        one_of("said_back", SAID_BACK),
        one_of("state", EXPECTATION_STATES),
        one_of("verdict", VERDICTS),
        CheckConstraint("importance BETWEEN 1 AND 5", name="importance"),
        CheckConstraint("confidence IS NULL OR confidence BETWEEN 0 AND 100", name="confidence"),
        CheckConstraint("(verdict IS NULL) = (verdict_on IS NULL)", name="verdict_dated"),
        Index(None, "state", "verdict"),
        Index(None, "project_id"),
        Index(None, "stakeholder_id"),
        Index(None, "contribution_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    contribution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contribution.id"))
    statement: Mapped[str]
    importance: Mapped[int | None]
    confidence: Mapped[int | None]
    """How sure they were that it would happen, in per cent; null if not asked."""
    within_power: Mapped[str | None]
    said_back: Mapped[str | None]
    hoped_for: Mapped[dt.date | None]
    state: Mapped[str] = mapped_column(default="open")
    verdict: Mapped[str | None]
    verdict_on: Mapped[dt.date | None]
    recorded_on: Mapped[dt.date]
    is_public: Mapped[bool] = mapped_column(default=False)
    version: Mapped[Version]


class Recommendation(Base):
    """What the lab asks a sponsor to do.

    `last_news_on` is the last change of status or update with evidence; edits never touch it.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        one_of("status", RECOMMENDATION_STATUSES),
        CheckConstraint("importance BETWEEN 1 AND 5", name="importance"),
        CheckConstraint("cadence_days BETWEEN 1 AND 365", name="cadence"),
        CheckConstraint(
            "(status <> 'draft' OR sent_on IS NULL) AND (status = 'draft') = (response_due IS NULL) "
            "AND (status = 'draft') = (last_news_on IS NULL)",
            name="sent_is_dated",
        ),
        Index(None, "project_id", "reference", unique=True),
        Index(None, "sponsor_id"),
        Index(None, "status", "last_news_on", "id"),
        Index(None, "sent_on", "response_due", "status"),
        Index(None, "prototype_id"),
        Index(None, "contribution_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    prototype_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("prototype.id"))
    contribution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contribution.id"))
    """The workshop note with the promise, if any."""
    sponsor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sponsor.id"))
    reference: Mapped[str | None]
    title: Mapped[str]
    text: Mapped[str]
    importance: Mapped[int | None]
    status: Mapped[str] = mapped_column(default="draft")
    recorded_on: Mapped[dt.date]
    sent_on: Mapped[dt.date | None]
    """Empty for a draft, and where nobody said when it was sent."""
    response_due: Mapped[dt.date | None]
    cadence_days: Mapped[int] = mapped_column(default=30)
    due: Mapped[dt.date | None]
    promised_cadence_days: Mapped[int] = mapped_column(default=same_as("cadence_days"))
    """The shortest cadence promised since it was sent; a longer one does not clear a stall."""
    promised_due: Mapped[dt.date | None] = mapped_column(default=same_as("due"))
    """The promised due date: an edit can bring it forward but not postpone it; an answer sets a new one."""
    due_moves: Mapped[int] = mapped_column(default=0)
    moved_twice_on: Mapped[dt.date | None]
    """The day on which its date was moved a second time; from then on it is late."""
    last_news_on: Mapped[dt.date | None]
    is_public: Mapped[bool] = mapped_column(default=False)
    version: Mapped[Version]

    @hybrid_property
    def sent_by(self) -> dt.date | None:
        """The day it was sent; where nobody said, the latest day on which it can have been: that on which it
        was recorded. None for a draft."""
        return None if self.status == "draft" else self.sent_on or self.recorded_on

    @sent_by.inplace.expression
    @classmethod
    def _sent_by(cls) -> ColumnElement[dt.date | None]:
        return case((cls.status != "draft", func.coalesce(cls.sent_on, cls.recorded_on)))


class Response(Base):
    """The sponsor's answer to a recommendation."""

    __tablename__ = "response"
    __table_args__ = (
        one_of("answer", ANSWERS),
        CheckConstraint("answer <> 'declined' OR reason <> ''", name="declined_has_reason"),
        Index(None, "recommendation_id", "received_on"),
    )

    id: Mapped[Key]
    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    answer: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    received_on: Mapped[dt.date | None]
    """Null if an imported register did not say; such an answer is left out of response times."""


class ProgressUpdate(Base):
    """What was done about a recommendation. It is news only with evidence."""

    __tablename__ = "progress_update"
    __table_args__ = (Index(None, "recommendation_id"),)

    id: Mapped[Key]
    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"))
    what: Mapped[str]
    evidence: Mapped[str] = mapped_column(default="")
    done_on: Mapped[dt.date]


class Reply(Base):
    """A dated message to the people concerned: what happened, why, what next."""

    __tablename__ = "reply"
    __table_args__ = (Index(None, "project_id", "told_on"),)

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    told_on: Mapped[dt.date]
    how: Mapped[str] = mapped_column(default="")
    what_happened: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    what_next: Mapped[str] = mapped_column(default="")
    next_news_on: Mapped[dt.date | None]
    is_public: Mapped[bool] = mapped_column(default=False)
    version: Mapped[Version]
