"""Stars: nothing, or up to three for each. A method of voting in one file, as it would stand in
`lab/voting/methods/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from lab.voting.methods.method import Method, PickOne, Widget

WORDS = ("No", "Maybe", "Yes", "Yes, please")


class Stars(Method):
    """Nothing, or up to three stars for each."""

    name: ClassVar[str] = "stars"
    in_short: ClassVar[str] = "up to three stars each"

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        return 0, 3

    def limits_in_words(self, low: int, high: int) -> str:
        return f"There are {low} to {high} stars"

    def instruction(self, budget: int) -> str:
        return "Give each up to three stars."

    def mark_in_words(self, mark: int) -> str:
        return WORDS[mark]

    def result_in_words(self, found: object, option: int) -> str:
        return "some stars"

    def widget(self, options: int, budget: int) -> Widget:
        return PickOne(tuple(enumerate(WORDS)), is_wide=True)

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        return tuple(max(0, min(3, round(1.5 + each))) for each in liking)


METHOD: Final = Stars()
