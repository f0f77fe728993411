"""Counting ballots by approval, score, ranking, dots or majority judgment. Pure numpy.

One shape for every method: `marks`, whole numbers of shape (ballots, options), `NO_MARK` (-1) where a ballot
says nothing of an option. What a mark means:

| method | mark | result |
| --- | --- | --- |
| approval | 0 no, 1 yes | most yes (Brams & Fishburn 1978) |
| score | 0 to 5 | highest total, which is the highest mean; the median beside it |
| ranked | 1 is best, ties allowed | Schulze (2011), with IRV, Borda and first preferences beside it |
| dots | how many of a budget | most dots; the number of people who gave any beside it |
| majority_judgment | grade, 0 is worst | best median, then the majority gauge (Balinski & Laraki 2007) |

What counts in all of them:

- *No mark* on a ballot that marks something is the least a ballot can say: no, 0, no dot, the worst grade
  (Balinski & Laraki 2011: an ungraded candidate has the worst), and in a ranking below all that are on it and
  level with the others left off (Schulze 2011). So a few admirers cannot lift an option that the room does
  not know.
- *Abstention*: a ballot without any mark. It is counted and said, and changes nothing else. A ballot that
  marks 0 everywhere is no abstention: it says “none of these”.
- *Invalid ballots* never get here: `validate` refuses them at the door, while the voter can still correct
  them.
- *Ranks* say an order and nothing more: 1, 3, 7 is the same ballot as 1, 2, 3.
- *Ties are ties*: nothing is ever decided by lot or by the order on the ballot.
- *Weights* say how often a ballot was cast: hands raised, or the multiplicities of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lab.foundation.errors import Invalid
from lab.voting import words
from lab.voting.counting.orders import (
    beats,
    first_of,
    groups_of,
    levels_of,
    majority_values,
    medians_of,
    places_by,
    strongest_paths,
)
from lab.voting.counting.runoff import Round, Runoff
from lab.voting.counting.sums import (
    Marks,
    Matrix,
    Numbers,
    Weights,
    blocks,
    by_option,
    columns_of,
    doubled_borda,
    histogram,
    pairwise_of,
    part_of,
    preferences,
    profile_of,
    rows_of,
    unsigned,
    whole,
)

Option = TypeVar("Option", bound=Hashable)

METHODS: Final = ("approval", "score", "ranked", "dots", "majority_judgment")
NO_MARK: Final = -1
WAYS: Final = ("schulze", "irv", "borda")
"""To read ranked ballots; the first is the result."""
HIGHEST_SCORE: Final = 5
GRADES: Final = 6
"""Balinski and Laraki's: to reject, poor, acceptable, good, very good, excellent."""


@dataclass(frozen=True)
class Gauge:
    """An option's majority gauge: `above` ballots grade it higher than its median grade, `below` lower."""

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
    ballots: int
    """All that were cast, abstentions included."""
    abstentions: int
    marked: tuple[int, ...]
    """Ballots with a mark on the option."""
    support: tuple[float, ...]
    """Yes votes; points; dots; Borda points; or ballots that grade it in the upper half of the grades."""
    share: tuple[float, ...]
    """`support` as a share, 0 to 1, of the most the ballots without abstentions could give."""
    ranking: tuple[tuple[int, ...], ...]
    """Best first; those level with each other stand together."""
    beside: Mapping[str, tuple[int, ...]]
    """Who wins by other ways of reading the same ballots."""
    _pairwise: Callable[[], Matrix] = field(repr=False, compare=False)
    profile: Matrix = ()
    """score, majority_judgment: how many ballots give the option each mark from 0 up; no mark counts as 0."""
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
    def winners(self) -> tuple[int, ...]:
        """Who wins; several when tied, and everybody when nobody said anything."""
        return self.ranking[0]

    @property
    def disagreements(self) -> tuple[str, ...]:
        """The ways `beside` that name another winner: none of theirs is among the winners here."""
        return tuple(way for way, winners in self.beside.items() if not set(winners) & set(self.winners))

    @cached_property
    def pairwise(self) -> Matrix:
        """[a][b] is how many ballots prefer a to b, by whatever marks; counted when first asked for."""
        return self._pairwise()


