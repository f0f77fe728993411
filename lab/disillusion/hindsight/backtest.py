"""Backtest of the score: discrimination, calibration and alarms, on past evaluations. Pure.

An evaluation is one project on one day of the fortnightly grid, with what was known by then; its outcome is
whether a stakeholder was recorded as leaving disappointed in the 84 days after it. Evaluations of a project
resemble each other, so every interval comes from resampling whole projects (cluster bootstrap), never single
evaluations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy  # loads scipy.stats (half a second) where it is first used: most commands never need it
from numpy.typing import NDArray

from lab.disillusion.score.levels import AT_RISK, WATCH, Alarm

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

HORIZON: Final = 84
"""Days within which a departure counts: 12 weeks."""
ENOUGH: Final = 10
"""Disappointed departures needed before discrimination is reported."""
ENOUGH_PROJECTS: Final = 5
"""Projects with a departure needed before projects are resampled."""
ENOUGH_ALERTS: Final = 20
"""Decided alerts needed before their precision is judged."""
DRAWS: Final = 400
BURDEN: Final = 0.40
"""False alerts per project-year at which the score and the plain rules are compared."""
BINS: Final = 10
YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Evaluations as columns of one length, ordered by project and then by day.

    `project` numbers the projects from 0; `day` is an ordinal; `probability` is the score's, 0–1; `overdue`
    counts what is past a promised date; `quiet` is days since the last news; `left` is whether a stakeholder
    left disappointed in the 84 days after; `known` is False where those days are not all on record.
    `immediate` marks overrides that turn a project critical without confirmation.
    """

    project: Whole
    day: Whole
    probability: Floats
    overdue: Floats
    quiet: Floats
    left: Flags
    known: Flags
    immediate: Flags
    leaving_project: Whole
    leaving_day: Whole
    """Every disappointed departure in the period: project and day."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Discrimination:
    """How well an ordering puts projects that lose people first."""

    auroc: Interval
    """Chance that a project about to lose people ranks above one that is not; .5 is chance."""
    average_precision: Interval
    gain: Interval | None
    """The score's AUROC minus this one's."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One tenth of the evaluations by predicted probability."""

    count: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the probabilities are right. Slope 1 and intercept 0 are perfect; the skill compares the
    Brier score with always predicting the base rate (0: no better)."""

    brier: float
    skill: Interval
    slope: float
    intercept: float
    error: float
    """Mean distance between predicted and observed over ten groups of equal size (ECE)."""
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Alarms:
    """How useful alarms would have been.

    An alert is one uninterrupted alarm in a project. It is true if a stakeholder left disappointed between
    its first day and 84 days after its last, false if none did, and undecided until those days are over. A
    departure was foreseen if an alarm was on at an evaluation in the 84 days before it; the lead time starts
    with that alert.
    """

    alerts: int
    false: int
    undecided: int
    false_per_project_year: float
    changes_per_project_year: float
    withdrawals: int
    foreseen: int
    median_lead_days: float | None
    flagged: int
    flagged_left: int
    """Evaluations with the alarm on, and those of them followed by a departure within 12 weeks."""
    by_chance: float
    """Decided alerts expected to be true by chance, for random alarms that last as long."""

    @property
    def decided(self) -> int:
        """Alerts that turned out true or false."""
        return self.alerts - self.undecided

    @property
    def true(self) -> int:
        """Alerts followed by a departure."""
        return self.decided - self.false

    @property
    def recall(self) -> float | None:
        """Share of departures foreseen."""
        return self.foreseen / self.withdrawals if self.withdrawals else None

    @property
    def precision(self) -> float | None:
        """Share of flagged evaluations followed by a departure."""
        return self.flagged_left / self.flagged if self.flagged else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """Result of a backtest. Where the history is too short the figures are None and `verdict` says so."""

    projects: int
    evaluations: int
    project_years: float
    withdrawals: int
    projects_with: int
    base_rate: float
    by: Mapping[str, Discrimination]
    """`score`, `overdue` and `quiet`; empty if the history is too short."""
    calibration: Calibration | None
    top: float | None
    """Mean share of the three highest of eighteen running projects that lose people within 12 weeks."""
    watch: Alarms | None
    at_risk: Alarms | None
    unconfirmed: Alarms | None
    """The watch threshold without hysteresis, for comparison."""
    at_burden: Mapping[str, Alarms]
    """Score and rules, each with the threshold at which false alerts stay within `BURDEN`."""
    verdict: str
    """`too_short`, `no_evidence`, `no_better` (than a plain rule) or `works`."""


def judge(rows: Evaluations, *, draws: int = DRAWS, seed: int = 0) -> Backtest:
    """Run the backtest. The seed only draws the resamples."""
    known = rows.known
    leaving = {int(project) for project in rows.leaving_project}
    years = _project_years(rows)
    base = float(rows.left[known].mean()) if known.any() else 0.0
    short = len(rows.leaving_day) < ENOUGH or len(leaving) < ENOUGH_PROJECTS or not 0 < base < 1
    facts: dict[str, Any] = {
        "projects": len(np.unique(rows.project)),
        "evaluations": int(known.sum()),
        "project_years": years,
        "withdrawals": len(rows.leaving_day),
        "projects_with": len(leaving),
        "base_rate": base,
    }
    if short:
        return Backtest(**facts, by={}, calibration=None, top=None, watch=None, at_risk=None,
                        unconfirmed=None, at_burden={}, verdict="too_short")  # fmt: skip
    by = discriminate(rows, draws=draws, seed=seed)
    watch, at_risk = alarms(rows, rows.probability, WATCH), alarms(rows, rows.probability, AT_RISK)
    series = {"score": rows.probability, "overdue": rows.overdue, "quiet": rows.quiet}
    return Backtest(
        **facts,
        by=by,
        calibration=calibrate(rows, draws=draws, seed=seed),
        top=precision_at_top(rows, rows.probability, seed=seed),
        watch=watch,
        at_risk=at_risk,
        unconfirmed=alarms(rows, rows.probability, (WATCH[0], WATCH[0]), confirm=False),
        at_burden={name: within_burden(rows, values, BURDEN) for name, values in series.items()},
        verdict=_verdict(by, watch),
    )


def _verdict(by: Mapping[str, Discrimination], watch: Alarms) -> str:
    """No evidence if, after 20 decided alerts, the true ones are no more than chance would give (exact
    binomial, one-sided, 10 %), or if the AUROC's interval includes .5 (DOMAIN of the field, §3.6)."""
    above = by["score"].auroc.low > 0.5
    if watch.decided >= ENOUGH_ALERTS:
        chance = watch.by_chance / watch.decided
        above &= bool(
            scipy.stats.binomtest(watch.true, watch.decided, chance, alternative="greater").pvalue < 0.1
        )
    if not above:
        return "no_evidence"
    gains = [each.gain for name, each in by.items() if name != "score"]
    return "works" if all(gain is not None and gain.low > 0 for gain in gains) else "no_better"


