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

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lab.foundation.errors import Invalid
from lab.voting import words

Marks = NDArray[np.integer[Any]]
Weights = NDArray[np.integer[Any]]
Numbers = NDArray[np.number[Any]]
Matrix = tuple[tuple[int, ...], ...]
Option = TypeVar("Option", bound=Hashable)

METHODS: Final = ("approval", "score", "ranked", "dots", "majority_judgment")
NO_MARK: Final = -1
WAYS: Final = ("schulze", "irv", "borda")
"""To read ranked ballots; the first is the result."""
HIGHEST_SCORE: Final = 5
GRADES: Final = 6
"""Balinski and Laraki's: to reject, poor, acceptable, good, very good, excellent."""

_BLOCK: Final = 1 << 16
"""Ballots taken at a time, so that what is worked on stays in the processor's cache."""
_WAYS: Final = 512
"""Runoff ties followed both ways, at most: they can double with every round."""


@dataclass(frozen=True)
class Round:
    """One round of an instant runoff."""

    counts: tuple[int | None, ...]
    """Ballots that name each option among their best of those left; None where it went out before."""
    exhausted: int
    """Ballots that name none of those left, abstentions among them."""
    eliminated: tuple[int, ...]
    """Who goes out."""
    tied: tuple[int, ...] = ()
    """Who is level at the bottom when that cannot be decided; then this is the last round told."""


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
    (unmarked,) = _histogram(marks, weights, (NO_MARK,))
    own = _COUNTERS[method](_Cast(marks, weights, ballots - abstentions, budget, grades))
    return Count(
        method=method,
        ballots=ballots,
        abstentions=abstentions,
        marked=_whole(ballots - unmarked),
        **({"_pairwise": partial(_preferences, method, marks, weights)} | own),
    )


def ranked_by(way: str, found: Count) -> tuple[tuple[int, ...], ...]:
    """The ranking of ranked ballots by one of the `WAYS`.

    In an instant runoff those who went out last stand before those who went out earlier. Whoever is left at a
    tie that could not be decided, and wins in no way, stands after the winners.
    """
    if way == "borda":
        return _groups(_places(np.array([found.support])))
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
    lowest, highest = _range(method, len(options), budget, grades)
    for option, mark in zip(options, row, strict=True):
        if mark != NO_MARK and not lowest <= mark <= highest:
            raise Invalid(words.out_of_range(method, mark, lowest, highest), field=str(option))
    if method == "dots" and (given := sum(mark for mark in row if mark > 0)) > highest:
        raise Invalid(words.too_many_dots(given, highest))
    if method == "ranked":
        place = {rank: place for place, rank in enumerate(sorted(set(row) - {NO_MARK}), start=1)}
        row = [place.get(rank, NO_MARK) for rank in row]
    return tuple(row)


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
        rank = _unsigned(marks)
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
        return _places(-_levels(_beats(strongest_paths(tally)))[None])
    if method == "majority_judgment":
        return _places(_majority_values(tally))
    return _places(tally[None])


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
        for block in _blocks(len(marks)):
            support[block] = _doubled_borda(np.ascontiguousarray(_unsigned(marks[block]).T)).T / most
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
    for block in _blocks(len(marks)):
        points = _doubled_borda(np.ascontiguousarray(_unsigned(marks[block]).T))
        doubled += points.sum(axis=1, dtype=np.int64)
    return doubled / 2


def strongest_paths(pairwise: Numbers) -> Numbers:
    """Strength of the strongest path from each option to each other; (…, options, options) in and out.

    A link is as strong as the votes for its winner (“winning votes”), a path as its weakest link (Schulze
    2011).
    """
    paths = np.where(pairwise > np.swapaxes(pairwise, -1, -2), pairwise, 0)
    for via in range(paths.shape[-1]):
        np.maximum(paths, np.minimum(paths[..., :, via, None], paths[..., via, None, :]), out=paths)
    diagonal = np.arange(paths.shape[-1])
    paths[..., diagonal, diagonal] = 0
    return paths


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
    yes = _histogram(cast.marks, cast.weights, (1,))[0]
    return _supported(yes, cast.judged) | {"beside": {}}


