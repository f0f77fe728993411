"""A workshop as an entry of people's calendars (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

A_YEAR = dt.timedelta(days=366)
"""How long before and after the workshop the entry knows the changes of the clock."""
PRODUCT = "-//Followthrough//Workshops//EN"


def entry(
    workshop_id: uuid.UUID,
    *,
    title: str,
    project: str,
    place: str,
    hosts: str,
    held_on: dt.date,
    begins: str,
    minutes: int,
    version: int,
    link: str,
    zone: ZoneInfo,
    now: dt.datetime,
) -> bytes:
    """The entry as a file, in the lab's time zone, whose rules it carries (RFC 5545, VTIMEZONE). A lab in UTC
    has not said where it is: then the time is local wherever it is read.

    `begins` is HH:MM. A later version replaces an earlier one in calendars that keep the two apart by the
    entry's UID.
    """
    starts = dt.datetime.combine(held_on, dt.time.fromisoformat(begins), tzinfo=zone)
    # added in UTC, since a workshop of an hour ends an hour later also where the clock is put forward
    ends = starts.astimezone(dt.UTC) + dt.timedelta(minutes=minutes or 60)
    is_floating = zone.key == "UTC"
    event = Event()
    event.add("uid", f"{workshop_id}@followthrough")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("sequence", version)
    event.add("summary", title)
    event.add("dtstart", starts.replace(tzinfo=None) if is_floating else starts)
    event.add("dtend", ends.replace(tzinfo=None) if is_floating else ends.astimezone(zone))
    if place:
        event.add("location", place)
    said = [project, f"Hosts: {hosts}" if hosts else "", f"Join with your phone: {link}"]
    event.add("description", "\n".join(each for each in said if each))
    event.add("url", link)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones(held_on - A_YEAR, held_on + A_YEAR)
    return bytes(calendar.to_ical())
