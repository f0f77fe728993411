"""The disillusion model: eight drivers per stakeholder, their sum, a probability.

Grounds: expectation disconfirmation (Oliver 1980; Van Ryzin 2004), feedback as recognition (Mathie et al.
2018), procedural justice (Tyler), and Whicher & Crick (2019) on raised expectations without follow-through.
Every number is a default of ours, to be recalibrated on a lab's own history. Days are calendar days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from lab.disillusion.score.facts import (
    Assessment,
    ExpectationFacts,
    Hope,
    Line,
    RecommendationFacts,
    StakeholderFacts,
    StakeholderRisk,
)
from lab.disillusion.score.model import History

PROSPECT: Final[Mapping[str, float]] = {
    "met": 1.0,
    "on_track": 0.8,
    "at_risk": 0.55,
    "partly_met": 0.5,
    "overdue": 0.4,
    "declined_with_reason": 0.35,
    "unanswered": 0.35,
    "long_overdue": 0.2,
    "unmet": 0.0,
}
"""Estimated chance that an expectation is met, by its status. A question that was not answered in time
scores no better than a reasoned no: silence must never pay."""
CONFIDENCE: Final[Mapping[str | None, float]] = {
    "will": 0.9,
    "will_if": 0.7,
    None: 0.6,
    "cannot_promise": 0.4,
    "will_not": 0.2,
}
"""Assumed confidence where people were not asked, by what the lab said back. Our default."""
UNSAID_IMPORTANCE: Final = 3.0
"""Used where importance (1–5) was not given: the middle. The band is scored at both ends."""
IMPORTANCE_ENDS: Final = (1.0, 5.0)
QUIET_DAYS: Final = 56
"""Days after which an expectation without progress is `at_risk`, and one past its date `long_overdue`."""


def clip(value: float) -> float:
    """The value, limited to 0–1."""
    return min(1.0, max(0.0, value))


def stall_of(facts: RecommendationFacts, history: History, deviations: float = 0.0) -> float:
    """How stalled an open recommendation is, 0–1: the larger of being past its date and being unusually
    silent.

    0 at the lab's median wait and 1 at its 90th percentile, or at 12 weeks overdue.
    """
    return max(_by_date(facts), _by_history(facts, history, deviations))


def _by_date(facts: RecommendationFacts) -> float:
    return clip(facts.days_overdue / 84.0)


def _by_history(facts: RecommendationFacts, history: History, deviations: float = 0.0) -> float:
    return clip((history.surprise(facts.days_silent, deviations) - 0.5) / 0.4)


def _is_late(facts: RecommendationFacts, history: History) -> bool:
    """Whether it is stalled by its date more than by silence."""
    return _by_date(facts) > _by_history(facts, history)


@dataclass(frozen=True, slots=True)
class _Part:
    """A driver's value with its range and the lines it splits into, as shares of the driver's weight."""

    value: float
    low: float
    high: float
    lines: tuple[Line, ...]


def prospect_of(hope: Hope, recommendations: Mapping[str, RecommendationFacts]) -> str:
    """The key of `PROSPECT` for an expectation: by its own state, else by the best of the recommendations
    that serve it, and never better than its date allows."""
    if hope.state in ("met", "partly_met"):
        return hope.state
    if hope.state == "not_met":
        return "declined_with_reason" if hope.reasoned else "unmet"
    serving = [recommendations[key] for key in hope.served_by if key in recommendations]
    if any(each.implemented for each in serving):
        return "on_track"
    still = [each for each in serving if each.open]
    if serving and not still:
        return "unmet" if all(each.unanswered for each in serving) else "declined_with_reason"
    looks = ["on_track"]
    late = max(hope.days_past, min((each.days_overdue for each in still), default=0.0))
    if late > 0:
        looks.append("long_overdue" if late > QUIET_DAYS else "overdue")
        if still and all(each.unanswered for each in still):
            looks.append("unanswered")
    if min([hope.days_quiet, *(each.days_silent for each in serving)]) > QUIET_DAYS:
        looks.append("at_risk")
    return min(looks, key=PROSPECT.__getitem__)


Weighed = TypeVar("Weighed", RecommendationFacts, ExpectationFacts)


def _importance_ends(
    items: Sequence[Weighed], badness: Callable[[Weighed], float]
) -> Iterator[list[Weighed]]:
    """The items with every missing importance set to one of its ends: the highest for items at least as
    bad as a cut and the lowest for the others, and the reverse. A weighted mean is smallest and largest
    at one of these cuts."""
    cuts = sorted({badness(each) for each in items if each.importance_range is not None})
    for cut in cuts:
        for worse_weighs_most in (False, True):
            yield [
                replace(each, importance=each.importance_range[(badness(each) >= cut) == worse_weighs_most])
                if each.importance_range is not None
                else each
                for each in items
            ]


def _stall(facts: StakeholderFacts, history: History) -> _Part | None:
    """Recommendations and expectations without a recommendation, together: a wait must not look shorter
    because no recommendation was made, or because it is not recorded which one carries an expectation.
    The band shows how much of the value rests on the latter, and how much on recommendations made but
    not recorded."""
    if facts.recommendations is None and not facts.not_taken_up:
        return None
    asked = facts.recommendations or ()
    both = _stalled(asked, facts.not_taken_up, history)
    known = _stalled(asked, (), history) if facts.not_taken_up else both
    weighed = [
        _stalled(items[: len(asked)], items[len(asked) :], history)
        for items in _importance_ends(
            (*asked, *facts.not_taken_up), lambda each: stall_of(each, history) if each.open else 0.0
        )
    ]
    high = 1.0 if facts.recommendations is None else max(each.high for each in (known, both, *weighed))
    return _Part(both.value, min(each.low for each in (known, both, *weighed)), high, both.lines)


def _stalled(
    asked: Sequence[RecommendationFacts], not_taken_up: Sequence[RecommendationFacts], history: History
) -> _Part:
    still = [each for each in (*asked, *not_taken_up) if each.open]
    if not still:
        return _Part(0.0, 0.0, 0.0, ())
    ended = sorted((each.importance for each in (*asked, *not_taken_up) if not each.open), reverse=True)
    expected = {each.id for each in not_taken_up}

    def shares(deviations: float) -> list[float]:
        stalls = [stall_of(each, history, deviations) for each in still]
        worst = max(stalls)
        alike = stalls.count(worst)  # the worst share their half, or it would go to whichever comes first

        def counting(kept: int) -> list[float]:
            """The shares if the `kept` most important ended ones still count, as not stalled."""
            importance = math.fsum([*(each.importance for each in still), *ended[:kept]])
            spread = 0.5 + 0.5 * (len(still) + kept) / (len(still) + len(ended))
            return [
                spread * 0.5 * (each.importance / importance * s + (s / alike if s == worst else 0.0))
                for each, s in zip(still, stalls, strict=True)
            ]

        # A mean over open ones alone rises when one that was doing well is finished. Ending one must never
        # cost more than leaving it open, so those that ended count where that makes the whole lower.
        return min((counting(kept) for kept in range(len(ended) + 1)), key=math.fsum)

    base = shares(0.0)
    totals = (math.fsum(shares(-1.0)), math.fsum(base), math.fsum(shares(1.0)))
    lines = tuple(
        Line(
            driver="stall",
            subject_kind="expectation" if each.id in expected else "recommendation",
            subject_id=each.id,
            points=share,
            title=each.title,
            value=share,
            days=each.days_overdue if _is_late(each, history) else each.days_silent,
            promised_days=0 if _is_late(each, history) else each.promised_days,
            count=int(each.unanswered),
        )
        for each, share in zip(still, base, strict=True)
        if share > 0
    )
    return _Part(totals[1], min(totals), max(totals), lines)


def _gap(facts: StakeholderFacts) -> _Part | None:
    if not sum(each.importance for each in facts.expectations):
        return None

    base = _gap_shares(facts.expectations, None)
    total = sum(base)
    scale = 1.0 if total <= 1.0 else 1.0 / total
    lines = tuple(
        Line("gap", "expectation", each.id, share * scale, each.statement, each.prospect)
        for each, share in zip(facts.expectations, base, strict=True)
        if share > 0
    )
    value = clip(total)
    weighed = [facts.expectations, *_importance_ends(facts.expectations, _shortfall)]
    ends = [
        clip(sum(_gap_shares(items, guess)))
        for items in weighed
        for guess in (min(CONFIDENCE.values()), max(CONFIDENCE.values()))
    ]
    return _Part(value, min(value, *ends), max(value, *ends), lines)


def _shortfall(each: ExpectationFacts) -> float:
    return max(0.0, each.confidence - each.prospect)


def _gap_shares(expectations: Sequence[ExpectationFacts], guess: float | None) -> list[float]:
    """Each expectation's share of the whole gap; `guess` is the confidence where people were not asked."""
    importance = sum(each.importance for each in expectations)
    return [
        each.importance
        * max(0.0, (each.confidence if guess is None or each.confidence_asked else guess) - each.prospect)
        / importance
        / 0.5
        for each in expectations
    ]


