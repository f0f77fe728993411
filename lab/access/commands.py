"""Signing in and out, and giving and taking access."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import uuid

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Transaction

from db.models import Account, Lab, Session, SignInAttempt, Sponsor
from db.words import ROLES
from lab.access.passwords import hashed, matches
from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from lab.foundation.events import remember
from lab.foundation.folding import fold
from lab.foundation.records import change

SESSION_LASTS = dt.timedelta(days=14)
WINDOW = dt.timedelta(minutes=15)
TRIES_PER_ACCOUNT = 8
TRIES_PER_ADDRESS = 60
"""Higher than per account, because an office or a workshop shares one address."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def session_token_hash(token: str) -> str:
    """The SHA-256 of a session token in hexadecimal, which the database stores."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_lab(
    session: Transaction, *, name: str, now: dt.datetime, is_demo: bool = False, time_zone: str = "UTC"
) -> None:
    """Name the lab of an empty database, and the time zone in which its days begin.

    Raises:
        Conflict: it has one already. Invalid: there is no such time zone.
    """
    if session.get(Lab, 1) is not None:
        raise Conflict("This database already holds a lab.")
    named = text.line(name, "Name of the lab")
    zone = clock.zone_named(time_zone)
    session.add(Lab(id=1, name=named, created_at=now, is_demo=is_demo, time_zone=zone))
    session.flush()


def set_time_zone(session: Transaction, actor: Actor, *, time_zone: str, now: dt.datetime) -> None:
    """Change the lab's time zone. Recorded days don't change.

    Raises:
        Invalid: there is no such time zone.
    """
    require(actor, "lab.administer")
    lab = session.get(Lab, 1, with_for_update=True)
    if lab is None:
        raise NotFound("There is no lab yet. Set it up first.")
    before = change(lab, time_zone=clock.zone_named(time_zone))
    if before:
        remember(session, actor, lab, "edited", now=now, before=before)


def first_administrator(
    session: Transaction,
    *,
    lab_name: str,
    name: str,
    email: str,
    password: str,
    now: dt.datetime,
    time_zone: str = "UTC",
) -> uuid.UUID:
    """Set up an empty database: the lab's name and time zone, and the person who may let others in."""
    make_lab(session, name=lab_name, now=now, time_zone=time_zone)
    return _add_account(
        session, None, name=name, email=email, role="administrator", password=password, now=now
    )


def add_account(
    session: Transaction,
    actor: Actor,
    *,
    name: str,
    email: str,
    role: str,
    password: str | None,
    now: dt.datetime,
    sponsor_id: uuid.UUID | None = None,
    is_demo: bool = False,
) -> uuid.UUID:
    """Give somebody access under a role; a sponsor's person answers for one sponsor.

    Raises:
        Conflict: the e-mail address is in use. Invalid: something is missing.
    """
    require(actor, "lab.administer")
    return _add_account(
        session,
        actor,
        name=name,
        email=email,
        role=role,
        password=password,
        now=now,
        sponsor_id=sponsor_id,
        is_demo=is_demo,
    )


def _add_account(
    session: Transaction,
    actor: Actor | None,
    *,
    name: str,
    email: str,
    role: str,
    password: str | None,
    now: dt.datetime,
    sponsor_id: uuid.UUID | None = None,
    is_demo: bool = False,
) -> uuid.UUID:
    address = text.line(email, "E-mail address").lower()
    if not _EMAIL.fullmatch(address):
        raise Invalid(f"“{address}” is not an e-mail address. It needs the form name@place.", field="email")
    if session.scalar(select(Account.id).where(Account.email_folded == fold(address))):
        raise Conflict(f"There is already an account for {address}.")
    if role == "sponsor" and (sponsor_id is None or session.get(Sponsor, sponsor_id) is None):
        raise Invalid("Say which sponsor this person answers for.", field="sponsor")
    account = Account(
        email=address,
        email_folded=fold(address),
        name=text.line(name, "Name"),
        role=text.chosen(role, ROLES, "Role"),
        sponsor_id=sponsor_id if role == "sponsor" else None,
        password_hash=hashed(password) if password is not None else None,
        is_demo=is_demo,
        created_at=now,
    )
    session.add(account)
    session.flush()
    remember(session, actor or Actor(account.id, account.name, role), account, "created", now=now, role=role)
    return account.id


