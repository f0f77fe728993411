"""Sums over many ballots, in blocks that stay in the processor's cache. Pure numpy.

Comparing bytes is cheap; adding them up into wider integers takes the time, so arrays are laid out for fast
addition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.integer[Any]]
Weights = NDArray[np.integer[Any]]
Numbers = NDArray[np.number[Any]]
Matrix = tuple[tuple[int, ...], ...]

NO_MARK: Final = -1
"""The mark of an unmarked option."""

GRADES: Final = 6
"""Default number of grades of a majority judgment (Balinski and Laraki's)."""

_BLOCK: Final = 1 << 16
"""Ballots at a time."""


def histogram(marks: Marks, weights: Weights | None, values: Sequence[int]) -> list[NDArray[np.int64]]:
    """For each value, how many ballots mark each option with it."""
    totals = [np.zeros(marks.shape[1], dtype=np.int64) for _ in values]
    for block in blocks(len(marks)):
        part, part_weights = marks[block], part_of(weights, block)
        for total, value in zip(totals, values, strict=True):
            total += by_option(part == value, part_weights)
    return totals


def by_option(values: Numbers, weights: Weights | None) -> NDArray[np.int64]:
    """Sums over ballots, one for each option."""
    if weights is not None:
        return np.asarray(weights.astype(np.int64) @ values.astype(np.int64), dtype=np.int64)
    # Long rows add quickly. The sum of 255 numbers fits in an integer twice as wide, that of 255 yes votes
    # in a byte.
    wide = {1: np.int16, 2: np.int32}.get(values.itemsize, np.int64)
    if values.dtype == np.bool_:
        values, wide = values.view(np.uint8), np.uint8
    abreast = len(values) // 255
    head = np.ascontiguousarray(values[: 255 * abreast]).reshape(255, -1)
    columns = head.sum(axis=0, dtype=wide).reshape(abreast, values.shape[1])
    return np.asarray(
        columns.sum(axis=0, dtype=np.int64) + values[255 * abreast :].sum(axis=0, dtype=np.int64)
    )


def profile_of(marks: Marks, weights: Weights | None, judged: int, levels: int) -> NDArray[np.int64]:
    """(options, levels) of ballots that give each mark; no mark, abstentions apart, counts as 0."""
    above = np.stack(histogram(marks, weights, range(1, levels)), axis=1)
    return np.concatenate([judged - above.sum(axis=1, keepdims=True), above], axis=1)


def blanks(marks: Marks) -> NDArray[np.intp]:
    """The numbers of the ballots that mark nothing."""
    blank = np.flatnonzero(marks[:, 0] == NO_MARK)
    for option in range(1, marks.shape[1]):
        # Fewer remain after each option, so this is faster than checking all.
        blank = blank[marks[blank, option] == NO_MARK]
    return blank


def rank_columns(marks: Marks) -> Marks:
    """Ranks as (options, ballots), lower is better."""
    source = unsigned(marks)
    columns = np.empty(marks.shape[::-1], dtype=source.dtype)
    for block in blocks(len(marks)):
        columns[:, block] = source[block].T
    return columns


def point_columns(marks: Marks) -> Marks:
    """Points as (options, ballots), lower is better."""
    columns = np.empty(marks.shape[::-1], dtype=marks.dtype)
    for block in blocks(len(marks)):
        columns[:, block] = -np.maximum(marks[block], 0).T
    return columns


def unsigned(marks: Marks) -> Marks:
    """Ranks as unsigned integers, so that no mark (-1) comes last."""
    return marks.view(f"u{marks.dtype.itemsize}")


def pairwise_of(columns: Numbers, weights: Weights | None) -> NDArray[np.int64]:
    """How many ballots prefer each option to each other, from (options, ballots) where less is better."""
    options = len(columns)
    preferred = np.zeros((options, options), dtype=np.int64)
    for block in blocks(columns.shape[1]):
        part, part_weights = columns[:, block], part_of(weights, block)
        before = np.empty(part.shape[1], dtype=np.bool_)
        for a in range(options):
            for b in range(options):
                if a != b:
                    preferred[a, b] += number_of(np.less(part[a], part[b], out=before), part_weights)
    return preferred


def doubled_borda(columns: Marks) -> Marks:
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

    With more than 30 options the answer is always no.
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
    """`doubled_borda` by comparing each option with each."""
    points = np.zeros_like(columns)
    for own, total in zip(columns, points, strict=True):
        for other in columns:
            total += (own < other).view(np.uint8)
            total += (own <= other).view(np.uint8)
    points -= columns.dtype.type(1)
    return points


def blocks(ballots: int) -> Iterator[slice]:
    """The ballots, `_BLOCK` at a time."""
    return (slice(start, start + _BLOCK) for start in range(0, ballots, _BLOCK))


def part_of(weights: Weights | None, block: slice) -> Weights | None:
    """The weights of the ballots in a block."""
    return None if weights is None else weights[block]


def number_of(chosen: NDArray[np.bool_], weights: Weights | None) -> int:
    """The total weight of the chosen ballots."""
    return int(np.count_nonzero(chosen) if weights is None else weights[chosen].sum())


def as_integers(numbers: Numbers) -> tuple[int, ...]:
    """The numbers as Python ints."""
    return tuple(int(number) for number in numbers)


def as_tuples(matrix: Numbers) -> Matrix:
    """The matrix as tuples of Python ints."""
    return tuple(as_integers(row) for row in matrix)
