"""What nobody said widens the band; it never improves the score."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.disillusion.score.drivers import IMPORTANCE_ENDS, PROSPECT, UNSAID_IMPORTANCE, assess_stakeholder
from lab.disillusion.score.facts import ExpectationFacts, RecommendationFacts, StakeholderRisk
from lab.disillusion.score.model import History
from tests.disillusion.score.test_drivers import person, recommendation

UNSAID: dict[str, Any] = {"importance": UNSAID_IMPORTANCE, "importance_range": IMPORTANCE_ENDS}


def hope(key: str, prospect: str, importance: float = 3.0) -> ExpectationFacts:
    return ExpectationFacts(key, f"Hope {key}", importance, 0.9, PROSPECT[prospect])


def assess(
    recommendations: tuple[RecommendationFacts, ...], expectations: tuple[ExpectationFacts, ...]
) -> StakeholderRisk:
    return assess_stakeholder(person(recommendations=recommendations, expectations=expectations), History())


def test_an_expectation_of_unsaid_importance_counts_as_the_middle_with_a_wider_band() -> None:
    broken, kept = hope("broken", "unmet"), hope("kept", "met")
    said = assess((), (broken, kept))
    unsaid = assess((), (replace(broken, **UNSAID), kept))
    assert unsaid.index == said.index
    assert unsaid.low < said.low
    assert unsaid.high > said.high


def test_a_recommendation_of_unsaid_importance_counts_as_the_middle_with_a_wider_band() -> None:
    stalled, moving = recommendation("late", days_overdue=84.0), recommendation("moving")
    said = assess((stalled, moving), ())
    unsaid = assess((replace(stalled, **UNSAID), moving), ())
    assert unsaid.index == said.index
    assert unsaid.low < said.low
    assert unsaid.high > said.high


@given(
    overdue=st.lists(st.sampled_from([0.0, 21.0, 60.0, 200.0]), min_size=2, max_size=4),
    prospects=st.lists(st.sampled_from(sorted(PROSPECT)), min_size=2, max_size=4),
    data=st.data(),
)
def test_the_band_holds_every_score_that_some_importance_would_give(
    overdue: list[float], prospects: list[str], data: st.DataObject
) -> None:
    asked = tuple(recommendation(f"r{n}", days_overdue=days) for n, days in enumerate(overdue))
    hopes = tuple(hope(f"h{n}", word) for n, word in enumerate(prospects))
    keys = [each.id for each in (*asked, *hopes)]
    unsaid = data.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=4))
    band = assess(
        tuple(replace(each, **UNSAID) if each.id in unsaid else each for each in asked),
        tuple(replace(each, **UNSAID) if each.id in unsaid else each for each in hopes),
    )
    for values in product((1.0, 3.0, 5.0), repeat=len(unsaid)):
        given_ = dict(zip(sorted(unsaid), values, strict=True))
        if_said = assess(
            tuple(replace(each, importance=given_.get(each.id, each.importance)) for each in asked),
            tuple(replace(each, importance=given_.get(each.id, each.importance)) for each in hopes),
        )
        assert band.low - 1e-9 <= if_said.index <= band.high + 1e-9


@pytest.mark.parametrize("importance", [1.0, 3.0, 5.0])
def test_records_that_say_everything_keep_their_band(importance: float) -> None:
    hopes = (hope("a", "unmet", importance), hope("b", "met", 2.0))
    alone = assess((), hopes)
    assert alone == assess((), tuple(replace(each, importance_range=None) for each in hopes))
