"""Signing in with a password: read, check the password, write. The check takes as long as a hundred
ballots, so no transaction is open meanwhile."""

from __future__ import annotations

import datetime as dt

from db.engine import Database
from db.models import Account
from lab.access.passwords import PasswordHash, hashed, matches, renewed
from lab.access.queries import names_around, password_to_match
from lab.access.rights import Actor
from lab.access.sessions.commands import Entry, count_wrong_password, open_session
from lab.access.sessions.queries import sign_in_try
from lab.access.sessions.rules import WINDOW, Visitor
from lab.foundation.errors import TooMany


def sign_in(
    database: Database, *, email: str, password: str, visitor: Visitor, now: dt.datetime
) -> Entry | None:
    """A new session, or None when e-mail or password is wrong.

    Wrong passwords slow down their own network: for this account after eight, for every account after sixty.
    Nobody else is slowed down by them, and a device where this account has signed in before never is. The
    numbers are read before the password is checked, so tries at the same moment can pass them by as many as
    the server checks at once.

    Raises:
        TooMany: too many wrong passwords from this network.
    """
    with database.reading() as session:
        tried = sign_in_try(session, email=email, visitor=visitor, now=now)
    if tried.is_too_many:
        raise TooMany(
            "Too many failed tries from your network. Please wait a quarter of an hour, or sign in with a "
            "browser in which you have signed in before. If you have forgotten your password, ask an "
            "administrator for a link with which you choose a new one.",
            retry_after=int(WINDOW.total_seconds()),
        )
    is_right = matches(password, tried.password_hash)
    better = renewed(password, tried.password_hash) if is_right and tried.password_hash else None
    with database.writing() as session:
        account = session.get(Account, tried.account_id) if is_right and tried.account_id else None
        if account is None or account.disabled_at or account.password_hash != tried.password_hash:
            count_wrong_password(session, tried, visitor, now)
            return None
        return open_session(session, account.id, visitor, now, renewed=better)


def checked_own_password(
    database: Database, actor: Actor, *, current: str, password: str
) -> tuple[str | None, PasswordHash]:
    """What `change_own_password` needs: the stored hash if the current password matches it, else None; and
    the hash of the new password.

    Raises:
        Invalid: the new password is too short or too long, or others would guess it.
    """
    with database.reading() as session:
        stored = password_to_match(session, actor)
        about = names_around(session, actor, actor.account_id)
    return stored if matches(current, stored) else None, hashed(password, about=about)