def count(
    method: str,
    marks: Marks,
    *,
    weights: Weights | None = None,
    budget: int | None = None,
    grades: int = GRADES,
) -> Count:
    """Count the ballots; quickest from int8 in row order.

    Args:
        weights: how often each ballot was cast, 0 or more; once each when left out.
        budget: dots each voter had; when left out, the most that any ballot gives.
        grades: how many grades a majority judgment had.

    Raises:
        ValueError: the marks are not of that shape or meaning; `validate` keeps such ballots out.
    """
    _check(method, marks, weights, grades)
    ballots = len(marks) if weights is None else int(weights.sum())
    blank = blanks(marks)
    abstentions = len(blank) if weights is None else int(weights[blank].sum())
    (unmarked,) = histogram(marks, weights, (NO_MARK,))
    own = _COUNTERS[method](_Cast(marks, weights, ballots - abstentions, budget, grades))
    return Count(
        method=method,
        ballots=ballots,
        abstentions=abstentions,
        marked=whole(ballots - unmarked),
        **({"_pairwise": partial(preferences, method, marks, weights)} | own),
    )


def ranked_by(way: str, found: Count) -> tuple[tuple[int, ...], ...]:
    """The ranking of ranked ballots by one of the `WAYS`.

    In an instant runoff those who went out last stand before those who went out earlier. Whoever is left at a
    tie that could not be decided, and wins in no way, stands after the winners.
    """
    if way == "borda":
        return groups_of(places_by(np.array([found.support])))
    if way == "irv":
        gone = [each.eliminated for each in reversed(found.rounds) if each.eliminated]
        winners = found.beside["irv"]
        decided = {*winners, *(option for level in gone for option in level)}
        left = tuple(option for option in range(found.options) if option not in decided)
        return (winners, *([left] if left else []), *gone)
    return found.ranking


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
    lowest, highest = _range(method, len(options), budget, grades)
    if not _marks(lowest, highest).issuperset(row):
        option, mark = next(
            (option, mark)
            for option, mark in zip(options, row, strict=True)
            if mark not in _marks(lowest, highest)
        )
        raise Invalid(words.out_of_range(method, mark, lowest, highest), field=str(option))
    if method == "dots" and (given := sum(mark for mark in row if mark > 0)) > highest:
        raise Invalid(words.too_many_dots(given, highest))
    if method == "ranked":
        place = {rank: place for place, rank in enumerate(sorted(set(row) - {NO_MARK}), start=1)}
        row = [place.get(rank, NO_MARK) for rank in row]
    return tuple(map(int, row))


@cache
def _marks(lowest: int, highest: int) -> frozenset[int]:
    """All that an option can have."""
    return frozenset({NO_MARK, *range(lowest, highest + 1)})


def _range(method: str, options: int, budget: int | None, grades: int) -> tuple[int, int]:
    """The lowest and highest mark there is."""
    if method == "dots":
        if budget is None:
            raise ValueError("a ballot of dots needs a budget")
        return 0, budget
    highest = {"approval": 1, "score": HIGHEST_SCORE, "ranked": options, "majority_judgment": grades - 1}
    return int(method == "ranked"), highest[method]


def blanks(marks: Marks) -> NDArray[np.intp]:
    """The numbers of the ballots that mark nothing."""
    blank = np.flatnonzero(marks[:, 0] == NO_MARK)
    for option in range(1, marks.shape[1]):
        # Fewer and fewer are left to look at, so this is quicker than looking at all.
        blank = blank[marks[blank, option] == NO_MARK]
    return blank


