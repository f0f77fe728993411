"""Where support lies, group by group, and how sure a ranking is. Pure numpy; chance comes from a seed.

Support of an option on a ballot is a number from 0 to 1, or NaN for no opinion (`Method.support`).
Abstentions support and oppose nothing: they are left out here, and a group's size is the number of its
ballots that say something. Where fewer than five in a group have an opinion on an option, its support
there is not known (None).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lab.foundation.disclosure import LEAST
from lab.voting.counting.sums import GRADES, Marks, Numbers, Weights, blanks

OTHERS: Final = "Others"
NO_GROUP: Final = "Group not given"
SEED: Final = 1952
"""Seed of the bootstrap, so that the same ballots always give the same interval."""
RESAMPLES: Final = 1000
LEVEL: Final = 0.95

_CELLS: Final = 1 << 23
"""Numbers in memory while resampling: 64 MiB."""


class Counting(Protocol):
    """The part of `lab.voting.methods.method.Method` that is needed here."""

    def statistics(self, marks: Marks, grades: int) -> NDArray[np.float64]: ...
    def places(self, tally: Numbers) -> NDArray[np.int64]: ...
    def support(self, marks: Marks, *, budget: int | None, grades: int) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class GroupSupport:
    """One stakeholder group, or several small ones merged."""

    name: str
    members: tuple[str, ...]
    """The groups in it, more than one when they are merged."""
    ballots: int
    share: tuple[float | None, ...]
    """Mean support of each option, 0 to 1."""
    shrunk: tuple[float | None, ...]
    """The same with a Jeffreys prior, between 0 and 1."""


@dataclass(frozen=True)
class CommonGround:
    """Support of each option across groups; empty when fewer than five ballots say something."""

    groups: tuple[GroupSupport, ...]
    """Largest first."""
    score: tuple[float | None, ...]
    """Shrunk support in the group that likes the option least; None unless all groups' support is known."""
    least: tuple[int | None, ...]
    """Which of `groups` that is; the first of them when several like it as little."""
    geometric_mean: tuple[float | None, ...]
    """Of shrunk support, over groups: each group counts the same, whatever its size."""

    def observed(self, option: int) -> tuple[str, float] | None:
        """The group that likes the option least, and its support as voted; None if not known."""
        least = self.least[option]
        if least is None or (share := self.groups[least].share[option]) is None:
            return None
        return self.groups[least].name, share


@dataclass(frozen=True)
class Certainty:
    """How sure a ranking is, by the bootstrap."""

    resamples: int
    level: float
    first: tuple[float, ...]
    """How often the option comes first, 0 to 1; a shared first place is divided, so they add up to 1."""
    ranks: tuple[tuple[int, int], ...]
    """Best and worst rank of each option within `level`, from 1; options level span all they share."""


def common_ground(
    method: Counting,
    marks: Marks,
    groups: Sequence[str | None],
    *,
    weights: Weights | None = None,
    budget: int | None = None,
    grades: int = GRADES,
) -> CommonGround:
    """Support by group, and what the groups have in common.

    With s the sum of support in a group of n ballots, shrunk support is (s + 1/2) / (n + 1), the mean of the
    posterior of a share under Jeffreys' prior Beta(1/2, 1/2) (Jeffreys 1946; Brown, Cai & DasGupta 2001): the
    fewer the ballots, the nearer to 1/2. The common ground of an option is the least of these over groups;
    the geometric mean beside it is kin to the group-informed consensus of Polis, a product over groups (Small
    et al. 2021).

    Groups of fewer than five are merged into “others”; when these are still fewer than five, with the next
    smallest group. So every group shown, and whatever remains of the total without it, has five or more or
    nobody.

    Args:
        groups: the stakeholder group of each ballot, None where it is not known.

    Raises:
        ValueError: there is not one group for each ballot.
    """
    if len(groups) != len(marks):
        raise ValueError(f"{len(groups)} groups for {len(marks)} ballots")
    times = _times(marks, weights)
    times[blanks(marks)] = 0
    given = [NO_GROUP if name is None else name for name in groups]
    names, member = np.unique(given, return_inverse=True)
    sizes = np.bincount(member, weights=times, minlength=len(names)).astype(int)
    support = method.support(marks, budget=budget, grades=grades)
    sums, opinions = np.zeros((2, len(names), marks.shape[1]))
    np.add.at(sums, member, np.nan_to_num(support) * times[:, None])
    np.add.at(opinions, member, ~np.isnan(support) * times[:, None])
    return _common(
        [
            _group(
                names[those].tolist(),
                int(sizes[those].sum()),
                sums[those].sum(axis=0).tolist(),
                opinions[those].sum(axis=0).tolist(),
            )
            for those in _merged(sizes)
        ]
    )