def _mood(facts: StakeholderFacts) -> _Part | None:
    if facts.team_pulse_mean is None and not facts.own_pulses:
        return None
    own = facts.own_pulses
    count = 0 if facts.team_pulse_mean is None else facts.team_pulse_count
    answers = count * (facts.team_pulse_mean or 0.0)

    def value(own: Sequence[float], answers: float, count: int) -> float:
        team = (answers + 3 * 3.5) / (count + 3)
        return clip((4.0 - (sum(own) + 2 * team) / (len(own) + 2)) / 1.75)

    values = [value(own, answers, count)]
    values += [value(own[:left_out] + own[left_out + 1 :], answers, count) for left_out in range(len(own))]
    if count:
        # Of the project's answers only the mean is known here: any that it allows may be the one dropped.
        rest = count - 1
        values += [
            value(own, answers - dropped, rest)
            for dropped in (max(1.0, answers - 5 * rest), min(5.0, answers - rest))
        ]
    line = _project_line("mood", values[0], count=facts.team_pulse_count)
    return _Part(values[0], min(values), max(values), line)


def _project_line(
    driver: str, value: float, days: float = 0.0, count: int = 0, promised_days: int = 0
) -> tuple[Line, ...]:
    return (Line(driver, "project", "", value, "", value, days, promised_days, count),) if value > 0 else ()


