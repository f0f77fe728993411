"""The board by mouse, by keyboard and by menu, through filters, and as it was."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import set_up, sign_in
from tests.journeys.test_follow_through import confirm, open_dialog, settled

pytestmark = pytest.mark.journey

TITLE = "Shorter letters"


def column(page: Page, stage: str) -> Locator:
    """A column's cards."""
    return page.locator(f"[data-column={stage}] [data-card]")


def dialog_of(page: Page) -> Locator:
    """The dialog that a wish to move opens."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(TITLE, exact=True)).to_be_visible()
    settled(page)
    return dialog


def start(page: Page) -> None:
    """A project in Eastmere."""
    page.goto("/board")
    dialog = open_dialog(page, page.get_by_role("button", name="Start a project"))
    for name, words in (("Title", TITLE), ("Place", "Eastmere")):
        dialog.get_by_label(name, exact=True).fill(words)
        dialog.get_by_label(name, exact=True).press("Tab")
        settled(page)
    confirm(page, dialog)


def menu(page: Page, stage: str, choice: str) -> None:
    """Send the card of a column to another by its menu, opened with a key."""
    item = page.get_by_role("menuitem", name=re.compile(f"^{choice}"))
    press(page, stage, "m", item)
    item.click()


def press(page: Page, stage: str, keys: str, shows: Locator) -> None:
    """Press a key on a card, again where the board was just being drawn anew."""
    for _ in range(10):
        settled(page)
        column(page, stage).press(keys)
        with suppress(AssertionError):
            expect(shows).to_be_visible(timeout=1000)
            return


def move_on(page: Page, dialog: Locator) -> None:
    """Waive the gate with a reason."""
    dialog.get_by_label("Why go on all the same?").fill("The sponsor signs next week")
    confirm(page, dialog)


def test_a_card_is_dragged_walked_and_sent_and_the_past_stays_as_it_was(page: Page, server: Server) -> None:
    set_up(page)
    start(page)
    server.let_time_pass_to(dt.datetime(2026, 3, 12, 9, tzinfo=dt.UTC))
    sign_in(page, "ada@example.org")
    page.goto("/board")
    expect(column(page, "discovery")).to_be_visible()
    settled(page)

    column(page, "discovery").drag_to(page.locator("[data-column=co_design]"))
    move_on(page, dialog_of(page))
    expect(column(page, "co_design")).to_contain_text(TITLE)

    press(page, "co_design", "Alt+Shift+ArrowRight", page.get_by_role("dialog"))
    move_on(page, dialog_of(page))
    expect(column(page, "prototype")).to_contain_text(TITLE)

    menu(page, "prototype", "Closed")
    dialog = dialog_of(page)
    dialog.get_by_text("Not implemented", exact=True).click()
    dialog.get_by_label("Why this outcome?").fill("The law changed")
    confirm(page, dialog)
    expect(column(page, "closed")).to_contain_text("Not implemented")

    menu(page, "closed", "Prototype")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why the closing was wrong").fill("It did not")
    confirm(page, dialog)
    expect(column(page, "prototype")).to_contain_text(TITLE)

    page.get_by_text("Filter", exact=True).click()
    parts = page.get_by_test_id("stDateInput").get_by_role("spinbutton")
    parts.first.click()
    page.keyboard.type("20260305")
    page.keyboard.press("Escape")
    expect(page.get_by_text("The board as it was on 5 Mar 2026")).to_be_visible()
    expect(column(page, "discovery")).to_contain_text(TITLE)
    expect(column(page, "discovery").get_by_role("button", name="Move")).to_have_count(0)


def choose(page: Page, name: str, choice: str) -> None:
    """Open a list in the filter and choose from it; while the filter still unfolds, a click opens nothing."""
    option = page.get_by_role("option", name=choice, exact=True)
    for _ in range(10):
        settled(page)
        page.get_by_role("combobox", name=re.compile(name)).click()
        with suppress(AssertionError):
            expect(option).to_be_visible(timeout=2000)
            break
    option.click()


def test_the_board_is_narrowed_by_place_and_by_risk(page: Page) -> None:
    set_up(page)
    start(page)
    expect(column(page, "discovery")).to_have_count(1)
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_role("combobox", name=re.compile("Place"))).to_be_visible()
    for name, fits, other in (("Place", "Eastmere", None), ("Risk", "Calm", "Critical")):
        for choice, cards in ((fits, 1), (other, 0)):
            if choice:
                choose(page, name, choice)
                expect(column(page, "discovery")).to_have_count(cards)
    expect(page.get_by_text("No project matches these filters")).to_be_visible()
