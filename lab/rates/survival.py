"""Survival analysis: durations of which some are still running. Pure; Kaplan–Meier and log-rank are scipy's.

Durations come grouped, as the database counts them: number, days, and cause of the end. Those still running
are censored, never failures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # loads scipy.stats (half a second) where it is first used: most commands never need it
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
RUNNING: Final = 0
"""The cause of a censored duration."""
_NORMAL_95: Final = 1.959963984540054  # scipy.stats.norm.ppf(0.975)


@dataclass(frozen=True, slots=True)
class Durations:
    """`count[i]` durations of `days[i]` days ended by `cause[i]` (1, 2, …), or are still running
    (`RUNNING`)."""

    days: NDArray[np.int64]
    cause: NDArray[np.int64]
    count: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Iterable[tuple[float, int, int]]) -> Durations:
        """From (days, cause, count). Negative days, from misdated records, count as 0."""
        table = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 3)
        return cls(np.maximum(table[:, 0], 0), table[:, 1], table[:, 2])

    @property
    def total(self) -> int:
        """The number of durations."""
        return int(self.count.sum())

    def ended(self, *causes: int) -> int:
        """The number ended by one of these causes; by any if none is given."""
        chosen = np.isin(self.cause, causes) if causes else self.cause != RUNNING
        return int(self.count[chosen].sum())


@dataclass(frozen=True, slots=True)
class Curve:
    """A step function of time since the start: its value from each of `days` on, with 95 % bounds."""

    start: float
    """Its value before the first step."""
    days: Numbers
    value: Numbers
    low: Numbers
    high: Numbers

    def at(self, day: float) -> float:
        """The value on a day."""
        index = int(np.searchsorted(self.days, day, side="right")) - 1
        return float(self.value[index]) if index >= 0 else self.start

    def bounds_at(self, day: float) -> tuple[float, float]:
        """The bounds on a day; before the first step, the value."""
        index = int(np.searchsorted(self.days, day, side="right")) - 1
        return (float(self.low[index]), float(self.high[index])) if index >= 0 else (self.start, self.start)


def at_risk(durations: Durations, days: Sequence[float]) -> tuple[int, ...]:
    """Number under observation just before each of these days."""
    return tuple(int(durations.count[durations.days >= day].sum()) for day in days)


def cumulative_incidence(durations: Durations, causes: Sequence[int]) -> dict[int, Curve]:
    """Aalen–Johansen (1978): the share ended by each cause over time, with the other causes competing.

    `causes` must name every cause there is; the incidences and the share still running then add up to 1.
    Variance by the delta method (Dinse & Larson 1986; Marubini & Valsecchi 1995, as Stata's stcompet); bounds
    on the log(−log) scale (Kalbfleisch & Prentice), pointwise, so not a band for the whole curve.
    """
    if not set(np.unique(durations.cause)) <= {RUNNING, *causes}:
        raise ValueError("every cause there is must be named")
    days, present = _observed(durations)
    by_cause = {cause: _ended_on(durations, days, durations.cause == cause) for cause in causes}
    ended: Numbers = np.sum(list(by_cause.values()), axis=0)
    running = np.cumprod(1 - ended / present)
    before = np.concatenate(([1.0], running[:-1]))
    curves = {}
    for cause, count in by_cause.items():
        value = np.minimum(np.cumsum(before * count / present), 1.0)
        error = _incidence_error(value, count, ended, present, before)
        low, high = _log_log(value, error)
        curves[cause] = Curve(0.0, days, value, low, high)
    return curves


def _observed(durations: Durations) -> tuple[Numbers, Numbers]:
    """The days with an end or a censoring, and the number at risk just before each."""
    days = np.unique(durations.days).astype(float)
    left = _ended_on(durations, days, np.ones(len(durations.days), dtype=bool))
    return days, durations.total - (np.cumsum(left) - left)


def _ended_on(durations: Durations, days: Numbers, chosen: NDArray[np.bool_]) -> Numbers:
    index = np.searchsorted(days, durations.days)
    return np.bincount(index, durations.count * chosen, len(days)).astype(float)


def _hazard_variance(ended: Numbers, present: Numbers) -> Numbers:
    """Greenwood's terms. Where all at risk end, the term is infinite and is left out: nothing follows."""
    left = present - ended
    return np.divide(ended, present * left, out=np.zeros_like(present), where=left > 0)


def _incidence_error(
    value: Numbers, count: Numbers, ended: Numbers, present: Numbers, before: Numbers
) -> Numbers:
    all_causes = _hazard_variance(ended, present)
    own = (present - count) * count / present**3
    shared = count / present**2
    variance = (
        value**2 * np.cumsum(all_causes)
        - 2 * value * np.cumsum(value * all_causes)
        + np.cumsum(value**2 * all_causes)
        + np.cumsum(before**2 * own)
        - 2 * value * np.cumsum(before * shared)
        + 2 * np.cumsum(value * before * shared)
    )
    error: Numbers = np.sqrt(np.maximum(variance, 0.0))
    return error


def _log_log(value: Numbers, error: Numbers) -> tuple[Numbers, Numbers]:
    low, high = value.copy(), value.copy()
    inside = (value > 0) & (value < 1 - 1e-12)
    share = value[inside]
    width = np.minimum(-_NORMAL_95 * error[inside] / (share * np.log(share)), 50)
    low[inside], high[inside] = share ** np.exp(width), share ** np.exp(-width)
    return low, high


def still_running(durations: Durations) -> Curve:
    """Kaplan & Meier (1958): the share still running by day, whatever the cause of the end.

    Bounds on the log(−log) scale from Greenwood's variance; equal to the value where undefined (nothing ended
    yet, or everything). Without observations the curve has no steps.
    """
    if durations.total == 0:
        empty = np.array([])
        return Curve(1.0, empty, empty, empty, empty)
    value = scipy.stats.ecdf(_censored(durations, durations.cause != RUNNING)).sf.probabilities
    days, present = _observed(durations)
    ended = _ended_on(durations, days, durations.cause != RUNNING)
    low, high = _log_log(value, value * np.sqrt(np.cumsum(_hazard_variance(ended, present))))
    return Curve(1.0, days, value, low, high)


def median_days(running: Curve) -> float | None:
    """The first day by which half have ended; None if fewer have."""
    reached = np.flatnonzero(running.value <= 0.5 + 1e-12)
    return float(running.days[reached[0]]) if reached.size else None


def restricted_mean(running: Curve, until: float) -> float:
    """Mean days of running within the first `until` days: the area under the curve (Irwin 1949).

    Defined even without a median. Beyond the last observation the curve stays level.
    """
    steps = np.concatenate(([0.0], running.days[running.days < until], [until]))
    heights = np.array([running.at(day) for day in steps[:-1]])
    return float(np.sum(np.diff(steps) * heights))


def log_rank(first: Durations, second: Durations, cause: int) -> tuple[float, float]:
    """(χ², two-sided p) that two groups reach `cause` equally fast; other ends count as censoring.

    One degree of freedom (Mantel 1966), of the cause-specific hazards.
    """
    found = scipy.stats.logrank(*(_censored(each, each.cause == cause) for each in (first, second)))
    return float(found.statistic) ** 2, float(found.pvalue)


def _censored(durations: Durations, ended: NDArray[np.bool_]) -> scipy.stats.CensoredData:
    """scipy wants one number per duration; arrays are cheap."""
    return scipy.stats.CensoredData(
        uncensored=np.repeat(durations.days[ended], durations.count[ended]),
        right=np.repeat(durations.days[~ended], durations.count[~ended]),
    )
