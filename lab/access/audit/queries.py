"""Who did what when: the event log by person, kind, project and day, page by page.

It tells of acts, not of words: which columns an edit changed, but no value before or after. What people
hand in without an account is left out, because its minute could tell whose it is.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import aliased

from db.models import Account, Event, Project
from lab.access.audit.words import Act
from lab.access.rights import Actor, require
from lab.foundation import clock

PAGE: Final = 50
LONGEST_PAGE: Final = 1000
WITHOUT_ACCOUNT: Final = ("foreseen_risk", "note", "pulse")
"""Kinds of records that people hand in without an account."""
FACTS: Final = ("browser", "network", "how", "purpose", "role", "way", "sessions", "is_last_listed")
"""What an event's detail may say in the audit: how an act was done, never what somebody wrote."""


@dataclass(frozen=True, slots=True)
class AuditedActs:
    """Which acts to list; None asks for all."""

    person: uuid.UUID | None = None
    """Who did it, or whose account it was done to."""
    kind: str | None = None
    project: uuid.UUID | None = None
    since: dt.date | None = None
    until: dt.date | None = None


def acts(
    session: Transaction,
    actor: Actor,
    wanted: AuditedActs,
    *,
    before: uuid.UUID | None = None,
    limit: int = PAGE,
) -> tuple[Act, ...]:
    """The last acts, the newest first, recorded before the event `before`. Two statements."""
    require(actor, "lab.administer")
    whose = aliased(Account)
    rows = session.execute(
        select(Event, Account.name, Account.email, whose.name.label("whose"), Project.title)
        .outerjoin(Account, Account.id == Event.actor_id)
        .outerjoin(whose, and_(Event.subject_type == Account.__tablename__, whose.id == Event.subject_id))
        .outerjoin(Project, Project.id == Event.project_id)
        .where(*_conditions(session, wanted), *([Event.id < before] if before else []))
        .order_by(Event.id.desc())
        .limit(min(limit, LONGEST_PAGE))
    )
    return tuple(
        _act(row.Event, row.name or "", row.email or "", row.whose or "", row.title or "") for row in rows
    )


def _act(event: Event, who: str, email: str, whose: str, project: str) -> Act:
    before = event.detail.get("before")
    return Act(
        event.id, event.recorded_at, event.day, who, email, event.subject_type, event.verb, whose, project,
        event.subject_id, event.from_state or "", event.to_state or "", event.reason or "",
        tuple(sorted(before)) if isinstance(before, dict) else (),
        {name: event.detail[name] for name in FACTS if event.detail.get(name) not in (None, "", False)},
    )  # fmt: skip


def _conditions(session: Transaction, wanted: AuditedActs) -> list[ColumnElement[bool]]:
    zone = clock.zone(session)
    found = [not_(and_(Event.actor_id.is_(None), Event.subject_type.in_(WITHOUT_ACCOUNT)))]
    if wanted.person:
        found.append((Event.actor_id == wanted.person) | (Event.subject_id == wanted.person))
    if wanted.kind:
        found.append(Event.subject_type == wanted.kind)
    if wanted.project:
        found.append(Event.project_id == wanted.project)
    if wanted.since:
        found.append(Event.recorded_at >= dt.datetime.combine(wanted.since, dt.time.min, zone))
    if wanted.until:
        found.append(
            Event.recorded_at < dt.datetime.combine(wanted.until + dt.timedelta(days=1), dt.time.min, zone)
        )
    return found


def kinds_of_acts(session: Transaction, actor: Actor) -> tuple[str, ...]:
    """Every kind of record of which the log tells. One statement."""
    require(actor, "lab.administer")
    return tuple(session.scalars(select(Event.subject_type).distinct().order_by(Event.subject_type)))
