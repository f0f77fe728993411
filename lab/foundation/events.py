"""The event log: every command appends an event in its transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from db.base import Base
from db.models import Engagement, Event, Lab, ProgressUpdate, Project, Recommendation, StaleProject, Workshop
from lab.foundation import clock


class Doer(Protocol):
    """Who acts; the event log keeps only the account."""

    @property
    def account_id(self) -> uuid.UUID | None: ...


class Subject(NamedTuple):
    """A record by key; `project_id` is None for records of the whole lab."""

    kind: str
    id: uuid.UUID | None
    project_id: uuid.UUID | None


def remember(
    session: Session,
    actor: Doer | None,
    record: Base | Subject,
    verb: str,
    *,
    now: dt.datetime,
    on: dt.date | None = None,
    from_state: str | None = None,
    to_state: str | None = None,
    reason: str | None = None,
    derived: bool = False,
    **detail: Any,
) -> None:
    """Append an event: what was done to `record`, `on` which day (today in the lab if None), recorded `now`.
    `actor` is None for what the lab does itself. Marks the project's derived numbers as out of date, unless
    the event is `derived` from them.
    """
    zone = clock.zone(session)
    day = on or clock.day_in(zone, now)
    subject = record if isinstance(record, Subject) else subject_of(session, record)
    session.add(
        Event(
            at=clock.instant_on(day, now, zone),
            day=day,
            recorded_at=now,
            actor_id=actor.account_id if actor else None,
            project_id=subject.project_id,
            subject_type=subject.kind,
            subject_id=subject.id,
            verb=verb,
            from_state=from_state,
            to_state=to_state,
            reason=reason or None,
            detail=detail,
        )
    )
    if subject.project_id is not None and not derived:
        session.add(StaleProject(project_id=subject.project_id))


def subject_of(session: Session, row: Base) -> Subject:
    """A row as the event log refers to it: table and key, which must be set."""
    if isinstance(row, Lab):
        return Subject("lab", None, None)
    key: uuid.UUID = row.id  # type: ignore[attr-defined]
    return Subject(row.__tablename__, key, _project_of(session, row))


def _project_of(session: Session, row: Base) -> uuid.UUID | None:
    """The project a row belongs to, or None. The row above it is as a rule in the session already."""
    if isinstance(row, Project):
        return row.id
    if isinstance(row, ProgressUpdate):
        return session.get_one(Recommendation, row.recommendation_id).project_id
    if isinstance(row, Workshop):
        return session.get_one(Engagement, row.id).project_id
    return getattr(row, "project_id", None)
