"""Intervals and comparisons for counts. Pure; the methods are scipy's where it has them.

Every interval is a central 95 % one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import scipy  # loads scipy.stats (half a second) where it is first used: most commands never need it

BENCHMARK = (9, 18)
"""Implemented and closed in the Northern Ireland Innovation Lab's first two years (Whicher & Crick 2019)."""
PRIOR: Final = (4.5, 4.5)
"""Beta prior of an implementation rate: the benchmark's 9 of 18, counted half. Central 95 %: 0.199–0.801."""
LEAST: Final = 5
"""With fewer on either side there is no comparison, and no percentage."""
_TAIL: Final = 0.025
_SMALL_TABLE: Final = 40
"""Tables up to this total use Boschloo's test (some 0.1 s); beyond it gains little."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, with the Wilson 95 % interval (Wilson 1927); None when nothing counts."""

    count: int
    total: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between its bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Belief:
    """A rate under a prior and some counts: mean, central 95 %, and P(rate > ½)."""

    mean: float
    low: float
    high: float
    above_half: float


def share(count: int, total: int) -> Share:
    """A share with its interval.

    Raises:
        ValueError: `count` is not between 0 and `total`.
    """
    _check(count, total)
    if total == 0:
        return Share(0, 0, None, None, None)
    low, high = _wilson(count, total)
    return Share(count, total, count / total, low, high)


def clopper_pearson(count: int, total: int) -> Interval:
    """The exact interval, never too narrow (Clopper & Pearson 1934). `total` must be positive."""
    _check(count, total)
    found = scipy.stats.binomtest(count, total).proportion_ci(method="exact")
    return Interval(count / total, float(found.low), float(found.high))


def jeffreys(count: int, total: int) -> Interval:
    """The interval from Beta(½, ½), for bars beside each other (Brown, Cai & DasGupta 2001).

    Ends at 0 or 1 if `count` is 0 or `total`. `total` must be positive.
    """
    _check(count, total)
    posterior = scipy.stats.beta(count + 0.5, total - count + 0.5)
    low = float(posterior.ppf(_TAIL)) if count else 0.0
    high = float(posterior.ppf(1 - _TAIL)) if count < total else 1.0
    return Interval(count / total, low, high)


def belief(count: int, total: int, prior: tuple[float, float] = PRIOR) -> Belief:
    """The prior updated with `count` of `total`: for labs with too few closed projects for a rate."""
    _check(count, total)
    posterior = scipy.stats.beta(prior[0] + count, prior[1] + total - count)
    return Belief(
        float(posterior.mean()),
        float(posterior.ppf(_TAIL)),
        float(posterior.ppf(1 - _TAIL)),
        float(posterior.sf(0.5)),
    )


def poisson_rate(events: int, exposure: float) -> Interval:
    """Events per unit of exposure with the exact interval (Garwood 1936). `exposure` must be positive."""
    if events < 0 or exposure <= 0:
        raise ValueError(f"{events} events in {exposure} is no rate")
    low = float(scipy.stats.chi2.ppf(_TAIL, 2 * events)) / 2 if events else 0.0
    high = float(scipy.stats.chi2.ppf(1 - _TAIL, 2 * (events + 1))) / 2
    return Interval(events / exposure, low / exposure, high / exposure)


def difference(count: int, total: int, other_count: int, other_total: int) -> Interval:
    """First share less the second, with Newcombe's hybrid score interval (Newcombe 1998, method 10)."""
    _check(count, total)
    _check(other_count, other_total)
    first, second = count / total, other_count / other_total
    low, high = _wilson(count, total)
    other_low, other_high = _wilson(other_count, other_total)
    return Interval(
        first - second,
        first - second - math.hypot(first - low, other_high - second),
        first - second + math.hypot(high - first, second - other_low),
    )


def exact_p(count: int, total: int, other_count: int, other_total: int) -> float:
    """Two-sided exact p of no difference: Boschloo's (1970) for small tables, Fisher's beyond 40."""
    table = [[count, other_count], [total - count, other_total - other_count]]
    if total + other_total > _SMALL_TABLE:
        return float(scipy.stats.fisher_exact(table).pvalue)
    return float(scipy.stats.boschloo_exact(table).pvalue)


def probability_larger(count: int, total: int, other_count: int, other_total: int) -> float:
    """P(first rate > second), each under Jeffreys' prior, by numerical integration."""
    first = scipy.stats.beta(count + 0.5, total - count + 0.5)
    second = scipy.stats.beta(other_count + 0.5, other_total - other_count + 0.5)
    found, _error = scipy.integrate.quad(lambda quantile: second.cdf(first.ppf(quantile)), 0, 1, limit=200)
    return float(found)


def _wilson(count: int, total: int) -> tuple[float, float]:
    found = scipy.stats.binomtest(count, total).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def _check(count: int, total: int) -> None:
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
