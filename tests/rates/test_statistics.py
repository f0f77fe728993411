"""Intervals and comparisons, against worked examples and against an independent library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from lab.rates.statistics import (
    BENCHMARK,
    PRIOR,
    belief,
    clopper_pearson,
    difference,
    exact_p,
    jeffreys,
    poisson_rate,
    probability_larger,
    share,
)


def close(*expected: float) -> object:
    """Equal to four decimals."""
    return pytest.approx(expected, abs=1e-4)


counts = st.integers(1, 60).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (9, 18, 0.290310, 0.709690),
        (3, 15, 0.070475, 0.451854),
        (0, 5, 0.0, 0.434482),
        (5, 5, 0.565518, 1.0),
        (1, 4, 0.045587, 0.699358),
        (14, 18, 0.547854, 0.909991),
        (11, 14, 0.524108, 0.924286),
        (9, 11, 0.523019, 0.948632),
    ],
)
def test_wilson_intervals_agree_with_the_worked_examples(
    count: int, total: int, low: float, high: float
) -> None:
    found = share(count, total)
    assert found.rate == count / total
    assert (found.low, found.high) == close(low, high)


def test_nothing_closed_is_not_a_rate_of_zero() -> None:
    assert share(0, 0).rate is None
    with pytest.raises(ValueError, match="no share"):
        share(3, 2)


def test_the_benchmark_has_the_intervals_of_the_worked_example() -> None:
    found, exact = jeffreys(*BENCHMARK), clopper_pearson(*BENCHMARK)
    assert (found.low, found.high) == close(0.283571, 0.716429)
    assert (exact.low, exact.high) == close(0.260191, 0.739809)
    few = jeffreys(3, 15)
    assert (few.low, few.high) == close(0.059771, 0.443635)


@given(counts)
def test_an_independent_library_gives_the_same_intervals(case: tuple[int, int]) -> None:
    count, total = case
    wilson = share(count, total)
    assert (wilson.low, wilson.high) == pytest.approx(
        proportion_confint(count, total, method="wilson"), abs=1e-9
    )
    exact = clopper_pearson(count, total)
    assert (exact.low, exact.high) == pytest.approx(proportion_confint(count, total, method="beta"), abs=1e-9)
    if 0 < count < total:
        bars = jeffreys(count, total)
        assert (bars.low, bars.high) == pytest.approx(
            proportion_confint(count, total, method="jeffreys"), abs=1e-9
        )


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [
        (0, 4, (0.346154, 0.124537, 0.612436, 0.123724)),
        (6, 8, (0.617647, 0.383413, 0.825684, 0.841238)),
    ],
)
def test_few_projects_move_the_prior_only_so_far(count: int, total: int, expected: tuple[float, ...]) -> None:
    found = belief(count, total)
    assert (found.mean, found.low, found.high, found.above_half) == close(*expected)


def test_the_prior_itself_is_the_benchmark_counted_half() -> None:
    assert sum(PRIOR) * 2 == BENCHMARK[1]
    assert PRIOR[0] * 2 == BENCHMARK[0]
    nothing, two_of_three = belief(0, 0), belief(2, 3)
    assert (nothing.low, nothing.high) == pytest.approx((0.199, 0.801), abs=1e-3)
    assert (two_of_three.mean, two_of_three.low, two_of_three.high) == close(0.541667, 0.269864, 0.800336)


def test_seven_of_nine_against_two_of_nine_is_the_worked_example() -> None:
    found = difference(7, 9, 2, 9)
    assert (found.value, found.low, found.high) == close(0.555556, 0.095669, 0.780411)
    assert exact_p(7, 9, 2, 9) == pytest.approx(0.030884, abs=1e-4)
    assert probability_larger(7, 9, 2, 9) == pytest.approx(0.991976, abs=1e-4)


@given(counts, counts)
def test_the_difference_is_newcombes_and_turns_round_with_its_sides(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found, turned = difference(*first, *second), difference(*second, *first)
    expected = confint_proportions_2indep(*first, *second, method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_larger_tables_use_fishers_test() -> None:
    assert exact_p(14, 20, 8, 22) == pytest.approx(0.0364, abs=2e-3)
    assert exact_p(7, 9, 2, 9) < 0.056684  # Fisher's, which Boschloo's test is never weaker than


def test_eight_implemented_in_269_months_is_the_worked_rate() -> None:
    found = poisson_rate(8, 269 / 12)
    assert (found.value, found.low, found.high) == close(0.356877, 0.154074, 0.703191)
    assert poisson_rate(0, 2.0).low == 0
    with pytest.raises(ValueError, match="no rate"):
        poisson_rate(1, 0)
