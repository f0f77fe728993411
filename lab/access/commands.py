"""Setting up a lab, and giving, changing and taking access.

Passwords come hashed: hashing takes long, and whoever calls these commands holds the database's one writer.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from db.models import Account, Lab, SigningKey, Sponsor, VoteRound, Workshop
from db.words import ROLES
from lab.access.network import THIS_MACHINE, TrustedProxies, public_address_named
from lab.access.passwords import PasswordHash
from lab.access.queries import password_to_match
from lab.access.rights import Actor, require
from lab.access.sessions.commands import end_sessions_of, withdraw_links
from lab.access.sessions.rules import HOURS, IDLE_MINUTES
from lab.foundation import clock, text
from lab.foundation.errors import Conflict, Invalid, NotFound
from lab.foundation.events import remember
from lab.foundation.folding import fold
from lab.foundation.records import change

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


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


def set_session_limits(
    session: Transaction, actor: Actor, *, idle_minutes: int, hours: int, now: dt.datetime
) -> None:
    """Change after how many minutes without use, and after how many hours in any case, a session ends.
    It holds for open sessions too.

    Raises:
        Invalid: out of bounds.
    """
    require(actor, "lab.administer")
    if not IDLE_MINUTES[0] <= idle_minutes <= IDLE_MINUTES[1]:
        raise Invalid(f"Choose {IDLE_MINUTES[0]} to {IDLE_MINUTES[1]:,} minutes.", field="idle_minutes")
    if not HOURS[0] <= hours <= HOURS[1]:
        raise Invalid(f"Choose {HOURS[0]} to {HOURS[1]} hours.", field="hours")
    lab = session.get(Lab, 1, with_for_update=True)
    if lab is None:
        raise NotFound("There is no lab yet. Set it up first.")
    before = change(lab, session_idle_minutes=idle_minutes, session_hours=hours)
    if before:
        remember(session, actor, lab, "edited", now=now, before=before)


def set_network(
    session: Transaction, actor: Actor, *, public_address: str, trusted_proxies: str, now: dt.datetime
) -> None:
    """Say under which address people reach the lab (empty: any), and which proxies are trusted.

    Raises:
        Invalid: one of them is no such thing.
    """
    require(actor, "lab.administer")
    lab = session.get(Lab, 1, with_for_update=True)
    if lab is None:
        raise NotFound("There is no lab yet. Set it up first.")
    before = change(lab, **_network(public_address, trusted_proxies))
    if before:
        remember(session, actor, lab, "edited", now=now, before=before)


def renew_secret(session: Transaction, actor: Actor, *, now: dt.datetime) -> None:
    """Replace the secret from which the lab's keys are derived: what was signed before is worth nothing from
    then on, pulse links above all. A server reads the secret once, so none may be running.

    Raises:
        Conflict: phones are in a vote or a workshop, and could take part in it a second time.
    """
    require(actor, "lab.administer")
    lab, key = session.get(Lab, 1, with_for_update=True), session.get(SigningKey, 1, with_for_update=True)
    if lab is None or key is None:
        raise NotFound("There is no lab yet. Set it up first.")
    vote = session.scalars(select(VoteRound.question).where(VoteRound.state == "open").limit(1)).first()
    if vote is not None:
        raise Conflict(f"The vote “{vote}” is open. Close it first: its phones would count twice.")
    running = session.scalars(select(Workshop.code).where(Workshop.state == "running").limit(1)).first()
    if running is not None:
        raise Conflict(
            f"The workshop with the code {running} is running. End it first: its phones would count twice."
        )
    key.secret, key.made_at = secrets.token_hex(32), now
    remember(session, actor, lab, "secret_renewed", now=now)


def _network(public_address: str, trusted_proxies: str | None) -> dict[str, str | None]:
    """What the lab keeps of its network settings."""
    trusted = None if trusted_proxies is None else TrustedProxies.named(trusted_proxies)
    return {
        "public_address": public_address_named(public_address) or None,
        "trusted_proxies": None if trusted in (None, THIS_MACHINE) else str(trusted),
    }


def first_administrator(
    session: Transaction,
    *,
    lab_name: str,
    name: str,
    email: str,
    password: PasswordHash,
    now: dt.datetime,
    time_zone: str = "UTC",
    public_address: str = "",
    trusted_proxies: str | None = None,
) -> uuid.UUID:
    """Set up an empty database: the lab's name, time zone and way in, and the person who may let others in.

    Raises:
        Invalid: one of them is missing, or no such thing.
    """
    make_lab(session, name=lab_name, now=now, time_zone=time_zone)
    change(session.get_one(Lab, 1), **_network(public_address, trusted_proxies))
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
    password: PasswordHash | None,
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
    password: PasswordHash | None,
    now: dt.datetime,
    sponsor_id: uuid.UUID | None = None,
    is_demo: bool = False,
) -> uuid.UUID:
    address = text.line(email, "E-mail address").lower()
    if not _EMAIL.fullmatch(address):
        raise Invalid(f"“{address}” is not an e-mail address. It needs the form name@place.", field="email")
    if session.scalar(select(Account.id).where(Account.email_folded == fold(address))):
        raise Conflict(f"There is already an account for {address}.")
    account = Account(
        email=address,
        email_folded=fold(address),
        name=text.line(name, "Name"),
        role=text.chosen(role, ROLES, "Role"),
        sponsor_id=_sponsor_for(session, role, sponsor_id),
        password_hash=password,
        is_demo=is_demo,
        created_at=now,
    )
    session.add(account)
    session.flush()
    remember(session, actor or Actor(account.id, account.name, role), account, "created", now=now, role=role)
    return account.id


def set_password(
    session: Transaction, actor: Actor, account_id: uuid.UUID, password: PasswordHash, now: dt.datetime
) -> None:
    """Give an account a new password, end its sessions, forget its devices and withdraw its links; one's own,
    or anybody's for an administrator."""
    if actor.account_id != account_id:
        require(actor, "lab.administer")
    account = _account(session, account_id)
    account.password_hash = password
    end_sessions_of(session, account_id, now)
    withdraw_links(session, account_id, now)
    remember(session, actor, account, "password_set", now=now)


