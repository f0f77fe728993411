"""Parameters of the score: weights, probability, and the lab's pace of progress.

Every number is a default of ours, to be recalibrated on a lab's own history. Days are calendar days.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
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


PRIOR_EVENTS: Final = 4.0
PRIOR_DAYS: Final = 4 * 28 / math.log(2)
"""Gamma prior of the progress rate: as if 4 steps had taken 161.6 days; predictive median 30.57 days."""
INTERCEPT: Final = 6.5
SLOPE: Final = 6.4
"""p = 1 / (1 + exp(6.5 − 6.4 · index / 100)), for the next 12 weeks."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights (any scale; 100 together by custom), and p = 1 / (1 + exp(intercept − slope · index / 100))."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    intercept: float = INTERCEPT
    slope: float = SLOPE

    def probability(self, index: float) -> float:
        """Chance, 0–1, that a person with this index leaves disillusioned within 12 weeks."""
        return 1.0 / (1.0 + math.exp(self.intercept - self.slope * index / 100.0))


DEFAULT_MODEL: Final = Model()
"""A prior from simulation, not yet calibrated on the lab's own past."""


@dataclass(frozen=True, slots=True)
class History:
    """The lab's own past: its pace of progress (steps seen, and days waited for a step, seen or not) and
    the model fitted to it."""

    progress_events: int = 0
    silent_days: float = 0.0
    model: Model = DEFAULT_MODEL

    def surprise(self, days_silent: float, deviations: float = 0.0) -> float:
        """Share of waits, 0–1, that end before `days_silent` (Lomax), the shape ± `deviations` · √shape."""
        shape = PRIOR_EVENTS + self.progress_events
        shape = max(0.1, shape + deviations * math.sqrt(shape))
        rate = PRIOR_DAYS + self.silent_days
        return 1.0 - math.pow(rate / (rate + max(0.0, days_silent)), shape)
