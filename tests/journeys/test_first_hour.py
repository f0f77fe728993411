"""From an empty lab to phones voting: every next step is a button, and the presses are counted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from db.engine import Database
from db.models import Ballot, Workshop
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import set_up
from tests.journeys.test_follow_through import settled
from tests.journeys.test_workshop import choose
from tests.journeys.test_workshop_console import press
from tests.journeys.votes import join

pytestmark = pytest.mark.journey

COUNT = """for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, (each) => {
  if (each.isTrusted && (kind === "pointerdown" || ["Enter", "ArrowDown"].includes(each.key)))
    localStorage.presses = Number(localStorage.presses || 0) + 1;
}, true);"""
"""Presses of a finger or the mouse, and of the keys that press, open and choose."""
TO_AN_AGENDA = 6
TO_PHONES_VOTING = 20


def presses(page: Page) -> int:
    """How often somebody pressed something since the page was first opened."""
    return int(page.evaluate("() => Number(localStorage.presses || 0)"))


def typed(page: Page, name: str, words: str) -> None:
    """Type into a field, without the mouse, and leave it."""
    field = page.get_by_label(name).last
    field.focus()
    page.keyboard.type(words)
    page.keyboard.press("Tab")
    settled(page)


def test_from_the_sign_up_of_an_empty_lab_to_phones_voting_every_step_is_a_button(
    page: Page, browser: Browser, server: Server
) -> None:
    page.add_init_script(COUNT)
    set_up(page)

    # The first steps on Home: each does it, and goes on to the next.
    press(page, "Start a project")
    typed(page, "Title", "Warm homes")
    press(page, "Start")
    dialog = page.get_by_role("dialog", name="Plan a workshop")
    expect(dialog).to_be_visible()
    before = presses(page)
    choose(page, "Agenda to start from", "Half-day prototyping")
    press(page, "Plan it")
    expect(page.get_by_text("240 minutes")).to_be_visible()
    to_an_agenda = presses(page) - before + 1
    assert page.get_by_role("button", name=re.compile("^[↑↓] Move (up|down) block")).count() == 20, (
        "ten blocks, each moved up and down"
    )

    # The vote of its block, although nobody has recorded a prototype.
    press(page, "Make a vote for block 8, Vote")
    dialog = page.get_by_role("dialog", name="Make a vote")
    expect(dialog.get_by_label("Question to the room")).to_have_value("Which of these should be tried?")
    expect(dialog.get_by_role("button", name="Save the draft")).to_be_disabled()
    dialog.get_by_role("combobox", name="Options, in order").focus()
    for option in ("A loan for boilers", "A stove in each street"):
        page.keyboard.type(option)
        page.keyboard.press("Enter")
        settled(page)
    page.keyboard.press("Tab")
    dialog.get_by_text("Sketch", exact=True).click()
    settled(page)
    press(page, "Save the draft")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Make a vote for")).to_have_count(0)

    press(page, "Begin")
    press(page, "Begin now")
    expect(page.get_by_role("timer")).to_contain_text("left")
    choose(page, "Any block", "8. Vote")
    press(page, "Open the vote")
    expect(page.get_by_text("Phones vote")).to_be_visible()
    counted = presses(page)
    print(
        f"\nFrom a template to an agenda: {to_an_agenda} presses. From sign-up to phones voting: {counted}."
    )

    database = Database(f"sqlite:///{server.database}")
    with database.reading() as session:
        code = session.scalars(select(Workshop.code)).one()
    phone = browser.new_context(base_url=server.url, viewport={"width": 390, "height": 844}).new_page()
    join(phone, code)
    phone.get_by_label("A loan for boilers").check()
    phone.get_by_role("button", name="Hand in my vote").click()
    expect(phone.get_by_text("Your vote is in")).to_be_visible()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 1
    phone.context.close()
    database.close()
    assert to_an_agenda <= TO_AN_AGENDA
    assert counted <= TO_PHONES_VOTING
