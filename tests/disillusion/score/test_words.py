"""Every driver has a sentence, a title and one next action, and no sentence tells a pulse."""

from __future__ import annotations

import re

import pytest

from db.words import LEVELS
from lab.disillusion.score.facts import Line
from lab.disillusion.score.model import WEIGHTS
from lab.disillusion.score.words import DRIVER_TITLE, LEVEL_WORD, NEXT_ACTION, sentence

TABS = {"overview", "people", "expectations", "prototypes", "recommendations", "replies"}
KIND = {"stall": "recommendation", "gap": "expectation"}


def line(driver: str, **facts: object) -> Line:
    usual: dict[str, object] = {
        "points": 1.23, "title": "Reminder text before the hearing", "value": 0.6, "days": 71,
        "promised_days": 30, "count": 2,
    }  # fmt: skip
    return Line(driver, KIND.get(driver, "project"), "x", **{**usual, **facts})  # type: ignore[arg-type]


def test_every_driver_and_level_has_its_words() -> None:
    assert set(NEXT_ACTION) == set(DRIVER_TITLE) == set(WEIGHTS)
    assert {action.tab for action in NEXT_ACTION.values()} <= TABS
    assert all(action.label for action in NEXT_ACTION.values())
    assert tuple(LEVEL_WORD) == LEVELS
    assert LEVEL_WORD["at_risk"] == "At risk"


@pytest.mark.parametrize("driver", WEIGHTS)
def test_every_sentence_ends_with_its_points(driver: str) -> None:
    assert sentence(line(driver)).endswith(": +1.2")


@pytest.mark.parametrize("driver", ["stall", "silence", "sponsor"])
def test_days_are_said_in_singular_and_plural(driver: str) -> None:
    assert re.search(r"\b71 days\b", sentence(line(driver)))
    assert re.search(r"\b1 day\b", sentence(line(driver, days=1)))


def test_late_answers_are_said_in_singular_and_plural() -> None:
    assert sentence(line("unanswered", count=1)).startswith("1 expectation has ")
    assert sentence(line("unanswered", count=3)).startswith("3 expectations have ")


def test_a_recommendation_not_answered_is_said_to_be() -> None:
    assert "not answered" in sentence(line("stall", count=1))
    assert "not answered" not in sentence(line("stall", count=0))


def test_a_late_recommendation_is_not_said_to_be_silent() -> None:
    said = sentence(line("stall", promised_days=0, count=0))
    assert said == "Recommendation “Reminder text before the hearing” is 71 days past its date: +1.2"


@pytest.mark.parametrize("driver", ["stall", "gap"])
def test_titles_are_cut_at_a_word_within_eighty_characters(driver: str) -> None:
    said = sentence(line(driver, title="hearing " * 40))
    (title,) = re.findall("“(.*)”", said)
    assert len(title) <= 80
    assert title.endswith("hearing…")


def test_no_sentence_tells_what_somebody_answered() -> None:
    said = {sentence(line("mood", value=value, count=count)) for value in (0.1, 0.9) for count in (1, 20)}
    assert len(said) == 1