def certainty(
    method: Counting,
    marks: Marks,
    *,
    seed: int,
    weights: Weights | None = None,
    grades: int = GRADES,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Certainty | None:
    """How often each option comes first, and between which ranks it lies, when the ballots are drawn anew.

    The percentile bootstrap (Efron & Tibshirani 1993, chapter 13) on ranks (Goldstein & Spiegelhalter 1996):
    as many ballots as were cast are drawn from them with replacement, and the result by `method` is taken
    each time. It says how much hangs on who happened to be there; it cannot know who was never asked. None
    for fewer than five ballots, where drawing them anew says nothing. The same ballots in any order and the
    same seed give the same answer.
    """
    times = _times(marks, weights)
    total = int(times.sum())
    if total < LEAST:
        return None
    different, which = np.unique(marks, axis=0, return_inverse=True)
    times = np.bincount(which.ravel(), weights=times, minlength=len(different)).astype(np.int64)
    random = np.random.default_rng(seed)
    options = marks.shape[1]
    first, best, worst = np.zeros(options), np.empty((resamples, options)), np.empty((resamples, options))
    at_once = max(1, _CELLS // max(len(different), options**3))
    for start in range(0, resamples, at_once):
        some = slice(start, min(start + at_once, resamples))
        drawn = random.multinomial(total, times / total, size=some.stop - start)
        place = method.places(_tallies(method, different, drawn, grades))
        level_with = (place[:, :, None] == place[:, None, :]).sum(axis=-1)
        first += ((place == 0) / level_with).sum(axis=0)
        best[some], worst[some] = place + 1, place + level_with
    tail = (1 - level) / 2
    low = np.quantile(best, tail, axis=0, method="inverted_cdf").astype(int)
    high = np.quantile(worst, 1 - tail, axis=0, method="inverted_cdf").astype(int)
    return Certainty(
        resamples,
        level,
        tuple((first / resamples).tolist()),
        tuple(zip(low.tolist(), high.tolist(), strict=True)),
    )


def _times(marks: Marks, weights: Weights | None) -> NDArray[np.int64]:
    """How often each ballot was cast, as a new array."""
    return np.ones(len(marks), dtype=np.int64) if weights is None else weights.astype(np.int64)


def _tallies(method: Counting, marks: Marks, drawn: NDArray[np.int64], grades: int) -> NDArray[np.float64]:
    """The tally of each resample; `drawn` is (resamples, ballots)."""
    shape = method.statistics(marks[:0], grades).shape[1:]
    tallies = np.zeros((len(drawn), int(np.prod(shape))))
    at_once = max(1, _CELLS // tallies.shape[1])
    for start in range(0, len(marks), at_once):
        some = slice(start, start + at_once)
        part = method.statistics(marks[some], grades)
        tallies += drawn[:, some].astype(np.float64) @ part.reshape(len(part), -1)
    return tallies.reshape(len(drawn), *shape)


def _merged(sizes: NDArray[np.int64]) -> list[list[int]]:
    """Which groups are merged so that none has fewer than five; empty ones are dropped."""
    by_size = sorted((int(size), group) for group, size in enumerate(sizes.tolist()) if size)
    together = [group for size, group in by_size if size < LEAST]
    alone = [group for size, group in by_size if size >= LEAST]
    if together and sum(sizes[together]) < LEAST and alone:
        together.append(alone.pop(0))
    shown = [[group] for group in alone]
    if sum(sizes[together]) >= LEAST:
        shown.append(sorted(together))
    return sorted(shown, key=lambda those: -sum(sizes[those]))


def _group(members: list[str], ballots: int, sums: list[float], opinions: list[float]) -> GroupSupport:
    cells = list(zip(sums, opinions, strict=True))
    return GroupSupport(
        name=members[0] if len(members) == 1 else OTHERS,
        members=tuple(members),
        ballots=ballots,
        share=tuple(total / people if people >= LEAST else None for total, people in cells),
        shrunk=tuple((total + 0.5) / (people + 1) if people >= LEAST else None for total, people in cells),
    )


def _common(groups: list[GroupSupport]) -> CommonGround:
    if not groups:
        return CommonGround((), (), (), ())
    shrunk = np.array([group.shrunk for group in groups], dtype=np.float64)
    known = [None not in column for column in zip(*(group.shrunk for group in groups), strict=True)]
    return CommonGround(
        groups=tuple(groups),
        score=_where(known, shrunk.min(axis=0)),
        least=_where(known, shrunk.argmin(axis=0)),
        geometric_mean=_where(known, np.exp(np.log(shrunk).mean(axis=0))),
    )


def _where(known: Sequence[bool], values: Numbers) -> tuple[Any, ...]:
    """The values, None where they are not known."""
    return tuple(value if is_known else None for value, is_known in zip(values.tolist(), known, strict=True))
