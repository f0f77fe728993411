"""The model against its published worked examples, and what must hold whatever the facts."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.disillusion.score.drivers import assess_project, assess_stakeholder, stall_of
from lab.disillusion.score.facts import ExpectationFacts, RecommendationFacts, StakeholderFacts
from lab.disillusion.score.levels import AlertState, from_text, replay, step
from lab.disillusion.score.model import WEIGHTS, History
from lab.disillusion.score.words import NEXT_ACTION, sentence

SEVEN_GAPS = History(progress_events=7, silent_days=3 + 5 + 8 + 9 + 14 + 21 + 30 + 45)
A = RecommendationFacts("a", "Reminder text", 5, 60, 21, 30, True, False)
B = RecommendationFacts("b", "Shorter letter", 2, 20, 0, 30, True, False)
DONE = RecommendationFacts("c", "Help line", 3, 10, 0, 30, False, False)
WORKED = StakeholderFacts(
    id="k",
    recommendations=(A, B, DONE),
    expectations=(
        ExpectationFacts("1", "one", 5, 0.9, 0.4),
        ExpectationFacts("2", "two", 2, 0.7, 0.8),
        ExpectationFacts("3", "three", 3, 0.8, 1.0),
    ),
    days_since_communication=56,
    late_inputs=2,
    open_inputs=3,
    own_pulses=(3, 2),
    team_pulse_mean=3.2,
    team_pulse_count=6,
    attendance=2 / 3,
    days_since_sponsor=63,
    bypassed=False,
)


def test_the_wait_for_progress_follows_the_labs_own_past() -> None:
    assert SEVEN_GAPS.surprise(28) == pytest.approx(0.629299, abs=1e-6)
    assert SEVEN_GAPS.surprise(60) == pytest.approx(0.868223, abs=1e-6)
    assert SEVEN_GAPS.surprise(90) == pytest.approx(0.945808, abs=1e-6)
    assert History().surprise(28) == pytest.approx(0.472305, abs=1e-6)
    assert History().surprise(84) == pytest.approx(0.812593, abs=1e-6)
    assert History().surprise(30.57) == pytest.approx(0.5, abs=1e-4)


def test_the_worked_example_is_reproduced() -> None:
    assert stall_of(A, SEVEN_GAPS) == pytest.approx(0.920558, abs=1e-6)
    assert stall_of(B, SEVEN_GAPS) == pytest.approx(0.030493, abs=1e-6)
    risk = assess_stakeholder(WORKED, SEVEN_GAPS)
    assert risk.index == pytest.approx(50.826913, abs=1e-6)
    assert risk.probability == pytest.approx(0.037432, abs=1e-6)
    assert 1 - (1 - risk.probability) * 0.98**5 == pytest.approx(0.129915, abs=1e-6)


def test_what_is_not_known_is_left_out_and_widens_the_band() -> None:
    unknown = dataclasses.replace(WORKED, own_pulses=(), team_pulse_mean=None, team_pulse_count=0)
    risk, known = assess_stakeholder(unknown, SEVEN_GAPS), assess_stakeholder(WORKED, SEVEN_GAPS)
    assert risk.index == pytest.approx(46.816836, abs=1e-6)
    assert risk.coverage == pytest.approx(0.75)
    assert risk.high - risk.low > known.high - known.low


def test_a_project_without_people_is_unknown_and_not_calm_for_certain() -> None:
    risk = assess_project([], History())
    assert (risk.index, risk.low, risk.high, risk.coverage) == (0.0, 0.0, 100.0, 0.0)


day_counts = st.floats(0, 900)
recommendations = st.builds(
    RecommendationFacts,
    id=st.uuids().map(str),
    title=st.text(max_size=100),
    importance=st.integers(1, 5),
    days_silent=day_counts,
    days_overdue=day_counts,
    promised_days=st.integers(1, 365),
    open=st.booleans(),
    unanswered=st.booleans(),
)
expectations = st.builds(
    ExpectationFacts,
    id=st.uuids().map(str),
    statement=st.text(max_size=100),
    importance=st.integers(1, 5),
    confidence=st.floats(0, 1),
    prospect=st.floats(0, 1),
)
people = st.builds(
    StakeholderFacts,
    id=st.uuids().map(str),
    recommendations=st.lists(recommendations, max_size=4).map(tuple),
    expectations=st.lists(expectations, max_size=4).map(tuple),
    days_since_communication=st.none() | day_counts,
    late_inputs=st.integers(0, 9),
    open_inputs=st.integers(0, 9),
    own_pulses=st.lists(st.floats(1, 5), max_size=4).map(tuple),
    team_pulse_mean=st.none() | st.floats(1, 5),
    team_pulse_count=st.integers(0, 40),
    attendance=st.none() | st.floats(0, 1),
    days_since_sponsor=st.none() | day_counts,
    bypassed=st.booleans(),
)
pasts = st.builds(History, progress_events=st.integers(0, 500), silent_days=st.floats(0, 50_000))


@given(st.lists(people, min_size=1, max_size=5), pasts)
@pytest.mark.slow
def test_the_lines_add_up_to_the_index_within_its_band_in_any_order(
    facts: list[StakeholderFacts], past: History
) -> None:
    risk = assess_project(facts, past)
    assert sum(line.points for line in risk.lines) == pytest.approx(risk.index, abs=1e-9)
    assert 0 <= risk.low <= risk.index + 1e-9 <= risk.high + 2e-9 <= 100 + 3e-9
    assert 0 <= risk.probability <= 1
    assert assess_project(facts[::-1], past).index == pytest.approx(risk.index, abs=1e-9)
    assert all(sentence(line) and NEXT_ACTION[line.driver] for line in risk.lines)


@given(people, pasts, st.floats(0, 200))
def test_silence_never_lowers_the_score(facts: StakeholderFacts, past: History, more: float) -> None:
    quieter = dataclasses.replace(
        facts,
        days_since_communication=None
        if facts.days_since_communication is None
        else facts.days_since_communication + more,
        recommendations=tuple(
            dataclasses.replace(each, days_silent=each.days_silent + more) for each in facts.recommendations
        ),
    )
    assert assess_stakeholder(quieter, past).index >= assess_stakeholder(facts, past).index - 1e-9


@given(people, pasts)
def test_a_reasoned_no_never_scores_above_an_overdue_silence(facts: StakeholderFacts, past: History) -> None:
    silent = dataclasses.replace(A, days_overdue=40, unanswered=True)
    declined = dataclasses.replace(A, days_overdue=0, open=False)
    before = dataclasses.replace(facts, recommendations=(silent,))
    after = dataclasses.replace(facts, recommendations=(declined,))
    assert assess_stakeholder(after, past).index <= assess_stakeholder(before, past).index + 1e-9


def test_weights_add_up_to_a_hundred() -> None:
    assert sum(WEIGHTS.values()) == 100


def test_the_published_alert_sequence_is_reproduced() -> None:
    row = [0.05, 0.11, 0.09, 0.12, 0.13, 0.10, 0.08, 0.065, 0.075, 0.06, 0.05, 0.12]
    assert [level != "calm" for level in replay(row)] == [
        bool(each) for each in (0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0)
    ]


def test_a_disappointed_leaving_is_critical_at_once_and_falls_back_when_over() -> None:
    assert replay([0.01, 0.25, 0.25, 0.01], [True, False, False, True]) == [
        "critical",
        "calm",
        "at_risk",
        "critical",
    ]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=20))
def test_an_alert_state_survives_being_written_down(row: list[tuple[float, bool]]) -> None:
    state = AlertState()
    for probability, immediate in row:
        state = step(state, probability, immediate)
        assert from_text(state.as_text()) == state


def test_a_silent_recommendation_is_said_with_its_days_and_points() -> None:
    (first, *_) = assess_project([WORKED], SEVEN_GAPS).lines
    risk = assess_stakeholder(WORKED, SEVEN_GAPS)
    stall = next(line for line in risk.lines if line.driver == "stall")
    assert sentence(stall).startswith(
        "Recommendation “Reminder text” has been silent for 60 days; news every 30 days was promised: +"
    )
    assert first.points >= stall.points - 1e-9 or first.driver != "stall"
