"""Who is signed in, where, and who tries to be."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction

from db.models import Account, KnownDevice, Lab, Session, SignInAttempt
from lab.access.rights import Actor, require
from lab.access.sessions.rules import (
    WINDOW,
    Lifetime,
    Visitor,
    token_hash_of,
    tried_subjects,
)
from lab.foundation.folding import fold

SHOWN = 100
"""Sessions of one account on a screen."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that may be used, or whose time is over though nobody has ended it yet."""

    id: uuid.UUID
    actor: Actor
    last_seen_at: dt.datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A session as a person sees it."""

    id: uuid.UUID
    browser: str
    address: str
    since: dt.datetime
    last_seen_at: dt.datetime
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class SignInTry:
    """Somebody who wants to sign in: the account, if there is one, and whether it may be tried now."""

    account_id: uuid.UUID | None
    password_hash: str | None
    folded_email: str
    device_id: uuid.UUID | None
    """The device, if this account is known to use it."""
    is_too_many: bool


def session_behind(session: Transaction, token: str, now: dt.datetime) -> OpenSession | None:
    """The session of a token, None if it was ended or never existed. One statement."""
    found = session.execute(
        select(
            Session.id, Session.created_at, Session.last_seen_at,
            Account.id.label("account_id"), Account.name, Account.role, Account.sponsor_id,
            Lab.session_idle_minutes, Lab.session_hours,
        )
        .join(Account, Account.id == Session.account_id)
        .join(Lab, Lab.id == 1)
        .where(
            Session.token_hash == token_hash_of(token),
            Session.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()  # fmt: skip
    if found is None:
        return None
    lifetime = Lifetime.of(found.session_idle_minutes, found.session_hours)
    return OpenSession(
        found.id,
        Actor(found.account_id, found.name, found.role, found.sponsor_id),
        found.last_seen_at,
        lifetime.is_over(found.created_at, found.last_seen_at, now),
    )


def still_open(session: Transaction, tokens: Collection[str], now: dt.datetime) -> set[str]:
    """Those of the tokens whose sessions may still be used. Two statements."""
    by_hash = {token_hash_of(token): token for token in tokens}
    lifetime = _lifetime(session)
    rows = session.execute(
        select(Session.token_hash, Session.created_at, Session.last_seen_at)
        .join(Account, Account.id == Session.account_id)
        .where(Session.token_hash.in_(by_hash), Session.revoked_at.is_(None), Account.disabled_at.is_(None))
    )
    return {
        by_hash[row.token_hash] for row in rows if not lifetime.is_over(row.created_at, row.last_seen_at, now)
    }


def sessions_of(
    session: Transaction, actor: Actor, account_id: uuid.UUID, *, now: dt.datetime, token: str = ""
) -> list[SignedInBrowser]:
    """Where somebody is signed in, the last used first: one's own sessions, or anybody's for an
    administrator. `token` is that of the session that asks."""
    if actor.account_id != account_id:
        require(actor, "lab.administer")
    lifetime, this_one = _lifetime(session), token_hash_of(token)
    rows = session.scalars(
        select(Session)
        .where(
            Session.account_id == account_id,
            Session.revoked_at.is_(None),
            Session.created_at > now - lifetime.whole,
            Session.last_seen_at > now - lifetime.idle,
        )
        .order_by(Session.last_seen_at.desc(), Session.id)
        .limit(SHOWN)
    )
    return [
        SignedInBrowser(
            row.id, row.browser, row.address, row.created_at, row.last_seen_at, row.token_hash == this_one
        )
        for row in rows
    ]


def sign_in_try(session: Transaction, *, email: str, visitor: Visitor, now: dt.datetime) -> SignInTry:
    """What is known of somebody who wants to sign in. Three statements."""
    folded = fold(email)
    account = session.execute(
        select(Account.id, Account.password_hash).where(
            Account.email_folded == folded, Account.disabled_at.is_(None)
        )
    ).one_or_none()
    device = account and session.scalar(
        select(KnownDevice.id).where(
            KnownDevice.token_hash == token_hash_of(visitor.device), KnownDevice.account_id == account.id
        )
    )
    limits = tried_subjects(folded, visitor.network)
    counted = session.execute(
        select(SignInAttempt.subject, func.count())
        .where(SignInAttempt.subject.in_(limits), SignInAttempt.at > now - WINDOW)
        .group_by(SignInAttempt.subject)
    )
    is_too_many = any(count >= limits[subject] for subject, count in counted)
    return SignInTry(
        account.id if account else None,
        account.password_hash if account else None,
        folded,
        device,
        is_too_many and device is None,
    )


def _lifetime(session: Transaction) -> Lifetime:
    row = session.execute(
        select(Lab.session_idle_minutes, Lab.session_hours).where(Lab.id == 1)
    ).one_or_none()
    return Lifetime.of(*row) if row else Lifetime.of(0, 0)
