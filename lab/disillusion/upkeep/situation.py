"""The facts about a project on a day, for the score."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from db.models import Pulse, Stakeholder
from db.words import INFLUENCES
from lab.disillusion.score.facts import ExpectationFacts, RecommendationFacts, StakeholderFacts
from lab.disillusion.upkeep.requested import Expected, Requested, expected_on, requested_on
from lab.engagements.rules import COUNTING
from lab.followthrough.rules import Stall
from lab.past.records import Held, ProjectRecords
from lab.past.steps import latest

UNRECORDED: Final = 6
"""Number of people assumed where none are recorded, as in a register kept elsewhere. Our default."""
PULSE_WINDOW: Final = 98
"""Days before the project's latest pulse within which pulses count, and for which they are recent."""
LATE_DAYS: Final = 84
"""Days after which an important overdue promise without any reply turns a project critical: a
recommendation, or an expectation that the lab said will be met."""
RECENT_LEAVING: Final = 28
"""Days for which a project stays critical after a stakeholder left disappointed."""
ASKED_STAGES: Final = ("recommend", "implement")
"""Stages at which a recommendation should have been sent."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record behind a driver, with its day if it has one."""

    kind: str
    id: uuid.UUID
    on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SideNote:
    """A fact shown beside the score that has no weight in it: how often, and its records."""

    kind: str
    count: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts about a project on a day."""

    stakeholders: tuple[StakeholderFacts, ...]
    immediate: bool
    evidence: Mapping[str, tuple[Evidence, ...]]
    """Records behind the drivers that concern the project as a whole."""
    notes: tuple[SideNote, ...]
    stalls: Mapping[uuid.UUID, Stall]
    """Stalled recommendations, by the promises that hold; later edits change nothing."""
    last_news_on: dt.date | None
    """The last step, evidence, reply, meeting, test or answer to a pulse: never an edit or a comment."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """Facts that are the same for every stakeholder of a project on a day."""

    asked: list[Requested] | None
    expected: list[Expected]
    window: list[Pulse]
    pulses_fresh: bool
    held: list[tuple[Held, dict[uuid.UUID, bool]]]
    last_reply: dt.date | None
    days_of_silence: float | None
    sponsor_seen: float | None
    bypassed: bool
    promised_days: int


def situation(records: ProjectRecords, as_of: dt.date) -> Situation:
    """The facts about a project on a day. Without recorded people `UNRECORDED` are assumed, of whom little
    is known: an empty register must not make a departure less likely."""
    shared = _shared(records, as_of)
    active = [
        each
        for each in records.stakeholders
        if each.joined_on <= as_of and (each.withdrawn_on is None or each.withdrawn_on > as_of)
    ]
    people = [_person(person, shared, as_of) for person in active]
    if not records.stakeholders:
        people = [_anyone(shared, as_of)] * UNRECORDED
    return Situation(
        tuple(people),
        _is_critical(records, shared, as_of),
        _evidence(records, shared, as_of),
        _notes(records, shared, as_of),
        {uuid.UUID(each.facts.id): each.stall for each in shared.asked or () if each.stall},
        _last_news(records, shared, as_of),
    )


def _shared(records: ProjectRecords, as_of: dt.date) -> _Shared:
    stage = records.steps[records.project.id].stage(as_of)
    last_reply = latest((day for day, _ in records.replies), as_of)
    asked = requested_on(records, as_of)
    tested = any(day <= as_of for day, _, _ in records.tests)
    window, fresh = _answers(records, as_of)
    return _Shared(
        asked=asked if asked or stage not in ASKED_STAGES else None,
        expected=expected_on(records, asked, as_of),
        window=window,
        pulses_fresh=fresh,
        held=_came(records, as_of),
        last_reply=last_reply,
        days_of_silence=_days_of_silence(records, last_reply, as_of),
        sponsor_seen=_sponsor_seen(records, as_of),
        bypassed=stage == "implement" and not tested,
        promised_days=records.promised_days(last_reply, as_of),
    )


def _answers(records: ProjectRecords, as_of: dt.date) -> tuple[list[Pulse], bool]:
    """The pulses that count, and whether they are recent. The window ends with the latest pulse, not
    today: bad answers must not fade when nobody asks again."""
    counting = _counting(records, as_of)
    newest = latest((pulse.answered_on for pulse in counting), as_of)
    if newest is None:
        return [], True
    window = [pulse for pulse in counting if 0 <= (newest - pulse.answered_on).days <= PULSE_WINDOW]
    return window, (as_of - newest).days <= PULSE_WINDOW


def _standing(records: ProjectRecords, pulse: Pulse, as_of: dt.date) -> str:
    return str(records.value(pulse.id, "standing", pulse.standing, as_of))


def _counting(records: ProjectRecords, as_of: dt.date) -> list[Pulse]:
    """The pulses without those that came in a burst, until somebody has looked at them and kept them."""
    return [each for each in records.pulses if _standing(records, each, as_of) in COUNTING]


def _attended_at(records: ProjectRecords, held: Held, as_of: dt.date) -> dict[uuid.UUID, bool]:
    kept = records.value(held.id, "attended", None, as_of)
    return held.attended if kept is None else {uuid.UUID(key): came for key, came in kept.items()}


def _came(records: ProjectRecords, as_of: dt.date) -> list[tuple[Held, dict[uuid.UUID, bool]]]:
    """Who came to each engagement held by then, and who did not. A register lists everybody expected.
    Until a project's first register with an absence, its registers are read as lists of those who came,
    and everybody who had come before counts as expected: otherwise absence would never show. Interviews
    are with the listed person only."""
    found: list[tuple[Held, dict[uuid.UUID, bool]]] = []
    only_lists, known = True, dict[uuid.UUID, bool]()
    for held in records.engagements:
        if held.on > as_of:
            continue
        attended = _attended_at(records, held, as_of)
        only_lists &= all(attended.values())
        found.append(
            (held, known | attended if only_lists and attended and held.kind != "interview" else attended)
        )
        if held.kind != "interview":
            known |= dict.fromkeys(attended, False)
    return found


def _mean_answer(window: Sequence[Pulse]) -> float | None:
    return sum((pulse.trust + pulse.difference) / 2 for pulse in window) / len(window) if window else None


def _person(person: Stakeholder, shared: _Shared, as_of: dt.date) -> StakeholderFacts:
    sessions = _last_sessions(
        [(held.on, attended[person.id]) for held, attended in shared.held if person.id in attended]
    )
    asked = None if shared.asked is None else [each for each in shared.asked if each.is_about(person.id)]
    return _facts(
        str(person.id),
        shared,
        asked,
        [each for each in shared.expected if each.whose in (None, person.id)],
        attendance=sum(sessions) / len(sessions) if sessions else None,
        own=[pulse for pulse in shared.window if pulse.stakeholder_id == person.id],
    )


def _last_sessions(sessions: list[tuple[dt.date, bool]]) -> list[bool]:
    """Whether the person came, for the last three times they were expected, and any others on the third
    day."""
    since = sessions[-3][0] if len(sessions) >= 3 else dt.date.min
    return [came for day, came in sessions if day >= since]


def _anyone(shared: _Shared, as_of: dt.date) -> StakeholderFacts:
    return _facts("anyone", shared, shared.asked, shared.expected, None, [])


def _days_of_silence(records: ProjectRecords, last_reply: dt.date | None, as_of: dt.date) -> float | None:
    """As `lab.past.news` tells it; None while there is nobody to tell."""
    began = latest([records.took_part_on] if records.took_part_on else [], as_of)
    since = last_reply or began
    return float((as_of - since).days) if since else None


def _facts(
    key: str,
    shared: _Shared,
    asked: list[Requested] | None,
    expected: list[Expected],
    attendance: float | None,
    own: list[Pulse],
) -> StakeholderFacts:
    return StakeholderFacts(
        id=key,
        recommendations=None if asked is None else tuple(each.facts for each in asked),
        not_taken_up=_not_taken_up(shared, expected),
        expectations=tuple(each.facts for each in expected),
        days_since_communication=shared.days_of_silence,
        late_inputs=sum(each.facts.is_late for each in expected),
        open_inputs=sum(each.is_open for each in expected),
        own_pulses=tuple((pulse.trust + pulse.difference) / 2 for pulse in own),
        team_pulse_mean=_mean_answer(shared.window),
        team_pulse_count=len(shared.window),
        attendance=attendance,
        days_since_sponsor=shared.sponsor_seen,
        bypassed=shared.bypassed,
        promised_days=shared.promised_days,
        pulses_fresh=shared.pulses_fresh,
    )


def _not_taken_up(shared: _Shared, expected: list[Expected]) -> tuple[RecommendationFacts, ...]:
    """Expectations without a recommendation, waiting since their own last step. If recommendations were
    made and none names an expectation, links are not recorded here, and the recommendations are taken
    to cover all."""
    if shared.asked and not any(each.names_expectations for each in shared.asked):
        return ()
    return tuple(
        RecommendationFacts(
            id=each.facts.id,
            title=each.facts.statement,
            importance=float(each.facts.importance),
            importance_range=each.facts.importance_range,
            days_silent=each.facts.hope.days_quiet,
            days_overdue=0.0,
            promised_days=shared.promised_days,
            open=each.is_open and each.said_back != "will_not",
            unanswered=False,
        )
        for each in expected
        if each.facts.hope is not None and not each.facts.hope.served_by
    )


def _occasions(records: ProjectRecords, as_of: dt.date) -> list[tuple[dt.date, Evidence, bool]]:
    """Engagements and tests up to a day where the sponsor's presence is recorded."""
    engagements = [
        (
            held.on,
            Evidence("engagement", held.id, held.on),
            records.value(held.id, "sponsor_present", held.sponsor_present, as_of),
        )
        for held in records.engagements
    ]
    tests = [
        (day, Evidence("test", key, day), records.value(key, "sponsor_present", here, as_of))
        for day, here, key in records.tests
    ]
    found = [each for each in (*engagements, *tests) if each[0] <= as_of and each[2] is not None]
    return sorted(found, key=lambda each: (each[0], str(each[1].id)))


