"""A room votes: three phones and a wall, by every method, and everybody sees what came of it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from lab.access.rights import COMMAND_LINE
from lab.prototypes.commands import make_prototype
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round, reveal_round
from lab.voting.counting.sums import NO_MARK
from tests.journeys.votes import (
    BALLOTS,
    CUT_OFF,
    HEBREW,
    LAYOUT_SHIFT,
    LONG,
    NOW,
    SMALL_TARGETS,
    TITLES,
    House,
    as_marks,
    hand_in,
    join,
    mark,
    marks_on,
    receipt_on,
    violations,
    vote_by_keyboard,
)
from tests.journeys.votes import house as house
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey


def tabs(first: Page) -> dict[str, Page]:
    """A tab for each method on one device."""
    return {method: first if place == 0 else first.context.new_page() for place, method in enumerate(BALLOTS)}


def changes_its_mind(touch: Page, method: str, code: str) -> None:
    """A finger marks, takes a mark back, and finds all marks again after loading the page anew."""
    votes = BALLOTS[method]
    join(touch, code)
    expect(touch.get_by_role("button", name="Hand in my vote")).to_be_visible()
    touch.wait_for_load_state()  # with its style
    assert touch.evaluate(SMALL_TARGETS) == []
    assert touch.evaluate(LAYOUT_SHIFT) < 0.05
    assert violations(touch) == []
    for place, value in votes.first.items():
        mark(touch, method, TITLES[place], value)
    assert marks_on(touch, method) == as_marks(method, votes.first)
    mark(touch, method, TITLES[votes.extra[0]], votes.extra[1])
    assert marks_on(touch, method) == as_marks(method, votes.first, dict([votes.extra]))
    touch.get_by_role("button", name="Undo").click()
    assert marks_on(touch, method) == as_marks(method, votes.first)
    touch.reload()
    expect(touch.get_by_text("Your choices are as you left them")).to_be_visible()
    assert marks_on(touch, method) == as_marks(method, votes.first)


def hand_in_without_a_network(touch: dict[str, Page], wall: dict[str, Page]) -> dict[str, str]:
    """The receipts of a phone that is away while it hands in: what it sends arrives when it is back."""
    context = touch["score"].context
    context.set_offline(True)
    for method, phone in touch.items():
        phone.get_by_role("button", name="Hand in my vote").click()
        expect(phone.get_by_text("Your vote is kept on this phone")).to_be_visible()
        expect(wall[method].locator("#voted")).to_have_text("0")
    context.set_offline(False)
    for method, phone in touch.items():
        expect(phone.get_by_text("Your vote is in")).to_be_visible()
        expect(wall[method].locator("#voted")).to_have_text("1")
        assert violations(phone, looks=[(320, "light"), (320, "dark")]) == []
    return {method: receipt_on(phone) for method, phone in touch.items()}


def hand_in_changed_and_never_hear(touch: dict[str, Page]) -> None:
    """The changed vote arrives, but not the answer: the phone sends it again."""

    def stored_but_never_heard(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    for method, phone in touch.items():
        phone.get_by_role("link", name="Change my vote").click()
        for place, value in BALLOTS[method].changed.items():
            mark(phone, method, TITLES[place], value)
        phone.route("**/j/*", stored_but_never_heard, times=1)
        phone.get_by_role("button", name="Hand in my vote").click()
    for phone in touch.values():
        expect(phone.get_by_text("Your vote is in")).to_be_visible()


def tells_only_how_many(wall: dict[str, Page], *, voted: str) -> None:
    """The walls of open votes say what is voted on and how many have voted, and nothing of what."""
    for screen in wall.values():
        expect(screen.locator("#voted")).to_have_text(voted)
        expect(screen.locator("#joined")).to_have_text(voted)
        expect(screen.locator(".choices li")).to_contain_text(list(TITLES))
        expect(screen.locator(".bars")).to_have_count(0)


def show_what_came_of_it(wall: Page, touch: Page, *phones: Page) -> None:
    """The result of a revealed vote is on all screens, by itself."""
    for screen in (wall, touch, *phones):
        expect(screen.locator(".bars")).to_contain_text(TITLES[0])
        expect(screen.get_by_text("The court's board")).to_be_visible()
    assert violations(touch) == []
    assert violations(wall, looks=[(1440, "light"), (1440, "dark")]) == []
    height = wall.evaluate("document.documentElement.scrollHeight")
    assert height <= 810, "the wall must not scroll"


def test_a_room_votes_by_every_method_however_its_phones_behave(windows: Any, house: House) -> None:
    rounds = {method: house.drafted(method) for method in BALLOTS}
    codes = {method: house.code(rounds[method]) for method in BALLOTS}
    for round_id in rounds.values():
        house.does(open_round, round_id)
    wall, touch, keys = tabs(windows(1440, 810)), tabs(windows(320)), tabs(windows(360))
    plain = tabs(windows(390, java_script_enabled=False))
    for method, code in codes.items():
        wall[method].goto(f"/j/{code}/wall")
        changes_its_mind(touch[method], method, code)
    receipts = hand_in_without_a_network(touch, wall)
    hand_in_changed_and_never_hear(touch)
    for method, votes in BALLOTS.items():
        assert receipt_on(touch[method]) == receipts[method]
        join(plain[method], codes[method])
        for place, value in votes.plain.items():
            mark(plain[method], method, TITLES[place], value)
        hand_in(plain[method])
        join(keys[method], codes[method])
        vote_by_keyboard(keys[method], method, votes.keys)
        house.does(enter_paper_ballot, rounds[method], marks=votes.paper)
    tells_only_how_many(wall, voted="4")
    assert violations(wall["score"], looks=[(1440, "light"), (1440, "dark")]) == []

    for round_id in rounds.values():
        house.does(close_round, round_id, reveal=False)
    for method, phone in touch.items():
        expect(wall[method].get_by_text("The vote is closed")).to_be_visible()
        phone.reload()
        expect(phone.get_by_text("The vote is closed")).to_be_visible()
        expect(phone.locator("body")).not_to_contain_text(TITLES[0])
    assert violations(touch["score"], looks=[(320, "light"), (1440, "dark")]) == []

    for round_id in rounds.values():
        house.does(reveal_round, round_id)
    for method in BALLOTS:
        plain[method].reload()
        show_what_came_of_it(wall[method], touch[method], plain[method], keys[method])
    stranger = windows(320)
    for method, votes in BALLOTS.items():
        record = house.record(rounds[method])
        assert sorted(each["marks"] for each in record["ballots"]) == sorted(
            [
                as_marks(method, votes.first, votes.changed),
                as_marks(method, votes.plain),
                as_marks(method, votes.keys),
                list(votes.paper),
            ]
        )
        handed_out = {receipt_on(phones[method]) for phones in (touch, plain, keys)}
        assert handed_out == set(record["receipts"])
        stranger.goto(f"/v/{rounds[method]}")
        stranger.get_by_label("Receipt").fill(receipts[method].lower())
        stranger.get_by_role("button", name="Check").click()
        told = f"A ballot with the receipt {receipts[method]} is in the count"
        expect(stranger.get_by_text(told)).to_be_visible()
    assert violations(stranger) == []


LONG_VOTES = (2, 5, 30)
"""With how many options each."""


def a_vote_with_long_words(house: House, options: int) -> uuid.UUID:
    with house.database.writing() as session:
        keys = [
            make_prototype(
                session, COMMAND_LINE, house.project, fidelity="sketch", now=NOW,
                title=f"{number} {HEBREW if number % 2 else LONG}"[:200],
            )
            for number in range(options)
        ]  # fmt: skip
        return make_round(
            session, COMMAND_LINE, house.project, question=LONG[:200], method="ranked", reveal="live",
            options=[(key, "") for key in keys], groups=("carer", "service_user"), now=NOW,
            decides_next=LONG[:80], hear_by=NOW.date(),
        )  # fmt: skip


def twelve_ballots(house: House, round_id: uuid.UUID, options: int) -> None:
    for number in range(12):
        marks = [NO_MARK] * options
        marks[number % 2], marks[1 - number % 2] = 1, 2
        group = ("carer", "service_user")[number % 4 // 2]
        house.does(enter_paper_ballot, round_id, marks=marks, group=group)


def test_nothing_on_the_wall_is_cut_off_however_long_its_words(windows: Any, house: House) -> None:
    rounds = {options: a_vote_with_long_words(house, options) for options in LONG_VOTES}
    context = windows(1280, 720).context
    walls = {options: context.new_page() for options in LONG_VOTES}

    def fits(shown: str, *, sizes: tuple[tuple[int, int], ...] = ((1280, 720),)) -> None:
        for options, wall in walls.items():
            for width, height in sizes:
                wall.set_viewport_size({"width": width, "height": height})
                wall.goto(f"/j/{house.code(rounds[options])}/wall")
                expect(wall.get_by_text(shown)).to_be_visible()
                assert wall.evaluate(CUT_OFF) == [], f"{shown}, {options} options, at {width} × {height}"

    def followed_to(shown: str) -> None:
        for wall in walls.values():
            expect(wall.get_by_text(shown)).to_be_visible()

    fits("The vote opens soon")
    for round_id in rounds.values():
        house.does(open_round, round_id)
    fits("have voted")
    for options, round_id in rounds.items():
        twelve_ballots(house, round_id, options)
    followed_to("12 ballots")
    fits("12 ballots")
    for round_id in rounds.values():
        house.does(close_round, round_id, reveal=False)
    followed_to("The vote is closed")
    fits("The vote is closed")
    for round_id in rounds.values():
        house.does(reveal_round, round_id)
    followed_to("What happens next")
    fits("What happens next", sizes=((1280, 720), (1440, 810), (1920, 1080)))


def test_a_wrong_address_shows_an_accessible_error_page(windows: Any, house: House) -> None:
    round_id = house.drafted("approval")
    stranger = windows(320)
    for address, words in (
        ("/j", "six letters and digits"),
        ("/j/WRNG22", "There is no vote or workshop with the code WRNG22"),
        (f"/v/{round_id}", "has not been revealed yet"),
    ):
        stranger.goto(address)
        expect(stranger.get_by_text(words)).to_be_visible()
        assert violations(stranger) == []
