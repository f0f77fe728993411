"""Score: each option gets 0 to 5; the highest mean of those who scored it wins, the median beside it.

An option without a mark is no opinion: it neither lifts nor lowers the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from lab.foundation.errors import Invalid
from lab.voting.counting.orders import first_of, groups_of, medians_of, places_by
from lab.voting.counting.sums import (
    GRADES,
    NO_MARK,
    Marks,
    Numbers,
    as_integers,
    as_tuples,
    histogram,
    point_columns,
    profile_of,
)
from lab.voting.methods.method import Count, Method, PickOne, Stack, Widget

HIGHEST: Final = 5


class Score(Method):
    """Marks: 0 to 5."""

    blank_means: ClassVar[str] = "no_opinion"
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
        """Means and medians of those who marked an option."""
        given = histogram(stack.marks, stack.weights, range(HIGHEST + 1))
        return self._counted(np.stack(given, axis=1))

    def _counted(self, profile: Numbers) -> dict[str, Any]:
        """The result from the number of ballots for (option, score)."""
        totals, marked = profile @ np.arange(HIGHEST + 1), profile.sum(axis=1)
        means = totals / np.maximum(marked, 1)
        medians = medians_of(profile)
        return {
            "support": tuple(totals.tolist()),
            "share": tuple((means / HIGHEST).tolist()),
            "ranking": groups_of(self.places(np.stack([totals, marked], axis=-1))),
            "profile": as_tuples(profile),
            "means": tuple(means.tolist()),
            "medians": as_integers(medians),
            "beside": {"median": first_of(places_by(np.stack([marked > 0, medians])))},
        }

    def where_blank_means(self, meaning: str) -> Method:
        """Rounds of earlier versions count a blank as 0."""
        return BLANK_IS_0 if meaning == BLANK_IS_0.blank_means else METHOD

    def statistics(self, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
        """(ballots, options, 2) with the score, and 1 for having scored."""
        return np.stack([np.maximum(marks, 0), marks != NO_MARK], axis=-1).astype(np.float64)

    def places(self, tally: Numbers) -> NDArray[np.int64]:
        """By the mean; an option that nobody scored is behind all others."""
        totals, marked = tally[..., 0], tally[..., 1]
        return places_by(np.stack([marked > 0, totals / np.maximum(marked, 1)]))

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """The part of the highest score."""
        return np.where(marks == NO_MARK, np.nan, marks / HIGHEST)

    def columns(self, marks: Marks) -> Numbers:
        """A ballot prefers one option to another only if it scores both."""
        return np.where(marks == NO_MARK, np.nan, -marks.astype(np.float32)).T

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return f"{_SCALE} Those you leave out are no opinion: an average is over those who gave a score."

    def mark_in_words(self, mark: int) -> str:
        """Of the most there is."""
        return f"{mark} of {HIGHEST}"

    def result_in_words(self, found: Count, option: int) -> str:
        """Mean, median, and how many scored it."""
        if not (scored := sum(found.profile[option])):
            return "scored by nobody"
        average = f"{found.means[option]:.1f} on average, median {found.medians[option]}"
        return f"{average}, scored by {scored} of {found.judged}"

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
        return PickOne(tuple((score, str(score)) for score in range(HIGHEST + 1)), none="No opinion")

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """Lukewarm is the middle."""
        return tuple(max(0, min(HIGHEST, round(HIGHEST / 2 + each))) for each in liking)

    def category_mark(self, categories: int) -> Callable[[int], int]:
        """Points down to 0."""
        if categories > HIGHEST + 1:
            raise Invalid(f"Scores go from 0 to {HIGHEST}, and there are {categories} categories.")
        return lambda rank: categories - 1 - rank


class ScoreWithBlanksAs0(Score):
    """As rounds of earlier versions were voted and are counted: an option without a mark has 0."""

    blank_means: ClassVar[str] = "least"

    def count(self, stack: Stack) -> dict[str, Any]:
        """Means and medians over all ballots without abstentions."""
        return self._counted(profile_of(stack.marks, stack.weights, stack.judged, HIGHEST + 1))

    def statistics(self, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
        """A blank scored 0."""
        scored = super().statistics(marks, grades)
        scored[..., 1] = (marks != NO_MARK).any(axis=1)[:, None]
        return scored

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """The part of the highest score."""
        return np.asarray(np.maximum(marks, 0) / HIGHEST, dtype=np.float64)

    def columns(self, marks: Marks) -> Numbers:
        """A blank is level with 0."""
        return point_columns(marks)

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return f"{_SCALE} Those you leave out count as 0."

    def result_in_words(self, found: Count, option: int) -> str:
        """Mean and median."""
        return f"{found.means[option]:.1f} on average, median {found.medians[option]}"

    def widget(self, options: int, budget: int) -> Widget:
        """To leave one out is to score 0."""
        return PickOne(tuple((score, str(score)) for score in range(HIGHEST + 1)))


_SCALE: Final = f"Give each a score from 0, not at all, to {HIGHEST}, very much."
METHOD: Final = Score()
BLANK_IS_0: Final = ScoreWithBlanksAs0()
