"""What was tried: prototypes with pictures, the worries about them, and their tests."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import FIDELITIES, FINDINGS, TEST_DECISIONS

prototype_expectation = Table(
    "prototype_expectation",
    Base.metadata,
    Column("prototype_id", Uuid, ForeignKey("prototype.id"), primary_key=True),
    Column("expectation_id", Uuid, ForeignKey("expectation.id"), primary_key=True, index=True),
)


class Prototype(Base):
    """Something people can react to."""

    __tablename__ = "prototype"
    __table_args__ = (
        one_of("fidelity", FIDELITIES),
        CheckConstraint("iteration >= 1", name="iteration"),
        CheckConstraint("cost_estimate IS NULL OR cost_estimate >= 0", name="cost_estimate"),
        Index(None, "project_id"),
        Index(None, "contribution_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    contribution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contribution.id"))
    title: Mapped[str]
    question: Mapped[str] = mapped_column(default="")
    fidelity: Mapped[str]
    iteration: Mapped[int] = mapped_column(default=1)
    cost_estimate: Mapped[int | None]
    made_on: Mapped[dt.date]
    is_public: Mapped[bool] = mapped_column(default=False)
    version: Mapped[Version]


class Picture(Base):
    """A picture of a prototype, re-encoded to be safe, in a screen size and a thumbnail."""

    __tablename__ = "picture"
    __table_args__ = (Index(None, "prototype_id"),)

    id: Mapped[Key]
    prototype_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("prototype.id"))
    description: Mapped[str]
    media_type: Mapped[str]
    screen: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    screen_width: Mapped[int]
    screen_height: Mapped[int]
    thumbnail: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    thumbnail_width: Mapped[int]
    thumbnail_height: Mapped[int]
    sha256: Mapped[str]
    added_on: Mapped[dt.date]


class ForeseenRisk(Base):
    """A worry a stakeholder raised about a prototype or the project as a whole, and what was found."""

    __tablename__ = "foreseen_risk"
    __table_args__ = (
        one_of("finding", FINDINGS),
        CheckConstraint("finding <> 'accepted' OR finding_note <> ''", name="accepted_has_reason"),
        Index(None, "project_id"),
        Index(None, "prototype_id"),
        Index(None, "round_id"),
        Index(None, "contribution_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    prototype_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("prototype.id"))
    """Empty for a worry about the project as a whole."""
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vote_round.id"))
    """The vote in which it was submitted, if any."""
    contribution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contribution.id"))
    """The workshop note it came from, if any."""
    statement: Mapped[str]
    finding: Mapped[str] = mapped_column(default="untested")
    finding_note: Mapped[str] = mapped_column(default="")
    raised_on: Mapped[dt.date]
    version: Mapped[Version]


class PrototypeTest(Base):
    """People trying one iteration of a prototype."""

    __tablename__ = "test"
    __table_args__ = (
        one_of("decision", TEST_DECISIONS),
        CheckConstraint("participants BETWEEN 0 AND 100000", name="participants"),
        Index(None, "project_id"),
        Index(None, "prototype_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    prototype_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("prototype.id"))
    iteration: Mapped[int]
    held_on: Mapped[dt.date]
    participants: Mapped[int]
    method: Mapped[str] = mapped_column(default="")
    findings: Mapped[str]
    sponsor_present: Mapped[bool | None]
    decision: Mapped[str]
    version: Mapped[Version]
