"""The timeline of a project, page by page."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Event,
)
from db.words import PULSE_STANDINGS
from lab.access.rights import Actor, require

PROMISED: Final = ("due", "hoped_for")
"""Columns with a promised date, of a recommendation and of an expectation."""
Cursor = tuple[dt.datetime, uuid.UUID]
"""Where a page of the timeline ended: the instant and id of its last entry."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline."""

    id: uuid.UUID
    at: dt.datetime
    day: dt.date
    """The lab's day on which it happened."""
    recorded_at: dt.datetime
    who: str
    """The account's name; empty for the command line."""
    subject_type: str
    subject_id: uuid.UUID | None
    verb: str
    from_state: str | None
    to_state: str | None
    reason: str
    waived: tuple[str, ...]
    """The conditions of a gate that were waived."""
    was: dt.date | None
    """The promised date before the move."""
    changed: tuple[str, ...]
    """The columns that an edit changed, without a promised date."""
    level_before: str | None
    """The flag's level before it changed."""
    level: str | None
    """The flag's level from then on; None in older events."""
    escalated_to: str | None
    """The step of the ladder that a stalled recommendation reached."""
    verdict: str | None
    """What those who asked said of a claim."""


def timeline_of(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    limit: int = 200,
    before: Cursor | None = None,
) -> tuple[Happening, ...]:
    """The events of a project, latest first: `limit` entries earlier than `before`. One statement. What
    becomes of each answer in a burst is left out: it is one entry when somebody has looked at them.
    """
    require(actor, "project.read")
    sought = (
        select(Event, Account.name)
        .outerjoin(Account, Account.id == Event.actor_id)
        .where(
            Event.project_id == project_id,
            ~and_(Event.subject_type == "pulse", Event.verb.in_(PULSE_STANDINGS)),
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(limit)
    )
    if before is not None:
        at, key = before
        sought = sought.where(or_(Event.at < at, and_(Event.at == at, Event.id < key)))
    return tuple(_happening(event, name) for event, name in session.execute(sought))


def _happening(event: Event, name: str | None) -> Happening:
    detail = event.detail
    before: Mapping[str, Any] = detail.get("before") or {}
    return Happening(
        event.id,
        event.at,
        event.day,
        event.recorded_at,
        name or "",
        event.subject_type,
        event.subject_id,
        event.verb,
        event.from_state,
        event.to_state,
        event.reason or "",
        tuple(str(words) for words in detail.get("waived") or ()),
        next((dt.date.fromisoformat(before[name]) for name in PROMISED if before.get(name)), None),
        tuple(name for name in before if name != "level" and not (name in PROMISED and before[name])),
        before.get("level"),
        detail.get("level"),
        detail.get("step"),
        detail.get("verdict"),
    )
