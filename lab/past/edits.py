"""Changes of many records, read from the event log, and the promises that hold after them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, aliased

from db.models import Event, Project, Recommendation
from lab.past.changes import Change, change_of, promised_cadence, promised_day


def read_changes(
    session: Session,
    subject_type: str,
    *,
    after: dt.date | None = None,
    project_ids: Sequence[uuid.UUID] | None = None,
    key: Any = Event.subject_id,
) -> dict[Any, list[Change]]:
    """The changes of all records of a kind, by key, in the order in which they were recorded: for some
    projects, or only for records changed after a day. One statement."""
    held = Event.detail["before"].as_string()
    statement = (
        select(key, Event.day, Event.verb, Event.to_state, Event.detail)
        .where(
            Event.subject_type == subject_type,
            or_(held.is_not(None), Event.to_state.in_(("draft", "sent"))),
        )
        .order_by(Event.recorded_at, Event.id)
    )
    if project_ids is not None:
        # by the project's own key, for which SQLite has a better index than the kind of record
        whose = Event.subject_id if subject_type == "project" else Event.project_id
        statement = statement.where(whose.in_(project_ids))
    if after is not None:
        later = aliased(Event)
        text = later.detail["before"].as_string()
        touched = select(later.subject_id).where(
            later.subject_type == subject_type, later.day > after, text.is_not(None), text != "{}"
        )
        statement = statement.where(Event.subject_id.in_(touched))
    found: dict[Any, list[Change]] = defaultdict(list)
    drafts: set[Any] = set()
    for record, day, verb, state, detail in session.execute(statement):
        if state == "draft":
            drafts.add(record)
        elif state == "sent":
            drafts.discard(record)
        if changed := change_of(day, verb, detail, is_draft=record in drafts):
            found[record].append(changed)
    return dict(found)


def keep_promises(session: Session) -> None:
    """Compute the promises that hold for every recommendation and project from the events, for records
    imported without these columns. Four statements, and one for each record that differs."""
    changes = read_changes(session, "recommendation")
    for row in session.execute(
        select(
            Recommendation.id,
            Recommendation.due,
            Recommendation.promised_due,
            Recommendation.cadence_days,
            Recommendation.promised_cadence_days,
            Recommendation.sent_by,
        )
    ).all():
        known, since = changes.get(row.id, ()), row.sent_by or dt.date.max
        kept = (
            promised_day(known, "due", row.due, since, dt.date.max),
            promised_cadence(known, row.cadence_days, since, dt.date.max),
        )
        if kept != (row.promised_due, row.promised_cadence_days):
            session.execute(
                update(Recommendation)
                .where(Recommendation.id == row.id)
                .values(promised_due=kept[0], promised_cadence_days=kept[1])
            )
    changes = read_changes(session, "project")
    for key, present, promised, opened_on in session.execute(
        select(Project.id, Project.cadence_days, Project.promised_cadence_days, Project.opened_on)
    ).all():
        cadence = promised_cadence(changes.get(key, ()), present, opened_on, dt.date.max)
        if cadence != promised:
            session.execute(update(Project).where(Project.id == key).values(promised_cadence_days=cadence))