def _sponsor_seen(records: ProjectRecords, as_of: dt.date) -> float | None:
    occasions = _occasions(records, as_of)
    if not occasions:
        return None
    present = [day for day, _, here in occasions if here]
    return float((as_of - (max(present) if present else records.project.opened_on)).days)


def _is_critical(records: ProjectRecords, shared: _Shared, as_of: dt.date) -> bool:
    left = any(
        each.withdrawn_reason == "disappointed"
        and each.withdrawn_on is not None
        and 0 <= (as_of - each.withdrawn_on).days <= RECENT_LEAVING
        for each in records.stakeholders
    )
    last_reply = shared.last_reply
    silent = last_reply is None or (as_of - last_reply).days > LATE_DAYS
    asked = any(
        each.facts.open and _may_matter(each.facts) and each.facts.days_overdue > LATE_DAYS
        for each in shared.asked or ()
    )
    promised = any(
        each.is_open
        and each.said_back == "will"
        and _may_matter(each.facts)
        and each.facts.hope is not None
        and each.facts.hope.days_past > LATE_DAYS
        for each in shared.expected
    )
    unspoken = silent and (asked or promised)
    return left or unspoken


def _may_matter(facts: RecommendationFacts | ExpectationFacts) -> bool:
    """Whether it may be important enough for the alarm: importance not given counts as high."""
    return (facts.importance_range[1] if facts.importance_range else facts.importance) >= 4


