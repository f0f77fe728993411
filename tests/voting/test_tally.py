"""Counting: published elections, promises that hold for any ballots, and a slow count by the book beside."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lab.foundation.errors import Invalid
from lab.voting.counting.sums import NO_MARK, Marks
from lab.voting.methods.method import Count, Gauge
from lab.voting.methods.ranked import borda
from lab.voting.methods.registry import method_named, method_names
from lab.voting.tally import count, validate

BUDGET = 10
HIGHEST = {"approval": 1, "score": 5, "ranked": 4, "dots": 5, "majority_judgment": 5}


def tally(method: str, marks: Marks, weights: Marks | None = None) -> Count:
    return count(method, marks, weights=weights, budget=BUDGET)


def rankings(options: str, *orders: tuple[int, str]) -> tuple[Marks, Marks]:
    """Marks and weights from orders like "AB", best first; what an order leaves out is left off."""
    rows = [[order.find(option) + 1 or NO_MARK for option in options] for _, order in orders]
    return np.array(rows, dtype=np.int8), np.array([times for times, _ in orders])


# Published examples.


def test_tennessee_chooses_nashville_where_the_runoff_says_knoxville_and_first_preferences_memphis() -> None:
    """The capital of Tennessee, as Wikipedia's articles on the Condorcet, Borda and IRV methods count it."""
    marks, weights = rankings("MNCK", (42, "MNCK"), (26, "NCKM"), (15, "CKNM"), (17, "KCNM"))
    found = count("ranked", marks, weights=weights)
    memphis, nashville, chattanooga, knoxville = range(4)
    assert found.ranking == ((nashville,), (chattanooga,), (knoxville,), (memphis,))
    assert found.beside == {"irv": (knoxville,), "borda": (nashville,), "plurality": (memphis,)}
    assert found.disagreements == ("irv", "plurality")
    assert found.support == (126, 194, 173, 107)
    assert [one.counts for one in found.rounds] == [
        (42, 26, 15, 17),
        (42, 26, None, 32),
        (42, None, None, 58),
    ]
    assert [one.eliminated for one in found.rounds] == [(chattanooga,), (nashville,), (memphis,)]
    assert found.pairwise[nashville] == (58, 0, 68, 68)


def test_schulze_orders_his_45_voters_as_his_paper_does() -> None:
    """Schulze (2011), A new monotonic, clone-independent … election method, the example of 45 voters."""
    orders = "5 ACBED, 5 ADECB, 8 BEDAC, 3 CABED, 7 CAEBD, 2 CBADE, 7 DCEBA, 8 EBADC"
    marks, weights = rankings(
        "ABCDE", *((int(times), order) for times, order in (each.split() for each in orders.split(", ")))
    )
    found = count("ranked", marks, weights=weights)
    assert ["ABCDE"[option] for (option,) in found.ranking] == list("EACBD")
    assert found.pairwise == (
        (0, 20, 26, 30, 22),
        (25, 0, 16, 33, 18),
        (19, 29, 0, 17, 24),
        (15, 12, 28, 0, 14),
        (23, 27, 21, 31, 0),
    )
    assert found.strongest_paths == (
        (0, 28, 28, 30, 24),
        (25, 0, 28, 33, 24),
        (25, 29, 0, 29, 24),
        (25, 28, 28, 0, 24),
        (25, 28, 28, 31, 0),
    )


def test_burlington_2009_elects_by_runoff_whom_a_majority_would_not_have_chosen() -> None:
    """Mayor of Burlington, Vermont, 2009, on the ballots as they rank the three leading candidates. The duels
    are those of Wikipedia and Electowiki, “2009 Burlington mayoral election”. Montroll beats each of the
    others one to one, Kiss wins the runoff, and Wright has most first preferences."""
    marks, weights = rankings(
        "MKW",
        (1332, "MKW"),
        (767, "MWK"),
        (455, "M"),
        (2043, "KMW"),
        (371, "KWM"),
        (568, "K"),
        (1513, "WMK"),
        (495, "WKM"),
        (1289, "W"),
    )
    found = count("ranked", marks, weights=weights)
    montroll, kiss, wright = range(3)
    assert found.winners == (montroll,)
    assert found.beside == {"irv": (kiss,), "borda": (montroll,), "plurality": (wright,)}
    assert found.disagreements == ("irv", "plurality")
    assert (found.rounds[0].counts, found.rounds[0].eliminated) == ((2554, 2982, 3297), (montroll,))
    assert found.rounds[1].counts == (None, 4314, 4064)
    assert found.rounds[1].exhausted == 455
    assert found.pairwise == ((0, 4067, 4597), (3477, 0, 4314), (3668, 4064, 0))


