"""Opening, using and ending sessions, and counting wrong passwords. Nothing here hashes a password."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session as Transaction

from db.models import Account, KnownDevice, Lab, OneTimeLink, Session, SignInAttempt
from lab.access.passwords import PasswordHash
from lab.access.rights import Actor, require
from lab.access.sessions.queries import SignInTry
from lab.access.sessions.rules import (
    HOURS,
    MOST_DEVICES,
    MOST_TRIES,
    RECORDED,
    TRIES_ON_DEVICE,
    WINDOW,
    Visitor,
    browser_in_words,
    neighbourhood,
    token_hash_of,
    tried_subjects,
)
from lab.foundation.errors import NotAllowed, NotFound
from lab.foundation.events import Subject, remember


@dataclass(frozen=True, slots=True)
class Entry:
    """What a browser gets when somebody has signed in with it."""

    session: str
    """The session's token."""
    device: str
    """The token by which the browser is known from now on."""


def open_session(
    session: Transaction,
    account_id: uuid.UUID,
    visitor: Visitor,
    now: dt.datetime,
    *,
    how: str = "password",
    renewed: PasswordHash | None = None,
) -> Entry:
    """A new session for somebody whose right to it has been checked. It ends the one the browser had: a
    session that somebody else put there must not become this person's. `renewed` is
    the password's hash with the parameters of today."""
    account = session.get_one(Account, account_id)
    account.password_hash = renewed or account.password_hash
    session.execute(
        delete(Session).where(Session.created_at < now - dt.timedelta(hours=HOURS[1]))
    )  # longer than any may last
    _end(session, now, Session.token_hash == token_hash_of(visitor.session))
    token = secrets.token_urlsafe(32)
    browser = browser_in_words(visitor.user_agent)
    session.add(
        Session(
            token_hash=token_hash_of(token),
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            browser=browser,
            address=visitor.address,
        )
    )
    actor = Actor(account.id, account.name, account.role, account.sponsor_id)
    remember(
        session, actor, account, "signed_in",
        now=now, how=how, browser=browser, network=neighbourhood(visitor.address),
    )  # fmt: skip
    return Entry(token, _known_device(session, account_id, visitor.device, now))


def _known_device(session: Transaction, account_id: uuid.UUID, token: str, now: dt.datetime) -> str:
    """The browser's device token: the one it has if that is this account's, or a new one."""
    known = session.scalar(
        select(KnownDevice).where(
            KnownDevice.token_hash == token_hash_of(token), KnownDevice.account_id == account_id
        )
    )
    if known is not None:
        known.last_used_at, known.wrong_in_a_row = now, 0
        return token
    others = session.scalars(
        select(KnownDevice.id)
        .where(KnownDevice.account_id == account_id)
        .order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
        .offset(MOST_DEVICES - 1)
    ).all()
    session.execute(delete(KnownDevice).where(KnownDevice.id.in_(others)))
    token = secrets.token_urlsafe(32)
    session.add(KnownDevice(token_hash=token_hash_of(token), account_id=account_id, last_used_at=now))
    return token


