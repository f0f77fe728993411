"""The dated records of projects, read once, and what was true of them on any day. No later knowledge is used.

Reading takes the same number of statements for one project as for five hundred.
"""

from __future__ import annotations

import bisect
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.models import (
    Attendance,
    Engagement,
    Event,
    Expectation,
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
from lab.disillusion.drivers import (
    PROSPECT,
    ExpectationFacts,
    History,
    RecommendationFacts,
    StakeholderFacts,
)
from lab.followthrough.rules import OPEN_STATUSES, stall

CHUNK: Final = 400
"""Projects read together."""
CONFIDENCE: Final[dict[str | None, float]] = {
    "will": 0.9,
    "will_if": 0.7,
    None: 0.6,
    "cannot_promise": 0.4,
    "will_not": 0.2,
}
"""How sure people are taken to be when nobody asked them, from what was said back. Our default."""
PULSE_WINDOW: Final = 98
"""Days for which an answer to a pulse counts: 14 weeks."""
ANSWER_DAYS: Final = 28
"""Days within which what somebody said should be answered."""
QUIET_DAYS: Final = 56
"""Days without progress after which an expectation's prospect is `at_risk`."""
LATE_DAYS: Final = 84
"""Days after which an important promise that is late and unspoken of turns a project critical."""
RECENT_LEAVING: Final = 28
"""Days for which somebody's leaving disappointed keeps a project critical."""


@dataclass(slots=True)
class _Steps:
    """The dated steps of one state machine, oldest first."""

    days: list[dt.date] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, day: dt.date, state: str, reason: str | None) -> None:
        self.days.append(day)
        self.states.append(state)
        self.reasons.append(reason or "")

    def at(self, as_of: dt.date) -> tuple[str, dt.date, str] | None:
        """(state, since, reason) on a day."""
        place = bisect.bisect_right(self.days, as_of) - 1
        return (self.states[place], self.days[place], self.reasons[place]) if place >= 0 else None


