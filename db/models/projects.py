"""Projects and the bodies that sponsor them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of, same_as
from db.words import CYCLE_PHASES, FORMS, MODES, OUTCOMES, STAGES


class Sponsor(Base):
    """A body that asks for a project or is asked to act on a recommendation."""

    __tablename__ = "sponsor"
    __table_args__ = (Index(None, "name_folded"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    name_folded: Mapped[str] = mapped_column(default="")
    """From `lab.foundation.folding.fold`, for searching, like every column of this name."""


class Project(Base):
    """One challenge the lab works on."""

    __tablename__ = "project"
    __table_args__ = (
        one_of("stage", STAGES),
        one_of("outcome", OUTCOMES),
        one_of("mode", MODES),
        one_of("cycle_phase", CYCLE_PHASES),
        CheckConstraint("(outcome IS NULL) = (closed_on IS NULL)", name="closed_with_outcome"),
        CheckConstraint("outcome IS NULL OR outcome_reason <> ''", name="outcome_has_reason"),
        CheckConstraint("(paused_on IS NULL) = (paused_reason IS NULL)", name="paused_has_reason"),
        CheckConstraint("cadence_days BETWEEN 1 AND 365", name="cadence"),
        Index(None, "stage", "outcome", "opened_on", "id"),
        Index(None, "outcome", "closed_on", "opened_on"),
        Index(None, "closed_on"),
        Index(None, "sponsor_id"),
        Index(None, "place_folded"),
        Index(None, "reference_folded"),
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(unique=True)
    reference: Mapped[str | None] = mapped_column(unique=True)
    """The project's name in the register it was imported from."""
    title: Mapped[str]
    challenge: Mapped[str] = mapped_column(default="")
    sponsor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sponsor.id"))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    place: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default="discovery")
    stage_since: Mapped[dt.date]
    opened_on: Mapped[dt.date]
    outcome: Mapped[str | None]
    outcome_reason: Mapped[str | None]
    closed_on: Mapped[dt.date | None]
    paused_on: Mapped[dt.date | None]
    paused_reason: Mapped[str | None]
    mode: Mapped[str | None]
    cycle_phase: Mapped[str | None]
    cadence_days: Mapped[int] = mapped_column(default=28)
    promised_cadence_days: Mapped[int] = mapped_column(default=same_as("cadence_days"))
    """The shortest cadence ever promised; a longer one does not shorten a silence."""
    """How often the people were promised news, in days."""
    is_public: Mapped[bool] = mapped_column(default=False)
    pulse_links_ended: Mapped[int] = mapped_column(default=0)
    """How often its pulse links were ended. A link bears the number of its time, and is good only then."""
    version: Mapped[Version]
    title_folded: Mapped[str] = mapped_column(default="")
    place_folded: Mapped[str] = mapped_column(default="")
    reference_folded: Mapped[str] = mapped_column(default="")


class ProjectForm(Base):
    """One of the four Co's a project carries (Bovaird & Loeffler 2013)."""

    __tablename__ = "project_form"
    __table_args__ = (one_of("form", FORMS), Index(None, "form"))

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
