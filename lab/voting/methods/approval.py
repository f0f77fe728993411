"""Approval: a yes for every option one supports; most yes wins (Brams & Fishburn 1978)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from lab.foundation.folding import fold
from lab.voting.counting.sums import histogram
from lab.voting.methods.method import Count, Method, Stack, Tick, Widget, supported


class Approval(Method):
    """Marks: 0 no, 1 yes."""

    name: ClassVar[str] = "approval"
    listed: ClassVar[int] = 1
    in_short: ClassVar[str] = "tick what you support"
    progress: ClassVar[str] = "ticked"
    blank: ClassVar[int] = 0
    takes_hands: ClassVar[bool] = True

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """No or yes."""
        return 0, 1

    def limits_in_words(self, low: int, high: int) -> str:
        """No numbers: it is a tick."""
        return "An option is either ticked or not"

    def count(self, stack: Stack) -> dict[str, Any]:
        """Yes votes."""
        yes = histogram(stack.marks, stack.weights, (1,))[0]
        return supported(yes, stack.judged) | {"beside": {}}

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return "Tick every one you support, as many as you like. Those you leave out count as no."

    def mark_in_words(self, mark: int) -> str:
        """Only a yes is mentioned."""
        return "yes" if mark else ""

    def result_in_words(self, found: Count, option: int) -> str:
        """Yes votes of all ballots that say something."""
        return f"{found.support[option]:g} of {found.judged}"

    def having(self, found: Count, winner: int) -> str:
        """As `result_in_words`."""
        return f" with {found.support[winner]:.0f} of {found.judged} ballots"

    def widget(self, options: int, budget: int) -> Widget:
        """A box to tick."""
        return Tick()

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """Yes for any positive liking."""
        return tuple(int(each > 0.3) for each in liking)

    def category_mark(self, categories: int) -> Callable[[int], int]:
        """Yes for the first category."""
        return lambda rank: int(rank == 0)

    def mark_of_cell(self, cell: str) -> int | None:
        """Ticks and words for yes and no, as people and spreadsheets write them."""
        return _CELLS.get(fold(cell.replace(VARIATION, "")))


VARIATION: Final = "\ufe0f"
"""What makes a tick an emoji."""
_CELLS: Final = dict.fromkeys(("x", "×", "true", "yes", "✓", "✔", "☑", "✅"), 1) | dict.fromkeys(
    ("false", "no", "☐"), 0
)
METHOD: Final = Approval()