def _project_years(rows: Evaluations) -> float:
    """A fortnight of a running project for each evaluation."""
    return len(rows.day) * 14 / YEAR


# --- discrimination


def auroc(scores: Floats, outcomes: Flags, weights: Floats | None = None) -> float:
    """Area under the ROC curve, 0–1, ties counting half (Mann–Whitney); nan without both outcomes."""
    positive, negative = _by_score(scores, outcomes, weights)
    pairs = positive.sum() * negative.sum()
    if not pairs:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def average_precision(scores: Floats, outcomes: Flags, weights: Floats | None = None) -> float:
    """Mean precision over recall steps, 0–1, equal scores taken together; nan without a positive outcome."""
    positive, negative = (each[::-1] for each in _by_score(scores, outcomes, weights))
    if not positive.sum():
        return float("nan")
    found, taken = np.cumsum(positive), np.cumsum(positive + negative)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(taken > 0, found / taken, 0.0)
    return float((precision * positive).sum() / positive.sum())


def _by_score(scores: Floats, outcomes: Flags, weights: Floats | None) -> tuple[Floats, Floats]:
    """Weight of positive and of negative outcomes at each different score, lowest first."""
    different, index = np.unique(scores, return_inverse=True)
    size = len(different)
    weights = np.ones(len(scores)) if weights is None else weights
    positive: Floats = np.bincount(index, weights * outcomes, size).astype(float)
    negative: Floats = np.bincount(index, weights * ~outcomes, size).astype(float)
    return positive, negative


