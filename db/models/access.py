"""Accounts, their sessions, devices and one-time links, and failed sign-ins."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Key, one_of
from db.words import LINK_PURPOSES, ROLES


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

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    """To the minute: written at most once a minute."""
    revoked_at: Mapped[dt.datetime | None]
    browser: Mapped[str]
    """In plain words, such as "Firefox on Windows"; empty if the browser did not say."""
    address: Mapped[str]


class KnownDevice(Base):
    """A browser in which somebody has signed in before. Strangers' wrong passwords don't slow it down."""

    __tablename__ = "known_device"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    last_used_at: Mapped[dt.datetime]
    wrong_in_a_row: Mapped[int] = mapped_column(default=0)
    """Wrong passwords since the last right one; after too many the device is forgotten."""


class OneTimeLink(Base):
    """A link with which somebody chooses a password, once. Only the SHA-256 of its token is stored."""

    __tablename__ = "one_time_link"
    __table_args__ = (one_of("purpose", LINK_PURPOSES),)

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    """When it was used, or withdrawn by a newer one."""


class SigningKey(Base):
    """The lab's secret, from which the keys of everything that it signs are derived. No export carries it, so
    a lab that is read back elsewhere has another."""

    __tablename__ = "signing_key"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    secret: Mapped[str]
    """256 random bits in hexadecimal."""
    made_at: Mapped[dt.datetime]
    """Since when phones' tokens are signed. Rooms from before still know phones whose tokens are not."""


class PhoneLink(Base):
    """A phone on which somebody took part under an account, so that phone and account count once. Votes
    forget it at the close; no export carries it."""

    __tablename__ = "phone_link"
    __table_args__ = (Index(None, "room_id"),)

    phone_hash: Mapped[str] = mapped_column(primary_key=True)
    """As in `vote_join`, so of one round, workshop or project."""
    account_hash: Mapped[str]
    room_id: Mapped[uuid.UUID]
    """The round, the workshop, or the project of a pulse."""


class SignInAttempt(Base):
    """A failed sign-in, kept long enough to slow down the next ones."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "subject", "at"),)

    id: Mapped[Key]
    subject: Mapped[str]
    """SHA-256 of the network that it came from, alone or with the e-mail address that was tried."""
    at: Mapped[dt.datetime]
