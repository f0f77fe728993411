"""Accounts for tests: signed in without their passwords being hashed each time."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from sqlalchemy.orm import Session

from lab.access.rights import COMMAND_LINE
from lab.access.sessions.commands import end_session, open_session
from lab.access.sessions.queries import sessions_of
from lab.access.sessions.rules import Visitor

BROWSER: Final = Visitor("192.0.2.1", "192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0")


def session_for(session: Session, account_id: uuid.UUID, now: dt.datetime) -> str:
    """The token of a new session of this account."""
    return open_session(session, account_id, BROWSER, now).session


def sign_in_and_end(session: Session, account_id: uuid.UUID, now: dt.datetime) -> None:
    """Open a session and end it from the list."""
    session_for(session, account_id, now)
    mine = sessions_of(session, COMMAND_LINE, account_id, now=now)
    end_session(session, COMMAND_LINE, mine[0].id, now)
