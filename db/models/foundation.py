"""The lab, and its append-only event log."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key


class Lab(Base):
    """The lab of this database: its name and settings."""

    __tablename__ = "lab"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]
    evaluated_on: Mapped[dt.date | None]
    """The last date on which disillusion risk was evaluated for every running project."""
    time_zone: Mapped[str] = mapped_column(default="UTC")
    """The lab's time zone by IANA name; days are counted in it."""
    session_idle_minutes: Mapped[int] = mapped_column(default=120)
    """Minutes without use after which a session ends."""
    session_hours: Mapped[int] = mapped_column(default=12)
    """Hours after which a session ends, used or not."""
    escalation_days: Mapped[list[int]] = mapped_column(JSON, default=lambda: [7, 28, 56, 84])
    """Days after a stall began on which owner, sponsor, lab manager and at last the public hear of it."""
    public_address: Mapped[str | None]
    """The origin under which people reach the lab, such as https://lab.example.org."""
    trusted_proxies: Mapped[str | None]
    """Addresses and networks of proxies whose word about visitors counts; empty: those on this machine."""


class Event(Base):
    """An event. Rows are added, never changed. `at` is when it happened, `day` the lab's day of it,
    `recorded_at` when it was written; `from_state`, `to_state` and `reason` describe a step of a state
    machine.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "project_id", "at"),
        Index(None, "subject_id", "at"),
        # covers everything that a replay reads; no range may bound the column after `to_state`, which replays
        # ask for by a list: SQLite before 3.42 passes over such a bound
        Index(None, "subject_type", "to_state", "at", "day", "subject_id", "from_state", "id"),
        Index(None, "day"),
        Index(None, "actor_id"),
    )

    id: Mapped[Key]
    at: Mapped[dt.datetime]
    day: Mapped[dt.date]
    recorded_at: Mapped[dt.datetime]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    verb: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class StaleProject(Base):
    """A project whose derived numbers are out of date; added with each event."""

    __tablename__ = "stale_project"
    __table_args__ = (Index(None, "project_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