def _exact(driver: str, value: float, days: float = 0.0, count: int = 0, promised_days: int = 0) -> _Part:
    return _Part(value, value, value, _project_line(driver, value, days, count, promised_days))


def _silence(facts: StakeholderFacts) -> _Part | None:
    silent, promised = facts.days_since_communication, facts.promised_days
    if silent is None:
        return None
    return _exact("silence", clip((silent - promised) / 84), silent, promised_days=promised)


def _unanswered(facts: StakeholderFacts) -> _Part | None:
    if not facts.expectations and not facts.open_inputs:
        return None
    late = facts.late_inputs
    return _exact("unanswered", clip(late / (facts.open_inputs + 3)), count=late)


def assess_stakeholder(facts: StakeholderFacts, history: History) -> StakeholderRisk:
    """Index, band and lines of one stakeholder.

    Unknown drivers are left out of the index and the weights renormalised; in the band they may lie anywhere
    from 0 to 1. Pulses too old to count are left out too, unless that would lower the index: bad answers do
    not expire in the lab's favour.
    """
    weights = history.model.weights
    sponsor, attendance = facts.days_since_sponsor, facts.attendance
    parts: dict[str, _Part | None] = {
        "stall": _stall(facts, history),
        "gap": _gap(facts),
        "silence": _silence(facts),
        "unanswered": _unanswered(facts),
        "mood": _mood(facts),
        "attend": None if attendance is None else _exact("attend", clip(1 - attendance)),
        "sponsor": None if sponsor is None else _exact("sponsor", clip((sponsor - 56) / 84), sponsor),
        "bypass": _exact("bypass", 1.0 if facts.bypassed else 0.0),
    }
    mood = parts["mood"]
    if mood is not None and not facts.pulses_fresh:
        others = {driver: part for driver, part in parts.items() if part is not None and driver != "mood"}
        without = sum(weights[driver] * part.value for driver, part in others.items())
        is_worse = mood.value * sum(weights[driver] for driver in others) > without
        parts["mood"] = _Part(mood.value, 0.0, 1.0, mood.lines) if is_worse else None
    total = sum(weights.values())
    known = {driver: part for driver, part in parts.items() if part is not None}
    weight = sum(weights[driver] for driver in known)
    lines = tuple(
        replace(line, points=100.0 * weights[driver] * line.points / weight)
        for driver, part in known.items()
        for line in part.lines
    )
    index = math.fsum(line.points for line in lines)
    unknown = total - weight
    low = 100.0 * sum(weights[driver] * part.low for driver, part in known.items()) / total
    high = 100.0 * (sum(weights[driver] * part.high for driver, part in known.items()) + unknown) / total
    stale = weights["mood"] if parts["mood"] is not None and not facts.pulses_fresh else 0.0
    coverage = (weight - stale) / total
    return StakeholderRisk(
        facts.id, index, min(low, index), max(high, index), history.model.probability(index), coverage, lines
    )


