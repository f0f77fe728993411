"""What time it is. Rules never ask: `now` is handed to them."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path


def now() -> dt.datetime:
    """The present instant in UTC.

    Where `LAB_CLOCK_FILE` names a file, the instant written in it (ISO 8601) holds instead, so that a
    rehearsal or a test can let time pass for a running server.
    """
    file = os.environ.get("LAB_CLOCK_FILE")
    if file:
        instant = dt.datetime.fromisoformat(Path(file).read_text(encoding="utf-8").strip())
        return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
    return dt.datetime.now(dt.UTC)


def instant_on(day: dt.date, now: dt.datetime) -> dt.datetime:
    """The instant to record for something that happened on `day`: now for today, else noon UTC."""
    if day == now.date():
        return now
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