def test_orsay_graded_bayrou_good_and_better() -> None:
    """Balinski & Laraki (2011), Election by majority judgment: experimental evidence, tables of grades and of
    majority gauges, for six of the candidates, in thousandths of the ballots (rounded to add up)."""
    from_best = {
        "Bayrou": (136, 307, 251, 148, 84, 74),
        "Royal": (167, 227, 191, 168, 122, 125),
        "Sarkozy": (191, 198, 143, 115, 71, 282),
        "Voynet": (29, 93, 175, 237, 261, 205),
        "Besancenot": (41, 99, 163, 160, 226, 311),
        "Buffet": (25, 76, 125, 206, 264, 304),
    }
    marks = np.stack([np.repeat(np.arange(5, -1, -1), times) for times in from_best.values()], axis=1)
    found = count("majority_judgment", marks.astype(np.int8))
    assert found.ranking == ((0,), (1,), (2,), (3,), (4,), (5,))
    good, acceptable, poor = 3, 2, 1
    assert found.gauges == (
        Gauge(good, 443, 306),
        Gauge(good, 394, 415),
        Gauge(good, 389, 468),
        Gauge(acceptable, 297, 466),
        Gauge(poor, 463, 311),
        Gauge(poor, 432, 304),
    )
    assert [gauge.sign for gauge in found.gauges] == ["+", "−", "−", "−", "+", "+"]
    assert found.share[0] == 0.694


# Promises for any ballots.


def ballots(method: str, rows: int = 12, options: int = 4) -> st.SearchStrategy[Marks]:
    marks = st.integers(int(method == "ranked"), HIGHEST[method]) | st.just(NO_MARK)
    return st.integers(0, rows).flatmap(lambda some: arrays(np.int8, (some, options), elements=marks))


anything = st.sampled_from(method_names()).flatmap(lambda method: st.tuples(st.just(method), ballots(method)))


def everything(found: Count) -> tuple[object, ...]:
    return found, found.pairwise


@given(anything, st.randoms())
def test_it_does_not_matter_who_cast_a_ballot(cast: tuple[str, Marks], chance: object) -> None:
    method, marks = cast
    order = list(range(len(marks)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert everything(tally(method, marks[order])) == everything(tally(method, marks))


@given(anything, st.permutations(range(4)))
def test_it_does_not_matter_which_option_stands_first(cast: tuple[str, Marks], order: list[int]) -> None:
    method, marks = cast
    before, after = tally(method, marks), tally(method, marks[:, order])
    assert [{order[option] for option in level} for level in after.ranking] == list(map(set, before.ranking))
    assert after.support == tuple(before.support[option] for option in order)
    assert {way: {order[option] for option in winners} for way, winners in after.beside.items()} == {
        way: set(winners) for way, winners in before.beside.items()
    }
    assert after.disagreements == before.disagreements


@given(anything, st.data())
def test_hands_raised_count_as_so_many_ballots(cast: tuple[str, Marks], data: st.DataObject) -> None:
    method, marks = cast
    times = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(marks), max_size=len(marks))), int)
    repeated = tally(method, np.repeat(marks, times, axis=0))
    assert everything(tally(method, marks, times)) == everything(repeated)


