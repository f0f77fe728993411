"""A room votes: three phones and a wall, by every method, and everybody sees what came of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

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


@pytest.mark.parametrize("method", BALLOTS)
def test_a_room_votes_by_each_method_however_its_phones_behave(
    windows: Any, house: House, method: str
) -> None:
    votes = BALLOTS[method]
    round_id = house.drafted(method)
    code = house.code(round_id)
    house.does(open_round, round_id)
    wall, touch, plain, keys = (
        windows(1440, 810),
        windows(320),
        windows(390, java_script_enabled=False),
        windows(360),
    )
    wall.goto(f"/j/{code}/wall")
    for phone in (touch, plain, keys):
        join(phone, code)
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

    touch.context.set_offline(True)
    touch.get_by_role("button", name="Hand in my vote").click()
    expect(touch.get_by_text("Your vote is kept on this phone")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("0")
    touch.context.set_offline(False)
    expect(touch.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("1")
    first_receipt = receipt_on(touch)
    assert violations(touch, looks=[(320, "light"), (320, "dark")]) == []

    touch.get_by_role("link", name="Change my vote").click()
    for place, value in votes.changed.items():
        mark(touch, method, TITLES[place], value)

    def stored_but_never_heard(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    touch.route(f"**/j/{code}", stored_but_never_heard, times=1)
    hand_in(touch)
    assert receipt_on(touch) == first_receipt

    for place, value in votes.plain.items():
        mark(plain, method, TITLES[place], value)
    hand_in(plain)

    vote_by_keyboard(keys, method, votes.keys)

    house.does(enter_paper_ballot, round_id, marks=votes.paper)
    expect(wall.locator("#voted")).to_have_text("4")
    expect(wall.locator("#joined")).to_have_text("4")
    for title in TITLES:
        expect(wall.locator("body")).not_to_contain_text(title)
    assert violations(wall, looks=[(1440, "light"), (1440, "dark")]) == []

    house.does(close_round, round_id, reveal=False)
    expect(wall.get_by_text("The vote is closed")).to_be_visible()
    touch.reload()
    expect(touch.get_by_text("The vote is closed")).to_be_visible()
    expect(touch.locator("body")).not_to_contain_text(TITLES[0])
    assert violations(touch, looks=[(320, "light"), (1440, "dark")]) == []

    house.does(reveal_round, round_id)
    plain.reload()
    for screen in (wall, touch, plain, keys):
        expect(screen.locator(".bars")).to_contain_text(TITLES[0])
        expect(screen.get_by_text("The court's board")).to_be_visible()
    assert violations(touch) == []
    assert violations(wall, looks=[(1440, "light"), (1440, "dark")]) == []
    height = wall.evaluate("document.documentElement.scrollHeight")
    assert height <= 810, "the wall must not scroll"

    record = house.record(round_id)
    assert sorted(each["marks"] for each in record["ballots"]) == sorted(
        [
            as_marks(method, votes.first, votes.changed),
            as_marks(method, votes.plain),
            as_marks(method, votes.keys),
            list(votes.paper),
        ]
    )
    assert {receipt_on(phone) for phone in (touch, plain, keys)} == set(record["receipts"])
    stranger = windows(320)
    stranger.goto(f"/v/{round_id}")
    stranger.get_by_label("Receipt").fill(first_receipt.lower())
    stranger.get_by_role("button", name="Check").click()
    expect(stranger.get_by_text(f"A ballot with the receipt {first_receipt} is in the count")).to_be_visible()
    assert violations(stranger) == []


@pytest.mark.parametrize("options", [2, 5, 30])
def test_nothing_on_the_wall_is_cut_off_however_long_its_words(
    windows: Any, house: House, options: int
) -> None:
    with house.database.writing() as session:
        keys = [
            make_prototype(
                session, COMMAND_LINE, house.project, fidelity="sketch", now=NOW,
                title=f"{number} {HEBREW if number % 2 else LONG}"[:200],
            )
            for number in range(options)
        ]  # fmt: skip
        round_id = make_round(
            session, COMMAND_LINE, house.project, question=LONG[:200], method="ranked", reveal="live",
            options=[(key, "") for key in keys], groups=("carer", "service_user"), now=NOW,
            decides_next=LONG[:80], hear_by=NOW.date(),
        )  # fmt: skip
    wall = windows(1280, 720)

    def fits(shown: str, *, sizes: tuple[tuple[int, int], ...] = ((1280, 720),)) -> None:
        for width, height in sizes:
            wall.set_viewport_size({"width": width, "height": height})
            wall.goto(f"/j/{house.code(round_id)}/wall")
            expect(wall.get_by_text(shown)).to_be_visible()
            assert wall.evaluate(CUT_OFF) == [], f"{shown} at {width} × {height}"

    fits("The vote opens soon")
    house.does(open_round, round_id)
    fits("have voted")
    for number in range(12):
        marks = [NO_MARK] * options
        marks[number % 2], marks[1 - number % 2] = 1, 2
        house.does(
            enter_paper_ballot, round_id, marks=marks, group=("carer", "service_user")[number % 4 // 2]
        )
    expect(wall.get_by_text("12 ballots")).to_be_visible()
    fits("12 ballots")
    house.does(close_round, round_id, reveal=False)
    expect(wall.get_by_text("The vote is closed")).to_be_visible()
    fits("The vote is closed")
    house.does(reveal_round, round_id)
    expect(wall.get_by_text("What happens next")).to_be_visible()
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
