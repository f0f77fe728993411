"""Recommendations sent by a day, and expectations on record then."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from db.models import Expectation, Recommendation
from lab.disillusion.score.drivers import (
    CONFIDENCE,
    IMPORTANCE_ENDS,
    PROSPECT,
    UNSAID_IMPORTANCE,
    prospect_of,
)
from lab.disillusion.score.facts import ExpectationFacts, Hope, RecommendationFacts
from lab.followthrough.rules import OPEN_STATUSES, Stall, stall
from lab.past.changes import as_day
from lab.past.records import ProjectRecords
from lab.past.steps import latest

ANSWER_DAYS: Final = 28
"""Days within which an expectation should be answered."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A recommendation on a day: its facts, the people it concerns (None for all), how it is stalled."""

    facts: RecommendationFacts
    concerns: frozenset[uuid.UUID] | None
    names_expectations: bool
    stall: Stall | None

    def is_about(self, person: uuid.UUID) -> bool:
        return self.concerns is None or person in self.concerns


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation on a day: its facts, whose it is (None for all), whether it still is open."""

    facts: ExpectationFacts
    whose: uuid.UUID | None
    is_open: bool
    is_beyond: bool
    """Outside the lab's power and not talked through."""
    is_power_unknown: bool
    """Not recorded whether it is within the lab's power, and not talked through."""
    said_back: str | None
    """The lab's answer: one of `SAID_BACK`."""


def _served_at(records: ProjectRecords, key: uuid.UUID, as_of: dt.date) -> list[uuid.UUID]:
    present = [str(each) for each in records.served.get(key, ())]
    return [uuid.UUID(each) for each in records.value(key, "expectations", present, as_of)]


def requested_on(records: ProjectRecords, as_of: dt.date) -> list[Requested]:
    """The recommendations sent by then."""
    by_id = {each.id: each for each in records.expectations if each.recorded_on <= as_of}
    found: list[Requested] = []
    for each in records.recommendations:
        step = records.steps[each.id].at(as_of)
        if step is None or step[0] == "draft" or each.sent_by is None or each.sent_by > as_of:
            continue
        status, since, reason = step
        news = max(since, latest(records.evidence[each.id], as_of) or since)
        due = records.promised_day(each.id, "due", each.due, each.sent_by, as_of)
        moved = each.moved_twice_on if each.moved_twice_on and each.moved_twice_on <= as_of else None
        past_due = max(0, *((as_of - day).days for day in (due, moved) if day is not None), 0)
        late = max(0, (as_of - each.response_due).days) if status == "sent" and each.response_due else 0
        served = [by_id[key] for key in _served_at(records, each.id, as_of) if key in by_id]
        whose = [expectation.stakeholder_id for expectation in served]
        is_open = status in OPEN_STATUSES
        importance, importance_range = _importance(records, each, served, as_of)
        cadence = records.cadence(each.id, each.cadence_days, each.sent_by, as_of)
        facts = RecommendationFacts(
            id=str(each.id),
            title=each.title,
            importance=importance,
            importance_range=importance_range,
            days_silent=float((as_of - news).days),
            days_overdue=float(max(late, past_due)) if is_open else 0.0,
            promised_days=cadence,
            open=is_open,
            unanswered=status == "sent" or (status in ("declined", "dropped") and not reason),
            implemented=status == "implemented",
            days_past_completion=float(past_due) if is_open else 0.0,
        )
        stalled = stall(
            status=status,
            response_due=each.response_due,
            due=due,
            moved_to=as_day(records.value(each.id, "due", each.due, as_of)),
            moved_twice_on=moved,
            last_news_on=news,
            cadence_days=cadence,
            as_of=as_of,
        )
        concerns = frozenset(key for key in whose if key) if whose and all(whose) else None
        found.append(Requested(facts, concerns, bool(served), stalled))
    return found


def _importance(
    records: ProjectRecords, asked: Recommendation, served: list[Expectation], as_of: dt.date
) -> tuple[float, tuple[float, float] | None]:
    """The importance of a recommendation: of the most important expectation it serves, or else its own;
    and its range where it was not given."""
    values = [records.value(each.id, "importance", each.importance, as_of) for each in served]
    known = [float(each) for each in values if each is not None]
    own = records.value(asked.id, "importance", asked.importance, as_of)
    if not known and own is not None:
        return float(own), None
    if known and len(known) == len(values):
        return max(known), None
    least, most = IMPORTANCE_ENDS
    return max((UNSAID_IMPORTANCE, *known)), (max((least, *known)), most)


def expected_on(records: ProjectRecords, asked: list[Requested], as_of: dt.date) -> list[Expected]:
    """The expectations on record by then, without those withdrawn."""
    recommendations = {each.facts.id: each.facts for each in asked}
    serving: dict[uuid.UUID, list[str]] = defaultdict(list)
    for key in recommendations:
        for expectation_id in _served_at(records, uuid.UUID(key), as_of):
            serving[expectation_id].append(key)
    found: list[Expected] = []
    for each in records.expectations:
        step = records.steps[each.id].at(as_of)
        if each.recorded_on > as_of or step is None or step[0] == "withdrawn":
            continue
        state, since, reason = step
        said_back = records.value(each.id, "said_back", each.said_back, as_of)
        hoped_for = records.promised_day(each.id, "hoped_for", each.hoped_for, each.recorded_on, as_of)
        is_open = state in ("open", "in_hand")
        is_answered = said_back is not None or latest(records.replied[each.id], as_of) is not None
        hope = Hope(
            state=state,
            reasoned=bool(reason),
            days_past=float(max(0, (as_of - hoped_for).days)) if hoped_for else 0.0,
            days_quiet=float((as_of - since).days),
            served_by=tuple(serving[each.id]),
        )
        importance = records.value(each.id, "importance", each.importance, as_of)
        is_late = is_open and not is_answered and (as_of - each.recorded_on).days > ANSWER_DAYS
        facts = ExpectationFacts(
            id=str(each.id),
            statement=each.statement,
            importance=UNSAID_IMPORTANCE if importance is None else importance,
            importance_range=IMPORTANCE_ENDS if importance is None else None,
            confidence=_confidence(each.confidence, said_back),
            prospect=PROSPECT[prospect_of(hope, recommendations)],
            confidence_asked=each.confidence is not None,
            hope=hope,
            is_late=is_late,
        )
        power = records.value(each.id, "within_power", each.within_power, as_of)
        is_beyond = is_open and not is_answered and power == "no"
        is_unknown = is_open and not is_answered and power is None
        found.append(Expected(facts, each.stakeholder_id, is_open, is_beyond, is_unknown, said_back))
    return found


def _confidence(asked: int | None, said_back: str | None) -> float:
    """Confidence, 0–1: as stated, but no higher than the lab's answer allows."""
    answered = CONFIDENCE[said_back]
    if asked is None:
        return answered
    return min(asked / 100, answered) if said_back in ("cannot_promise", "will_not") else asked / 100
