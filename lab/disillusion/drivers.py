"""The disillusion model: eight drivers per stakeholder, their sum, a probability.

Grounds: expectation disconfirmation (Oliver 1980; Van Ryzin 2004), feedback as recognition (Mathie et al.
2018), procedural justice (Tyler), and Whicher & Crick (2019) on raised expectations without follow-through.
Every number is a default of ours, to be recalibrated on a lab's own history. Days are calendar days.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

WEIGHTS: Final[Mapping[str, float]] = {
    "stall": 25.0,
    "gap": 20.0,
    "silence": 12.0,
    "unanswered": 5.0,
    "mood": 25.0,
    "attend": 8.0,
    "sponsor": 3.0,
    "bypass": 2.0,
}
"""Points of each driver at its worst; together 100."""

PROSPECT: Final[Mapping[str, float]] = {
    "met": 1.0,
    "on_track": 0.8,
    "at_risk": 0.55,
    "partly_met": 0.5,
    "overdue": 0.4,
    "declined_with_reason": 0.35,
    "long_overdue": 0.2,
    "unmet": 0.0,
}
"""How likely an expectation looks to be met, by what is known of it."""

PRIOR_EVENTS: Final = 4.0
PRIOR_DAYS: Final = 4 * 28 / math.log(2)
"""Gamma prior of the progress rate: as if 4 steps had taken 161.6 days; predictive median 30.57 days."""
INTERCEPT: Final = 6.5
SLOPE: Final = 6.4
"""p = 1 / (1 + exp(6.5 − 6.4 · index / 100)), for the next 12 weeks."""


@dataclass(frozen=True, slots=True)
class History:
    """How quickly progress came in this lab: steps seen, and days waited for steps, seen or not."""

    progress_events: int = 0
    silent_days: float = 0.0

    def surprise(self, days_silent: float, deviations: float = 0.0) -> float:
        """Share of waits, 0–1, that end before `days_silent` (Lomax), the shape ± `deviations` · √shape."""
        shape = PRIOR_EVENTS + self.progress_events
        shape = max(0.1, shape + deviations * math.sqrt(shape))
        rate = PRIOR_DAYS + self.silent_days
        return 1.0 - math.pow(rate / (rate + max(0.0, days_silent)), shape)

    def progress_within(self, days: float, days_silent: float) -> float:
        """Chance, 0–1, of progress in the next `days` after `days_silent` days without."""
        shape, rate = PRIOR_EVENTS + self.progress_events, PRIOR_DAYS + self.silent_days
        return 1.0 - math.pow((rate + days_silent) / (rate + days_silent + days), shape)


@dataclass(frozen=True, slots=True)
class RecommendationFacts:
    """One recommendation that was sent."""

    id: str
    title: str
    importance: float
    days_silent: float
    days_overdue: float
    promised_days: int
    open: bool
    unanswered: bool


@dataclass(frozen=True, slots=True)
class ExpectationFacts:
    """One expectation: importance 1–5, how sure they were (0–1), how it looks (0–1, see `PROSPECT`)."""

    id: str
    statement: str
    importance: float
    confidence: float
    prospect: float


@dataclass(frozen=True, slots=True)
class StakeholderFacts:
    """What bears on one stakeholder. None is not known: the driver is left out and the band widens."""

    id: str
    recommendations: tuple[RecommendationFacts, ...]
    expectations: tuple[ExpectationFacts, ...]
    days_since_communication: float | None
    late_inputs: int
    open_inputs: int
    own_pulses: tuple[float, ...]
    team_pulse_mean: float | None
    team_pulse_count: int
    attendance: float | None
    days_since_sponsor: float | None
    bypassed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One addend of an index: what it is about, its points, and the facts that its sentence needs.

    A stalled recommendation's `days` are silent days, or with `promised_days` 0 days past its date.
    """

    driver: str
    subject_kind: str
    subject_id: str
    points: float
    title: str = ""
    value: float = 0.0
    days: float = 0.0
    promised_days: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class StakeholderRisk:
    """Index 0–100 with its band, probability of leaving disillusioned within 12 weeks, share of the
    weight that is known, and the lines that add up to the index."""

    id: str
    index: float
    low: float
    high: float
    probability: float
    coverage: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ProjectRisk:
    """The mean over stakeholders of all but `probability`, which is that of at least one leaving."""

    index: float
    low: float
    high: float
    probability: float
    coverage: float
    lines: tuple[Line, ...]
    people: int


