"""Times to an end, against worked examples and against an independent library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

from lab.rates.survival import (
    RUNNING,
    Durations,
    at_risk,
    cumulative_incidence,
    log_rank,
    median_days,
    restricted_mean,
    still_running,
)

IMPLEMENTED, ABANDONED = 1, 2
MONTHS = (5, 7, 8, 9, 10, 12, 13, 14, 14, 15, 16, 18, 18, 20, 21, 22, 23, 24)
ENDS = (1, 2, 1, 0, 1, 2, 1, 0, 1, 0, 1, 2, 0, 1, 0, 0, 1, 0)
"""Eighteen projects: in how many months each was implemented (1), abandoned (2), or still runs (0)."""

FIRST = Durations.of(zip((4, 6, 7, 8, 9, 11, 12, 15, 18), (1, 1, 1, 1, 1, 1, 0, 1, 0), [1] * 9, strict=True))
SECOND = Durations.of(
    zip((7, 10, 12, 14, 16, 18, 20, 22, 24), (1, 0, 1, 0, 0, 1, 0, 0, 0), [1] * 9, strict=True)
)


@pytest.fixture
def eighteen() -> Durations:
    return Durations.of(zip(MONTHS, ENDS, [1] * 18, strict=True))


def close(*expected: float) -> object:
    """Equal to four decimals."""
    return pytest.approx(list(expected), abs=1e-4)


def test_eighteen_projects_have_the_incidence_of_the_worked_example(eighteen: Durations) -> None:
    curves = cumulative_incidence(eighteen, (IMPLEMENTED, ABANDONED))
    implemented, abandoned = curves[IMPLEMENTED], curves[ABANDONED]
    assert [implemented.at(month) for month in (6, 12, 18, 24)] == close(
        0.055556, 0.170635, 0.364087, 0.631944
    )
    assert [abandoned.at(month) for month in (12, 18, 24)] == close(0.115079, 0.189484, 0.189484)
    running = still_running(eighteen)
    assert running.at(24) == pytest.approx(0.178571, abs=1e-4)
    assert implemented.at(24) + abandoned.at(24) + running.at(24) == pytest.approx(1)
    assert implemented.at(4) == 0
    assert implemented.bounds_at(4) == (0, 0)
    assert at_risk(eighteen, (0, 6, 12, 18, 24)) == (18, 17, 13, 7, 1)


def test_treating_the_abandoned_as_still_running_overstates(eighteen: Durations) -> None:
    naive = Durations(
        eighteen.days, np.where(eighteen.cause == ABANDONED, RUNNING, eighteen.cause), eighteen.count
    )
    assert 1 - still_running(naive).at(24) == pytest.approx(0.760200, abs=1e-4)


def test_half_have_ended_by_18_months_and_the_mean_within_24_is_known(eighteen: Durations) -> None:
    running = still_running(eighteen)
    assert median_days(running) == 18
    assert restricted_mean(running, 24) == pytest.approx(16.736111, abs=1e-4)


def test_the_two_groups_of_the_worked_example(eighteen: Durations) -> None:
    statistic, p = log_rank(FIRST, SECOND, 1)
    assert [statistic, p] == close(4.536938, 0.033171)
    first, second = still_running(FIRST), still_running(SECOND)
    assert [first.at(12), second.at(12)] == close(0.333333, 0.761905)
    assert (median_days(first), median_days(second)) == (9, None)
    assert [restricted_mean(each, 18) for each in (first, second)] == close(10.5, 16.015873)


def test_nothing_to_observe_is_no_curve_and_no_error() -> None:
    nothing = still_running(Durations.of([]))
    assert (nothing.at(100), median_days(nothing), restricted_mean(nothing, 90)) == (1, None, 90)
    assert cumulative_incidence(Durations.of([]), (1, 2))[1].at(100) == 0
    with pytest.raises(ValueError, match="must be named"):
        cumulative_incidence(Durations.of([(3, 2, 1)]), (1,))


histories = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 2), st.integers(1, 3)), min_size=2, max_size=25
)


@given(histories)
@settings(max_examples=60, deadline=None)
def test_an_independent_library_gives_the_same_curves(rows: list[tuple[int, int, int]]) -> None:
    each = [(days, cause) for days, cause, count in rows for _ in range(count)]
    days, causes = np.array([row[0] for row in each]), np.array([row[1] for row in each])
    curves = cumulative_incidence(Durations.of(rows), (1, 2))
    if causes.any():
        running = SurvfuncRight(days, (causes > 0).astype(int))
        ours = still_running(Durations.of(rows))
        assert [ours.at(day) for day in running.surv_times] == pytest.approx(list(running.surv_prob))
    if set(causes) < {0, 1, 2} and 2 not in causes:
        return
    with np.errstate(all="ignore"):
        theirs = CumIncidenceRight(days, causes)
    for cause in (1, 2):
        curve = curves[cause]
        assert [curve.at(day) for day in theirs.times] == pytest.approx(list(theirs.cinc[cause - 1]))
        for day, value, error in zip(
            theirs.times, theirs.cinc[cause - 1], theirs.cinc_se[cause - 1], strict=True
        ):
            if not (0 < value < 1 and np.isfinite(error) and error > 1e-6):
                continue
            low, high = curve.bounds_at(day)
            logged = np.log(-np.log(value))
            width = abs(1.959964 * error / (value * np.log(value)))
            assert low == pytest.approx(np.exp(-np.exp(logged + width)), abs=1e-5)
            assert high == pytest.approx(np.exp(-np.exp(logged - width)), abs=1e-5)


@given(histories)
@settings(max_examples=60, deadline=None)
def test_every_project_is_implemented_ended_otherwise_or_running(rows: list[tuple[int, int, int]]) -> None:
    durations = Durations.of(rows)
    curves, running = cumulative_incidence(durations, (1, 2)), still_running(durations)
    for day in range(32):
        assert curves[1].at(day) + curves[2].at(day) + running.at(day) == pytest.approx(1)
    low, high = curves[1].bounds_at(30)
    assert 0 <= low <= curves[1].at(30) + 1e-12
    assert curves[1].at(30) - 1e-12 <= high <= 1


def test_the_log_rank_test_is_the_independent_librarys() -> None:
    days = np.concatenate([FIRST.days, SECOND.days])
    ended = np.concatenate([FIRST.cause, SECOND.cause])
    statistic, p = survdiff(days, ended, np.repeat([0, 1], 9))
    assert log_rank(FIRST, SECOND, 1) == pytest.approx((statistic, p))