@given(anything, st.data())
def test_one_more_ballot_changes_each_count_by_one_at_most(
    cast: tuple[str, Marks], data: st.DataObject
) -> None:
    method, marks = cast
    added = data.draw(ballots(method, rows=1).filter(len))
    before, after = tally(method, marks), tally(method, np.concatenate([marks, added]))
    assert after.ballots - before.ballots == 1
    assert np.array_equal(np.subtract(after.marked, before.marked), added[0] != NO_MARK)
    preferred = tally(method, added).pairwise
    assert np.array_equal(np.subtract(after.pairwise, before.pairwise), preferred)
    assert np.max(preferred) <= 1
    if method == "approval":
        assert np.array_equal(np.subtract(after.support, before.support), added[0] == 1)


@given(anything)
def test_an_abstention_is_counted_and_changes_nothing_else(cast: tuple[str, Marks]) -> None:
    method, marks = cast
    blank = np.full((1, 4), NO_MARK, dtype=np.int8)
    before, after = tally(method, marks), tally(method, np.concatenate([marks, blank]))
    assert (after.ballots, after.abstentions) == (before.ballots + 1, before.abstentions + 1)
    for same in ("marked", "support", "share", "ranking", "beside", "profile", "medians", "gauges"):
        assert getattr(after, same) == getattr(before, same)
    assert after.pairwise == before.pairwise


@given(anything)
def test_what_everybody_prefers_comes_first(cast: tuple[str, Marks]) -> None:
    method, marks = cast
    found = tally(method, marks)
    level = {option: place for place, group in enumerate(found.ranking) for option in group}
    agreed = found.ballots - found.abstentions
    for better in range(4):
        for worse in range(4):
            if agreed and found.pairwise[better][worse] == agreed:
                assert level[better] < level[worse]


@given(ballots("ranked"))
def test_whoever_beats_each_other_one_to_one_wins(marks: Marks) -> None:
    found = tally("ranked", marks)
    for option in range(4):
        others = set(range(4)) - {option}
        if all(found.pairwise[option][other] > found.pairwise[other][option] for other in others):
            assert found.winners == (option,)


@given(anything)
def test_sums_over_ballots_decide_as_the_count_does(cast: tuple[str, Marks]) -> None:
    method, marks = cast
    found = tally(method, marks)
    place = method_named(method).places(method_named(method).statistics(marks).sum(axis=0))
    assert place.tolist() == [
        sum(len(group) for group in found.ranking[: found.ranking.index(level)])
        for option in range(4)
        for level in found.ranking
        if option in level
    ]


@given(anything)
def test_support_is_the_mean_of_what_each_ballot_gives(cast: tuple[str, Marks]) -> None:
    method, marks = cast
    found = tally(method, marks)
    said = (marks != NO_MARK).any(axis=1)
    given = method_named(method).support(marks, budget=BUDGET)
    assert np.nanmin(given, initial=0) >= 0
    assert np.nanmax(given, initial=0) <= 1
    means = [np.nanmean(column) if not np.isnan(column).all() else 0 for column in given[said].T]
    assert found.share == pytest.approx(means if said.any() else [0] * 4)


# By the book: slowly, ballot by ballot.


def prefers(marks: list[int], one: int, other: int) -> bool:
    """On a ranked ballot."""
    if marks[one] == NO_MARK or marks[other] == NO_MARK:
        return marks[other] == NO_MARK and marks[one] != NO_MARK
    return marks[one] < marks[other]


def schulze_by_the_book(rows: list[list[int]], options: range) -> list[set[int]]:
    votes = {(a, b): sum(prefers(row, a, b) for row in rows) for a in options for b in options}
    path = {(a, b): n if n > votes[b, a] else 0 for (a, b), n in votes.items()}
    for via in options:
        for a in options:
            for b in options:
                path[a, b] = max(path[a, b], min(path[a, via], path[via, b]))
    left, groups = set(options), []
    while left:
        groups.append({a for a in left if all(path[b, a] <= path[a, b] for b in left)})
        left -= groups[-1]
    return groups


def runoff_by_the_book(rows: list[list[int]], left: frozenset[int]) -> set[int]:
    """Whoever can win when each of those tied for last may be the one who goes out."""
    if len(left) == 1:
        return set(left)
    tops = [
        {a for a in left if row[a] != NO_MARK and not any(prefers(row, b, a) for b in left)} for row in rows
    ]
    votes = {a: sum(a in top for top in tops) for a in left}
    fewest = min(votes.values())
    return set().union(*(runoff_by_the_book(rows, left - {a}) for a in left if votes[a] == fewest))