def clip(value: float) -> float:
    """The value, held between 0 and 1."""
    return min(1.0, max(0.0, value))


def stall_of(facts: RecommendationFacts, history: History, deviations: float = 0.0) -> float:
    """How stalled an open recommendation is, 0–1: past its date or surprisingly silent, the worse.

    0 at the lab's median wait and 1 at its 90th percentile, or at 12 weeks overdue.
    """
    return max(_by_date(facts), _by_history(facts, history, deviations))


def _by_date(facts: RecommendationFacts) -> float:
    return clip(facts.days_overdue / 84.0)


def _by_history(facts: RecommendationFacts, history: History, deviations: float = 0.0) -> float:
    return clip((history.surprise(facts.days_silent, deviations) - 0.5) / 0.4)


def _is_late(facts: RecommendationFacts, history: History) -> bool:
    """Whether its date, more than its silence, is what makes it stalled."""
    return _by_date(facts) > _by_history(facts, history)


def probability_of(index: float) -> float:
    """Chance, 0–1, that somebody with this index leaves disillusioned within 12 weeks (model prior)."""
    return 1.0 / (1.0 + math.exp(INTERCEPT - SLOPE * index / 100.0))


@dataclass(frozen=True, slots=True)
class _Part:
    """A driver's value with its range and the lines it splits into, as shares of the driver's weight."""

    value: float
    low: float
    high: float
    lines: tuple[Line, ...]