def change_own_password(
    session: Transaction, actor: Actor, *, current: str | None, password: PasswordHash, now: dt.datetime
) -> None:
    """Change one's own password, and end all of one's sessions. `current` is the stored hash that the current
    password was found to match, as `password_to_match` gave it.

    Raises:
        Invalid: the current password is wrong, or has been changed meanwhile.
    """
    if actor.account_id is None or current is None or password_to_match(session, actor) != current:
        raise Invalid("Current password is wrong. Please type it again.", field="current")
    set_password(session, actor, actor.account_id, password, now)


def change_role(
    session: Transaction,
    actor: Actor,
    account_id: uuid.UUID,
    *,
    role: str,
    now: dt.datetime,
    sponsor_id: uuid.UUID | None = None,
) -> None:
    """Give an account another role, and end its sessions: the next one has the new rights. The last
    administrator keeps theirs.

    Raises:
        Invalid: a sponsor's person needs a sponsor, or it is the only administrator.
    """
    require(actor, "lab.administer")
    account = _account(session, account_id)
    chosen = text.chosen(role, ROLES, "Role")
    if chosen != "administrator":
        _guard_last_administrator(session, account)
    before = change(account, role=chosen, sponsor_id=_sponsor_for(session, chosen, sponsor_id))
    if before:
        end_sessions_of(session, account_id, now)
        remember(session, actor, account, "role_changed", now=now, before=before, role=chosen)


def disable_account(session: Transaction, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Take access away, at once and everywhere. The last administrator cannot be shut out."""
    require(actor, "lab.administer")
    account = _account(session, account_id)
    _guard_last_administrator(session, account)
    account.disabled_at = now
    end_sessions_of(session, account_id, now)
    withdraw_links(session, account_id, now)
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


def _guard_last_administrator(session: Transaction, account: Account) -> None:
    if account.role != "administrator" or account.disabled_at is not None:
        return
    # locked in one order, so that two administrators who demote each other at once don't both succeed
    others = session.scalars(
        select(Account.id)
        .where(Account.role == "administrator", Account.disabled_at.is_(None))
        .order_by(Account.id)
        .with_for_update()
    )
    if set(others) <= {account.id}:
        raise Invalid("This is the only administrator. Give somebody else that role first.")


def _sponsor_for(session: Transaction, role: str, sponsor_id: uuid.UUID | None) -> uuid.UUID | None:
    """The sponsor that goes with a role."""
    if role != "sponsor":
        return None
    if sponsor_id is None or session.get(Sponsor, sponsor_id) is None:
        raise Invalid("Say which sponsor this person answers for.", field="sponsor")
    return sponsor_id