def _count_dots(cast: _Cast) -> dict[str, Any]:
    unmarked, none = _histogram(cast.marks, cast.weights, (NO_MARK, 0))
    # No mark is -1: added up with the rest and taken out again, which costs less than setting it to 0.
    totals = unmarked + sum(
        (_by_option(cast.marks[block], _part(cast.weights, block)) for block in _blocks(len(cast.marks))),
        start=np.zeros(cast.marks.shape[1], dtype=np.int64),
    )
    most = cast.judged * _most_points("dots", cast.marks, cast.budget)
    silent = unmarked + none
    return _supported(totals, most) | {"beside": {"supporters": _first(_places(-silent[None]))}}


def _count_score(cast: _Cast) -> dict[str, Any]:
    profile = _profile(cast.marks, cast.weights, cast.judged, HIGHEST_SCORE + 1)
    totals = profile @ np.arange(HIGHEST_SCORE + 1)
    medians = _medians(profile)
    return _supported(totals, cast.judged * HIGHEST_SCORE) | {
        "profile": _rows(profile),
        "means": tuple((totals / max(cast.judged, 1)).tolist()),
        "medians": _whole(medians),
        "beside": {"median": _first(_places(medians[None]))},
    }


def _count_majority_judgment(cast: _Cast) -> dict[str, Any]:
    profile = _profile(cast.marks, cast.weights, cast.judged, cast.grades)
    medians = _medians(profile)
    upper = profile[:, _upper_half(cast.grades) :].sum(axis=1)
    gauges = tuple(
        Gauge(grade, int(row[grade + 1 :].sum()), int(row[:grade].sum()))
        for row, grade in zip(profile, medians.tolist(), strict=True)
    )
    return _supported(upper, cast.judged) | {
        "ranking": _groups(places("majority_judgment", profile)),
        "profile": _rows(profile),
        "medians": _whole(medians),
        "gauges": gauges,
        "beside": {"mean": _first(_places((profile @ np.arange(cast.grades))[None]))},
    }


def _count_ranked(cast: _Cast) -> dict[str, Any]:
    columns = _columns("ranked", cast.marks)
    pairwise = _pairwise(columns, cast.weights)
    options = len(columns)
    # On each ballot those below count 2 and those level 1: as much as below less above plus all others.
    doubled = pairwise.sum(axis=1) - pairwise.sum(axis=0) + cast.judged * (options - 1)
    runoff = _Runoff(columns, cast.weights)
    rounds, survivors = runoff.run()
    return _supported(doubled / 2, cast.judged * (options - 1)) | {
        "ranking": _groups(places("ranked", pairwise)),
        "strongest_paths": _rows(strongest_paths(pairwise)),
        "rounds": rounds,
        "beside": {
            "irv": survivors,
            "borda": _first(_places(doubled[None])),
            "plurality": _first(_places(runoff.best_of(tuple(range(options)))[0][None])),
        },
        "_pairwise": partial(_rows, pairwise),
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
        "ranking": _groups(_places(support[None])),
    }


def _upper_half(grades: int) -> int:
    """The lowest grade of the upper half; a middle grade is not in it."""
    return (grades + 1) // 2


def _most_points(method: str, marks: Marks, budget: int | None) -> int:
    """What one ballot can give one option."""
    if method != "dots":
        return {"approval": 1, "score": HIGHEST_SCORE}[method]
    return max(most_dots(marks) if budget is None else budget, 1)


# Instant runoff.


