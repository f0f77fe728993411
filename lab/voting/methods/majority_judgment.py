"""Majority judgment: each option gets a grade; the best median wins, then the majority gauge.

Balinski & Laraki 2007, 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from lab.voting.counting.orders import first_of, groups_of, majority_values, medians_of, places_by
from lab.voting.counting.sums import GRADES, Marks, Numbers, as_integers, as_tuples, blanks, profile_of
from lab.voting.methods.method import Count, Gauge, Method, PickOne, Stack, Widget, supported

GRADE_NAMES: Final = ("To reject", "Poor", "Acceptable", "Good", "Very good", "Excellent")
"""Worst first: Balinski and Laraki's six."""


class MajorityJudgment(Method):
    """Marks: the grade, 0 is worst."""

    name: ClassVar[str] = "majority_judgment"
    listed: ClassVar[int] = 5
    in_short: ClassVar[str] = "a grade each"
    progress: ClassVar[str] = "graded"
    ways: ClassVar[Mapping[str, tuple[str, str]]] = {"mean": ("average grade", "by the average grade")}
    profile_title: ClassVar[str] = "How many gave each grade; the middle one decides"

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """The grades of the round."""
        return 0, grades - 1

    def limits_in_words(self, low: int, high: int) -> str:
        """With which end is best."""
        return f"Grades are numbered from {low}, the worst, to {high}, the best"

    def count(self, stack: Stack) -> dict[str, Any]:
        """Medians and gauges; support is ballots that grade it in the upper half."""
        profile = profile_of(stack.marks, stack.weights, stack.judged, stack.grades)
        medians = medians_of(profile)
        upper = profile[:, _upper_half(stack.grades) :].sum(axis=1)
        gauges = tuple(
            Gauge(grade, int(row[grade + 1 :].sum()), int(row[:grade].sum()))
            for row, grade in zip(profile, medians.tolist(), strict=True)
        )
        return supported(upper, stack.judged) | {
            "ranking": groups_of(self.places(profile)),
            "profile": as_tuples(profile),
            "medians": as_integers(medians),
            "gauges": gauges,
            "beside": {"mean": first_of(places_by((profile @ np.arange(stack.grades))[None]))},
        }

    def statistics(self, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
        """(ballots, options, grades) with the grade given."""
        points = np.maximum(marks, 0)
        given = np.asarray(points[:, :, None] == np.arange(grades), dtype=np.float64)
        given[blanks(marks)] = 0
        return given

    def places(self, tally: Numbers) -> NDArray[np.int64]:
        """By majority value."""
        return places_by(majority_values(tally))

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """A grade in the upper half: good or better of the usual six."""
        return (np.maximum(marks, 0) >= _upper_half(grades)).astype(np.float64)

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return "Grade each of them on its own. Those you leave out count as “To reject”."

    def mark_in_words(self, mark: int) -> str:
        """The grade's name."""
        return GRADE_NAMES[mark]

    def result_in_words(self, found: Count, option: int) -> str:
        """The median grade, with the gauge's sign."""
        gauge = found.gauges[option]
        return f"{GRADE_NAMES[gauge.grade]}{gauge.sign}"

    def having(self, found: Count, winner: int) -> str:
        """The median grade."""
        return f" with the grade “{grade_name(found.medians[winner], len(found.profile[0]))}”"

    def ahead(self, found: Count, names: Sequence[str], runners_up: str) -> str:
        """By grade, or by the gauge if the grade is the same."""
        (winner,), (second, *_) = found.ranking[:2]
        if found.medians[winner] == found.medians[second]:
            return f"; {runners_up}, with the same grade, has less behind it"
        return f", ahead of {runners_up}"

    def widget(self, options: int, budget: int) -> Widget:
        """The grades, best first."""
        return PickOne(tuple(enumerate(GRADE_NAMES))[::-1], is_wide=True)

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """Lukewarm is the middle."""
        return tuple(max(0, min(GRADES - 1, round((GRADES - 1) / 2 + each))) for each in liking)

    def category_mark(self, categories: int) -> Callable[[int], int]:
        """The categories are the grades."""
        return lambda rank: categories - 1 - rank


def grade_name(grade: int, grades: int) -> str:
    """A grade in words; its number when a round has other grades than the usual six."""
    return GRADE_NAMES[grade] if grades == len(GRADE_NAMES) else f"grade {grade + 1} of {grades}"


def _upper_half(grades: int) -> int:
    """The lowest grade of the upper half; a middle grade is not in it."""
    return (grades + 1) // 2


METHOD: Final = MajorityJudgment()
