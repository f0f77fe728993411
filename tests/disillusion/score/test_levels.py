"""Levels follow the probabilities without flickering."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.disillusion.score.levels import AlertState, from_text, replay, step


def test_one_evaluation_alone_raises_nothing() -> None:
    assert replay([0.9, 0.0, 0.9, 0.0]) == ["calm"] * 4


def test_thresholds_belong_to_the_raised_level() -> None:
    assert replay([0.10, 0.10, 0.07, 0.07, 0.07]) == ["calm", "watch", "watch", "watch", "watch"]
    assert replay([0.20, 0.20, 0.14, 0.14]) == ["calm", "at_risk", "at_risk", "at_risk"]


def test_at_risk_is_cleared_to_watch_and_watch_to_calm() -> None:
    levels = replay([0.25, 0.25, 0.13, 0.13, 0.06, 0.06])
    assert levels == ["calm", "at_risk", "at_risk", "watch", "watch", "calm"]


def test_watch_alone_never_becomes_at_risk_below_its_threshold() -> None:
    assert set(replay([0.19] * 20)) == {"calm", "watch"}


def test_an_override_needs_no_confirmation_and_leaves_the_alarm_beneath_as_it_was() -> None:
    assert replay([0.0, 0.0], [False, True]) == ["calm", "critical"]
    levels = replay([0.25, 0.25, 0.25, 0.25], [False, False, True, False])
    assert levels == ["calm", "at_risk", "critical", "at_risk"]


@given(st.lists(st.floats(0, 1), max_size=30))
def test_a_level_is_at_least_what_two_evaluations_in_a_row_say(row: list[float]) -> None:
    levels = replay(row)
    for place in range(1, len(row)):
        pair = row[place - 1 : place + 1]
        if min(pair) >= 0.20:
            assert levels[place] == "at_risk"
        elif min(pair) >= 0.10:
            assert levels[place] in ("watch", "at_risk")
        elif max(pair) < 0.07:
            assert levels[place] == "calm"


@given(st.lists(st.floats(0, 1), max_size=30))
def test_a_replay_is_the_steps_one_by_one_with_each_state_kept_as_text(row: list[float]) -> None:
    kept, levels = AlertState().as_text(), []
    for probability in row:
        state = step(from_text(kept), probability)
        kept = state.as_text()
        levels.append(state.level)
    assert levels == replay(row)


@pytest.mark.parametrize("text", ["", "calm", "0000", "000000", "1a000"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an alert state"):
        from_text(text)
