"""Disclosure control: what is too small to be published. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

LEAST: Final = 5
"""Counts of 1 to 4 are never shown; labs that publish more widely often take 10."""


def named_groups(people: Mapping[str | None, int], least: int = LEAST) -> frozenset[str]:
    """The groups that may stand beside what one of their people said.

    `people` has how many there are of each group, and under None of those who named none. A group of fewer
    than `least` is not named. If those who then stay without a group are fewer than `least` together, the
    smallest of the other groups isn't named either, because who is left over could be recognised too.
    """
    named = {group: number for group, number in people.items() if group is not None and number >= least}
    unnamed = sum(people.values()) - sum(named.values())
    while 0 < unnamed < least and named:
        group = min(named, key=lambda each: (named[each], each))
        unnamed += named.pop(group)
    return frozenset(named)


def withheld(table: Sequence[Sequence[int]], least: int = LEAST) -> list[list[int | None]]:
    """The table with None for what is withheld. Its last row and last column must be the totals.

    Counts of 1 to `least` − 1 are withheld, and then more of their row and column until nothing withheld
    can be had by subtraction (primary and secondary suppression, as for research outputs of official
    statistics): the smallest shown count that is no total goes first. Nought is shown unless it gives
    another count away. The grand total is withheld only when it is small itself.

    Raises:
        ValueError: a row or a column does not add up to its total.
    """
    _check_totals(table)
    shown: list[list[int | None]] = [[None if 0 < count < least else count for count in row] for row in table]
    lines = [[(row, column) for column in range(len(table[0]))] for row in range(len(table))]
    lines += [[(row, column) for row in range(len(table))] for column in range(len(table[0]))]
    totals = (len(table) - 1, len(table[0]) - 1)
    while line := next((line for line in lines if _gives_away(line, shown)), None):
        row, column = min(
            ((row, column) for row, column in line if shown[row][column] is not None),
            key=lambda cell: (_is_total(cell, totals), table[cell[0]][cell[1]] == 0, table[cell[0]][cell[1]]),
        )
        shown[row][column] = None
    return shown


def _gives_away(line: list[tuple[int, int]], shown: list[list[int | None]]) -> bool:
    return sum(shown[row][column] is None for row, column in line) == 1 and len(line) > 1


def _is_total(cell: tuple[int, int], totals: tuple[int, int]) -> int:
    return (cell[0] == totals[0]) + (cell[1] == totals[1])


def _check_totals(table: Sequence[Sequence[int]]) -> None:
    for line in (*table, *zip(*table, strict=True)):
        if sum(line[:-1]) != line[-1]:
            raise ValueError(f"{line[:-1]} does not add up to {line[-1]}")
