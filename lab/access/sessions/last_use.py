"""When sessions were last used, kept aside and written once a minute for all of them, by a thread of its own:
whoever opens a page waits for no write."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import uuid
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as Transaction

from db.engine import Database
from lab.access.rights import Actor
from lab.access.sessions.commands import mark_used
from lab.access.sessions.queries import session_behind
from lab.access.sessions.rules import SEEN_EVERY
from lab.foundation.place import lab_database

MOST: Final = 10_000
"""Sessions that wait to be written."""

_log = logging.getLogger("followthrough")


class LastUse:
    """Uses of sessions that are not written yet, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[uuid.UUID, dt.datetime] = {}
        self._over: set[uuid.UUID] = set()
        self._written: dt.datetime | None = None

    def note(self, database: Database, key: uuid.UUID, now: dt.datetime, *, is_over: bool) -> None:
        """A session was used, or found to be over. Starts the thread that writes, once a minute at most."""
        with self._lock:
            if is_over:
                self._over.add(key)
            elif len(self._seen) < MOST:
                self._seen[key] = now
            if self._written is not None and abs(now - self._written) < SEEN_EVERY:
                return
            self._written = now
            seen, over = self._seen, self._over
            self._seen, self._over = {}, set()
        threading.Thread(
            target=_write, args=(database, seen, over, now), name="last use of sessions", daemon=True
        ).start()


def _write(
    database: Database, seen: dict[uuid.UUID, dt.datetime], over: set[uuid.UUID], now: dt.datetime
) -> None:
    try:
        with database.writing() as session:
            mark_used(session, seen, over, now)
    except SQLAlchemyError as error:
        _log.warning("When sessions were last used could not be written: %s", error)


_last_use: Final = LastUse()


def who_uses(session: Transaction, token: str, now: dt.datetime) -> Actor | None:
    """The person of a session token, who is using it now; None if it has ended, expired or never existed."""
    found = session_behind(session, token, now)
    if found is None:
        return None
    if found.is_over or now - found.last_seen_at >= SEEN_EVERY:
        _last_use.note(lab_database(), found.id, now, is_over=found.is_over)
    return None if found.is_over else found.actor
