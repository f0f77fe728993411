"""Stakeholders under pseudonyms, and their contact data in a separate table."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, Version, one_of
from db.words import GROUPS, STAKEHOLDER_STATUSES, VOICE_ROLES, WITHDRAWAL_REASONS


class Stakeholder(Base):
    """A person or a group with a stake in one project; `people` says how many it stands for."""

    __tablename__ = "stakeholder"
    __table_args__ = (
        one_of("group_name", GROUPS),
        one_of("voice_role", VOICE_ROLES),
        one_of("status", STAKEHOLDER_STATUSES),
        one_of("withdrawn_reason", WITHDRAWAL_REASONS),
        CheckConstraint("people BETWEEN 1 AND 100000", name="people"),
        CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_on IS NOT NULL) "
            "AND (withdrawn_on IS NULL) = (withdrawn_reason IS NULL)",
            name="withdrawn_with_date_and_reason",
        ),
        Index(None, "project_id", "pseudonym", unique=True),
        Index(None, "account_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    pseudonym: Mapped[str]
    group_name: Mapped[str]
    voice_role: Mapped[str | None]
    expert_by_experience: Mapped[bool | None]
    people: Mapped[int] = mapped_column(default=1)
    joined_on: Mapped[dt.date]
    consent_for: Mapped[str] = mapped_column(default="")
    consent_on: Mapped[dt.date | None]
    consent_withdrawn_on: Mapped[dt.date | None]
    status: Mapped[str] = mapped_column(default="active")
    withdrawn_on: Mapped[dt.date | None]
    withdrawn_reason: Mapped[str | None]
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[Version]


class Contact(Base):
    """Contact data of a stakeholder, erasable without touching the record."""

    __tablename__ = "contact"

    stakeholder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stakeholder.id"), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