def set_password(
    session: Transaction, actor: Actor, account_id: uuid.UUID, password: str, now: dt.datetime
) -> None:
    """Give an account a new password and end its sessions; one's own, or anybody's for an administrator."""
    if actor.account_id != account_id:
        require(actor, "lab.administer")
    account = _account(session, account_id)
    account.password_hash = hashed(password)
    _end_sessions(session, account_id, now)
    remember(session, actor, account, "password_set", now=now)


def change_own_password(
    session: Transaction, actor: Actor, *, current: str, password: str, now: dt.datetime
) -> None:
    """Change one's own password, which takes the current one, and end all of one's sessions.

    Raises:
        Invalid: the current password is wrong, or the new one is too short or too long.
    """
    if actor.account_id is None or not matches(current, _account(session, actor.account_id).password_hash):
        raise Invalid("Current password is wrong. Please type it again.", field="current")
    set_password(session, actor, actor.account_id, password, now)


def disable_account(session: Transaction, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Take access away, at once and everywhere. The last administrator cannot be shut out."""
    require(actor, "lab.administer")
    account = _account(session, account_id)
    if account.role == "administrator":
        others = session.scalar(
            select(func.count())
            .select_from(Account)
            .where(Account.role == "administrator", Account.disabled_at.is_(None), Account.id != account_id)
        )
        if not others:
            raise Invalid("This is the only administrator. Give somebody else that role first.")
    account.disabled_at = now
    _end_sessions(session, account_id, now)
    remember(session, actor, account, "disabled", now=now)


def enable_account(session: Transaction, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Give access back."""
    require(actor, "lab.administer")
    account = _account(session, account_id)
    account.disabled_at = None
    remember(session, actor, account, "enabled", now=now)


def _account(session: Transaction, account_id: uuid.UUID) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _end_sessions(session: Transaction, account_id: uuid.UUID, now: dt.datetime) -> None:
    session.execute(
        update(Session)
        .where(Session.account_id == account_id, Session.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def sign_in(session: Transaction, *, email: str, password: str, address: str, now: dt.datetime) -> str | None:
    """A new session's token, or None when e-mail or password is wrong.

    A failed try is counted in this transaction, so the caller must commit it.

    Raises:
        TooMany: too many failures for this account or from this network address.
    """
    subjects = {
        hashlib.sha256(f"account:{fold(email)}".encode()).hexdigest(): TRIES_PER_ACCOUNT,
        hashlib.sha256(f"address:{address}".encode()).hexdigest(): TRIES_PER_ADDRESS,
    }
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - WINDOW))
    tried = session.execute(
        select(SignInAttempt.subject, func.count())
        .where(SignInAttempt.subject.in_(subjects))
        .group_by(SignInAttempt.subject)
    )
    if any(count >= subjects[subject] for subject, count in tried):
        raise TooMany(
            "Too many failed tries. Please wait a quarter of an hour, or ask your administrator for a new "
            "password.",
            retry_after=int(WINDOW.total_seconds()),
        )
    account = session.scalar(select(Account).where(Account.email_folded == fold(email)))
    usable = account is not None and account.disabled_at is None
    if not matches(password, account.password_hash if account and usable else None) or account is None:
        session.add_all(SignInAttempt(subject=subject, at=now) for subject in subjects)
        return None
    return _open_session(session, account.id, now)


def sign_in_as_demo(session: Transaction, account_id: uuid.UUID, now: dt.datetime) -> str:
    """One click signs in as a person of the demo lab, and of no other lab.

    Raises:
        NotAllowed: this is a real lab, or not one of the demo's people.
    """
    lab, account = session.get(Lab, 1), session.get(Account, account_id)
    if lab is None or not lab.is_demo or account is None or not account.is_demo or account.disabled_at:
        raise NotAllowed("Signing in without a password works only for the people of the demo lab.")
    return _open_session(session, account.id, now)


def _open_session(session: Transaction, account_id: uuid.UUID, now: dt.datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.execute(delete(Session).where(Session.expires_at < now))
    session.add(
        Session(
            token_hash=session_token_hash(token),
            account_id=account_id,
            created_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )
    return token


def sign_out(session: Transaction, token: str, now: dt.datetime) -> None:
    """End the session behind the token."""
    session.execute(
        update(Session).where(Session.token_hash == session_token_hash(token)).values(revoked_at=now)
    )