def resample(projects: Whole, statistic: Callable[[Floats], Any], draws: int, seed: int) -> NDArray[Any]:
    """The statistic under `draws` resamples of whole projects; it is given each row's weight (0, 1, 2, …)."""
    chance = np.random.default_rng(seed)
    different, index = np.unique(projects, return_inverse=True)
    number = len(different)
    drawn = [np.bincount(chance.integers(number, size=number), minlength=number) for _ in range(draws)]
    return np.array([statistic(counts[index].astype(float)) for counts in drawn])


def _interval(value: float, drawn: Floats) -> Interval:
    """Percentile interval; draws without both outcomes are left out."""
    usable = drawn[np.isfinite(drawn)]
    if not len(usable):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(usable, (0.025, 0.975))
    return Interval(value, float(low), float(high))


def discriminate(
    rows: Evaluations,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    also: Mapping[str, Floats] | None = None,
) -> dict[str, Discrimination]:
    """AUROC and average precision of the score, the plain rules and `also`, on the same resamples."""
    known = rows.known
    left = rows.left[known]
    series = {"score": rows.probability, "overdue": rows.overdue, "quiet": rows.quiet, **(also or {})}
    series = {name: values[known] for name, values in series.items()}

    def both(weights: Floats) -> list[list[float]]:
        return [
            [auroc(values, left, weights), average_precision(values, left, weights)]
            for values in series.values()
        ]

    observed = np.array(both(np.ones(len(left))))
    drawn = resample(rows.project[known], both, draws, seed)
    found: dict[str, Discrimination] = {}
    for index, name in enumerate(series):
        gain = None
        if name != "score":
            difference = observed[0, 0] - observed[index, 0]
            gain = _interval(float(difference), drawn[:, 0, 0] - drawn[:, index, 0])
        found[name] = Discrimination(
            _interval(float(observed[index, 0]), drawn[:, index, 0]),
            _interval(float(observed[index, 1]), drawn[:, index, 1]),
            gain,
        )
    return found


def precision_at_top(
    rows: Evaluations, scores: Floats, *, top: int = 3, of: int = 18, seed: int = 0, draws: int = 5
) -> float | None:
    """Mean share with a departure among the `top` highest of `of` projects drawn from those running on the
    same day; None if so many never ran at once. Ties are ordered at random."""
    chance = np.random.default_rng(seed)
    shares: list[float] = []
    for day in np.unique(rows.day[rows.known]):
        running = np.flatnonzero(rows.known & (rows.day == day))
        if len(running) < of:
            continue
        for _ in range(draws):
            drawn = chance.permutation(running)[:of]
            best = drawn[np.argsort(-scores[drawn], kind="stable")[:top]]
            shares.append(float(rows.left[best].mean()))
    return float(np.mean(shares)) if shares else None


# --- calibration


def brier(probabilities: Floats, outcomes: Flags) -> float:
    """Mean squared distance of probability and outcome, 0–1 (Brier 1950)."""
    return float(np.mean((probabilities - outcomes) ** 2))


def brier_skill(probabilities: Floats, outcomes: Flags, weights: Floats | None = None) -> float:
    """1 − Brier / Brier of always predicting the base rate; 0 is no better than that."""
    weights = np.ones(len(outcomes)) if weights is None else weights
    base = np.average(outcomes, weights=weights)
    climate = base * (1 - base)
    score = np.average((probabilities - outcomes) ** 2, weights=weights)
    return float(1 - score / climate) if climate else float("nan")


def logistic_line(probabilities: Floats, outcomes: Flags) -> tuple[float, float]:
    """(slope, intercept) of the outcome's log-odds on the prediction's (Cox 1958), by maximum likelihood."""
    held = np.clip(probabilities, 1e-6, 1 - 1e-6)
    x = np.log(held / (1 - held))

    def loss(line: Floats) -> tuple[float, Floats]:
        z = line[0] * x + line[1]
        away = 1 / (1 + np.exp(-z)) - outcomes
        value = float(np.mean(np.logaddexp(0, z) - outcomes * z))
        return value, np.array([np.mean(away * x), np.mean(away)])

    found = scipy.optimize.minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(found[0]), float(found[1])


