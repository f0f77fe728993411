"""A vote is made, held and read at the desk, and a stakeholder votes there as on a phone."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from lab.voting.commands import close_round, open_round
from tests.journeys.test_follow_through import confirm, open_dialog, settled, sign_in
from tests.journeys.votes import (
    SMALL_TARGETS,
    TITLES,
    WORRY,
    House,
    card,
    hand_in,
    join,
    mark,
    mark_by_keyboard,
    marks_on,
    receipt_on,
    tab_to,
    violations,
)
from tests.journeys.votes import house as house
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey


def choose(page: Page, within: Locator, name: str, option: str) -> None:
    """Choose from one of the desk's lists; it closes by itself when the screen is drawn anew meanwhile."""
    listed = page.get_by_role("option", name=option, exact=True)
    for _ in range(3):
        settled(page)
        within.get_by_role("combobox", name=re.compile(name)).click()
        try:
            listed.click(timeout=2_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"{option} cannot be chosen as {name}")


def pick(page: Page, within: Locator, name: str) -> None:
    """Pick one of the desk's few; where a list is still open, the first click only closes it."""
    for _ in range(3):
        settled(page)
        within.get_by_text(name, exact=True).click()
        settled(page)
        if within.get_by_role("radio", name=name).is_checked():
            return
    raise AssertionError(f"{name} cannot be picked")


