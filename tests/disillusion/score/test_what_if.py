"""Acting never makes it look worse, silence never better, and a reasoned no never costs more than silence."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.disillusion.score.drivers import (
    CONFIDENCE,
    PROSPECT,
    assess_project,
    assess_stakeholder,
    prospect_of,
)
from lab.disillusion.score.facts import ExpectationFacts, Hope, RecommendationFacts, StakeholderFacts
from lab.disillusion.score.levels import replay
from lab.disillusion.score.model import History
from lab.disillusion.score.what_if import Action, action_for, actions_for, done
from lab.disillusion.score.words import ACTION_TAB, action_said
from tests.disillusion.score.test_drivers import person, recommendation

DAYS = st.integers(0, 400).map(float)
KEYS = st.sampled_from("abcd")


@st.composite
def asked(draw: Any) -> RecommendationFacts:
    """A recommendation as the records may have it: late only while open, ended in one way."""
    ends = draw(st.sampled_from(("open", "open", "sent", "implemented", "reasoned", "unreasoned")))
    is_open = ends in ("open", "sent")
    past_completion = draw(DAYS) if is_open else 0.0
    return RecommendationFacts(
        id=draw(KEYS),
        title="Ask",
        importance=float(draw(st.integers(1, 5))),
        days_silent=draw(DAYS),
        days_overdue=max(past_completion, draw(DAYS) if ends == "sent" else 0.0),
        promised_days=30,
        open=is_open,
        unanswered=ends in ("sent", "unreasoned"),
        implemented=ends == "implemented",
        days_past_completion=past_completion,
    )


@st.composite
def somebody(draw: Any) -> StakeholderFacts:
    """A person whose expectations look as what serves them does."""
    recommendations = tuple(draw(st.lists(asked(), max_size=4, unique_by=lambda each: each.id)))
    by_id = {each.id: each for each in recommendations}
    expectations = []
    for number in range(draw(st.integers(0, 3))):
        hope = Hope(
            state=draw(st.sampled_from(("open", "open", "in_hand", "met", "not_met"))),
            reasoned=draw(st.booleans()),
            days_past=draw(st.just(0.0) | DAYS),
            days_quiet=draw(DAYS),
            served_by=tuple(draw(st.sets(KEYS, max_size=2))),
        )
        expectations.append(
            ExpectationFacts(
                id=f"e{number}",
                statement="A hope",
                importance=draw(st.integers(1, 5)),
                confidence=draw(st.sampled_from(sorted(set(CONFIDENCE.values())))),
                prospect=PROSPECT[prospect_of(hope, by_id)],
                confidence_asked=draw(st.booleans()),
                hope=hope,
                is_late=draw(st.booleans()),
            )
        )
    late = sum(each.is_late for each in expectations)
    return StakeholderFacts(
        id="p",
        recommendations=draw(st.just(recommendations)),
        expectations=tuple(expectations),
        days_since_communication=draw(st.none() | DAYS),
        late_inputs=late,
        open_inputs=late + draw(st.integers(0, 3)),
        own_pulses=tuple(draw(st.lists(st.integers(1, 5).map(float), max_size=3))),
        team_pulse_mean=draw(st.none() | st.floats(1, 5)),
        team_pulse_count=draw(st.integers(1, 9)),
        attendance=draw(st.none() | st.floats(0, 1)),
        days_since_sponsor=draw(st.none() | DAYS),
        bypassed=draw(st.booleans()),
        pulses_fresh=draw(st.booleans()),
    )


pasts = st.builds(History, progress_events=st.integers(0, 200), silent_days=st.floats(0, 20_000))


def looked_at_again(facts: StakeholderFacts) -> StakeholderFacts:
    """The same person, with prospects drawn afresh from what serves their expectations."""
    (same,) = done([facts], ())
    return same


def index(facts: StakeholderFacts, past: History) -> float:
    return assess_stakeholder(facts, past).index


@given(somebody(), pasts)
def test_doing_nothing_changes_nothing(facts: StakeholderFacts, past: History) -> None:
    assert done([facts], ()) == (facts,)


@given(somebody(), pasts, st.data())
def test_no_helpful_action_ever_raises_a_score(facts: StakeholderFacts, past: History, data: Any) -> None:
    lines = assess_stakeholder(facts, past).lines
    helpful = [each for each in actions_for(lines) if each.kind != "decline"]
    chosen = data.draw(st.lists(st.sampled_from(helpful), unique=True)) if helpful else []
    (after,) = done([facts], chosen)
    assert index(after, past) <= index(facts, past) + 1e-9
    assert done([facts], chosen[::-1]) == (after,)


@given(somebody(), pasts)
def test_keeping_a_promise_never_raises_the_score(facts: StakeholderFacts, past: History) -> None:
    before = index(facts, past)
    for place, each in enumerate(facts.recommendations or ()):
        if each.open:
            finished = dataclasses.replace(
                each, open=False, unanswered=False, implemented=True, days_silent=0.0, days_overdue=0.0
            )
            kept = list(facts.recommendations or ())
            kept[place] = finished
            assert index(looked_at_again(dataclasses.replace(facts, recommendations=tuple(kept))), past) <= (
                before + 1e-9
            )
    for place, hoped in enumerate(facts.expectations):
        assert hoped.hope is not None
        if hoped.hope.state in ("open", "in_hand"):
            met = dataclasses.replace(hoped, hope=dataclasses.replace(hoped.hope, state="met"))
            hopes = list(facts.expectations)
            hopes[place] = met
            assert index(looked_at_again(dataclasses.replace(facts, expectations=tuple(hopes))), past) <= (
                before + 1e-9
            )


@given(somebody(), pasts, st.integers(1, 300))
def test_silence_never_lowers_the_score(facts: StakeholderFacts, past: History, days: int) -> None:
    def older(value: float | None) -> float | None:
        return None if value is None else value + days

    silent = dataclasses.replace(
        facts,
        recommendations=tuple(
            dataclasses.replace(
                each,
                days_silent=each.days_silent + days,
                days_overdue=each.days_overdue + days if each.open and each.days_overdue else 0.0,
                days_past_completion=each.days_past_completion + days if each.days_past_completion else 0.0,
            )
            for each in facts.recommendations or ()
        ),
        expectations=tuple(
            dataclasses.replace(
                each,
                hope=dataclasses.replace(
                    each.hope,
                    days_past=each.hope.days_past + days if each.hope.days_past else 0.0,
                    days_quiet=each.hope.days_quiet + days,
                ),
            )
            for each in facts.expectations
            if each.hope
        ),
        days_since_communication=older(facts.days_since_communication),
        days_since_sponsor=older(facts.days_since_sponsor),
        pulses_fresh=facts.pulses_fresh and days < 98,
    )
    assert index(looked_at_again(silent), past) >= index(facts, past) - 1e-9


@given(somebody(), pasts)
def test_a_reasoned_decline_never_scores_above_the_same_question_unanswered_past_its_date(
    facts: StakeholderFacts, past: History
) -> None:
    asked = facts.recommendations or ()
    still = {each.id for each in asked if each.open}
    for each in asked:
        # a hope that another question serves as well is judged by that one afterwards, which may look worse
        is_only_way = all(
            still.isdisjoint({*hope.hope.served_by} - {each.id})
            for hope in facts.expectations
            if hope.hope and each.id in hope.hope.served_by
        )
        if each.open and each.unanswered and each.days_overdue > 0 and is_only_way:
            (after,) = done([facts], [Action("decline", each.id)])
            assert index(after, past) <= index(facts, past) + 1e-9


def test_finishing_what_went_well_does_not_make_the_rest_look_worse() -> None:
    well, stuck = (
        recommendation("well", importance=5.0),
        recommendation("stuck", importance=1.0, days_silent=400),
    )
    before = person(recommendations=(well, stuck))
    after = person(recommendations=(dataclasses.replace(well, open=False, implemented=True), stuck))
    assert index(after, History()) <= index(before, History())


def test_bad_answers_do_not_fade_because_nobody_asks_any_more() -> None:
    bitter = person(own_pulses=(1.0, 1.0), team_pulse_mean=1.0)
    old = dataclasses.replace(bitter, pulses_fresh=False)
    assert index(old, History()) == index(bitter, History()) > 0
    assert assess_stakeholder(old, History()).coverage == pytest.approx(0.75)
    content = person(days_since_communication=200.0, pulses_fresh=False)
    assert index(content, History()) > index(dataclasses.replace(content, pulses_fresh=True), History())


@pytest.mark.parametrize(
    "absent",
    [
        {"days_since_communication": None},
        {"expectations": (), "open_inputs": 0},
        {"own_pulses": (), "team_pulse_mean": None, "team_pulse_count": 0},
        {"attendance": None},
        {"days_since_sponsor": None},
        {"recommendations": None},
    ],
)
def test_what_is_missing_widens_the_band_and_lowers_no_score_silently(absent: dict[str, Any]) -> None:
    troubled = person(
        recommendations=(recommendation(days_silent=60.0),), days_since_communication=60.0, attendance=0.5,
        expectations=(ExpectationFacts("e", "A hope", 3, 0.9, 0.55),), days_since_sponsor=90.0,
        own_pulses=(3.0,), team_pulse_mean=3.0,
    )  # fmt: skip
    known, unknown = (
        assess_stakeholder(each, History()) for each in (troubled, dataclasses.replace(troubled, **absent))
    )
    assert unknown.coverage < known.coverage
    assert unknown.high - unknown.low > known.high - known.low
    kept = sum(line.points for line in known.lines if line.driver in {each.driver for each in unknown.lines})
    # Nothing that is known is worth less for what is not.
    assert unknown.index >= kept - 1e-9


def test_nobody_asked_how_sure_they_were_widens_the_band() -> None:
    told = ExpectationFacts("e", "A hope", 3, 0.6, 0.4)
    guessed = dataclasses.replace(told, confidence_asked=False)
    sure, unsure = (assess_stakeholder(person(expectations=(each,)), History()) for each in (told, guessed))
    assert sure.index == unsure.index
    assert (unsure.low, unsure.high) < (sure.low, sure.high)
    assert unsure.high > sure.high


def test_every_action_has_its_words_and_its_screen() -> None:
    lines = assess_project(
        [
            person(
                recommendations=(recommendation(days_silent=300.0),), days_since_communication=300.0,
                expectations=(ExpectationFacts("e", "A hope", 3, 0.9, 0.2),), days_since_sponsor=300.0,
                bypassed=True, late_inputs=1, open_inputs=1, attendance=0.0, own_pulses=(1.0,),
            )
        ],
        History(),
    ).lines  # fmt: skip
    assert {line.driver for line in lines if action_for(line) is None} == {"mood", "attend"}
    for action in actions_for(lines):
        assert ACTION_TAB[action.kind]
        assert action_said(action.kind, "Ask")


def test_a_flag_would_fall_only_after_two_evaluations_however_much_is_done() -> None:
    assert replay([0.3, 0.3, 0.01, 0.01]) == ["calm", "at_risk", "at_risk", "calm"]
