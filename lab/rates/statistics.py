"""Intervals for shares. Pure; the methods are scipy's."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest

BENCHMARK = (9, 18)
"""Implemented and closed in the Northern Ireland Innovation Lab's first two years (Whicher & Crick 2019)."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, with the Wilson 95 % interval (Wilson 1927); None when nothing counts."""

    count: int
    total: int
    rate: float | None
    low: float | None
    high: float | None


def share(count: int, total: int) -> Share:
    """A share with its interval.

    Raises:
        ValueError: `count` is not between 0 and `total`.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    if total == 0:
        return Share(0, 0, None, None, None)
    interval = binomtest(count, total).proportion_ci(method="wilson")
    return Share(count, total, count / total, float(interval.low), float(interval.high))
