"""The dated records of projects, read once for any number of days.

Nothing known later is used: edits are undone with the value that their event kept. A record counts from the
day it happened, even if recorded later. The number of statements is the same for one project and for five
hundred.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.orm import Session

from db.models import (
    Attendance,
    Engagement,
    Event,
    Expectation,
    ForeseenRisk,
    ProgressUpdate,
    Project,
    PrototypeTest,
    Pulse,
    Recommendation,
    Reply,
    Stakeholder,
    recommendation_expectation,
    reply_expectation,
)
from db.words import STAGES
from lab.past.changes import CHANGING, Change, change_of, promised_cadence, promised_day, value_at
from lab.past.news import named_days, promised_within
from lab.past.steps import Steps
from lab.past.taking_part import first_took_part
from lab.past.undone import undone_moves

CHUNK: Final = 400
"""Projects read together."""


@dataclass(frozen=True, slots=True)
class Held:
    """An engagement, planned or held, with its current fields; `attended` by stakeholder."""

    id: uuid.UUID
    on: dt.date
    kind: str
    sponsor_present: bool | None
    declared_influence: str | None
    actual_influence: str | None
    attended: dict[uuid.UUID, bool]


@dataclass(slots=True)
class ProjectRecords:
    """All dated records of one project that the score reads."""

    project: Project
    stakeholders: list[Stakeholder] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    recommendations: list[Recommendation] = field(default_factory=list)
    served: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))
    """Expectations each recommendation serves now."""
    evidence: dict[uuid.UUID, list[dt.date]] = field(default_factory=lambda: defaultdict(list))
    replies: list[tuple[dt.date, uuid.UUID]] = field(default_factory=list)
    replied: dict[uuid.UUID, list[dt.date]] = field(default_factory=lambda: defaultdict(list))
    """Days of replies about an expectation."""
    pulses: list[Pulse] = field(default_factory=list)
    engagements: list[Held] = field(default_factory=list)
    tests: list[tuple[dt.date, bool | None, uuid.UUID]] = field(default_factory=list)
    foreseen_risks: list[tuple[dt.date, uuid.UUID]] = field(default_factory=list)
    steps: dict[uuid.UUID, Steps] = field(default_factory=lambda: defaultdict(Steps))
    waivers: list[tuple[dt.date, tuple[str, ...], dt.date | None]] = field(default_factory=list)
    """Stages begun with conditions of their gate waived, which, and the day on which the move was undone."""
    named_days: list[tuple[dt.date, dt.date]] = field(default_factory=list)
    """Promises of news: (made on, by), in replies, votes and workshops."""
    took_part_on: dt.date | None = None
    """The day on which people first took part."""
    changes: dict[uuid.UUID, list[Change]] = field(default_factory=lambda: defaultdict(list))

    def value(self, key: uuid.UUID, name: str, present: Any, as_of: dt.date) -> Any:
        """A field of a record as it was at the end of a day."""
        return value_at(self.changes.get(key, ()), name, present, as_of)

    def promised_day(
        self, key: uuid.UUID, name: str, present: dt.date | None, since: dt.date, as_of: dt.date
    ) -> dt.date | None:
        """The promised date that holds: an edit may bring it forward, not put it off."""
        return promised_day(self.changes.get(key, ()), name, present, since, as_of)

    def promised_days(self, last_reply: dt.date | None, as_of: dt.date) -> int:
        """Days between news, as promised to the project's people on a day."""
        project = self.project
        cadence = self.cadence(project.id, project.cadence_days, project.opened_on, as_of)
        return promised_within(cadence, self.named_days, last_reply, as_of)

    def cadence(self, key: uuid.UUID, present: int, since: dt.date, as_of: dt.date) -> int:
        """The shortest cadence ever promised, in days."""
        return promised_cadence(self.changes.get(key, ()), present, since, as_of)


def read_records(session: Session, project_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ProjectRecords]:
    """The records of up to `CHUNK` projects, in fourteen statements."""
    ids = list(project_ids)
    found = {
        project.id: ProjectRecords(project)
        for project in session.scalars(select(Project).where(Project.id.in_(ids)))
    }
    for stakeholder in session.scalars(
        select(Stakeholder).where(Stakeholder.project_id.in_(ids)).order_by(Stakeholder.id)
    ):
        found[stakeholder.project_id].stakeholders.append(stakeholder)
    for expectation in session.scalars(
        select(Expectation).where(Expectation.project_id.in_(ids)).order_by(Expectation.id)
    ):
        found[expectation.project_id].expectations.append(expectation)
    for pulse in session.scalars(
        select(Pulse).where(Pulse.project_id.in_(ids)).order_by(Pulse.answered_on, Pulse.id)
    ):
        found[pulse.project_id].pulses.append(pulse)
    for project_id, day, key in session.execute(
        select(ForeseenRisk.project_id, ForeseenRisk.raised_on, ForeseenRisk.id).where(
            ForeseenRisk.project_id.in_(ids)
        )
    ):
        found[project_id].foreseen_risks.append((day, key))
    for project_id, day, sponsor, key in session.execute(
        select(
            PrototypeTest.project_id, PrototypeTest.held_on, PrototypeTest.sponsor_present, PrototypeTest.id
        ).where(PrototypeTest.project_id.in_(ids))
    ):
        found[project_id].tests.append((day, sponsor, key))
    named = union_all(*(each.where(each.selected_columns[0].in_(ids)) for each in named_days())).subquery()
    for project_id, made_on, by in session.execute(select(named)):
        found[project_id].named_days.append((made_on, by))
    began = first_took_part(dt.date.max, ids)
    for project_id, day in session.execute(select(began.c.project_id, began.c.day)):
        found[project_id].took_part_on = day
    _read_recommendations(session, ids, found)
    _read_replies(session, ids, found)
    _read_engagements(session, ids, found)
    _read_events(session, ids, found)
    for records in found.values():
        _fill_from_columns(records)
    return found