def count_wrong_password(session: Transaction, tried: SignInTry, visitor: Visitor, now: dt.datetime) -> None:
    """Count a failed sign-in, and record it. The record names the account and the neighbourhood, never what
    was typed: an unknown e-mail address can be a password in the wrong field."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
    subjects = tried_subjects(tried.folded_email, visitor.network)
    session.add_all(SignInAttempt(subject=subject, at=now) for subject in subjects)
    session.flush()
    kept = session.scalar(select(func.count()).select_from(SignInAttempt)) or 0
    if kept > MOST_TRIES * len(subjects):
        oldest = select(SignInAttempt.id).order_by(SignInAttempt.id).limit(kept - MOST_TRIES * len(subjects))
        session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(oldest)))
    if tried.device_id is not None:
        _count_on_device(session, tried.device_id)
    failed = kept // len(subjects)
    if failed <= RECORDED:
        remember(
            session, None, Subject("account", tried.account_id, None), "sign_in_failed",
            now=now, network=neighbourhood(visitor.address), is_last_listed=failed == RECORDED,
        )  # fmt: skip


def _count_on_device(session: Transaction, device_id: uuid.UUID) -> None:
    device = session.get(KnownDevice, device_id, with_for_update=True)
    if device is None:
        return
    device.wrong_in_a_row += 1
    if device.wrong_in_a_row >= TRIES_ON_DEVICE:
        session.delete(device)


def sign_in_as_demo(session: Transaction, account_id: uuid.UUID, visitor: Visitor, now: dt.datetime) -> Entry:
    """One click signs in as a person of the demo lab, and of no other lab.

    Raises:
        NotAllowed: this is a real lab, or not one of the demo's people.
    """
    lab, account = session.get(Lab, 1), session.get(Account, account_id)
    if lab is None or not lab.is_demo or account is None or not account.is_demo or account.disabled_at:
        raise NotAllowed("Signing in without a password works only for the people of the demo lab.")
    return open_session(session, account.id, visitor, now, how="demo")


def sign_out(session: Transaction, token: str, now: dt.datetime) -> None:
    """End the session behind the token."""
    found = session.scalar(
        select(Session).where(Session.token_hash == token_hash_of(token), Session.revoked_at.is_(None))
    )
    if found is not None:
        found.revoked_at = now
        account = session.get_one(Account, found.account_id)
        remember(session, Actor(account.id, account.name, account.role), account, "signed_out", now=now)


def end_session(session: Transaction, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> None:
    """End one session: one's own, or anybody's for an administrator.

    Raises:
        NotFound: there is no such session of one's own, or it has ended.
    """
    found = session.get(Session, session_id, with_for_update=True)
    if (
        found is None
        or found.revoked_at
        or not (found.account_id == actor.account_id or actor.may("lab.administer"))
    ):
        raise NotFound("This session has ended already.")
    found.revoked_at = now
    account = session.get_one(Account, found.account_id)
    remember(session, actor, account, "sessions_ended", now=now, browser=found.browser, sessions=1)


def sign_out_everywhere(session: Transaction, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> None:
    """End all sessions of an account and forget its devices: one's own, or anybody's for an administrator.

    Raises:
        NotFound: there is no such account.
    """
    if actor.account_id != account_id:
        require(actor, "lab.administer")
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    ended = end_sessions_of(session, account_id, now)
    remember(session, actor, account, "sessions_ended", now=now, sessions=ended)


def end_sessions_of(session: Transaction, account_id: uuid.UUID, now: dt.datetime) -> int:
    """End all sessions of an account, of which this many were open, and forget its devices."""
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))
    return _end(session, now, Session.account_id == account_id)


def withdraw_links(session: Transaction, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Withdraw the one-time links with which somebody could choose this account's password."""
    links = select(OneTimeLink).where(OneTimeLink.account_id == account_id, OneTimeLink.ended_at.is_(None))
    for each in session.scalars(links):
        each.ended_at = now
    session.flush()


def _end(session: Transaction, now: dt.datetime, *which: object) -> int:
    found = session.scalars(select(Session).where(*which, Session.revoked_at.is_(None))).all()  # type: ignore[arg-type]
    for each in found:
        each.revoked_at = now
    return len(found)


def mark_used(
    session: Transaction, seen: Mapping[uuid.UUID, dt.datetime], over: Collection[uuid.UUID], now: dt.datetime
) -> None:
    """Write when sessions were last used, and end those whose time is over, so that none comes back when the
    clock is put back."""
    if seen:
        session.execute(
            update(Session.__table__)  # type: ignore[arg-type]
            .where(Session.id == bindparam("key"), Session.last_seen_at < bindparam("at"))
            .values(last_seen_at=bindparam("at")),
            [{"key": key, "at": at} for key, at in seen.items()],
        )
    if over:
        _end(session, now, Session.id.in_(over))
