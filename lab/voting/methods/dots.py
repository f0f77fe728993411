"""Dots: each voter spreads a budget of dots; most dots win, the number of people who gave any beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from lab.foundation.errors import Invalid
from lab.foundation.text import quantity
from lab.voting.counting.orders import first_of, places_by
from lab.voting.counting.sums import GRADES, NO_MARK, Marks, blocks, by_option, histogram, part_of
from lab.voting.methods.method import Amount, Count, Method, Stack, Widget, supported


class Dots(Method):
    """Marks: how many of the budget. Dots may be left over."""

    name: ClassVar[str] = "dots"
    listed: ClassVar[int] = 4
    in_short: ClassVar[str] = "spread a budget"
    ways: ClassVar[Mapping[str, tuple[str, str]]] = {
        "supporters": ("most people", "by the number of people who gave any dot")
    }
    blank: ClassVar[int] = 0
    has_budget: ClassVar[bool] = True
    takes_hands: ClassVar[bool] = True
    share_of: ClassVar[str] = "of the dots"

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """All may go on one."""
        if budget is None:
            raise ValueError("a ballot of dots needs a budget")
        return 0, budget

    def limits_in_words(self, low: int, high: int) -> str:
        """With the budget."""
        return f"You have {quantity(high, 'dot')}, and cannot give less than {low}"

    def settled(self, row: Sequence[int], highest: int) -> Sequence[int]:
        """No more than there are."""
        if (given := sum(mark for mark in row if mark > 0)) > highest:
            raise Invalid(
                f"You gave {quantity(given, 'dot')} and have {highest}. Take {given - highest} away."
            )
        return row

    def count(self, stack: Stack) -> dict[str, Any]:
        """Dots, and how many people gave any."""
        unmarked, none = histogram(stack.marks, stack.weights, (NO_MARK, 0))
        # No mark is -1: added up with the rest and taken out again, which costs less than setting it to 0.
        totals = unmarked
        for block in blocks(len(stack.marks)):
            totals = totals + by_option(stack.marks[block], part_of(stack.weights, block))
        silent = unmarked + none
        return supported(totals, stack.judged * _budget(stack.marks, stack.budget)) | {
            "beside": {"supporters": first_of(places_by(-silent[None]))}
        }

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """The part of the budget."""
        return np.asarray(np.maximum(marks, 0) / _budget(marks, budget), dtype=np.float64)

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return (
            f"You have {_dots(budget)}. Put them where they matter to you; several may go on one. "
            "Dots you keep count for nothing."
        )

    def mark_in_words(self, mark: int) -> str:
        """None is not mentioned."""
        return _dots(mark) if mark else ""

    def result_in_words(self, found: Count, option: int) -> str:
        """All dots it got."""
        return f"{found.support[option]:g} dots"

    def having(self, found: Count, winner: int) -> str:
        """All dots it got."""
        return f" with {_dots(found.support[winner])}"

    def widget(self, options: int, budget: int) -> Widget:
        """A number of the budget."""
        return Amount(budget, budget)

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """Three fifths of the dots for the favourite, the rest for the next."""
        first, second, *_ = sorted(range(len(liking)), key=lambda option: -liking[option])
        most = round(budget * 3 / 5)
        return tuple({first: most, second: budget - most}.get(option, 0) for option in range(len(liking)))


def _budget(marks: Marks, budget: int | None) -> int:
    """Dots per voter, at least 1; if not given, the most on any ballot."""
    most = int(np.maximum(marks, 0).sum(axis=1).max(initial=0)) if budget is None else budget
    return max(most, 1)


def _dots(number: float) -> str:
    return "1 dot" if number == 1 else f"{number:.0f} dots"


METHOD: Final = Dots()