def _read_recommendations(
    session: Session, ids: list[uuid.UUID], found: dict[uuid.UUID, ProjectRecords]
) -> None:
    owner: dict[uuid.UUID, ProjectRecords] = {}
    for recommendation in session.scalars(
        select(Recommendation).where(Recommendation.project_id.in_(ids)).order_by(Recommendation.id)
    ):
        owner[recommendation.id] = found[recommendation.project_id]
        found[recommendation.project_id].recommendations.append(recommendation)
    own = select(Recommendation.id).where(Recommendation.project_id.in_(ids))
    links = recommendation_expectation.c
    for recommendation_id, expectation_id in session.execute(
        select(links.recommendation_id, links.expectation_id).where(links.recommendation_id.in_(own))
    ):
        owner[recommendation_id].served[recommendation_id].append(expectation_id)
    for recommendation_id, day in session.execute(
        select(ProgressUpdate.recommendation_id, ProgressUpdate.done_on)
        .where(ProgressUpdate.recommendation_id.in_(own), ProgressUpdate.evidence != "")
        .order_by(ProgressUpdate.done_on)
    ):
        owner[recommendation_id].evidence[recommendation_id].append(day)


def _read_replies(session: Session, ids: list[uuid.UUID], found: dict[uuid.UUID, ProjectRecords]) -> None:
    links = reply_expectation.c
    for project_id, reply_id, day, expectation_id in session.execute(
        select(Reply.project_id, Reply.id, Reply.told_on, links.expectation_id)
        .outerjoin(reply_expectation, links.reply_id == Reply.id)
        .where(Reply.project_id.in_(ids))
        .order_by(Reply.told_on, Reply.id)
    ):
        records = found[project_id]
        if not records.replies or records.replies[-1] != (day, reply_id):
            records.replies.append((day, reply_id))
        if expectation_id is not None:
            records.replied[expectation_id].append(day)


def _read_engagements(session: Session, ids: list[uuid.UUID], found: dict[uuid.UUID, ProjectRecords]) -> None:
    for held, stakeholder_id, came in session.execute(
        select(Engagement, Attendance.stakeholder_id, Attendance.attended)
        .outerjoin(Attendance, Attendance.engagement_id == Engagement.id)
        .where(Engagement.project_id.in_(ids))
        .order_by(Engagement.held_on, Engagement.id)
    ):
        engagements = found[held.project_id].engagements
        if not engagements or engagements[-1].id != held.id:
            engagements.append(
                Held(
                    held.id,
                    held.held_on,
                    held.kind,
                    held.sponsor_present,
                    held.declared_influence,
                    held.actual_influence,
                    {},
                )
            )
        if stakeholder_id is not None:
            engagements[-1].attended[stakeholder_id] = came


def _read_events(session: Session, ids: list[uuid.UUID], found: dict[uuid.UUID, ProjectRecords]) -> None:
    rows = session.execute(
        select(
            Event.project_id,
            Event.subject_id,
            Event.day,
            Event.verb,
            Event.to_state,
            Event.reason,
            Event.detail,
            Event.id,
            Event.at,
        )
        .where(
            Event.project_id.in_(ids),
            Event.subject_id.is_not(None),
            or_(
                Event.subject_type.in_(("project", "recommendation", "expectation", "foreseen_risk")),
                Event.verb.in_(CHANGING),
                and_(Event.subject_type == "pulse", Event.verb.in_(("held", "kept", "left_out"))),
            ),
        )
        .order_by(Event.recorded_at, Event.id)
    ).all()
    drafts: set[uuid.UUID] = set()
    for project_id, key, day, verb, state, _, detail, *_ in rows:
        if state == "draft":
            drafts.add(key)
        elif state == "sent":
            drafts.discard(key)
        if changed := change_of(day, verb, detail, is_draft=key in drafts):
            found[project_id].changes[key].append(changed)
    undone = undone_moves(session, project_ids=ids)
    for project_id, key, day, _, state, reason, detail, event_id, _ in sorted(
        rows, key=lambda row: (row.at, row.id)
    ):
        if state is not None:
            found[project_id].steps[key].add(day, state, reason)
        if waived := detail.get("waived"):
            found[project_id].waivers.append((day, tuple(waived), undone.get(event_id)))


def _fill_from_columns(records: ProjectRecords) -> None:
    """Add steps for records without events, such as imported tables. Only their current state is known;
    the days are the nearest on record. Without steps it would look as if nothing had been asked or
    expected."""
    project = records.project
    if not records.steps[project.id].days:
        records.steps[project.id].add(project.opened_on, STAGES[0], "")
        records.steps[project.id].add(max(project.opened_on, project.stage_since), project.stage, "")
    for asked in records.recommendations:
        steps = records.steps[asked.id]
        if not steps.days and asked.sent_by is not None:
            steps.add(asked.sent_by, "sent", "")
            if asked.status != "sent":
                reason = "Not on record" if asked.status == "declined" else ""  # declining needs one
                steps.add(max(asked.sent_by, asked.last_news_on or asked.sent_by), asked.status, reason)
    for hoped in records.expectations:
        steps = records.steps[hoped.id]
        if not steps.days:
            steps.add(hoped.recorded_on, "open", "")
            if hoped.state != "open":
                replied = [day for day in records.replied[hoped.id] if day >= hoped.recorded_on]
                known_on = hoped.verdict_on or max(replied, default=hoped.recorded_on)
                steps.add(max(hoped.recorded_on, known_on), hoped.state, "")
