"""A workshop as an entry of people's calendars (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import uuid

from icalendar import Calendar, Event

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
    now: dt.datetime,
) -> bytes:
    """The entry as a file. Its time is local wherever it is read: a workshop is where its room is.

    `begins` is HH:MM, or empty for an entry of the whole day. A later version replaces an earlier one in
    calendars that keep the two apart by the entry's UID.
    """
    event = Event()
    event.add("uid", f"{workshop_id}@followthrough")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("sequence", version)
    event.add("summary", title)
    if begins:
        starts = dt.datetime.combine(held_on, dt.time.fromisoformat(begins))
        event.add("dtstart", starts)
        event.add("dtend", starts + dt.timedelta(minutes=minutes or 60))
    else:
        event.add("dtstart", held_on)
        event.add("dtend", held_on + dt.timedelta(days=1))
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
    return bytes(calendar.to_ical())