def majority_value_by_the_book(grades: list[int]) -> list[int]:
    """The median, and the median of what is left without it, and so on."""
    left, value = sorted(grades), []
    while left:
        value.append(left.pop((len(left) - 1) // 2))
    return value


@given(ballots("ranked", rows=9))
def test_rankings_are_counted_as_the_book_says(marks: Marks) -> None:
    rows, options = marks.tolist(), range(4)
    found = tally("ranked", marks)
    assert list(map(set, found.ranking)) == schulze_by_the_book(rows, options)
    assert set(found.beside["irv"]) == runoff_by_the_book(rows, frozenset(options))
    points = [
        sum(
            Fraction(1 + prefers(row, a, b) - prefers(row, b, a), 2)
            for row in rows
            if set(row) != {NO_MARK}
            for b in options
            if a != b
        )
        for a in options
    ]
    assert found.support == tuple(borda(marks)) == tuple(map(float, points))


@given(ballots("majority_judgment"))
def test_grades_are_counted_as_the_book_says(marks: Marks) -> None:
    said = [row for row in marks.tolist() if set(row) != {NO_MARK}]
    values = [majority_value_by_the_book([max(row[option], 0) for row in said]) for option in range(4)]
    found = tally("majority_judgment", marks)
    ranked = sorted({tuple(value) for value in values}, reverse=True)
    assert list(map(set, found.ranking)) == [
        {option for option in range(4) if tuple(values[option]) == value} for value in ranked
    ]
    assert found.medians == tuple(value[0] if value else 0 for value in values)


def test_a_full_hall_is_counted_in_blocks_as_a_small_one_is_at_once() -> None:
    random = np.random.default_rng(4)
    marks = random.integers(-1, 6, (70_000, 5), dtype=np.int8)
    marks[:, 0] = 5
    points = np.maximum(marks, 0)
    assert tally("score", marks).support == tuple(points.sum(axis=0))
    assert count("dots", marks, budget=25).support == tuple(points.sum(axis=0))
    ranks = random.permuted(np.tile(np.arange(1, 6, dtype=np.int8), (70_000, 1)), axis=1)
    ranks[ranks > random.integers(1, 9, (70_000, 1))] = NO_MARK
    ranks[::7] = np.minimum(ranks[::7], 2)
    found = count("ranked", ranks)
    below = ranks.view(np.uint8)
    assert found.pairwise[1][3] == np.count_nonzero(below[:, 1] < below[:, 3])
    assert found.support == tuple(borda(ranks))
    assert sum(found.support) == (70_000 - found.abstentions) * 10
    assert sum(n or 0 for n in found.rounds[0].counts) >= 70_000 - found.abstentions


@pytest.mark.parametrize("options", [31, 128, 200])
def test_a_long_list_of_options_is_counted_as_a_short_one(options: int) -> None:
    random = np.random.default_rng(6)
    ranks = random.permuted(np.tile(np.arange(1, options + 1), (40, 1)), axis=1)
    ranks[ranks > random.integers(1, 127, (40, 1))] = NO_MARK
    ranks[0] = NO_MARK
    small, large = ranks.astype(np.int8), ranks.astype(np.int16)
    found = count("ranked", small)
    assert everything(found) == everything(count("ranked", large))
    assert found.support == tuple(borda(small)) == tuple(borda(large))
    assert sum(found.support) == 39 * options * (options - 1) / 2


# Ties.


def test_a_tie_for_last_that_decides_the_runoff_leaves_every_possible_winner() -> None:
    marks, weights = rankings("ABC", (4, "AB"), (3, "BA"), (3, "CB"))
    found = count("ranked", marks, weights=weights)
    assert found.rounds[-1].tied == (1, 2)
    assert found.rounds[-1].eliminated == ()
    # Without B, A has 7 of 10; without C, B has 6.
    assert found.beside["irv"] == (0, 1)


def test_those_who_together_have_fewer_ballots_than_the_next_go_out_together() -> None:
    marks, weights = rankings("ABCD", (5, "AB"), (4, "BA"), (1, "CB"), (1, "DB"))
    found = count("ranked", marks, weights=weights)
    assert [one.eliminated for one in found.rounds] == [(2, 3), (0,)]
    assert found.beside["irv"] == (1,)


def test_those_who_together_could_draw_level_with_the_next_do_not_go_out_together() -> None:
    marks, weights = rankings("ABC", (4, "A"), (2, "BC"), (2, "CB"))
    found = count("ranked", marks, weights=weights)
    assert found.rounds[0].tied == (1, 2)
    assert found.beside["irv"] == (0, 1, 2)


def test_thirty_options_that_nobody_tells_apart_are_thirty_winners_and_soon_counted() -> None:
    marks = np.full((30, 30), NO_MARK, dtype=np.int8)
    np.fill_diagonal(marks, 1)
    found = count("ranked", marks)
    assert found.winners == found.beside["irv"] == tuple(range(30))
    assert found.rounds[0].tied == tuple(range(30))


@pytest.mark.parametrize("method", method_names())
def test_without_ballots_everybody_is_level(method: str) -> None:
    found = tally(method, np.empty((0, 3), dtype=np.int8))
    assert (found.ballots, found.winners, found.share) == (0, (), (0, 0, 0))
    assert found.disagreements == ()


# At the door.


def test_a_ballot_is_put_in_the_order_of_the_options_and_ranks_are_closed_up() -> None:
    options = ["bench", "lamp", "bus"]
    assert validate("ranked", {"bus": 3, "bench": 1, "lamp": 3}, options) == (1, 2, 2)
    assert validate("score", {"bus": 5, "lamp": None}, options) == (NO_MARK, NO_MARK, 5)
    assert validate("dots", {"bus": 6, "lamp": 4}, options, budget=10) == (NO_MARK, 4, 6)
    assert validate("approval", {}, options) == (NO_MARK,) * 3


@pytest.mark.parametrize(
    ("method", "ballot", "said"),
    [
        ("approval", {"tram": 1}, "not part of this vote"),
        ("approval", {"bus": 2}, "ticked or not"),
        ("approval", {"bus": "yes"}, "not a whole number"),
        ("approval", {"bus": True}, "not a whole number"),
        ("score", {"bus": 6}, "from 0 to 5; yours says 6"),
        ("score", {"bus": -2}, "from 0 to 5; yours says -2"),
        ("ranked", {"bus": 0}, "from 1 to 2"),
        ("dots", {"bus": 6, "lamp": 5}, "gave 11 dots and have 10. Take 1 away"),
        ("dots", {"bus": 11}, "You have 10 dots"),
        ("majority_judgment", {"bus": 6}, "to 5, the best"),
    ],
)
def test_an_invalid_ballot_is_refused_in_words_a_voter_understands(
    method: str, ballot: dict[str, int], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        validate(method, ballot, ["bus", "lamp"], budget=10)


@given(anything)
def test_what_is_let_in_can_be_counted(cast: tuple[str, Marks]) -> None:
    method, marks = cast
    rows = []
    for row in marks.tolist():
        try:
            rows.append(validate(method, dict(enumerate(row)), range(4), budget=BUDGET))
        except Invalid:
            assert method == "dots"
            assert sum(mark for mark in row if mark > 0) > BUDGET
    let_in = np.array(rows, dtype=np.int8).reshape(-1, 4)
    assert tally(method, let_in).ballots == len(rows)
    if method != "dots":
        assert everything(tally(method, let_in)) == everything(tally(method, marks))


@pytest.mark.parametrize(
    ("method", "marks"),
    [
        ("approval", [[2]]),
        ("score", [[-2]]),
        ("ranked", [[0]]),
        ("majority_judgment", [[6]]),
    ],
)
def test_marks_that_mean_nothing_are_not_counted(method: str, marks: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"no such method|cannot be"):
        count(method, np.array(marks, dtype=np.int8))