def _evidence(records: ProjectRecords, shared: _Shared, as_of: dt.date) -> dict[str, tuple[Evidence, ...]]:
    replied = [(day, Evidence("reply", key, day)) for day, key in records.replies if day <= as_of]
    heard = sorted(replied, key=lambda each: (each[0], str(each[1].id)))
    counted = [held for held, attended in shared.held if attended]
    occasions = _occasions(records, as_of)
    seen = [evidence for _, evidence, here in occasions if here] or [each[1] for each in occasions]
    project = (Evidence("project", records.project.id),)
    return {
        "silence": tuple(each for _, each in heard[-1:]) or project,
        "unanswered": tuple(
            Evidence("expectation", uuid.UUID(each.facts.id))
            for each in shared.expected
            if each.facts.is_late
        ),
        "mood": project,
        "attend": tuple(Evidence("engagement", held.id, held.on) for held in counted[-3:]) or project,
        "sponsor": tuple(seen[-1:]) or project,
        "bypass": project,
    }


def _notes(records: ProjectRecords, shared: _Shared, as_of: dt.date) -> tuple[SideNote, ...]:
    """Facts that matter for trust and have no weight until a lab's own history gives them one."""

    def of(kind: str, name: str, keys: Iterable[uuid.UUID]) -> SideNote:
        evidence = tuple(Evidence(name, key) for key in keys)
        return SideNote(kind, len(evidence), evidence)

    untested = [
        key
        for raised_on, key in records.foreseen_risks
        if raised_on <= as_of and (found := records.steps[key].at(as_of)) and found[0] == "untested"
    ]
    fell_short = [
        held.id
        for held, _ in shared.held
        if (actual := records.value(held.id, "actual_influence", held.actual_influence, as_of))
        and held.declared_influence
        and INFLUENCES.index(actual) < INFLUENCES.index(held.declared_influence)
    ]
    no_reason = [
        each.facts.id for each in shared.asked or () if not each.facts.open and each.facts.unanswered
    ]
    beyond = [uuid.UUID(each.facts.id) for each in shared.expected if each.is_beyond]
    unknown = [uuid.UUID(each.facts.id) for each in shared.expected if each.is_power_unknown]
    waived = sum(
        len(words)
        for day, words, undone_on in records.waivers
        if day <= as_of and (undone_on is None or as_of < undone_on)
    )
    held_back = [
        each
        for each in records.pulses
        if each.answered_on <= as_of and _standing(records, each, as_of) == "held"
    ]
    late_stage = records.steps[records.project.id].stage(as_of) in ASKED_STAGES
    notes = (
        of("over_promised", "expectation", beyond),
        of("power_not_said", "expectation", unknown),
        of("influence_apart", "engagement", fell_short),
        SideNote("gate_waived", waived, (Evidence("project", records.project.id),)),
        of("risks_untested", "foreseen_risk", untested if late_stage else ()),
        of("no_reason_given", "recommendation", map(uuid.UUID, no_reason)),
        SideNote("answers_held", len(held_back), (Evidence("project", records.project.id),)),
    )
    return tuple(note for note in notes if note.count)


def _last_news(records: ProjectRecords, shared: _Shared, as_of: dt.date) -> dt.date | None:
    stepped = (day for steps in records.steps.values() for day in steps.days)
    proven = (day for days in records.evidence.values() for day in days)
    met = (held.on for held, attended in shared.held if attended)
    tested = (day for day, _, _ in records.tests)
    answered = (pulse.answered_on for pulse in _counting(records, as_of))
    replied = (day for day, _ in records.replies)
    return latest((*stepped, *proven, *met, *tested, *answered, *replied), as_of)