@dataclass(slots=True)
class ProjectRecords:
    """Everything dated that the drivers ask of one project."""

    project: Project
    stakeholders: list[Stakeholder] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    recommendations: list[Recommendation] = field(default_factory=list)
    served: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))
    """Expectations each recommendation serves."""
    evidence: dict[uuid.UUID, list[dt.date]] = field(default_factory=lambda: defaultdict(list))
    replies: list[dt.date] = field(default_factory=list)
    replied: dict[uuid.UUID, list[dt.date]] = field(default_factory=lambda: defaultdict(list))
    """Replies that spoke of an expectation."""
    pulses: list[Pulse] = field(default_factory=list)
    engagements: list[tuple[dt.date, bool | None]] = field(default_factory=list)
    attendance: dict[uuid.UUID, list[tuple[dt.date, bool]]] = field(default_factory=lambda: defaultdict(list))
    tests: list[tuple[dt.date, bool]] = field(default_factory=list)
    steps: dict[uuid.UUID, _Steps] = field(default_factory=lambda: defaultdict(_Steps))
    moved_dues: dict[uuid.UUID, list[tuple[dt.date, dt.date]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """(when moved, date before) for recommendations and expectations whose promised date was moved."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What was true of a project on a day, as the model wants it."""

    stakeholders: tuple[StakeholderFacts, ...]
    immediate: bool
    people_waiting: int


def read_records(session: Session, project_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ProjectRecords]:
    """The records of up to `CHUNK` projects, in eleven statements."""
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
    told = reply_expectation.c
    for project_id, day, expectation_id in session.execute(
        select(Reply.project_id, Reply.told_on, told.expectation_id)
        .outerjoin(reply_expectation, told.reply_id == Reply.id)
        .where(Reply.project_id.in_(ids))
        .order_by(Reply.told_on, Reply.id)
    ):
        found[project_id].replies.append(day)
        if expectation_id is not None:
            found[project_id].replied[expectation_id].append(day)
    for pulse in session.scalars(
        select(Pulse).where(Pulse.project_id.in_(ids)).order_by(Pulse.answered_on, Pulse.id)
    ):
        found[pulse.project_id].pulses.append(pulse)
    seen: set[uuid.UUID] = set()
    for project_id, engagement_id, day, sponsor, stakeholder_id, came in session.execute(
        select(
            Engagement.project_id,
            Engagement.id,
            Engagement.held_on,
            Engagement.sponsor_present,
            Attendance.stakeholder_id,
            Attendance.attended,
        )
        .outerjoin(Attendance, Attendance.engagement_id == Engagement.id)
        .where(Engagement.project_id.in_(ids))
        .order_by(Engagement.held_on, Engagement.id)
    ):
        if engagement_id not in seen:
            seen.add(engagement_id)
            found[project_id].engagements.append((day, sponsor))
        if stakeholder_id is not None:
            found[project_id].attendance[stakeholder_id].append((day, came))
    for project_id, day, sponsor in session.execute(
        select(PrototypeTest.project_id, PrototypeTest.held_on, PrototypeTest.sponsor_present).where(
            PrototypeTest.project_id.in_(ids)
        )
    ):
        found[project_id].tests.append((day, sponsor))
    _read_steps(session, ids, found)
    return found


def _read_steps(session: Session, ids: list[uuid.UUID], found: dict[uuid.UUID, ProjectRecords]) -> None:
    for project_id, subject_id, at, verb, state, reason, detail in session.execute(
        select(
            Event.project_id,
            Event.subject_id,
            Event.at,
            Event.verb,
            Event.to_state,
            Event.reason,
            Event.detail,
        )
        .where(
            Event.project_id.in_(ids),
            Event.subject_type.in_(("project", "recommendation", "expectation")),
        )
        .order_by(Event.at, Event.id)
    ):
        if project_id is None or subject_id is None:
            continue
        if state is not None:
            found[project_id].steps[subject_id].add(at.date(), state, reason)
        elif verb == "edited" and detail.get("was"):
            was = dt.date.fromisoformat(detail["was"])
            found[project_id].moved_dues[subject_id].append((at.date(), was))


class LabPast:
    """How long progress usually takes in this lab, up to any day, from counts by date (three statements)."""

    def __init__(self, session: Session) -> None:
        closed = Recommendation.status.not_in(OPEN_STATUSES)
        self._sent = _by_day(session, Recommendation.sent_on, Recommendation.sent_on.is_not(None))
        self._ended = _by_day(
            session, Recommendation.last_news_on, closed & Recommendation.last_news_on.is_not(None)
        )
        answered = session.execute(
            select(func.date(Event.at), func.count())
            .where(
                Event.subject_type == "recommendation",
                Event.to_state.is_not(None),
                Event.to_state.not_in(("draft", "sent")),
            )
            .group_by(func.date(Event.at))
        )
        self._news = sorted((_as_date(day).toordinal(), count) for day, count in answered)

    def until(self, as_of: dt.date) -> History:
        """Progress events, and days waited for them, up to a day."""
        end = as_of.toordinal()
        waited = sum((end - day) * count for day, count in self._sent if day <= end) - sum(
            (end - day) * count for day, count in self._ended if day <= end
        )
        events = sum(count for day, count in self._news if day <= end)
        return History(progress_events=events, silent_days=float(max(0, waited)))


def _by_day(session: Session, column: Any, where: ColumnElement[bool]) -> list[tuple[int, int]]:
    rows = session.execute(select(column, func.count()).where(where).group_by(column))
    return sorted((day.toordinal(), count) for day, count in rows)


def _as_date(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])


def _latest(days: Iterable[dt.date], as_of: dt.date) -> dt.date | None:
    return max((day for day in days if day <= as_of), default=None)


def situation(records: ProjectRecords, as_of: dt.date) -> Situation:
    """What was true of a project on a day. A project without recorded people counts as one
    "anyone who took part" of whom little is known."""
    project = records.project
    recommendations = _recommendations_at(records, as_of)
    expectations = _expectations_at(records, recommendations, as_of)
    last_reply = _latest(records.replies, as_of)
    sponsor_seen = _sponsor_seen(records, as_of)
    stage = records.steps[project.id].at(as_of)
    tested = any(day <= as_of for day, _ in records.tests)
    bypassed = stage is not None and stage[0] == "implement" and not tested
    window = [pulse for pulse in records.pulses if 0 <= (as_of - pulse.answered_on).days <= PULSE_WINDOW]
    answers = [(pulse.trust + pulse.difference) / 2 for pulse in window]
    team_mean = sum(answers) / len(answers) if answers else None
    people: list[StakeholderFacts] = []
    waiting = 0
    active = [
        each
        for each in records.stakeholders
        if each.joined_on <= as_of and (each.withdrawn_on is None or each.withdrawn_on > as_of)
    ]
    for person in active:
        heard = max(
            (
                day
                for day in (
                    person.joined_on,
                    last_reply,
                    _latest((day for day, came in records.attendance[person.id] if came), as_of),
                )
                if day is not None and day <= as_of
            ),
        )
        mine = [each for each in expectations if each[1] in (None, person.id)]
        linked = tuple(each[0] for each in recommendations if each[1] is None or person.id in each[1])
        late = sum(each[2] for each in mine)
        sessions = [came for day, came in records.attendance[person.id] if day <= as_of][-3:]
        silent = (as_of - heard).days
        if any(each[2] and (each[1] is None or person.id in each[1]) for each in recommendations):
            waiting += person.people * silent
        people.append(
            StakeholderFacts(
                id=str(person.id),
                recommendations=linked,
                expectations=tuple(each[0] for each in mine),
                days_since_communication=float(silent),
                late_inputs=late,
                open_inputs=sum(each[3] for each in mine),
                own_pulses=tuple(
                    (pulse.trust + pulse.difference) / 2
                    for pulse in window
                    if pulse.stakeholder_id == person.id
                ),
                team_pulse_mean=team_mean,
                team_pulse_count=len(answers),
                attendance=sum(sessions) / len(sessions) if sessions else None,
                days_since_sponsor=sponsor_seen,
                bypassed=bypassed,
            )
        )
    if not records.stakeholders:
        heard = last_reply or project.opened_on
        if any(each[2] for each in recommendations):
            waiting += max(0, (as_of - heard).days)
        people.append(
            StakeholderFacts(
                id="anyone",
                recommendations=tuple(each[0] for each in recommendations),
                expectations=tuple(each[0] for each in expectations),
                days_since_communication=float(max(0, (as_of - heard).days)) if last_reply else None,
                late_inputs=sum(each[2] for each in expectations),
                open_inputs=sum(each[3] for each in expectations),
                own_pulses=(),
                team_pulse_mean=team_mean,
                team_pulse_count=len(answers),
                attendance=None,
                days_since_sponsor=sponsor_seen,
                bypassed=bypassed,
            )
        )
    return Situation(tuple(people), _is_critical(records, recommendations, last_reply, as_of), waiting)


def _recommendations_at(
    records: ProjectRecords, as_of: dt.date
) -> list[tuple[RecommendationFacts, frozenset[uuid.UUID] | None, bool]]:
    """(facts, the stakeholders it concerns or None for all, whether it is stalled) of what was sent."""
    by_id = {each.id: each for each in records.expectations}
    found: list[tuple[RecommendationFacts, frozenset[uuid.UUID] | None, bool]] = []
    for each in records.recommendations:
        step = records.steps[each.id].at(as_of)
        if step is None or step[0] == "draft" or each.sent_on is None or each.sent_on > as_of:
            continue
        status, since, reason = step
        news = max(since, _latest(records.evidence[each.id], as_of) or since)
        due = _due_at(records, each.id, each.due, as_of)
        late = 0
        if status == "sent" and each.response_due:
            late = (as_of - each.response_due).days
        if due:
            late = max(late, (as_of - due).days)
        served = [by_id[key] for key in records.served[each.id] if key in by_id]
        served = [expectation for expectation in served if expectation.recorded_on <= as_of]
        concerned = None
        if served and all(expectation.stakeholder_id for expectation in served):
            concerned = frozenset(
                expectation.stakeholder_id for expectation in served if expectation.stakeholder_id
            )
        is_open = status in OPEN_STATUSES
        facts = RecommendationFacts(
            id=str(each.id),
            title=each.title,
            importance=float(
                max((expectation.importance for expectation in served), default=each.importance)
            ),
            days_silent=float((as_of - news).days),
            days_overdue=float(max(0, late)) if is_open else 0.0,
            promised_days=each.cadence_days,
            open=is_open,
            unanswered=status == "sent" or (status in ("declined", "dropped") and not reason),
        )
        stalled = stall(
            status=status,
            response_due=each.response_due,
            due=due,
            last_news_on=news,
            cadence_days=each.cadence_days,
            as_of=as_of,
        )
        found.append((facts, concerned, stalled is not None))
    return found


def _expectations_at(
    records: ProjectRecords,
    recommendations: list[tuple[RecommendationFacts, frozenset[uuid.UUID] | None, bool]],
    as_of: dt.date,
) -> list[tuple[ExpectationFacts, uuid.UUID | None, bool, bool]]:
    """(facts, whose, answered too late or not yet, still open) of what was expected by then."""
    serving: dict[uuid.UUID, list[RecommendationFacts]] = defaultdict(list)
    for facts, _, _ in recommendations:
        for key in records.served[uuid.UUID(facts.id)]:
            serving[key].append(facts)
    found: list[tuple[ExpectationFacts, uuid.UUID | None, bool, bool]] = []
    for each in records.expectations:
        step = records.steps[each.id].at(as_of)
        if each.recorded_on > as_of or step is None or step[0] == "withdrawn":
            continue
        state, since, reason = step
        is_open = state in ("open", "in_hand")
        hoped_for = _due_at(records, each.id, each.hoped_for, as_of)
        replied = _latest(records.replied[each.id], as_of)
        late = is_open and each.said_back is None and replied is None
        late = late and (as_of - each.recorded_on).days > ANSWER_DAYS
        prospect = _prospect(state, reason, hoped_for, since, serving[each.id], as_of)
        confidence = CONFIDENCE[each.said_back] if each.confidence is None else each.confidence / 100
        facts_of = ExpectationFacts(
            id=str(each.id),
            statement=each.statement,
            importance=each.importance,
            confidence=confidence,
            prospect=PROSPECT[prospect],
        )
        found.append((facts_of, each.stakeholder_id, late, is_open))
    return found


def _prospect(
    state: str,
    reason: str,
    hoped_for: dt.date | None,
    since: dt.date,
    serving: list[RecommendationFacts],
    as_of: dt.date,
) -> str:
    if state in ("met", "partly_met"):
        return state
    if state == "not_met":
        return "declined_with_reason" if reason else "unmet"
    if serving and not any(each.open for each in serving):
        return "declined_with_reason" if not any(each.unanswered for each in serving) else "unmet"
    if hoped_for and hoped_for < as_of:
        return "long_overdue" if (as_of - hoped_for).days > QUIET_DAYS else "overdue"
    quiet = min([(as_of - since).days, *(int(each.days_silent) for each in serving)])
    return "at_risk" if quiet > QUIET_DAYS else "on_track"


def _due_at(
    records: ProjectRecords, key: uuid.UUID, present: dt.date | None, as_of: dt.date
) -> dt.date | None:
    """A promised date as it stood on a day, before any later move."""
    later = [was for moved, was in records.moved_dues[key] if moved > as_of]
    return later[0] if later else present


def _sponsor_seen(records: ProjectRecords, as_of: dt.date) -> float | None:
    held = [(day, here) for day, here in (*records.engagements, *records.tests) if day <= as_of]
    known = [(day, here) for day, here in held if here is not None]
    if not known:
        return None
    present = [day for day, here in known if here]
    return float((as_of - (max(present) if present else records.project.opened_on)).days)


def _is_critical(
    records: ProjectRecords,
    recommendations: list[tuple[RecommendationFacts, frozenset[uuid.UUID] | None, bool]],
    last_reply: dt.date | None,
    as_of: dt.date,
) -> bool:
    left = any(
        each.withdrawn_reason == "disappointed"
        and each.withdrawn_on is not None
        and 0 <= (as_of - each.withdrawn_on).days <= RECENT_LEAVING
        for each in records.stakeholders
    )
    unspoken = any(
        facts.open
        and facts.importance >= 4
        and facts.days_overdue > LATE_DAYS
        and (last_reply is None or (as_of - last_reply).days > LATE_DAYS)
        for facts, _, _ in recommendations
    )
    return left or unspoken
