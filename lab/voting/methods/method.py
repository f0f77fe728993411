"""The interface of a voting method: range of marks, counting, words, and ballot widget. Pure.

All methods share one array: `marks`, integers of shape (ballots, options), `NO_MARK` (-1) for an unmarked
option. To add a method, put a file here that subclasses `Method` and ends with `METHOD = …()`; the registry
finds it. A ballot that no `Widget` here can draw needs a template part too:
`lab/web/templates/ballot_<kind>.html`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lab.foundation.errors import Invalid
from lab.voting.counting.orders import groups_of, places_by
from lab.voting.counting.runoff import Round
from lab.voting.counting.sums import (
    GRADES,
    NO_MARK,
    Marks,
    Matrix,
    Numbers,
    Weights,
    histogram,
    point_columns,
)


@dataclass(frozen=True)
class Gauge:
    """An option's majority gauge: the numbers of ballots above and below its median grade."""

    grade: int
    above: int
    below: int

    @property
    def sign(self) -> str:
        """“+” when more would raise the grade than lower it, else “−” (Balinski & Laraki 2011)."""
        return "+" if self.above > self.below else "−"


@dataclass(frozen=True)
class Count:
    """A counted round. Options are numbered as in `marks`; a tuple over options has one entry for each."""

    method: str
    blank_means: str
    """What an option without a mark counted as: one of `db.words.BLANK_MEANINGS`."""
    ballots: int
    """All ballots, including abstentions."""
    abstentions: int
    marked: tuple[int, ...]
    """Ballots with a mark on the option."""
    support: tuple[float, ...]
    """Yes votes; points; dots; Borda points; or ballots that grade it in the upper half of the grades."""
    share: tuple[float, ...]
    """`support` as a share, 0 to 1, of the most the ballots without abstentions could give."""
    ranking: tuple[tuple[int, ...], ...]
    """Best first; tied options share a group."""
    beside: Mapping[str, tuple[int, ...]]
    """The winners by other methods on the same ballots."""
    _pairwise: Callable[[], Matrix] = field(repr=False, compare=False)
    is_supported: bool = True
    """Whether any ballot says something for any option: otherwise nobody wins."""
    profile: Matrix = ()
    """Number of ballots per mark, from 0 up; no mark counts as 0, unless it means no opinion. Only for
    methods with few marks."""
    means: tuple[float, ...] = ()
    """score."""
    medians: tuple[int, ...] = ()
    """score, majority_judgment: the lower of the two middle marks when ballots are even in number."""
    gauges: tuple[Gauge, ...] = ()
    """majority_judgment."""
    strongest_paths: Matrix = ()
    """ranked: strength, in winning votes, of the strongest path from each option to each other."""
    rounds: tuple[Round, ...] = ()
    """ranked: the instant runoff."""

    @property
    def options(self) -> int:
        """How many there are."""
        return len(self.support)

    @property
    def judged(self) -> int:
        """Ballots without abstentions."""
        return self.ballots - self.abstentions

    @property
    def winners(self) -> tuple[int, ...]:
        """The winners; several if tied, none if no ballot says anything for any option."""
        return self.ranking[0] if self.is_supported else ()

    @property
    def disagreements(self) -> tuple[str, ...]:
        """The methods in `beside` whose winners are all different from these."""
        if not self.winners:
            return ()
        return tuple(way for way, winners in self.beside.items() if not set(winners) & set(self.winners))

    @cached_property
    def pairwise(self) -> Matrix:
        """[a][b] is how many ballots prefer a to b; computed on first use."""
        return self._pairwise()


@dataclass(frozen=True)
class Stack:
    """The ballots of a round with their limits."""

    marks: Marks
    weights: Weights | None
    judged: int
    """Weight of the ballots without abstentions."""
    budget: int | None
    grades: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A checkbox: 1 or 0."""

    kind: ClassVar[str] = "tick"
    has_several_fields: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class PickOne:
    """One of a few labelled marks, in display order."""

    choices: tuple[tuple[int, str], ...]
    is_wide: bool = False
    """Whether the labels are words, which need a line each on a phone."""
    none: str = ""
    """The label of a choice that takes the mark away again, if leaving it out says something else than any
    mark."""
    kind: ClassVar[str] = "choice"
    has_several_fields: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Order:
    """A rank from 1 to the number of options; with a script, phones tap options in order."""

    options: int
    kind: ClassVar[str] = "order"
    has_several_fields: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A number from 0 to `highest`; their sum is at most `budget`, if there is one."""

    highest: int
    budget: int | None = None
    kind: ClassVar[str] = "amount"
    has_several_fields: ClassVar[bool] = False


Widget = Tick | PickOne | Order | Amount
"""How an option is drawn, on phones and on the desk."""