def _stall(facts: StakeholderFacts, history: History) -> _Part:
    still = [each for each in facts.recommendations if each.open]
    if not still:
        return _Part(0.0, 0.0, 0.0, ())
    spread = 0.5 + 0.5 * len(still) / len(facts.recommendations)
    importance = sum(each.importance for each in still)

    def shares(deviations: float) -> list[float]:
        stalls = [stall_of(each, history, deviations) for each in still]
        worst = max(stalls)
        alike = stalls.count(worst)  # the worst share their half, or it would go to whichever comes first
        return [
            spread * 0.5 * (each.importance / importance * s + (s / alike if s == worst else 0.0))
            for each, s in zip(still, stalls, strict=True)
        ]

    base = shares(0.0)
    totals = (sum(shares(-1.0)), sum(base), sum(shares(1.0)))
    lines = tuple(
        Line(
            driver="stall",
            subject_kind="recommendation",
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


def _gap(facts: StakeholderFacts) -> _Part:
    importance = sum(each.importance for each in facts.expectations)
    if not importance:
        return _Part(0.0, 0.0, 0.0, ())
    shares = [
        each.importance * max(0.0, each.confidence - each.prospect) / importance / 0.5
        for each in facts.expectations
    ]
    total = sum(shares)
    scale = 1.0 if total <= 1.0 else 1.0 / total
    lines = tuple(
        Line("gap", "expectation", each.id, share * scale, each.statement, each.prospect)
        for each, share in zip(facts.expectations, shares, strict=True)
        if share > 0
    )
    value = clip(total)
    return _Part(value, value, value, lines)


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
    values += [value(own[:place] + own[place + 1 :], answers, count) for place in range(len(own))]
    if count:
        # Of the project's answers only the mean is known here: any that it allows may be the one dropped.
        rest = count - 1
        values += [
            value(own, answers - dropped, rest)
            for dropped in (max(1.0, answers - 5 * rest), min(5.0, answers - rest))
        ]
    line = _project_line("mood", values[0], count=facts.team_pulse_count)
    return _Part(values[0], min(values), max(values), line)


def _project_line(driver: str, value: float, days: float = 0.0, count: int = 0) -> tuple[Line, ...]:
    return (Line(driver, "project", "", value, "", value, days, 0, count),) if value > 0 else ()


def _exact(driver: str, value: float, days: float = 0.0, count: int = 0) -> _Part:
    return _Part(value, value, value, _project_line(driver, value, days, count))


def assess_stakeholder(
    facts: StakeholderFacts, history: History, weights: Mapping[str, float] = WEIGHTS
) -> StakeholderRisk:
    """Index, band and lines of one stakeholder.

    Unknown drivers are left out of the index and the weights renormalised; in the band they may lie
    anywhere from 0 to 1.
    """
    silent, sponsor, attendance = facts.days_since_communication, facts.days_since_sponsor, facts.attendance
    parts: dict[str, _Part | None] = {
        "stall": _stall(facts, history),
        "gap": _gap(facts),
        "silence": None if silent is None else _exact("silence", clip((silent - 28) / 84), silent),
        "unanswered": _exact(
            "unanswered", clip(facts.late_inputs / (facts.open_inputs + 3)), count=facts.late_inputs
        ),
        "mood": _mood(facts),
        "attend": None if attendance is None else _exact("attend", clip(1 - attendance)),
        "sponsor": None if sponsor is None else _exact("sponsor", clip((sponsor - 56) / 84), sponsor),
        "bypass": _exact("bypass", 1.0 if facts.bypassed else 0.0),
    }
    total = sum(weights.values())
    known = {driver: part for driver, part in parts.items() if part is not None}
    weight = sum(weights[driver] for driver in known)
    lines = tuple(
        _with_points(line, 100.0 * weights[driver] * line.points / weight)
        for driver, part in known.items()
        for line in part.lines
    )
    index = math.fsum(line.points for line in lines)
    unknown = total - weight
    low = 100.0 * sum(weights[driver] * part.low for driver, part in known.items()) / total
    high = 100.0 * (sum(weights[driver] * part.high for driver, part in known.items()) + unknown) / total
    return StakeholderRisk(
        facts.id, index, min(low, index), max(high, index), probability_of(index), weight / total, lines
    )


def _with_points(line: Line, points: float) -> Line:
    return Line(
        line.driver, line.subject_kind, line.subject_id, points, line.title, line.value, line.days,
        line.promised_days, line.count,
    )  # fmt: skip


def assess_project(stakeholders: Sequence[StakeholderFacts], history: History) -> ProjectRisk:
    """The mean over active stakeholders; with nobody active nothing is known: 0, with the widest band.

    Lines of the same driver and subject are merged and add up to the index.
    """
    if not stakeholders:
        return ProjectRisk(0.0, 0.0, 100.0, 0.0, 0.0, (), 0)
    assessed: dict[object, StakeholderRisk] = {}
    risks: list[StakeholderRisk] = []
    for facts in stakeholders:
        alike = (
            facts.recommendations, facts.expectations, facts.days_since_communication,
            facts.late_inputs, facts.open_inputs, facts.own_pulses, facts.team_pulse_mean,
            facts.team_pulse_count, facts.attendance, facts.days_since_sponsor, facts.bypassed,
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
    lines = [_with_points(heaviest[key], math.fsum(each) / people) for key, each in points.items()]
    lines = [replace(line, count=late_inputs) if line.driver == "unanswered" else line for line in lines]
    lines.sort(key=lambda line: (-line.points, line.driver, line.subject_id))
    staying = math.prod(1.0 - risk.probability for risk in risks)
    return ProjectRisk(
        index=math.fsum(risk.index for risk in risks) / people,
        low=math.fsum(risk.low for risk in risks) / people,
        high=math.fsum(risk.high for risk in risks) / people,
        probability=1.0 - staying,
        coverage=math.fsum(risk.coverage for risk in risks) / people,
        lines=tuple(lines),
        people=people,
    )
