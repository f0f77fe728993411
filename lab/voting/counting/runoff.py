"""Instant runoff, with ties followed to every possible winner. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lab.voting.counting.sums import Marks, Weights, blocks, number_of, part_of

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
    """Options tied at the bottom if that can't be decided; then this is the last round."""


class Runoff:
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
            votes_of = {option: int(votes) for option, votes in zip(left, counts, strict=True)}
            rounds.append(Round(tuple(map(votes_of.get, range(len(self.columns)))), exhausted, out, tied))
            if tied:
                break
            left = tuple(option for option in left if option not in out)
        return tuple(rounds), tuple(sorted(self._winners(left)))

    def best_of(self, left: tuple[int, ...]) -> tuple[NDArray[np.int64], int]:
        """How many ballots name each of those left among their best, and how many name none."""
        nowhere = np.iinfo(self.columns.dtype).max
        counts, exhausted = np.zeros(len(left), dtype=np.int64), 0
        for block in blocks(self.columns.shape[1]):
            columns, weights = self.columns[:, block], part_of(self.weights, block)
            best = columns[left[0]].copy()
            for option in left[1:]:
                np.minimum(best, columns[option], out=best)
            best[best == nowhere] = 0
            exhausted += number_of(best == 0, weights)
            for place, option in enumerate(left):
                counts[place] += number_of(columns[option] == best, weights)
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
        """All possible winners among those left."""
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
