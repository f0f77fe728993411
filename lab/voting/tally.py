"""Counting the ballots of a round, and refusing those that cannot be counted. Pure numpy.

What counts in every method:

- *No mark* on a ballot that marks something is the least a ballot can say: no, no dot, the worst grade
  (Balinski & Laraki 2011: an ungraded candidate has the worst), and in a ranking below all that are on it and
  level with the others left off (Schulze 2011). So a few admirers cannot lift an option that the room does
  not know. A score alone takes it for no opinion: the mean is over those who scored the option, and how many
  they are is said beside it. In rounds of earlier versions it counts as 0 (`blank_means`).
- *Abstention*: a ballot without any mark. It is counted and reported, and changes nothing else. A ballot that
  marks 0 everywhere is no abstention: it says “none of these”.
- *Invalid ballots* never get here: `validate` refuses them at the door, while the voter can still correct
  them.
- *Ties are ties*: nothing is ever decided by lot or by the order on the ballot.
- *Weights* say how often a ballot was cast: hands raised, or the multiplicities of a file.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cache, partial
from typing import TypeVar

from lab.foundation.errors import Invalid
from lab.voting import words
from lab.voting.counting.sums import (
    GRADES,
    NO_MARK,
    Marks,
    Matrix,
    Weights,
    as_integers,
    as_tuples,
    blanks,
    histogram,
    pairwise_of,
)
from lab.voting.methods.method import Count, Method, Stack
from lab.voting.methods.registry import method_named

Option = TypeVar("Option", bound=Hashable)


def count(
    method: str,
    marks: Marks,
    *,
    weights: Weights | None = None,
    budget: int | None = None,
    grades: int = GRADES,
    blank_means: str | None = None,
) -> Count:
    """Count the ballots; quickest from int8 in row order.

    Args:
        weights: how often each ballot was cast, 0 or more; once each when left out.
        budget: dots each voter had; when left out, the most that any ballot gives.
        grades: how many grades a majority judgment had.
        blank_means: what an unmarked option counts as; when left out, what it does in new rounds.

    Raises:
        ValueError: the marks are not of that shape or meaning; `validate` keeps such ballots out.
    """
    counting = method_named(method, blank_means)
    _check(counting, marks, weights, grades)
    ballots = len(marks) if weights is None else int(weights.sum())
    blank = blanks(marks)
    abstentions = len(blank) if weights is None else int(weights[blank].sum())
    (unmarked,) = histogram(marks, weights, (NO_MARK,))
    own = counting.count(Stack(marks, weights, ballots - abstentions, budget, grades))
    return Count(
        method=method,
        blank_means=counting.blank_means,
        ballots=ballots,
        abstentions=abstentions,
        marked=as_integers(ballots - unmarked),
        is_supported=bool((marks if weights is None else marks[weights > 0]).max(initial=NO_MARK) > 0),
        **({"_pairwise": partial(_preferences, counting, marks, weights)} | own),
    )


def _preferences(counting: Method, marks: Marks, weights: Weights | None) -> Matrix:
    """[a][b] is how many ballots prefer a to b."""
    return as_tuples(pairwise_of(counting.columns(marks), weights))


def validate(
    method: str,
    ballot: Mapping[Option, int | None],
    options: Sequence[Option],
    *,
    budget: int | None = None,
    grades: int = GRADES,
) -> tuple[int, ...]:
    """The ballot as a row of `marks`, in the order of `options`; ranks are closed up: 1, 3, 3 gives 1, 2, 2.

    An option that is left out, None or `NO_MARK` has no mark; a ballot without any is an abstention and
    allowed. Dots may be left over.

    Raises:
        Invalid: with a message for the voter; `field` is the option at fault, as text, where there is one.
    """
    known = set(options)
    for option, mark in ballot.items():
        if option not in known:
            raise Invalid(words.UNKNOWN_OPTION, field=str(option))
        if mark is not None and (not isinstance(mark, int) or isinstance(mark, bool)):
            raise Invalid(words.NOT_A_NUMBER, field=str(option))
    row = [NO_MARK if (mark := ballot.get(option)) is None else mark for option in options]
    return validate_row(method, row, options, budget=budget, grades=grades)


def validate_row(
    method: str,
    row: Sequence[int],
    options: Sequence[Option],
    *,
    budget: int | None = None,
    grades: int = GRADES,
) -> tuple[int, ...]:
    """As `validate`, for a ballot that has a mark, or `NO_MARK`, for each option in their order."""
    if len(row) != len(options):
        raise Invalid(words.UNKNOWN_OPTION)
    counting = method_named(method)
    lowest, highest = counting.limits(len(options), budget, grades)
    if not _marks(lowest, highest).issuperset(row):
        option, mark = next(
            (option, mark)
            for option, mark in zip(options, row, strict=True)
            if mark not in _marks(lowest, highest)
        )
        limits = counting.limits_in_words(lowest, highest)
        raise Invalid(f"{limits}; yours says {mark}. Please change it.", field=str(option))
    return tuple(map(int, counting.settled(row, highest)))


@cache
def _marks(lowest: int, highest: int) -> frozenset[int]:
    """All that an option can have."""
    return frozenset({NO_MARK, *range(lowest, highest + 1)})


def _check(counting: Method, marks: Marks, weights: Weights | None, grades: int) -> None:
    """Raises ValueError when these cannot be counted by this method."""
    if marks.ndim != 2 or marks.shape[1] == 0 or marks.dtype.kind != "i":
        raise ValueError("marks are signed whole numbers, one row for a ballot and one column for an option")
    if weights is not None and (weights.shape != (len(marks),) or (len(weights) and weights.min() < 0)):
        raise ValueError("weights are whole numbers, not negative, one for a ballot")
    lowest, highest = int(marks.min(initial=NO_MARK)), int(marks.max(initial=NO_MARK))
    if lowest < NO_MARK:
        raise ValueError(f"marks from {lowest} to {highest} cannot be {counting.name}")
    counting.guard_marks(marks, lowest, highest, grades)
