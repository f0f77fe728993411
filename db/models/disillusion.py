"""Flags, and the derived numbers of disillusion risk: today's row per project and its history."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import FLAG_STATES, LEVELS, MODEL_SOURCES


class Flag(Base):
    """A project's alarm: raised by the facts, acknowledged by a person, cleared by either."""

    __tablename__ = "flag"
    __table_args__ = (
        one_of("state", FLAG_STATES),
        one_of("level", LEVELS),
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
    version: Mapped[Version]


class ProjectRisk(Base):
    """The latest score of a project, kept so that lists can be ordered and paged in SQL."""

    __tablename__ = "project_risk"
    __table_args__ = (
        one_of("level", LEVELS),
        Index(None, "project_id", "level", "score"),
        Index(None, "level"),
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
    people_waiting: Mapped[int] = mapped_column(default=0)
    """People with something hanging on a stalled or silent item, times the days they have not heard."""
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
