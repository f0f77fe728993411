"""Flags and stalls, and the derived numbers of disillusion risk: features, today's score, its history."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import (
    ESCALATION_STEPS,
    FLAG_OUTCOMES,
    FLAG_STATES,
    LEVELS,
    MODEL_SOURCES,
    STALL_REASONS,
)


class Flag(Base):
    """A project's alarm: raised by the facts, acknowledged by a person, cleared by either."""

    __tablename__ = "flag"
    __table_args__ = (
        one_of("state", FLAG_STATES),
        one_of("level", LEVELS),
        one_of("outcome", FLAG_OUTCOMES),
        CheckConstraint("snoozed_until IS NULL OR snooze_reason <> ''", name="snoozed_with_reason"),
        CheckConstraint("(state = 'cleared') = (cleared_on IS NOT NULL)", name="cleared_dated"),
        CheckConstraint(
            "acknowledged_on IS NULL OR (plan <> '' AND review_on IS NOT NULL)", name="acknowledged_with_plan"
        ),
        Index(
            "uq_flag_one_open",
            "project_id",
            unique=True,
            sqlite_where=text("cleared_on IS NULL"),
            postgresql_where=text("cleared_on IS NULL"),
        ),
        Index(None, "project_id"),
        Index(None, "state"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    level: Mapped[str]
    state: Mapped[str] = mapped_column(default="raised")
    raised_on: Mapped[dt.date]
    acknowledged_on: Mapped[dt.date | None]
    acknowledged_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    plan: Mapped[str] = mapped_column(default="")
    review_on: Mapped[dt.date | None]
    cleared_on: Mapped[dt.date | None]
    cleared_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    cleared_reason: Mapped[str] = mapped_column(default="")
    snoozed_until: Mapped[dt.date | None]
    snooze_reason: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str | None]
    """A person's verdict on the flag; empty if not given."""
    version: Mapped[Version]


class Escalation(Base):
    """A step of the ladder that a stall has reached: who must be informed, from which day."""

    __tablename__ = "escalation"
    __table_args__ = (one_of("step", ESCALATION_STEPS), Index(None, "reached_on"))

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"), primary_key=True)
    began_on: Mapped[dt.date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    reached_on: Mapped[dt.date]


class StallReason(Base):
    """The reason given why a recommendation is stalled; earlier ones are in the events."""

    __tablename__ = "stall_reason"
    __table_args__ = (one_of("reason", STALL_REASONS), Index(None, "reason"))

    recommendation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recommendation.id"), primary_key=True)
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    said_on: Mapped[dt.date]


class ProjectFeature(Base):
    """What lists show of a running project and does not depend on today; days are counted when read."""

    __tablename__ = "project_feature"
    __table_args__ = (Index(None, "stalled_after"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    open_recommendations: Mapped[int]
    unanswered: Mapped[int]
    stalled_after: Mapped[dt.date | None]
    """The last day on which none of the open recommendations was stalled."""
    open_expectations: Mapped[int]
    missed_after: Mapped[dt.date | None]
    """The earliest hoped-for date of an open expectation."""


class ProjectWait(Base):
    """People of a running project who wait from the same day on and last heard on the same day: whom a list
    counts once that day has passed. Kept like `ProjectFeature`."""

    __tablename__ = "project_wait"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 -- the shape SQLAlchemy asks for

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    waits_after: Mapped[dt.date] = mapped_column(primary_key=True)
    """The last day on which nothing of theirs is stalled or silent."""
    heard_on: Mapped[dt.date] = mapped_column(primary_key=True)
    """The day on which they last heard or took part, whichever is later."""
    people: Mapped[int]


class ProjectRisk(Base):
    """The latest score of a project, kept so that lists can be ordered and paged in SQL."""

    __tablename__ = "project_risk"
    __table_args__ = (
        one_of("level", LEVELS),
        Index(None, "project_id", "level", "score", "as_of"),
        Index(None, "level"),
        Index(None, "as_of"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    as_of: Mapped[dt.date]
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    probability: Mapped[float]
    coverage: Mapped[float]
    level: Mapped[str]
    alert_state: Mapped[str]
    lines: Mapped[list[Any]] = mapped_column(JSON, default=list)


class RiskEvaluation(Base):
    """One evaluation on the fortnightly grid."""

    __tablename__ = "risk_evaluation"
    __table_args__ = (one_of("level", LEVELS),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    evaluated_on: Mapped[dt.date] = mapped_column(primary_key=True)
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    probability: Mapped[float]
    level: Mapped[str]
    alert_state: Mapped[str]


class RiskModel(Base):
    """Weights and calibration of the score: each that was in use or was tried, and what it was tried on.

    With no row the score's own defaults are in use.
    """

    __tablename__ = "risk_model"
    __table_args__ = (
        one_of("source", MODEL_SOURCES),
        Index(
            "uq_risk_model_one_in_use",
            "in_use",
            unique=True,
            sqlite_where=text("in_use"),
            postgresql_where=text("in_use"),
        ),
        Index(None, "made_by"),
    )

    id: Mapped[Key]
    made_on: Mapped[dt.date]
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    source: Mapped[str]
    weights: Mapped[dict[str, Any]]
    intercept: Mapped[float]
    slope: Mapped[float]
    in_use: Mapped[bool]
    fitted_from: Mapped[dt.date | None]
    fitted_to: Mapped[dt.date | None]
    withdrawals: Mapped[int | None]
    loss_before: Mapped[float | None]
    loss_after: Mapped[float | None]
    loss_error: Mapped[float | None]
    """Mean negative log-likelihood per evaluation on projects held out, of the model then in use and of this
    one, and the standard error of the difference."""
