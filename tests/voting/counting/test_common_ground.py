"""Common ground, how sure a ranking is, and the sentence that is read to the room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lab.foundation.disclosure import LEAST
from lab.voting.counting.common_ground import NO_GROUP, OTHERS, certainty, common_ground
from lab.voting.counting.sums import NO_MARK, Marks
from lab.voting.methods.majority_judgment import GRADE_NAMES, grade_name
from lab.voting.methods.registry import method_named, method_names
from lab.voting.tally import count
from lab.voting.words import said_aloud


def yes(*rows: tuple[int, list[int]]) -> Marks:
    """Approval ballots: how many, and what each says."""
    return np.array([said for times, said in rows for _ in range(times)], dtype=np.int8)


def test_common_ground_is_the_support_where_an_option_is_liked_least() -> None:
    marks = yes((20, [1, 1]), (10, [1, 0]), (6, [0, 1]))
    found = common_ground(method_named("approval"), marks, ["front_line"] * 30 + ["carer"] * 6)
    assert [(group.name, group.ballots, group.share) for group in found.groups] == [
        ("front_line", 30, (1, 20 / 30)),
        ("carer", 6, (0, 1)),
    ]
    assert found.score == pytest.approx((0.5 / 7, 20.5 / 31))
    assert found.least == (1, 0)
    assert found.geometric_mean[0] == pytest.approx(((30.5 / 31) * (0.5 / 7)) ** 0.5)


def test_a_small_group_pulls_less_than_a_large_one_that_says_the_same() -> None:
    def least(people: int) -> float:
        marks = yes((100, [1]), (people, [0]))
        return common_ground(method_named("approval"), marks, ["a"] * 100 + ["b"] * people).score[0]

    assert least(5) > least(20) > least(100)


def test_groups_under_five_are_merged_and_never_shown() -> None:
    sizes = {"carer": 2, "elected": 4, "front_line": 9, "community": 5}
    found = common_ground(
        method_named("approval"), yes((20, [1])), [name for name, size in sizes.items() for _ in range(size)]
    )
    assert [(group.name, group.members, group.ballots) for group in found.groups] == [
        ("front_line", ("front_line",), 9),
        (OTHERS, ("carer", "elected"), 6),
        ("community", ("community",), 5),
    ]


def test_others_too_few_to_show_are_merged_with_the_next_smallest() -> None:
    groups = ["carer"] * 2 + [None] * 1 + ["front_line"] * 8 + ["community"] * 6
    found = common_ground(method_named("approval"), yes((17, [1])), groups)
    assert [(group.name, group.members, group.ballots) for group in found.groups] == [
        (OTHERS, (NO_GROUP, "carer", "community"), 9),
        ("front_line", ("front_line",), 8),
    ]


def test_who_abstains_does_not_make_a_group_large_enough() -> None:
    marks = yes((4, [1, 0]), (1, [NO_MARK, NO_MARK]), (8, [0, 1]))
    (only,) = common_ground(method_named("approval"), marks, ["carer"] * 5 + ["elected"] * 8).groups
    assert (only.name, only.ballots, only.share) == (OTHERS, 12, (4 / 12, 8 / 12))


def test_fewer_than_five_ballots_show_no_group_at_all() -> None:
    found = common_ground(method_named("approval"), yes((4, [1, 0])), ["carer"] * 4)
    assert (found.groups, found.score, found.least, found.geometric_mean) == ((), (), (), ())


anyone = st.lists(st.sampled_from("abcdef"), max_size=40)


@given(anyone, st.sampled_from(method_names()), st.integers(0, 99))
def test_every_group_shown_has_five_and_together_they_are_everybody(
    groups: list[str], method: str, seed: int
) -> None:
    marks = np.random.default_rng(seed).integers(1 if method == "ranked" else 0, 2, (len(groups), 3))
    found = common_ground(method_named(method), marks, groups, budget=3)
    shown = sum(group.ballots for group in found.groups)
    assert all(group.ballots >= LEAST for group in found.groups)
    assert shown == (len(groups) if len(groups) >= LEAST else 0)
    assert sorted(name for group in found.groups for name in group.members) == (
        sorted(set(groups)) if found.groups else []
    )
    for option, score in enumerate(found.score):
        assert 0 < score <= found.geometric_mean[option] + 1e-12 < 1
        assert score == found.groups[found.least[option]].shrunk[option]
        whole = sum(group.share[option] * group.ballots for group in found.groups) / shown
        assert whole == pytest.approx(count(method, marks, budget=3).share[option])


# How sure a ranking is.


@pytest.mark.parametrize("method", method_names())
def test_the_same_seed_says_the_same_whoever_comes_first_through_the_door(method: str) -> None:
    random = np.random.default_rng(2)
    marks = random.integers(1 if method == "ranked" else 0, 2, (40, 4)).astype(np.int8)
    found = certainty(method_named(method), marks, seed=7)
    assert found is not None
    assert found == certainty(method_named(method), marks[random.permutation(40)], seed=7)
    assert sum(found.first) == pytest.approx(1)
    assert all(1 <= low <= high <= 4 for low, high in found.ranks)
    times = np.full(40, 3)
    assert certainty(method_named(method), marks, weights=times, seed=7) == certainty(
        method_named(method), np.repeat(marks, 3, axis=0), seed=7
    )


def test_a_landslide_is_sure_and_a_narrow_lead_is_not() -> None:
    landslide = certainty(method_named("approval"), yes((90, [1, 0]), (10, [0, 1])), seed=1)
    narrow = certainty(method_named("approval"), yes((51, [1, 0]), (49, [0, 1])), seed=1)
    assert landslide is not None
    assert narrow is not None
    assert (landslide.first, landslide.ranks) == ((1, 0), ((1, 1), (2, 2)))
    assert 0.5 < narrow.first[0] < 0.7
    assert narrow.ranks == ((1, 2), (1, 2))


def test_drawing_ballots_anew_agrees_with_what_is_known_exactly() -> None:
    """Of two options, one is first as often as a binomial number is more than half; a tie counts half."""
    found = certainty(method_named("approval"), yes((14, [1, 0]), (10, [0, 1])), seed=3, resamples=20_000)
    assert found is not None
    exactly = binom.sf(12, 24, 14 / 24) + 0.5 * binom.pmf(12, 24, 14 / 24)
    assert found.first[0] == pytest.approx(exactly, abs=0.012)


def test_options_always_level_share_the_first_place_and_both_ranks() -> None:
    found = certainty(method_named("approval"), yes((10, [1, 1, 0])), seed=1)
    assert found is not None
    assert found.first == (0.5, 0.5, 0)
    assert found.ranks == ((1, 2), (1, 2), (3, 3))


def test_too_few_ballots_are_never_called_sure() -> None:
    assert certainty(method_named("approval"), yes((4, [1, 0])), seed=1) is None


def test_a_large_hall_is_drawn_in_parts_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = np.random.default_rng(5).integers(0, 6, (200, 4)).astype(np.int8)
    whole = certainty(method_named("score"), marks, seed=9)
    monkeypatch.setattr("lab.voting.counting.common_ground._CELLS", 900)
    assert certainty(method_named("score"), marks, seed=9) == whole


# What is read to the room.

NAMES = ["Bench", "Lamp", "Bus"]


def test_who_leads_by_how_much_how_sure_and_on_what_ground() -> None:
    marks = yes((30, [1, 0, 0]), (12, [0, 1, 0]), (8, [1, 1, 0]))
    groups = ["carer"] * 42 + ["elected"] * 8
    said = said_aloud(
        count("approval", marks),
        NAMES,
        certainty=certainty(method_named("approval"), marks, seed=1),
        ground=common_ground(method_named("approval"), marks, groups),
    )
    assert said == (
        "“Bench” leads with 38 of 50 ballots, 18 more than “Lamp”. Had other people like these come, it "
        "would come first more than 99 times in 100: that is a clear result. It also has the most common "
        "ground: 71 % support in the group that likes it least (Carer)."
    )


def test_common_ground_elsewhere_is_said() -> None:
    marks = yes((30, [1, 1, 0]), (12, [1, 0, 0]), (8, [0, 1, 0]))
    ground = common_ground(method_named("approval"), marks, ["carer"] * 42 + ["elected"] * 8)
    assert said_aloud(count("approval", marks), NAMES, ground=ground).endswith(
        "“Lamp” has more common ground: 71 % support in the group that likes it least (Carer), against 0 % "
        "support in the group that likes it least (Elected)."
    )


def test_a_tie_is_called_a_tie() -> None:
    marks = yes((6, [1, 0, 1]), (6, [0, 0, 1]), (6, [1, 0, 0]))
    said = said_aloud(
        count("approval", marks), NAMES, certainty=certainty(method_named("approval"), marks, seed=1)
    )
    assert said.startswith("“Bench” and “Bus” are tied with 12 of 18 ballots each. A single ballot could")
    every = said_aloud(count("approval", yes((12, [1, 1, 1]))), NAMES)
    assert every == (
        "All 3 options are tied with 12 of 12 ballots each. A single ballot could put one of them first, so "
        "do not call it decided."
    )
    assert said_aloud(count("approval", yes((2, [-1, -1, -1]))), NAMES).endswith(
        "none with a mark, so nothing is chosen."
    )


def test_when_methods_disagree_the_room_hears_it() -> None:
    weights = np.array([42, 26, 15, 17])
    marks = np.array([[1, 2, 3, 4], [4, 1, 2, 3], [4, 3, 1, 2], [4, 3, 2, 1]], dtype=np.int8)
    capitals = ["Memphis", "Nashville", "Chattanooga", "Knoxville"]
    assert said_aloud(count("ranked", marks, weights=weights), capitals) == (
        "“Nashville” leads: one to one it beats every other option, most narrowly “Memphis” by 58 to 42. "
        "Counted in an instant runoff, “Knoxville” would win. "
        "Counted by first choices alone, “Memphis” would win."
    )


@pytest.mark.parametrize(
    ("method", "marks", "said"),
    [
        ("score", [[5, 3, 0], [4, 3, 0]], "“Bench” leads with 4.5 of 5 on average, 1.5 more than “Lamp”."),
        (
            "score",
            [[5, 5, 0]] * 40 + [[5, 4, 0]],
            "“Bench” leads with 5.0 of 5 on average, less than 0.1 more than “Lamp”.",
        ),
        ("dots", [[1, 0, 0], [5, 5, 0]], "“Bench” leads with 6 dots, 1 more than “Lamp”."),
        ("ranked", [[1, 2, 3], [2, 3, 1], [3, 1, 2]], "All 3 options are tied."),
        (
            "majority_judgment",
            [[4, 4, 0], [4, 3, 0]],
            "“Bench” leads with the grade “Very good”, ahead of “Lamp”.",
        ),
        (
            "majority_judgment",
            [[5, 4, 0], [4, 4, 0], [4, 4, 0]],
            "“Bench” leads with the grade “Very good”; “Lamp”, with the same grade, has less behind it.",
        ),
    ],
)
def test_each_method_is_worded_in_its_own_terms(method: str, marks: list[list[int]], said: str) -> None:
    assert said_aloud(count(method, np.array(marks, dtype=np.int8)), NAMES).startswith(said)


def test_a_winner_who_loses_a_duel_does_not_claim_to_beat_everyone() -> None:
    cycle = np.array([[1, 2, 3]] * 4 + [[3, 1, 2]] * 3 + [[2, 3, 1]] * 2, dtype=np.int8)
    said = said_aloud(count("ranked", cycle), NAMES)
    assert said.startswith("“Bench” leads, though it does not beat every other option one to one.")


def test_grades_have_names_when_there_are_six() -> None:
    assert [grade_name(grade, 6) for grade in range(6)] == list(GRADE_NAMES)
    assert grade_name(0, 4) == "grade 1 of 4"
