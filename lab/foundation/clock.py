"""The current time, and which day that is in the lab. Rules never call this; they get instants and days as
arguments.

Instants are in UTC. Days are in the lab's time zone, including every "today", "late" and "in the future";
only this module turns an instant into a day.
"""

from __future__ import annotations

import datetime as dt
import os
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session

from db.models import Lab
from lab.foundation import text
from lab.foundation.errors import Invalid

UTC: Final = ZoneInfo("UTC")
_LAB: Final = "lab"


def now() -> dt.datetime:
    """The current instant in UTC. If `LAB_CLOCK_FILE` names a file, the instant in it (ISO 8601) is used
    instead, so that a rehearsal or a test can advance a running server's clock.
    """
    file = os.environ.get("LAB_CLOCK_FILE")
    if file:
        instant = dt.datetime.fromisoformat(Path(file).read_text(encoding="utf-8").strip())
        return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
    return dt.datetime.now(dt.UTC)


def zone(session: Session) -> ZoneInfo:
    """The lab's time zone; UTC before there is a lab. One statement, once per session."""
    with session.no_autoflush:  # without flushing, because a command may call this half-way through a change
        lab = session.get(Lab, 1)
    session.info[_LAB] = lab  # a strong reference, because the session's identity map is weak
    return ZoneInfo(lab.time_zone) if lab is not None else UTC


def zone_named(name: str) -> str:
    """The name as spelled in the IANA time zone database.

    Raises:
        Invalid: there is none of that name.
    """
    wanted = text.line(name, "Time zone")
    for known in zone_names():
        if known.casefold() == wanted.casefold():
            return known
    raise Invalid(
        f"There is no time zone “{wanted}”. Write it like Europe/Berlin or America/New_York.",
        field="time_zone",
    )


@cache
def zone_names() -> tuple[str, ...]:
    """The names of all time zones, sorted."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory", "posixrules"}))


def today(session: Session, now: dt.datetime) -> dt.date:
    """Today in the lab."""
    return day_in(zone(session), now)


def day_of(session: Session, instant: dt.datetime) -> dt.date:
    """The lab's day of an instant."""
    return day_in(zone(session), instant)


def day_in(zone: ZoneInfo, instant: dt.datetime) -> dt.date:
    """The day of an instant in a time zone."""
    return instant.astimezone(zone).date()


def instant_on(day: dt.date, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The instant to record for something that happened on `day`: now for today, else noon there."""
    if day == day_in(zone, now):
        return now
    return dt.datetime.combine(day, dt.time(12), tzinfo=zone).astimezone(dt.UTC)


class Today(Enum):
    """Says that something is done today, whatever day that is in the lab."""

    TODAY = "today"


TODAY: Final = Today.TODAY
When = dt.date | Today
"""A day, or today."""


def happened(session: Session, day: When | None, now: dt.datetime, name: str = "Date") -> dt.date:
    """The day on which something happened. `TODAY` is an act done now; None, a day that nobody said, is
    refused as `text.happened` does."""
    present = today(session, now)
    return text.happened(present if day is TODAY else day, present, name)
