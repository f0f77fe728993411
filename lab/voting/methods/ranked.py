"""Ranked: an order, ties allowed. Schulze (2011), with IRV, Borda and first choices beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from lab.voting.counting.orders import beats, first_of, groups_of, levels_of, places_by, strongest_paths
from lab.voting.counting.runoff import Runoff
from lab.voting.counting.sums import (
    GRADES,
    NO_MARK,
    Marks,
    Numbers,
    as_tuples,
    blocks,
    doubled_borda,
    pairwise_of,
    rank_columns,
    unsigned,
)
from lab.voting.methods.method import Count, Method, Order, Stack, Widget, supported


class Ranked(Method):
    """Marks: 1 is best. Only the order counts: 1, 3, 7 is the same ballot as 1, 2, 3."""

    name: ClassVar[str] = "ranked"
    listed: ClassVar[int] = 3
    in_short: ClassVar[str] = "an order"
    progress: ClassVar[str] = "in order"
    ways: ClassVar[Mapping[str, tuple[str, str]]] = {
        "irv": ("instant runoff", "in an instant runoff"),
        "borda": ("Borda", "by Borda points"),
        "plurality": ("first choices", "by first choices alone"),
    }
    readings: ClassVar[tuple[str, ...]] = ("schulze", "irv", "borda")
    takes_hands: ClassVar[bool] = True
    takes_orders: ClassVar[bool] = True

    def limits(self, options: int, budget: int | None, grades: int) -> tuple[int, int]:
        """Ranks from 1 to the number of options."""
        return 1, options

    def limits_in_words(self, low: int, high: int) -> str:
        """With why it ends there."""
        return f"Places go from {low} to {high}, the number of options"

    def settled(self, row: Sequence[int], highest: int) -> Sequence[int]:
        """Ranks are closed up: 1, 3, 3 gives 1, 2, 2."""
        closed = {rank: place for place, rank in enumerate(sorted(set(row) - {NO_MARK}), start=1)}
        return [closed.get(rank, NO_MARK) for rank in row]

    def guard_marks(self, marks: Marks, lowest: int, highest: int, grades: int) -> None:
        """Any rank but 0: in a file they need not be closed up."""
        if (marks == 0).any():
            raise ValueError(f"marks from {lowest} to {highest} cannot be {self.name}")

    def count(self, stack: Stack) -> dict[str, Any]:
        """Schulze's strongest paths, and the other ways beside them; support is Borda points."""
        columns = rank_columns(stack.marks)
        pairwise = pairwise_of(columns, stack.weights)
        options = len(columns)
        # On each ballot those below count 2 and those level 1: as much as below less above plus all others.
        doubled = pairwise.sum(axis=1) - pairwise.sum(axis=0) + stack.judged * (options - 1)
        runoff = Runoff(columns, stack.weights)
        rounds, survivors = runoff.run()
        return supported(doubled / 2, stack.judged * (options - 1)) | {
            "ranking": groups_of(self.places(pairwise)),
            "strongest_paths": as_tuples(strongest_paths(pairwise)),
            "rounds": rounds,
            "beside": {
                "irv": survivors,
                "borda": first_of(places_by(doubled[None])),
                "plurality": first_of(places_by(runoff.best_of(tuple(range(options)))[0][None])),
            },
            "_pairwise": partial(as_tuples, pairwise),
        }

    def statistics(self, marks: Marks, grades: int = GRADES) -> NDArray[np.float64]:
        """(ballots, options, options) with the preferences."""
        rank = unsigned(marks)
        return np.asarray(rank[:, :, None] < rank[:, None, :], dtype=np.float64)

    def places(self, tally: Numbers) -> NDArray[np.int64]:
        """By Schulze."""
        return places_by(-levels_of(beats(strongest_paths(tally)))[None])

    def support(
        self, marks: Marks, *, budget: int | None = None, grades: int = GRADES
    ) -> NDArray[np.float64]:
        """The part of the other options it is above, level ones half."""
        most = 2 * max(marks.shape[1] - 1, 1)
        support = np.empty(marks.shape)
        for block in blocks(len(marks)):
            support[block] = _doubled(marks[block]).T / most
        return support

    def columns(self, marks: Marks) -> Marks:
        """Ranks as they are: no mark is the last of all."""
        return rank_columns(marks)

    def ranking_by(self, reading: str, found: Count) -> tuple[tuple[int, ...], ...]:
        """In an instant runoff those who went out last stand before those who went out earlier.

        Whoever is left at a tie that could not be decided, and wins in no way, stands after the winners.
        """
        if reading == "borda":
            return groups_of(places_by(np.array([found.support])))
        if reading == "irv":
            gone = [each.eliminated for each in reversed(found.rounds) if each.eliminated]
            winners = found.beside["irv"]
            decided = {*winners, *(option for level in gone for option in level)}
            left = tuple(option for option in range(found.options) if option not in decided)
            return (winners, *([left] if left else []), *gone)
        return found.ranking

    def instruction(self, budget: int) -> str:
        """For the voter."""
        return "Put them in your order: 1 is your first choice. Those you leave out come last."

    def mark_in_words(self, mark: int) -> str:
        """A place."""
        return f"place {mark}"

    def result_in_words(self, found: Count, option: int) -> str:
        """Borda points as a share."""
        if found.options == 1:
            return f"on {found.marked[0]} of {found.judged}"
        return f"preferred to the others by {100 * found.share[option]:.0f} % of voters, on average"

    def having(self, found: Count, winner: int) -> str:
        """Nothing: what counts is how it does against the others."""
        return ""

    def ahead(self, found: Count, names: Sequence[str], runners_up: str) -> str:
        """One to one."""
        (winner,) = found.winners
        duels = [
            (found.pairwise[winner][other] - found.pairwise[other][winner], other)
            for other in range(found.options)
            if other != winner
        ]
        margin, closest = min(duels)
        if margin <= 0:
            return ", though it does not beat every other option one to one"
        votes = f"{found.pairwise[winner][closest]} to {found.pairwise[closest][winner]}"
        if len(duels) == 1:
            return f": it beats {names[closest]} by {votes}"
        return f": one to one it beats every other option, most narrowly {names[closest]} by {votes}"

    def widget(self, options: int, budget: int) -> Widget:
        """Ranks from 1 to the number of options."""
        return Order(options)

    def one_hand(self, option: int, options: int, budget: int) -> list[int]:
        """A first choice alone."""
        return [1 if each == option else NO_MARK for each in range(options)]

    def ballot_of(self, liking: Sequence[float], budget: int) -> tuple[int, ...]:
        """All of them, in order of liking."""
        order = sorted(range(len(liking)), key=lambda option: -liking[option])
        return tuple(order.index(option) + 1 for option in range(len(liking)))


def borda(marks: Marks) -> NDArray[np.float64]:
    """Borda points of each option: one for each option below it on a ballot, half for each level with it.

    That is Borda's count for rankings with ties (Gärdenfors 1973). Those left off are level with each other
    at the bottom, so every ballot gives the same sum; but a blank ballot gives nothing.
    """
    doubled = np.zeros(marks.shape[1], dtype=np.int64)
    for block in blocks(len(marks)):
        doubled += _doubled(marks[block]).sum(axis=1, dtype=np.int64)
    return doubled / 2


def _doubled(marks: Marks) -> Marks:
    """Twice the Borda points, (options, ballots)."""
    return doubled_borda(np.ascontiguousarray(unsigned(marks).T))


METHOD: Final = Ranked()
