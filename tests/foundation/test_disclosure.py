"""What a published table keeps to itself."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.foundation.disclosure import LEAST, named_groups, withheld


def with_totals(inner: list[list[int]]) -> list[list[int]]:
    rows = [[*row, sum(row)] for row in inner]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def test_a_small_count_takes_its_neighbours_with_it() -> None:
    shown = withheld(with_totals([[2, 20], [30, 40], [50, 60]]))
    assert shown[0] == [None, None, 22]
    assert shown[1] == [None, None, 70]
    assert shown[2] == [50, 60, 110]
    assert shown[3] == [82, 120, 202]


def test_a_table_without_small_counts_is_shown_whole() -> None:
    table = with_totals([[0, 20], [30, 40]])
    assert withheld(table) == table


def test_totals_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        withheld([[1, 2, 4], [1, 2, 4]])


inner_tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=3
    )
)


@given(inner_tables)
def test_nothing_withheld_follows_by_subtraction_and_nothing_shown_is_small(inner: list[list[int]]) -> None:
    table = with_totals(inner)
    shown = withheld(table)
    for row, column in itertools.product(range(len(table)), range(len(table[0]))):
        value = shown[row][column]
        assert value is None or (value == table[row][column] and not 0 < value < 5)
    for line in (*shown, *zip(*shown, strict=True)):
        assert sum(value is None for value in line) != 1


@pytest.mark.parametrize(
    ("people", "named"),
    [
        ({"carer": 5, "elected": 6}, {"carer", "elected"}),
        ({"carer": 1, "elected": 6, "partner": 7}, {"partner"}),
        ({"carer": 4, None: 1, "elected": 6}, {"elected"}),
        ({"carer": 1, "elected": 6}, set()),
        ({"carer": 1}, set()),
        ({}, set()),
    ],
)
def test_a_group_is_named_only_where_nobody_of_the_rest_can_be_recognised(
    people: dict[str | None, int], named: set[str]
) -> None:
    assert named_groups(people) == named


@given(st.dictionaries(st.one_of(st.none(), st.sampled_from("abcdef")), st.integers(0, 12)))
def test_neither_a_named_group_nor_the_rest_is_small(people: dict[str | None, int]) -> None:
    named = named_groups(people)
    rest = sum(number for group, number in people.items() if group not in named)
    assert all(people[group] >= LEAST for group in named)
    assert rest == 0 or rest >= LEAST or not named
