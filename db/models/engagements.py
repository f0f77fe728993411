"""Engagements, attendance, contributions and pulses."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import AGENDA_SETTERS, COUNTED_GROUPS, ENGAGEMENT_KINDS, INFLUENCES, PULSE_STANDINGS


class Engagement(Base):
    """A workshop, interview, test, meeting or online round, planned or held."""

    __tablename__ = "engagement"
    __table_args__ = (
        one_of("kind", ENGAGEMENT_KINDS),
        one_of("agenda_set_by", AGENDA_SETTERS),
        one_of("declared_influence", INFLUENCES),
        one_of("actual_influence", INFLUENCES),
        Index(None, "project_id", "held_on"),
        Index(None, "held_on"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str]
    title: Mapped[str]
    held_on: Mapped[dt.date]
    agenda_set_by: Mapped[str | None]
    chaired_by: Mapped[str] = mapped_column(default="")
    sponsor_present: Mapped[bool | None]
    declared_influence: Mapped[str | None]
    actual_influence: Mapped[str | None]
    version: Mapped[Version]


class Attendance(Base):
    """Whether a stakeholder who was expected came."""

    __tablename__ = "attendance"
    __table_args__ = (Index(None, "stakeholder_id"),)

    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), primary_key=True)
    stakeholder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stakeholder.id"), primary_key=True)
    attended: Mapped[bool]


class GroupAttendance(Base):
    """How many people of a stakeholder group came, or of no group said, known by pseudonym or not."""

    __tablename__ = "group_attendance"
    __table_args__ = (
        one_of("group_name", COUNTED_GROUPS),
        CheckConstraint("people BETWEEN 0 AND 100000", name="people"),
    )

    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), primary_key=True)
    group_name: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]


class Contribution(Base):
    """What somebody said, in their words; anonymous when no stakeholder is named."""

    __tablename__ = "contribution"
    __table_args__ = (
        CheckConstraint("dots >= 1", name="dots"),
        Index(None, "project_id"),
        Index(None, "engagement_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagement.id"))
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    text: Mapped[str]
    cluster: Mapped[str] = mapped_column(default="")
    chosen: Mapped[bool] = mapped_column(default=False)
    dots: Mapped[int | None]
    """Dots put on it in the room, with those on the notes merged into it; empty where none were."""
    said_on: Mapped[dt.date]
    version: Mapped[Version]


class Pulse(Base):
    """Two answers from 1 to 5: "this will lead to something", "what I said made a difference"."""

    __tablename__ = "pulse"
    __table_args__ = (
        CheckConstraint("trust BETWEEN 1 AND 5", name="trust"),
        CheckConstraint("difference BETWEEN 1 AND 5", name="difference"),
        one_of("standing", PULSE_STANDINGS),
        Index(None, "project_id", "answered_on"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagement.id"))
    stakeholder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stakeholder.id"))
    trust: Mapped[int]
    difference: Mapped[int]
    comment: Mapped[str] = mapped_column(default="")
    answered_on: Mapped[dt.date]
    link: Mapped[str | None]
    """The signed link that it came by: the day on which it was made, and its number if not the first."""
    answered_at: Mapped[dt.datetime | None]
    """When it first came by a link."""
    standing: Mapped[str] = mapped_column(default="counted")
    """`held` when it came in a burst; then somebody looks, and it is `kept` or `left_out`."""
