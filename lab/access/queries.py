"""The lab, and the accounts of its people."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction

from db.models import Account, Lab, Sponsor
from db.words import ROLES
from lab.access.network import THIS_MACHINE, NetworkSettings, TrustedProxies, public_address_named
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.foundation.folding import fold

PUBLIC_ADDRESS: Final = "LAB_PUBLIC_ADDRESS"
TRUSTED_PROXIES: Final = "LAB_TRUSTED_PROXIES"
"""Environment variables that go before what the set-up or Administration set, for who deploys by files."""


@dataclass(frozen=True, slots=True)
class LabFacts:
    """The lab's facts for every screen."""

    name: str
    is_demo: bool
    evaluated_on: dt.date | None
    time_zone: str
    session_idle_minutes: int
    session_hours: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with access."""

    id: uuid.UUID
    name: str
    email: str
    role: str
    sponsor: str | None
    disabled: bool
    has_password: bool
    """Without one, somebody was given access and has not chosen a password yet."""


def lab_facts(session: Transaction) -> LabFacts | None:
    """The lab of this database, or None before it has been set up."""
    lab = session.get(Lab, 1)
    return (
        LabFacts(
            lab.name,
            lab.is_demo,
            lab.evaluated_on,
            lab.time_zone,
            lab.session_idle_minutes,
            lab.session_hours,
        )
        if lab
        else None
    )


def network_settings(session: Transaction) -> NetworkSettings:
    """How the lab is reached, as set in the lab or by environment variables, which go first.

    Raises:
        Invalid: an environment variable holds no such thing.
    """
    row = session.execute(select(Lab.public_address, Lab.trusted_proxies).where(Lab.id == 1)).one_or_none()
    public, trusted = row or (None, None)
    named = THIS_MACHINE if trusted is None else TrustedProxies.named(trusted)
    return outside_settings(NetworkSettings(public or "", named))


def outside_settings(inside: NetworkSettings) -> NetworkSettings:
    """The settings after what environment variables say."""
    public, trusted = os.environ.get(PUBLIC_ADDRESS), os.environ.get(TRUSTED_PROXIES)
    return NetworkSettings(
        inside.public_address if public is None else public_address_named(public),
        inside.trusted if trusted is None else TrustedProxies.named(trusted),
        frozenset(name for name in (PUBLIC_ADDRESS, TRUSTED_PROXIES) if name in os.environ),
    )


def demo_people(session: Transaction) -> list[Person]:
    """The demo lab's people for one-click sign-in; none in a real lab."""
    if not session.scalar(select(Lab.is_demo).where(Lab.id == 1)):
        return []
    people = _people(session, demo_only=True)
    return sorted(people, key=lambda person: (ROLES.index(person.role), person.name))


def people_with_access(session: Transaction, actor: Actor) -> list[Person]:
    """Every account, by name."""
    require(actor, "lab.administer")
    return _people(session, demo_only=False)


def _people(session: Transaction, *, demo_only: bool) -> list[Person]:
    statement = (
        select(
            Account.id,
            Account.name,
            Account.email,
            Account.role,
            Sponsor.name.label("sponsor"),
            Account.disabled_at,
            Account.password_hash.is_not(None).label("has_password"),
        )
        .outerjoin(Sponsor, Sponsor.id == Account.sponsor_id)
        .order_by(func.lower(Account.name))
        .limit(1000)
    )
    if demo_only:
        statement = statement.where(Account.is_demo, Account.disabled_at.is_(None))
    return [
        Person(
            row.id, row.name, row.email, row.role, row.sponsor, row.disabled_at is not None, row.has_password
        )
        for row in session.execute(statement)
    ]


def account_called(session: Transaction, actor: Actor, email: str) -> uuid.UUID:
    """The account with this e-mail address.

    Raises:
        NotFound: there is none.
    """
    require(actor, "lab.administer")
    found = session.scalar(select(Account.id).where(Account.email_folded == fold(email)))
    if found is None:
        raise NotFound(f"There is no account for {email}.")
    return found


def sponsor_called(session: Transaction, actor: Actor, name: str) -> uuid.UUID:
    """The sponsor of this name.

    Raises:
        NotFound: there is none.
    """
    require(actor, "lab.administer")
    found = session.scalar(select(Sponsor.id).where(Sponsor.name_folded == fold(name)))
    if found is None:
        raise NotFound(f"There is no sponsor called “{name}”.")
    return found


def accounts_of_stakeholders(session: Transaction, actor: Actor) -> tuple[tuple[uuid.UUID, str], ...]:
    """The accounts that stakeholders sign in with, by name. One statement."""
    require(actor, "contact.read")
    rows = session.execute(
        select(Account.id, Account.name, Account.email)
        .where(Account.role == "stakeholder", Account.disabled_at.is_(None))
        .order_by(func.lower(Account.name))
        .limit(1000)
    )
    return tuple((row.id, f"{row.name} ({row.email})") for row in rows)


def names_around(session: Transaction, actor: Actor, account_id: uuid.UUID | None = None) -> tuple[str, ...]:
    """Names that others would try as somebody's password: the lab's, the person's, their e-mail address; of
    oneself, or of anybody for an administrator."""
    if account_id != actor.account_id:
        require(actor, "lab.administer")
    lab, account = session.get(Lab, 1), session.get(Account, account_id) if account_id else None
    return (*([lab.name] if lab else []), *([account.name, account.email] if account else []))


def password_to_match(session: Transaction, actor: Actor) -> str | None:
    """The stored hash of the actor's own password."""
    return session.scalar(select(Account.password_hash).where(Account.id == actor.account_id))
