"""The score: additive, monotone, the same in any order, and wide where little is known."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.disillusion.score.drivers import PROSPECT, assess_project, assess_stakeholder
from lab.disillusion.score.facts import ExpectationFacts, RecommendationFacts, StakeholderFacts
from lab.disillusion.score.model import WEIGHTS, History

DAYS = st.floats(0, 900)
KEYS = st.sampled_from("abcdef")


def recommendation(key: str = "r", **facts: Any) -> RecommendationFacts:
    """One sent and open, about which there is nothing to complain."""
    usual: dict[str, Any] = {
        "title": f"Recommendation {key}",
        "importance": 3.0,
        "days_silent": 0.0,
        "days_overdue": 0.0,
        "promised_days": 30,
        "open": True,
        "unanswered": False,
    }
    return RecommendationFacts(id=key, **{**usual, **facts})


def person(**facts: Any) -> StakeholderFacts:
    """Somebody of whom everything is known, and whom nothing troubles."""
    usual: dict[str, Any] = {
        "id": "p",
        "recommendations": (),
        "expectations": (ExpectationFacts("kept", "A letter", 1, 1.0, PROSPECT["met"]),),
        "days_since_communication": 0.0,
        "late_inputs": 0,
        "open_inputs": 0,
        "own_pulses": (5.0, 5.0, 5.0, 5.0),
        "team_pulse_mean": 5.0,
        "team_pulse_count": 40,
        "attendance": 1.0,
        "days_since_sponsor": 0.0,
        "bypassed": False,
    }
    return StakeholderFacts(**{**usual, **facts})


def _different(each: Any) -> str:
    return str(each.id)


recommendations = st.lists(
    st.builds(
        recommendation,
        KEYS,
        importance=st.integers(1, 5).map(float),
        days_silent=DAYS,
        days_overdue=DAYS,
        open=st.booleans(),
        unanswered=st.booleans(),
    ),
    max_size=4,
    unique_by=_different,
).map(tuple)
expectations = st.lists(
    st.builds(
        ExpectationFacts,
        id=KEYS,
        statement=st.just("An answer"),
        importance=st.integers(1, 5),
        confidence=st.floats(0, 1),
        prospect=st.sampled_from(sorted(PROSPECT.values())),
    ),
    max_size=4,
    unique_by=_different,
).map(tuple)
people = st.builds(
    person,
    recommendations=recommendations,
    expectations=expectations,
    days_since_communication=st.none() | DAYS,
    late_inputs=st.integers(0, 5),
    open_inputs=st.integers(5, 9),
    own_pulses=st.lists(st.integers(1, 5).map(float), max_size=4).map(tuple),
    team_pulse_mean=st.none() | st.floats(1, 5),
    team_pulse_count=st.integers(1, 40),
    attendance=st.none() | st.floats(0, 1),
    days_since_sponsor=st.none() | DAYS,
    bypassed=st.booleans(),
)
pasts = st.builds(History, progress_events=st.integers(0, 500), silent_days=st.floats(0, 50_000))


def test_nobody_untroubled_is_ever_scored() -> None:
    risk = assess_stakeholder(person(), History())
    assert (risk.index, risk.coverage, risk.lines) == (0, 1, ())


def test_everything_at_its_worst_is_a_hundred() -> None:
    worst = person(
        recommendations=(recommendation(days_silent=9999),),
        expectations=(ExpectationFacts("e", "An answer", 5, 1.0, PROSPECT["unmet"]),),
        days_since_communication=9999.0,
        late_inputs=10**9,
        open_inputs=10**9,
        own_pulses=(1.0,) * 9,
        team_pulse_mean=1.0,
        attendance=0.0,
        days_since_sponsor=9999.0,
        bypassed=True,
    )
    risk = assess_stakeholder(worst, History())
    assert risk.index == pytest.approx(100)
    assert {line.driver for line in risk.lines} == set(WEIGHTS)
    assert risk.probability == pytest.approx(1 / (1 + math.exp(0.1)))


@given(people, pasts)
def test_a_persons_lines_add_up_to_their_index_inside_its_band(
    facts: StakeholderFacts, past: History
) -> None:
    risk = assess_stakeholder(facts, past)
    assert math.fsum(line.points for line in risk.lines) == pytest.approx(risk.index, abs=1e-9)
    assert risk.low <= risk.index <= risk.high
    assert all(line.points > 0 for line in risk.lines)


@given(st.lists(people, min_size=1, max_size=5), pasts)
def test_a_projects_lines_add_up_and_come_largest_first(facts: list[StakeholderFacts], past: History) -> None:
    risk = assess_project(facts, past)
    assert math.fsum(line.points for line in risk.lines) == pytest.approx(risk.index, abs=1e-9)
    points = [line.points for line in risk.lines]
    assert points == sorted(points, reverse=True)
    assert len({(line.driver, line.subject_id) for line in risk.lines}) == len(risk.lines)
    assert risk.people == len(facts)


@given(st.lists(people, min_size=1, max_size=5), pasts, st.randoms(use_true_random=False))
def test_order_does_not_matter(facts: list[StakeholderFacts], past: History, chance: Any) -> None:
    def mixed(values: Any) -> Any:
        return tuple(chance.sample(list(values), len(values)))

    other = [
        dataclasses.replace(
            each,
            recommendations=mixed(each.recommendations),
            expectations=mixed(each.expectations),
            own_pulses=mixed(each.own_pulses),
        )
        for each in mixed(facts)
    ]
    one, two = assess_project(facts, past), assess_project(other, past)
    for name in ("index", "low", "high", "probability", "coverage"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), abs=1e-9)
    points = [{(line.driver, line.subject_id): line.points for line in risk.lines} for risk in (one, two)]
    assert points[0] == pytest.approx(points[1], abs=1e-9)


def test_recommendations_alike_share_the_blame_alike() -> None:
    twins = (recommendation("a", days_silent=200), recommendation("b", days_silent=200))
    one, two = assess_stakeholder(person(recommendations=twins), History()).lines
    assert one.points == pytest.approx(two.points)


def test_one_answer_from_the_whole_project_leaves_its_mood_uncertain() -> None:
    facts = person(own_pulses=(), team_pulse_mean=1.0, team_pulse_count=1)
    one, many = facts, dataclasses.replace(facts, team_pulse_count=40)
    widths = [risk.high - risk.low for risk in (assess_stakeholder(each, History()) for each in (one, many))]
    assert widths[0] > 5 > widths[1]


def test_late_inputs_of_everybody_are_counted() -> None:
    facts = [person(late_inputs=1, open_inputs=1), person(id="q", late_inputs=2, open_inputs=4)]
    (line,) = assess_project(facts, History()).lines
    assert (line.driver, line.count) == ("unanswered", 3)


@given(people, pasts, st.floats(0, 300))
def test_more_silence_or_lateness_never_lowers_the_index(
    facts: StakeholderFacts, past: History, more: float
) -> None:
    before = assess_stakeholder(facts, past).index
    for place, each in enumerate(facts.recommendations):
        for name in ("days_silent", "days_overdue"):
            worse = list(facts.recommendations)
            worse[place] = dataclasses.replace(each, **{name: getattr(each, name) + more})
            changed = dataclasses.replace(facts, recommendations=tuple(worse))
            assert assess_stakeholder(changed, past).index >= before - 1e-9
    for name in ("days_since_communication", "days_since_sponsor"):
        if (days := getattr(facts, name)) is not None:
            changed = dataclasses.replace(facts, **{name: days + more})
            assert assess_stakeholder(changed, past).index >= before - 1e-9


@given(people, st.floats(84, 900), st.integers(1, 5))
def test_a_reasoned_no_troubles_people_less_than_no_answer(
    facts: StakeholderFacts, waited: float, importance: int
) -> None:
    def asked(each: RecommendationFacts, prospect: str, late: int) -> float:
        hope = ExpectationFacts("e", "An answer", importance, 0.9, PROSPECT[prospect])
        changed = dataclasses.replace(
            facts, recommendations=(each,), expectations=(hope,), late_inputs=late, open_inputs=late
        )
        return assess_stakeholder(changed, History()).index

    declined = asked(recommendation(open=False), "declined_with_reason", 0)
    for prospect in ("overdue", "long_overdue"):
        silent = recommendation(days_silent=waited, days_overdue=waited - 84, unanswered=True)
        assert declined < asked(silent, prospect, 1)


UNKNOWN: dict[str, dict[str, Any]] = {
    "silence": {"days_since_communication": None},
    "mood": {"own_pulses": (), "team_pulse_mean": None, "team_pulse_count": 0},
    "attend": {"attendance": None},
    "sponsor": {"days_since_sponsor": None},
}


@pytest.mark.parametrize("driver", UNKNOWN)
@given(facts=people, past=pasts)
def test_knowing_less_never_narrows_the_band(driver: str, facts: StakeholderFacts, past: History) -> None:
    known = assess_stakeholder(facts, past)
    unknown = assess_stakeholder(dataclasses.replace(facts, **UNKNOWN[driver]), past)
    assert unknown.low <= known.low + 1e-9
    assert unknown.high >= known.high - 1e-9
    assert unknown.coverage <= known.coverage
    assert all(line.driver != driver for line in unknown.lines)


def test_a_shorter_past_and_fewer_pulses_widen_the_band() -> None:
    def width(history: History, pulses: tuple[float, ...]) -> float:
        facts = person(recommendations=(recommendation(days_silent=60),), own_pulses=pulses)
        risk = assess_stakeholder(dataclasses.replace(facts, team_pulse_mean=3.0), history)
        return risk.high - risk.low

    long_past = History(progress_events=400, silent_days=400 * 28 / math.log(2))
    assert width(History(), (2.0, 4.0)) > width(long_past, (2.0, 4.0))
    assert width(long_past, (2.0, 4.0)) > width(long_past, (2.0, 4.0) * 10)


def test_a_project_is_the_mean_of_its_people_and_the_chance_that_any_leaves() -> None:
    calm, silent = person(), person(id="q", days_since_communication=112.0)
    risk = assess_project([calm, silent, dataclasses.replace(calm, id="r")], History())
    assert risk.index == pytest.approx(12 / 3)
    each = [assess_stakeholder(facts, History()).probability for facts in (calm, silent, calm)]
    assert risk.probability == pytest.approx(1 - math.prod(1 - chance for chance in each))
    (line,) = risk.lines
    assert (line.driver, line.subject_kind, line.subject_id) == ("silence", "project", "")
    assert line.points == pytest.approx(4)


def test_the_same_recommendation_is_one_line_however_many_hope_for_it() -> None:
    late = recommendation(days_overdue=84)
    facts = [person(id=str(number), recommendations=(late,)) for number in range(3)]
    (line,) = assess_project([*facts, person(id="other")], History()).lines
    assert (line.driver, line.subject_kind, line.subject_id) == ("stall", "recommendation", "r")
    assert line.points == pytest.approx(25 * 3 / 4)
