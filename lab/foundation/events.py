"""The lab's memory: every command appends what it did, in its own transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy.orm import Session

from db.models import Event, StaleProject
from lab.foundation.clock import instant_on


def remember(
    session: Session,
    *,
    actor_id: uuid.UUID | None,
    project_id: uuid.UUID | None,
    subject: tuple[str, uuid.UUID | None],
    verb: str,
    now: dt.datetime,
    on: dt.date | None = None,
    from_state: str | None = None,
    to_state: str | None = None,
    reason: str | None = None,
    derived: bool = False,
    **detail: Any,
) -> None:
    """Append one event: it happened `on` that day (today when not said) and is recorded `now`.

    What is derived from the project's records is marked as out of date, unless the event is itself `derived`.
    """
    subject_type, subject_id = subject
    session.add(
        Event(
            at=instant_on(on, now) if on else now,
            recorded_at=now,
            actor_id=actor_id,
            project_id=project_id,
            subject_type=subject_type,
            subject_id=subject_id,
            verb=verb,
            from_state=from_state,
            to_state=to_state,
            reason=reason or None,
            detail=detail,
        )
    )
    if project_id is not None and not derived:
        session.add(StaleProject(project_id=project_id))
