"""Measures counting a million ballots on thirty options against a plain sum: `make bench-votes`.

The reference is numpy's own sum over the ballots of the same array, in the same run. Approval, score, dots
and Borda should take at most three times as long. Schulze and the runoff, which compare each option with each
other, are stated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from lab.voting.counting.common_ground import certainty, common_ground
from lab.voting.counting.sums import NO_MARK, Marks
from lab.voting.methods.ranked import borda
from lab.voting.methods.registry import method_named, method_names
from lab.voting.tally import count

BALLOTS, OPTIONS = 1_000_000, 30
REPEATS = 7
BUDGET = 20
LIMIT = 3.0


def main() -> None:
    """Print the least of several runs in milliseconds, and its ratio to the bare sum."""
    random = np.random.default_rng(3)
    ranks = random.permuted(np.tile(np.arange(1, OPTIONS + 1, dtype=np.int8), (BALLOTS, 1)), axis=1)
    some_ranks = np.where(ranks > random.integers(1, OPTIONS + 1, (BALLOTS, 1)), NO_MARK, ranks).astype(
        np.int8
    )
    yes = _marks(random, 1)
    points = _marks(random, 5)
    print(f"{BALLOTS:,} ballots, {OPTIONS} options{'':<17}{'bare sum':>10}{'counting':>10}{'ratio':>8}")
    _compare("approval", yes, lambda: count("approval", yes), LIMIT)
    _compare("score, mean and median", points, lambda: count("score", points), LIMIT)
    _compare("dots", points, lambda: count("dots", points, budget=BUDGET), LIMIT)
    _compare("Borda, all ranked", ranks, lambda: borda(ranks), LIMIT)
    _compare("Borda, some left off", some_ranks, lambda: borda(some_ranks), LIMIT)
    _compare("majority judgment", points, lambda: count("majority_judgment", points))
    _compare("Schulze, IRV, Borda, all ranked", ranks, lambda: count("ranked", ranks))
    _compare("Schulze, IRV, Borda, some left off", some_ranks, lambda: count("ranked", some_ranks))
    _room(random)


def _marks(random: np.random.Generator, highest: int) -> Marks:
    return random.integers(NO_MARK, highest + 1, (BALLOTS, OPTIONS), dtype=np.int8)


def _compare(name: str, marks: Marks, counting: Callable[[], object], limit: float | None = None) -> None:
    bare = _least(lambda: marks.sum(axis=0))
    took = _least(counting)
    verdict = "" if limit is None else "  ok" if took <= limit * bare else f"  more than {limit:g}"
    print(f"{name:<40}{bare * 1000:>8.1f}ms{took * 1000:>8.1f}ms{took / bare:>8.2f}{verdict}")


def _room(random: np.random.Generator) -> None:
    """What a screen waits for: a result by group with its certainty, for a thousand voters."""
    people = 1000
    groups = [f"group {number}" for number in random.integers(0, 6, people)]
    print(f"\n{people:,} ballots, {OPTIONS} options{'':<17}{'count':>10}{'by group':>10}{'certainty':>12}")
    for method in method_names():
        marks = random.integers(0, 2, (people, OPTIONS), dtype=np.int8)
        if method == "ranked":
            marks = marks.cumsum(axis=1, dtype=np.int8) + np.int8(1)
            marks = random.permuted(marks, axis=1)
        steps: tuple[Callable[[], object], ...] = (
            partial(count, method, marks, budget=BUDGET),
            partial(common_ground, method_named(method), marks, groups, budget=BUDGET),
            partial(certainty, method_named(method), marks, seed=1),
        )
        took = [1000 * _least(step, repeats=2) for step in steps]
        print(f"{method:<40}{took[0]:>8.1f}ms{took[1]:>8.1f}ms{took[2]:>10.1f}ms")


def _least(step: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