def statistics(method: str, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
    """What each ballot adds to the tally that decides; sums of these, however weighted, go into `places`.

    Of shape (ballots, options) with points; for majority_judgment (ballots, options, grades) with the grade
    given; for ranked (ballots, options, options) with the preferences.
    """
    if method == "ranked":
        rank = unsigned(marks)
        return np.asarray(rank[:, :, None] < rank[:, None, :], dtype=np.float64)
    points = np.maximum(marks, 0)
    if method != "majority_judgment":
        return points.astype(np.float64)
    given = np.asarray(points[:, :, None] == np.arange(grades), dtype=np.float64)
    given[blanks(marks)] = 0
    return given


def places(method: str, tally: Numbers) -> NDArray[np.int64]:
    """How many options stand before each, 0 for winners, from sums of `statistics`.

    Any number of tallies at once: leading axes of `tally` are kept.
    """
    if method == "ranked":
        return places_by(-levels_of(beats(strongest_paths(tally)))[None])
    if method == "majority_judgment":
        return places_by(majority_values(tally))
    return places_by(tally[None])


def support_by_ballot(
    method: str, marks: Marks, *, budget: int | None = None, grades: int = GRADES
) -> NDArray[np.float64]:
    """How far each ballot supports each option, 0 to 1: `Count.share` is its mean without abstentions.

    approval: yes. score: mark / 5. dots: the part of the budget. majority_judgment: a grade in the upper half
    (good or better of the usual six). ranked: the part of the other options it is above, level ones half.
    """
    if method == "ranked":
        most = 2 * max(marks.shape[1] - 1, 1)
        support = np.empty(marks.shape)
        for block in blocks(len(marks)):
            support[block] = doubled_borda(np.ascontiguousarray(unsigned(marks[block]).T)).T / most
        return support
    points = np.maximum(marks, 0)
    if method == "majority_judgment":
        return (points >= _upper_half(grades)).astype(np.float64)
    return points / _most_points(method, marks, budget)


def most_dots(marks: Marks) -> int:
    """The most dots any ballot gives: what the budget must have been, at least."""
    return int(np.maximum(marks, 0).sum(axis=1).max(initial=0))


def borda(marks: Marks) -> NDArray[np.float64]:
    """Borda points of each option: one for each option below it on a ballot, half for each level with it.

    That is Borda's count for rankings with ties (Gärdenfors 1973). Those left off are level with each other
    at the bottom, so every ballot gives the same sum; but a blank ballot gives nothing.
    """
    doubled = np.zeros(marks.shape[1], dtype=np.int64)
    for block in blocks(len(marks)):
        points = doubled_borda(np.ascontiguousarray(unsigned(marks[block]).T))
        doubled += points.sum(axis=1, dtype=np.int64)
    return doubled / 2


# Each method's own part of a Count.


@dataclass(frozen=True)
class _Cast:
    """The ballots of a round, and what they were allowed to say."""

    marks: Marks
    weights: Weights | None
    judged: int
    """How many say something."""
    budget: int | None
    grades: int


def _count_approval(cast: _Cast) -> dict[str, Any]:
    yes = histogram(cast.marks, cast.weights, (1,))[0]
    return _supported(yes, cast.judged) | {"beside": {}}


def _count_dots(cast: _Cast) -> dict[str, Any]:
    unmarked, none = histogram(cast.marks, cast.weights, (NO_MARK, 0))
    # No mark is -1: added up with the rest and taken out again, which costs less than setting it to 0.
    totals = unmarked + sum(
        (by_option(cast.marks[block], part_of(cast.weights, block)) for block in blocks(len(cast.marks))),
        start=np.zeros(cast.marks.shape[1], dtype=np.int64),
    )
    most = cast.judged * _most_points("dots", cast.marks, cast.budget)
    silent = unmarked + none
    return _supported(totals, most) | {"beside": {"supporters": first_of(places_by(-silent[None]))}}


def _count_score(cast: _Cast) -> dict[str, Any]:
    profile = profile_of(cast.marks, cast.weights, cast.judged, HIGHEST_SCORE + 1)
    totals = profile @ np.arange(HIGHEST_SCORE + 1)
    medians = medians_of(profile)
    return _supported(totals, cast.judged * HIGHEST_SCORE) | {
        "profile": rows_of(profile),
        "means": tuple((totals / max(cast.judged, 1)).tolist()),
        "medians": whole(medians),
        "beside": {"median": first_of(places_by(medians[None]))},
    }


def _count_majority_judgment(cast: _Cast) -> dict[str, Any]:
    profile = profile_of(cast.marks, cast.weights, cast.judged, cast.grades)
    medians = medians_of(profile)
    upper = profile[:, _upper_half(cast.grades) :].sum(axis=1)
    gauges = tuple(
        Gauge(grade, int(row[grade + 1 :].sum()), int(row[:grade].sum()))
        for row, grade in zip(profile, medians.tolist(), strict=True)
    )
    return _supported(upper, cast.judged) | {
        "ranking": groups_of(places("majority_judgment", profile)),
        "profile": rows_of(profile),
        "medians": whole(medians),
        "gauges": gauges,
        "beside": {"mean": first_of(places_by((profile @ np.arange(cast.grades))[None]))},
    }


def _count_ranked(cast: _Cast) -> dict[str, Any]:
    columns = columns_of("ranked", cast.marks)
    pairwise = pairwise_of(columns, cast.weights)
    options = len(columns)
    # On each ballot those below count 2 and those level 1: as much as below less above plus all others.
    doubled = pairwise.sum(axis=1) - pairwise.sum(axis=0) + cast.judged * (options - 1)
    runoff = Runoff(columns, cast.weights)
    rounds, survivors = runoff.run()
    return _supported(doubled / 2, cast.judged * (options - 1)) | {
        "ranking": groups_of(places("ranked", pairwise)),
        "strongest_paths": rows_of(strongest_paths(pairwise)),
        "rounds": rounds,
        "beside": {
            "irv": survivors,
            "borda": first_of(places_by(doubled[None])),
            "plurality": first_of(places_by(runoff.best_of(tuple(range(options)))[0][None])),
        },
        "_pairwise": partial(rows_of, pairwise),
    }


_COUNTERS: Final = {
    "approval": _count_approval,
    "score": _count_score,
    "ranked": _count_ranked,
    "dots": _count_dots,
    "majority_judgment": _count_majority_judgment,
}


def _supported(support: Numbers, most: int) -> dict[str, Any]:
    return {
        "support": tuple(support.tolist()),
        "share": tuple((support / max(most, 1)).tolist()),
        "ranking": groups_of(places_by(support[None])),
    }


def _upper_half(grades: int) -> int:
    """The lowest grade of the upper half; a middle grade is not in it."""
    return (grades + 1) // 2


def _most_points(method: str, marks: Marks, budget: int | None) -> int:
    """What one ballot can give one option."""
    if method != "dots":
        return {"approval": 1, "score": HIGHEST_SCORE}[method]
    return max(most_dots(marks) if budget is None else budget, 1)


def _check(method: str, marks: Marks, weights: Weights | None, grades: int) -> None:
    """Raises ValueError when these cannot be counted by this method."""
    if method not in METHODS:
        raise ValueError(f"no such method: {method!r}")
    if marks.ndim != 2 or marks.shape[1] == 0 or marks.dtype.kind != "i":
        raise ValueError("marks are signed whole numbers, one row for a ballot and one column for an option")
    if weights is not None and (weights.shape != (len(marks),) or (len(weights) and weights.min() < 0)):
        raise ValueError("weights are whole numbers, not negative, one for a ballot")
    lowest, highest = int(marks.min(initial=NO_MARK)), int(marks.max(initial=NO_MARK))
    most = {"approval": 1, "score": HIGHEST_SCORE, "majority_judgment": grades - 1}.get(method, highest)
    if lowest < NO_MARK or highest > most or (method == "ranked" and (marks == 0).any()):
        raise ValueError(f"marks from {lowest} to {highest} cannot be {method}")