class _Runoff:
    """Instant runoff: whoever fewest ballots name first among those left goes out, until one is left.

    A ballot with several options level at its top counts for each of them (Delemazure & Peters 2024,
    “Approval-IRV”, which keeps independence of clones and majority where splitting the vote does not). So a
    ballot that has none of those left on it counts for nobody.

    Options level at the bottom go out together when that cannot change who is left later: together they have
    fewer ballots than the next. Else each of them going out is followed, and everybody who wins in some way
    is a winner (parallel universes: Conitzer, Rognlie & Xia 2009). When that leads to more than `_WAYS` sets
    of options, nobody who is left in the others is ruled out.
    """

    def __init__(self, columns: Marks, weights: Weights | None) -> None:
        self.columns = columns
        self.weights = weights

    def run(self) -> tuple[tuple[Round, ...], tuple[int, ...]]:
        """The rounds, up to the first tie that has to be followed both ways, and the possible winners."""
        left, rounds = tuple(range(len(self.columns))), []
        while len(left) > 1:
            counts, exhausted = self.best_of(left)
            if not counts.any():
                break
            out, tied = self._bottom(left, counts)
            told = {option: int(votes) for option, votes in zip(left, counts, strict=True)}
            rounds.append(
                Round(tuple(told.get(option) for option in range(len(self.columns))), exhausted, out, tied)
            )
            if tied:
                break
            left = tuple(option for option in left if option not in out)
        return tuple(rounds), tuple(sorted(self._winners(left)))

    def best_of(self, left: tuple[int, ...]) -> tuple[NDArray[np.int64], int]:
        """How many ballots name each of those left among their best, and how many name none."""
        nowhere = np.iinfo(self.columns.dtype).max
        counts, exhausted = np.zeros(len(left), dtype=np.int64), 0
        for block in _blocks(self.columns.shape[1]):
            columns, weights = self.columns[:, block], _part(self.weights, block)
            best = columns[left[0]].copy()
            for option in left[1:]:
                np.minimum(best, columns[option], out=best)
            best[best == nowhere] = 0
            exhausted += _number(best == 0, weights)
            for place, option in enumerate(left):
                counts[place] += _number(columns[option] == best, weights)
        return counts, exhausted

    @staticmethod
    def _bottom(left: tuple[int, ...], counts: NDArray[np.int64]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Who goes out, or who is tied for it."""
        fewest = counts.min()
        lowest = tuple(option for option, votes in zip(left, counts.tolist(), strict=True) if votes == fewest)
        others = counts[counts > fewest]
        if len(others) and fewest * len(lowest) < others.min():
            return lowest, ()
        return (lowest, ()) if len(lowest) == 1 else ((), lowest)

    def _winners(self, left: tuple[int, ...]) -> set[int]:
        """Everybody who wins in some way, from those left."""
        winners: set[int] = set()
        followed: set[tuple[int, ...]] = set()
        waiting = [left]
        while waiting:
            left = waiting.pop()
            if left in followed:
                continue
            counts, _ = self.best_of(left)
            if len(left) == 1 or not counts.any() or len(followed) == _WAYS:
                winners.update(left)
                continue
            followed.add(left)
            out, tied = self._bottom(left, counts)
            ways: list[tuple[int, ...]] = [(option,) for option in tied] or [out]
            waiting += [tuple(option for option in left if option not in way) for way in ways]
        return winners


# Orders.


def _places(keys: Numbers) -> NDArray[np.int64]:
    """How many options have better keys than each, from (keys, …, options).

    The first key decides, the next ones where it is equal; more is better.
    """
    order = np.lexsort(-keys[::-1], axis=-1)
    placed = np.take_along_axis(keys, np.broadcast_to(order, keys.shape), axis=-1)
    worse = np.zeros(order.shape, dtype=np.int64)
    steps = (placed[..., 1:] != placed[..., :-1]).any(axis=0)
    worse[..., 1:] = np.where(steps, np.arange(1, keys.shape[-1]), 0)
    result = np.empty_like(worse)
    np.put_along_axis(result, order, np.maximum.accumulate(worse, axis=-1), axis=-1)
    return result


def _groups(place: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(_whole(np.flatnonzero(place == each)) for each in np.unique(place))


def _first(place: NDArray[np.int64]) -> tuple[int, ...]:
    return _whole(np.flatnonzero(place == 0))


def _beats(paths: Numbers) -> NDArray[np.bool_]:
    """Whether the path there is stronger than the path back; that is transitive (Schulze 2011)."""
    return np.asarray(paths > np.swapaxes(paths, -1, -2))


def _levels(beats: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A ranking from Schulze's order, which is partial: 0 for those nobody beats, 1 for those only these
    beat, ….

    (…, options, options) in, (…, options) out.
    """
    levels = np.zeros(beats.shape[:-1], dtype=np.int64)
    while True:
        deeper = np.where(beats, levels[..., :, None] + 1, 0).max(axis=-2, initial=0)
        if (deeper == levels).all():
            return levels
        levels = deeper


def _medians(profile: Numbers) -> NDArray[np.int64]:
    """The lower of the two middle marks when ballots are even in number (Balinski & Laraki 2007)."""
    up_to = np.cumsum(profile, axis=-1)
    middle = (up_to[..., -1:] - 1) // 2
    return np.asarray((up_to <= middle).sum(axis=-1), dtype=np.int64)


def _majority_values(profile: Numbers) -> Numbers:
    """Keys that order options by median grade, majority gauge and majority value, from (…, options, grades).

    Balinski and Laraki (2007, 2011) take the median grade away from each of two options that are level, and
    again, until their medians differ. Walking outwards from the middle like this, an option's grade changes
    at most once for each boundary between two grades. A change upwards at step t is told as ballots - t, one
    downwards as t - ballots: the sooner, the further from 0. Sorted by step, the first of them is the
    majority gauge, and together they are the whole walk.
    """
    up_to = np.cumsum(profile, axis=-1)
    ballots = up_to[..., -1:]
    middle = (ballots - 1) // 2
    boundary = up_to[..., :-1]
    below = boundary <= middle
    odd = ballots % 2
    # The walk goes down first when the ballots are odd in number, up first when even.
    step = np.where(below, 2 * (middle - boundary + 1) - odd, 2 * (boundary - middle) - (1 - odd))
    change = np.maximum(ballots - step, 0) * np.where(below, -1, 1)
    by_step = np.take_along_axis(change, np.argsort(-np.abs(change), axis=-1, kind="stable"), axis=-1)
    median = (up_to <= middle).sum(axis=-1, keepdims=True)
    return np.moveaxis(np.concatenate([median, by_step], axis=-1), -1, 0)


# Sums over ballots. To compare bytes costs next to nothing; to add them up into wide numbers is what takes
# time.


def _histogram(marks: Marks, weights: Weights | None, values: Sequence[int]) -> list[NDArray[np.int64]]:
    """For each value, how many ballots mark each option with it."""
    totals = [np.zeros(marks.shape[1], dtype=np.int64) for _ in values]
    for block in _blocks(len(marks)):
        part, part_weights = marks[block], _part(weights, block)
        for total, value in zip(totals, values, strict=True):
            total += _by_option(part == value, part_weights)
    return totals


def _by_option(values: Numbers, weights: Weights | None) -> NDArray[np.int64]:
    """Sums over ballots, one for each option."""
    if weights is not None:
        return np.asarray(weights.astype(np.int64) @ values.astype(np.int64), dtype=np.int64)
    # Many ballots laid side by side make rows long enough to add quickly, and 255 numbers of a kind cannot
    # overflow one twice as wide, nor 255 times yes a byte.
    wide = {1: np.int16, 2: np.int32}.get(values.itemsize, np.int64)
    if values.dtype == np.bool_:
        values, wide = values.view(np.uint8), np.uint8
    abreast = len(values) // 255
    head = np.ascontiguousarray(values[: 255 * abreast]).reshape(255, -1)
    columns = head.sum(axis=0, dtype=wide).reshape(abreast, values.shape[1])
    return np.asarray(
        columns.sum(axis=0, dtype=np.int64) + values[255 * abreast :].sum(axis=0, dtype=np.int64)
    )


def _profile(marks: Marks, weights: Weights | None, judged: int, levels: int) -> NDArray[np.int64]:
    """(options, levels): ballots giving each mark; what is not marked, abstentions apart, counts as 0."""
    above = np.stack(_histogram(marks, weights, range(1, levels)), axis=1)
    return np.concatenate([judged - above.sum(axis=1, keepdims=True), above], axis=1)


def _columns(method: str, marks: Marks) -> Marks:
    """(options, ballots), less is better."""
    if method == "ranked":
        source = _unsigned(marks)
        columns = np.empty(marks.shape[::-1], dtype=source.dtype)
        for block in _blocks(len(marks)):
            columns[:, block] = source[block].T
    else:
        columns = np.empty(marks.shape[::-1], dtype=marks.dtype)
        for block in _blocks(len(marks)):
            columns[:, block] = -np.maximum(marks[block], 0).T
    return columns


def _unsigned(marks: Marks) -> Marks:
    """Ranks without a sign: no mark, being -1, is then the last of all."""
    return marks.view(f"u{marks.dtype.itemsize}")


def _preferences(method: str, marks: Marks, weights: Weights | None) -> Matrix:
    return _rows(_pairwise(_columns(method, marks), weights))


def _pairwise(columns: Marks, weights: Weights | None) -> NDArray[np.int64]:
    options = len(columns)
    preferred = np.zeros((options, options), dtype=np.int64)
    for block in _blocks(columns.shape[1]):
        part, part_weights = columns[:, block], _part(weights, block)
        before = np.empty(part.shape[1], dtype=np.bool_)
        for a in range(options):
            for b in range(options):
                if a != b:
                    preferred[a, b] += _number(np.less(part[a], part[b], out=before), part_weights)
    return preferred


def _doubled_borda(columns: Marks) -> Marks:
    """Twice the Borda points of each option on each ballot, to be whole; (options, ballots) in and out.

    A blank ballot gives none.
    """
    options = len(columns)
    off = (columns == np.iinfo(columns.dtype).max).view(np.uint8)
    # Wide enough for twice the options.
    columns = columns.astype(np.promote_types(columns.dtype, np.min_scalar_type(2 * options)), copy=False)
    whole = columns.dtype.type
    left_off = np.add.reduce(off, axis=0, dtype=whole)
    points = whole(2 * options) - columns - columns
    if left_off.any():
        points *= 1 - off
        points += off * (left_off - whole(1))
    rest = np.flatnonzero(~_plain(columns, whole(options) - left_off))
    if len(rest):
        points[:, rest] = _compared(columns.take(rest, axis=1))
    points[:, left_off == options] = 0
    return points


def _plain(columns: Marks, marked: Marks) -> NDArray[np.bool_]:
    """Whether a ballot's ranks are 1, 2, … without gap or tie, as nearly all are.

    Of more than 30 options that is never said.
    """
    if len(columns) > 30:
        return np.zeros(columns.shape[1], dtype=np.bool_)
    one = np.uint32(1)
    seen = np.zeros(columns.shape[1], dtype=np.uint32)
    for column in columns:
        # A shift by more than there are bits gives 0.
        seen |= one << column
    return np.asarray(seen == (one << marked + 1) - np.uint32(2))


def _compared(columns: Marks) -> Marks:
    """`_doubled_borda` by comparing each option with each."""
    points = np.zeros_like(columns)
    for own, total in zip(columns, points, strict=True):
        for other in columns:
            total += (own < other).view(np.uint8)
            total += (own <= other).view(np.uint8)
    points -= columns.dtype.type(1)
    return points


def _blocks(ballots: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, ballots, _BLOCK))


def _part(weights: Weights | None, block: slice) -> Weights | None:
    return None if weights is None else weights[block]


def _number(said: NDArray[np.bool_], weights: Weights | None) -> int:
    return int(np.count_nonzero(said) if weights is None else weights[said].sum())


def _whole(numbers: Numbers) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)


def _rows(matrix: Numbers) -> Matrix:
    return tuple(_whole(row) for row in matrix)


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