def test_a_vote_from_the_desks_form_to_the_room_and_back(page: Page, windows: Any, house: House) -> None:
    desk, wall = page, windows(1440, 810)
    sign_in(desk, "ada@example.org")
    desk.goto(f"/project?project={house.project}&tab=votes")
    dialog = open_dialog(desk, desk.get_by_role("button", name="Make a vote"))
    dialog.get_by_label("Question to the room").fill("Which letter first?")
    dialog.get_by_text("One line about each").click()
    dialog.get_by_role("textbox", name=TITLES[0], exact=True).fill("Two days before the hearing")
    choose(desk, dialog, "Method", "Approval")
    choose(desk, dialog, "Ask for a stakeholder group", "Carer")
    choose(desk, dialog, "Ask for a stakeholder group", "People who use the service")
    pick(desk, dialog, "Fixed, as chosen")
    dialog.get_by_label("Who decides next").fill("The judges' council")
    dialog.get_by_role("spinbutton", name="year, The room will hear by").click()
    desk.keyboard.type("20260402")
    desk.keyboard.press("Tab")
    settled(desk)
    confirm(desk, dialog)
    listed = desk.locator("[class*='st-key-card-']").filter(has_text="Which letter first?")
    listed.get_by_role("button", name="Open").click()
    expect(desk.get_by_role("heading", name="Which letter first?")).to_be_visible()
    expect(desk.get_by_text("The room hears by: 2 Apr 2026")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    address = desk.get_by_role("link", name="Open the wall").get_attribute("href")
    assert address
    wall.goto(address)
    expect(wall.get_by_text("The vote opens soon")).to_be_visible()
    code = wall.locator(".code").inner_text().replace(" ", "")
    touch, plain, keys = windows(320), windows(390, java_script_enabled=False), windows(360)
    for phone in (touch, plain, keys):
        join(phone, code)
        expect(phone.get_by_text("The vote has not opened yet")).to_be_visible()
    expect(wall.locator("#joined")).to_have_text("2")
    assert violations(touch) == []
    assert violations(wall) == []

    desk.get_by_role("button", name="Open the vote").click()
    expect(desk.get_by_text("Have not voted")).to_be_visible()
    round_id = uuid.UUID(desk.url.split("round=")[1][:36])
    plain.reload()
    for phone in (touch, plain, keys):
        expect(phone.get_by_role("button", name="Hand in my vote")).to_be_visible()
    titles = touch.locator(".option .title").all_inner_texts()
    assert [title.strip() for title in titles] == list(TITLES)
    expect(touch.get_by_text("Two days before the hearing")).to_be_visible()
    assert touch.evaluate(SMALL_TARGETS) == []
    assert violations(touch) == []

    touch.get_by_label("Carer").check()
    mark(touch, "approval", TITLES[0], 1)
    mark(touch, "approval", TITLES[1], 1)
    touch.get_by_role("button", name="Undo").click()
    assert marks_on(touch, "approval") == [1, 0, 0]
    worry = card(touch, TITLES[0])
    worry.get_by_text("I have a worry about this").click()
    worry.get_by_label("What could go wrong?").fill(WORRY)
    hand_in(touch)
    expect(touch.get_by_text(WORRY)).to_be_visible()
    assert violations(touch) == []
    touch.get_by_role("link", name="Change my vote").click()
    mark(touch, "approval", TITLES[2], 1)
    hand_in(touch)

    mark(plain, "approval", TITLES[1], 1)
    plain.get_by_label("People who use the service").check()
    hand_in(plain)

    tab_to(keys, 'e.name === "group"')
    keys.keyboard.press("Space")
    for place in (0, 1):
        mark_by_keyboard(keys, "approval", place, 1)
    tab_to(keys, 'e.matches("button.main")')
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("3")

    voted = desk.get_by_test_id("stMetric").filter(has_text=re.compile("^Voted"))
    paper = desk.get_by_test_id("stForm").filter(has_text="Numbers on the ballot")
    choose(desk, paper, "Group", "Carer")
    line = paper.get_by_label("Numbers on the ballot")
    line.fill("3")
    line.press("Enter")
    expect(voted).to_contain_text("4")
    settled(desk)
    expect(line).to_have_value("")
    expect(desk.get_by_text(f"Paper: {TITLES[2]}: yes")).to_be_visible()
    hands = desk.get_by_test_id("stForm").filter(has_text="Count these hands")
    choose(desk, hands, "Group", "People who use the service")
    for place, number in ((0, "4"), (1, "2")):
        hands.get_by_label(TITLES[place]).fill(number)
        hands.get_by_label(TITLES[place]).press("Tab")
    hands.get_by_role("button", name="Count these hands").click()
    expect(voted).to_contain_text("10")
    expect(desk.get_by_text("By phone 3 · with an account 0 · on paper 1 · raised hands 6")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    expect(wall.locator("#voted")).to_have_text("10")
    expect(wall.locator(".choices li")).to_contain_text(list(TITLES))
    expect(wall.locator(".bars")).to_have_count(0)

    dialog = open_dialog(desk, desk.get_by_role("button", name="Close and reveal"))
    confirm(desk, dialog)
    expect(desk.get_by_text("To read aloud")).to_be_visible()
    plain.reload()
    for screen in (desk, wall, touch, plain, keys):
        expect(screen.get_by_text(f"“{TITLES[0]}” leads with 6 of 10 ballots").first).to_be_visible()
    expect(wall.get_by_text("6 by raised hands; 1 on paper")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    assert violations(touch) == []
    record = house.record(round_id)
    assert record["sources"] == {"hands": 6, "paper": 1, "phone": 3}
    assert record["ranking"] == [[TITLES[0]], [TITLES[1]], [TITLES[2]]]

    desk.goto(f"/project?project={house.project}&tab=prototypes")
    expect(desk.get_by_text(WORRY, exact=True)).to_be_visible()


def test_a_stakeholder_with_an_account_has_one_ballot_in_the_app_and_by_phone(
    page: Page, house: House
) -> None:
    round_id = house.drafted("approval", anonymity="participation_recorded")
    house.does(open_round, round_id)
    code = house.code(round_id)
    app = page
    app.set_viewport_size({"width": 390, "height": 800})
    sign_in(app, "sam@example.org")
    app.goto("/ballot")
    asked = app.get_by_test_id("stVerticalBlock").filter(has_text="Which first, by approval?")
    form = asked.last.get_by_test_id("stForm")
    form.get_by_text(TITLES[1], exact=True).click()
    form.get_by_role("button", name="Hand in my vote").click()
    expect(app.get_by_text("Your vote is in. You may change it")).to_be_visible()
    settled(app)
    assert violations(app, looks=[(390, "light"), (1440, "dark")], serious=True) == []
    app.goto(f"/j/{code}")
    expect(app.get_by_text("Your vote is in")).to_be_visible()
    expect(app.locator(".own")).to_have_text(re.compile(f"{TITLES[1]}\\s*yes"))
    receipt = receipt_on(app)
    app.get_by_role("link", name="Change my vote").click()
    mark(app, "approval", TITLES[1], 0)
    mark(app, "approval", TITLES[2], 1)
    hand_in(app)
    assert receipt_on(app) == receipt
    house.does(close_round, round_id)
    record = house.record(round_id)
    assert [each["marks"] for each in record["ballots"]] == [[0, 0, 1]]
    assert record["sources"] == {"account": 1}
