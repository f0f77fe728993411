"""Attendance and head counts as recorded on a day, where they were corrected since."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Engagement, Event, Stakeholder
from db.reading import raw
from lab.past.changes import value_at
from lab.past.edits import read_changes
from lab.past.hanging import Projects


@dataclass(frozen=True, slots=True)
class Corrected:
    """Attendance and head counts as recorded on a day, where they were corrected since."""

    attended: list[tuple[uuid.UUID, dt.date, list[Any]]]
    """(engagement, day, raw keys of those who came)."""
    people: dict[Any, int]
    """Head counts of stakeholders, by raw key."""


def read_corrected(session: Session, as_of: dt.date, project_ids: Projects = None) -> Corrected:
    """What was corrected since a day, in these projects or in all. Two statements; up to five if anything
    was."""
    return Corrected(_attended_then(session, as_of, project_ids), _people_then(session, as_of, project_ids))


def _attended_then(
    session: Session, as_of: dt.date, project_ids: Projects
) -> list[tuple[uuid.UUID, dt.date, list[Any]]]:
    changed = read_changes(session, "engagement", after=as_of, project_ids=project_ids)
    then = {
        key: value_at(changes, "attended", {}, as_of)
        for key, changes in changed.items()
        if any("attended" in each.before and each.on > as_of for each in changes)
    }
    if not then:
        return []
    days = dict(
        session.execute(
            select(Engagement.id, Engagement.held_on).where(
                Engagement.id.in_(then), Engagement.held_on <= as_of
            )
        ).all()
    )
    came = {uuid.UUID(who) for key in days for who, attended in then[key].items() if attended}
    raw_of = {
        key: raw_key
        for key, raw_key in session.execute(
            select(Stakeholder.id, raw(Stakeholder.id).label("raw_key")).where(Stakeholder.id.in_(came))
        )
    }
    return [
        (key, day, [raw_of[uuid.UUID(who)] for who, attended in then[key].items() if attended])
        for key, day in days.items()
    ]


def _people_then(session: Session, as_of: dt.date, project_ids: Projects) -> dict[Any, int]:
    changed = read_changes(
        session, "stakeholder", after=as_of, project_ids=project_ids, key=raw(Event.subject_id)
    )
    edited = {
        key: changes
        for key, changes in changed.items()
        if any("people" in each.before and each.on > as_of for each in changes)
    }
    if not edited:
        return {}
    wanted = [uuid.UUID(str(key)) for key in edited]
    present = session.execute(
        select(raw(Stakeholder.id).label("raw_key"), Stakeholder.people).where(Stakeholder.id.in_(wanted))
    )
    return {key: value_at(edited[key], "people", people, as_of) for key, people in present}
