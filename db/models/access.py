"""Accounts, their sessions, and failed sign-ins."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, one_of
from db.words import ROLES


class Account(Base):
    """A person who signs in. Without a password hash only the demo lab's one-click sign-in works."""

    __tablename__ = "account"
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("role = 'sponsor' OR sponsor_id IS NULL", name="sponsor_of"),
    )

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    email_folded: Mapped[str] = mapped_column(default="", index=True)
    name: Mapped[str]
    role: Mapped[str]
    sponsor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sponsor.id"))
    password_hash: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]
    disabled_at: Mapped[dt.datetime | None]


class Session(Base):
    """A signed-in browser. Only the SHA-256 of its token is stored, so a stolen database can't be used to
    sign in."""

    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class SignInAttempt(Base):
    """A failed sign-in, kept long enough to slow down the next ones."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "subject", "at"),)

    id: Mapped[Key]
    subject: Mapped[str]
    """SHA-256 of the e-mail address, or of the network address, that was tried."""
    at: Mapped[dt.datetime]