def assess_project(stakeholders: Sequence[StakeholderFacts], history: History) -> Assessment:
    """The mean over active stakeholders; with none, nothing is known: 0, with the widest band.

    Lines of the same driver and subject are merged and add up to the index.
    """
    if not stakeholders:
        return Assessment(0.0, 0.0, 100.0, 0.0, 0.0, (), 0)
    assessed: dict[object, StakeholderRisk] = {}
    risks: list[StakeholderRisk] = []
    for facts in stakeholders:
        alike = (
            facts.recommendations, facts.expectations, facts.days_since_communication,
            facts.late_inputs, facts.open_inputs, facts.own_pulses, facts.team_pulse_mean,
            facts.team_pulse_count, facts.attendance, facts.days_since_sponsor, facts.bypassed,
            facts.promised_days, facts.pulses_fresh, facts.not_taken_up,
        )  # fmt: skip
        if alike not in assessed:
            assessed[alike] = assess_stakeholder(facts, history)
        risks.append(assessed[alike])
    people = len(risks)
    points: dict[tuple[str, str], list[float]] = {}
    heaviest: dict[tuple[str, str], Line] = {}
    late_inputs = sum(facts.late_inputs for facts in stakeholders)
    for risk in risks:
        for line in risk.lines:
            key = (line.driver, line.subject_id)
            points.setdefault(key, []).append(line.points)
            if key not in heaviest or line.points > heaviest[key].points:
                heaviest[key] = line
    lines = [replace(heaviest[key], points=math.fsum(each) / people) for key, each in points.items()]
    lines = [replace(line, count=late_inputs) if line.driver == "unanswered" else line for line in lines]
    lines.sort(key=lambda line: (-line.points, line.driver, line.subject_id))
    staying = math.prod(1.0 - risk.probability for risk in risks)
    return Assessment(
        index=math.fsum(risk.index for risk in risks) / people,
        low=math.fsum(risk.low for risk in risks) / people,
        high=math.fsum(risk.high for risk in risks) / people,
        probability=1.0 - staying,
        coverage=math.fsum(risk.coverage for risk in risks) / people,
        lines=tuple(lines),
        people=people,
    )