class Method(ABC):
    """A voting method. The defaults fit methods whose marks are points from 0 up."""

    name: ClassVar[str]
    """Its name in rounds, files and published records."""
    listed: ClassVar[int] = 100
    """Sort key in menus, lowest first."""
    in_short: ClassVar[str]
    """Half a sentence for menus."""
    progress: ClassVar[str] = "marked"
    """The participle for a marked option, as in “2 of 3 ticked”."""
    ways: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """The methods in `Count.beside` by name, each with its end of the sentence “counted …”."""
    readings: ClassVar[tuple[str, ...]] = ()
    """Methods that give a whole ranking from the same ballots; the first is the result."""
    blank: ClassVar[int] = NO_MARK
    """The mark of an option that the form leaves out."""
    blank_means: ClassVar[str] = "least"
    """What an option without a mark counts as in new rounds: one of `db.words.BLANK_MEANINGS`."""
    has_budget: ClassVar[bool] = False
    takes_hands: ClassVar[bool] = False
    """Whether a raised hand for one option is a whole ballot."""
    takes_orders: ClassVar[bool] = False
    """Whether a mark is a rank, 1 the best."""
    share_of: ClassVar[str] = "support"
    """What `Count.share` is a share of, after “56 %”."""
    profile_title: ClassVar[str] = "How many gave each mark"
    """Title of the chart of `Count.profile`."""

    def where_blank_means(self, meaning: str) -> Method:
        """This method as rounds are counted in which an option without a mark means that."""
        return self

    # The range.

    @abstractmethod
    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """The lowest and highest mark for this number of options."""

    @abstractmethod
    def limits_in_words(self, low: int, high: int) -> str:
        """The limits in an error message, without a full stop."""

    def settled(self, row: Sequence[int], highest: int) -> Sequence[int]:
        """A ballot with marks in range, normalised for counting. Raises `Invalid` if it exceeds the
        budget."""
        return row

    def guard_marks(self, marks: Marks, lowest: int, highest: int, grades: int) -> None:
        """Raises ValueError if these marks, from `lowest` to `highest`, cannot be of this method."""
        if highest > self.limits(marks.shape[1], highest, grades)[1]:
            raise ValueError(f"marks from {lowest} to {highest} cannot be {self.name}")

    # The counting.

    def count(self, stack: Stack) -> dict[str, Any]:
        """This method's fields of a `Count`."""
        low, high = self.limits(stack.marks.shape[1], stack.budget, stack.grades)
        given = histogram(stack.marks, stack.weights, range(low, high + 1))
        totals = sum(mark * ballots for mark, ballots in enumerate(given, start=low))
        return supported(np.asarray(totals), stack.judged * high) | {"beside": {}}

    def statistics(self, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
        """Each ballot's contribution to the deciding tally: (ballots, options, …). Weighted sums of these go
        into `places`.
        """
        return np.maximum(marks, 0).astype(np.float64)

    def places(self, tally: Numbers) -> NDArray[np.int64]:
        """The number of options ahead of each, 0 for winners, from sums of `statistics`. Leading axes of
        `tally` are kept, for many tallies at once.
        """
        return places_by(tally[None])

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """How far each ballot supports each option, 0 to 1, or NaN where it has no opinion. `Count.share` is
        the mean, without abstentions."""
        most = max(self.limits(marks.shape[1], budget, grades)[1], 1)
        return np.asarray(np.maximum(marks, 0) / most, dtype=np.float64)

    def columns(self, marks: Marks) -> Numbers:
        """The marks as (options, ballots), lower is better, and NaN better and worse than nothing."""
        return point_columns(marks)

    def ranking_by(self, reading: str, found: Count) -> tuple[tuple[int, ...], ...]:
        """The ranking by one of the `readings`."""
        return found.ranking

    # The words.

    @abstractmethod
    def instruction(self, budget: int) -> str:
        """Instructions for the voter, in full sentences."""

    @abstractmethod
    def mark_in_words(self, mark: int) -> str:
        """A mark on the voter's own ballot, in words; empty if not worth mentioning."""

    def result_in_words(self, found: Count, option: int) -> str:
        """The number beside an option in the result."""
        return f"{found.support[option]:g}"

    def having(self, found: Count, winner: int) -> str:
        """What the winner has, after “… leads”; empty or beginning with a space."""
        return f" with {found.support[winner]:.0f}"

    def ahead(self, found: Count, names: Sequence[str], runners_up: str) -> str:
        """The winner's lead over the next, in the same sentence."""
        (winner,), (second, *_) = found.ranking[:2]
        return f", {found.support[winner] - found.support[second]:.0f} more than {runners_up}"

    # The ballot.

    @abstractmethod
    def widget(self, options: int, budget: int) -> Widget:
        """How each option of a ballot is drawn."""

    def one_hand(self, option: int, options: int, budget: int) -> list[int]:
        """The ballot of a hand raised for one option; only where `takes_hands`."""
        most = self.limits(options, budget, GRADES)[1]
        return [most if each == option else self.blank for each in range(options)]

    @abstractmethod
    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """A plausible ballot for these likings: 2 is very much, 0 lukewarm, −2 not at all."""

    # Ballots from files.

    def category_mark(self, categories: int) -> Callable[[int], int]:
        """The mark for the first, second, … category of a PrefLib file. Raises `Invalid` if there is none."""
        raise Invalid(f"A .cat file holds categories, and cannot be counted as {self.name}.")

    def mark_of_cell(self, cell: str) -> int | None:
        """The mark for a cell that is not a number, if any."""
        return None


def supported(support: Numbers, most: int) -> dict[str, Any]:
    """The support of each option, of at most `most`, and the ranking by it."""
    return {
        "support": tuple(support.tolist()),
        "share": tuple((support / max(most, 1)).tolist()),
        "ranking": groups_of(places_by(support[None])),
    }
