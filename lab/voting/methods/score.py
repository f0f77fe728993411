"""Score: each option gets 0 to 5; the highest mean wins, the median beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from lab.foundation.errors import Invalid
from lab.voting.counting.orders import first_of, medians_of, places_by
from lab.voting.counting.sums import as_integers, as_tuples, profile_of
from lab.voting.methods.method import Count, Method, PickOne, Stack, Widget, supported

HIGHEST: Final = 5


class Score(Method):
    """Marks: 0 to 5."""

    name: ClassVar[str] = "score"
    listed: ClassVar[int] = 2
    in_short: ClassVar[str] = f"0–{HIGHEST} each"
    progress: ClassVar[str] = "scored"
    ways: ClassVar[Mapping[str, tuple[str, str]]] = {"median": ("middle score", "by the middle score")}
    profile_title: ClassVar[str] = "How many gave each score"

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """The same for all."""
        return 0, HIGHEST

    def limits_in_words(self, low: int, high: int) -> str:
        """Both ends."""
        return f"A score goes from {low} to {high}"

    def count(self, stack: Stack) -> dict[str, Any]:
        """Totals, means and medians."""
        profile = profile_of(stack.marks, stack.weights, stack.judged, HIGHEST + 1)
        totals = profile @ np.arange(HIGHEST + 1)
        medians = medians_of(profile)
        return supported(totals, stack.judged * HIGHEST) | {
            "profile": as_tuples(profile),
            "means": tuple((totals / max(stack.judged, 1)).tolist()),
            "medians": as_integers(medians),
            "beside": {"median": first_of(places_by(medians[None]))},
        }

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return (
            f"Give each a score from 0, not at all, to {HIGHEST}, very much. Those you leave out count as 0."
        )

    def mark_in_words(self, mark: int) -> str:
        """Of the most there is."""
        return f"{mark} of {HIGHEST}"

    def result_in_words(self, found: Count, option: int) -> str:
        """Mean and median."""
        return f"{found.means[option]:.1f} on average, median {found.medians[option]}"

    def having(self, found: Count, winner: int) -> str:
        """The mean."""
        return f" with {found.means[winner]:.1f} of {HIGHEST} on average"

    def ahead(self, found: Count, names: Sequence[str], runners_up: str) -> str:
        """The gap between the means."""
        (winner,), (second, *_) = found.ranking[:2]
        gap = found.means[winner] - found.means[second]
        return f", {f'{gap:.1f}' if gap >= 0.05 else 'less than 0.1'} more than {runners_up}"

    def widget(self, options: int, budget: int) -> Widget:
        """The scores side by side."""
        return PickOne(tuple((score, str(score)) for score in range(HIGHEST + 1)))

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """Lukewarm is the middle."""
        return tuple(max(0, min(HIGHEST, round(HIGHEST / 2 + each))) for each in liking)

    def category_mark(self, categories: int) -> Callable[[int], int]:
        """Points down to 0."""
        if categories > HIGHEST + 1:
            raise Invalid(f"Scores go from 0 to {HIGHEST}, and there are {categories} categories.")
        return lambda rank: categories - 1 - rank


METHOD: Final = Score()