def calibration_bins(probabilities: Floats, outcomes: Flags, bins: int = BINS) -> tuple[Bin, ...]:
    """Groups of equal size by predicted probability, lowest first."""
    order = np.argsort(probabilities, kind="stable")
    return tuple(
        Bin(len(part), float(probabilities[part].mean()), float(outcomes[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of predicted and observed, weighted by size."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.predicted - each.observed) for each in bins) / total


def calibrate(rows: Evaluations, *, draws: int = DRAWS, seed: int = 0) -> Calibration:
    """Calibration of the score on the evaluations whose outcome is known."""
    probabilities, left = rows.probability[rows.known], rows.left[rows.known]
    slope, intercept = logistic_line(probabilities, left)
    bins = calibration_bins(probabilities, left)
    drawn = resample(
        rows.project[rows.known], lambda weights: brier_skill(probabilities, left, weights), draws, seed
    )
    return Calibration(
        brier(probabilities, left),
        _interval(brier_skill(probabilities, left), drawn),
        slope,
        intercept,
        calibration_error(bins),
        bins,
    )


# --- alarms


def alarm_series(
    rows: Evaluations, values: Floats, thresholds: tuple[float, float], *, confirm: bool = True
) -> Flags:
    """Whether the alarm is on at each evaluation: raised at the first threshold, cleared below the second,
    each confirmed by a second evaluation unless `confirm` is false."""
    if not confirm:
        return values >= thresholds[0]
    on = np.zeros(len(values), dtype=bool)
    state, before = Alarm(), -1
    for index, (project, value) in enumerate(zip(rows.project.tolist(), values.tolist(), strict=True)):
        if project != before:
            state, before = Alarm(), project
        state = state.after(value, thresholds)
        on[index] = state.on
    return on


def alarms(
    rows: Evaluations, values: Floats, thresholds: tuple[float, float], *, confirm: bool = True
) -> Alarms:
    """Alarms on these values, judged."""
    on = alarm_series(rows, values, thresholds, confirm=confirm)
    fresh = np.r_[True, rows.project[1:] != rows.project[:-1]]
    was_on = np.r_[False, on[:-1]] & ~fresh
    begins = np.flatnonzero(on & ~was_on)
    ends = np.flatnonzero(on & np.r_[~on[1:] | fresh[1:], True])
    leavings: dict[int, list[int]] = {}
    for project, day in zip(rows.leaving_project.tolist(), rows.leaving_day.tolist(), strict=True):
        leavings.setdefault(project, []).append(day)
    recorded_until = int(rows.day[rows.known].max()) + HORIZON if rows.known.any() else 0
    base = float(rows.left[rows.known].mean()) if rows.known.any() else 0.0
    spells: dict[int, list[tuple[int, int]]] = {}
    true = undecided = 0
    by_chance = 0.0
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        project, first, last = int(rows.project[begin]), int(rows.day[begin]), int(rows.day[end])
        spells.setdefault(project, []).append((first, last))
        if any(first < day <= last + HORIZON for day in leavings.get(project, [])):
            true += 1
        elif last + HORIZON > recorded_until:
            undecided += 1
            continue
        by_chance += 1 - (1 - base) ** ((last + HORIZON - first) / HORIZON)
    leads: list[int] = []
    for project, days in leavings.items():
        for day in days:
            before = [first for first, last in spells.get(project, []) if first < day <= last + HORIZON]
            if before:
                leads.append(day - max(before))
    years = _project_years(rows)
    false = len(begins) - true - undecided
    flagged = on & rows.known
    return Alarms(
        alerts=len(begins),
        false=false,
        undecided=undecided,
        false_per_project_year=false / years if years else 0.0,
        changes_per_project_year=int((on != was_on).sum()) / years if years else 0.0,
        withdrawals=len(rows.leaving_day),
        foreseen=len(leads),
        median_lead_days=float(np.median(leads)) if leads else None,
        flagged=int(flagged.sum()),
        flagged_left=int((flagged & rows.left).sum()),
        by_chance=by_chance,
    )


def within_burden(rows: Evaluations, values: Floats, burden: float) -> Alarms:
    """Alarms at the lowest of twenty-four thresholds at which false alerts per project-year stay within
    the burden. Cleared below seven tenths of it, as the score's own levels are."""
    steps = np.unique(np.quantile(values, np.linspace(0.5, 0.999, 24)))
    steps = steps[steps > 0] if (steps > 0).any() else np.array([1.0])
    found = [alarms(rows, values, (float(step), 0.7 * float(step))) for step in steps]
    allowed = [each for each in found if each.false_per_project_year <= burden]
    return max(allowed or found[-1:], key=lambda each: (each.foreseen, -each.false))
