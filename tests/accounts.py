"""Accounts for tests: signed in without their passwords being hashed each time."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from sqlalchemy.orm import Session

from lab.access.commands import set_network, set_session_limits, set_time_zone
from lab.access.links.commands import make_link
from lab.access.rights import COMMAND_LINE, Actor
from lab.access.sessions.commands import end_session, open_session
from lab.access.sessions.queries import session_behind, sessions_of
from lab.access.sessions.rules import Visitor

BROWSER: Final = Visitor("192.0.2.1", "192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0")


def session_for(session: Session, account_id: uuid.UUID, now: dt.datetime) -> str:
    """The token of a new session of this account."""
    return open_session(session, account_id, BROWSER, now).session


def come_and_go(session: Session, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Open a session and end it from the list; a link for the way back in."""
    session_for(session, account_id, now)
    mine = sessions_of(session, COMMAND_LINE, account_id, now=now)
    end_session(session, COMMAND_LINE, mine[0].id, now)
    make_link(session, COMMAND_LINE, account_id, now)


def set_up_anew(session: Session, now: dt.datetime) -> None:
    """Change every setting of the lab."""
    set_time_zone(session, COMMAND_LINE, time_zone="UTC", now=now)
    set_session_limits(session, COMMAND_LINE, idle_minutes=60, hours=24, now=now)
    set_network(session, COMMAND_LINE, public_address="https://lab", trusted_proxies="", now=now)


def identity_of(session: Session, token: str, now: dt.datetime) -> Actor | None:
    """Whose session a token opens now."""
    found = session_behind(session, token, now)
    return found.actor if found and not found.is_over else None
