"""The whole story: from a challenge to a public page, with a silence in between that the lab is told of."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import ROOT, Server
from tests.journeys.test_coming_in import PASSWORD, set_up, sign_in

pytestmark = pytest.mark.journey

SPONSOR = "Court Service of Eastmere"
REMINDER = "Reminder text before the hearing"
EVENING = "Evening hearings"
PRIMARY = '[data-testid^="stBaseButton-primary"]'


def give_access_to_the_sponsor(server: Server) -> None:
    """What an administrator does on the server, beside the running lab."""
    done = subprocess.run(
        [
            sys.executable, "-m", "lab", "account", "add", "--email", "finch@example.org",
            "--name", "Dora Finch", "--role", "sponsor", "--sponsor", SPONSOR, "--password-stdin",
        ],
        cwd=ROOT, input=f"{PASSWORD}\n", text=True, capture_output=True, check=False,
        env=os.environ
        | {"DATABASE_URL": f"sqlite:///{server.database}", "LAB_CLOCK_FILE": str(server.clock)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def settled(page: Page) -> None:
    """Wait until the screen has been drawn to its end."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def open_dialog(page: Page, button: Locator) -> Locator:
    """Press a button that opens a dialog."""
    expect(button).to_be_visible()
    settled(page)
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def choose(page: Page, dialog: Locator, field: str, answer: str) -> None:
    """Choose an answer from a list of a dialog."""
    dialog.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=answer, exact=True).click()
    settled(page)


def importance(dialog: Locator, of_five: int) -> None:
    """Say in a dialog how important something is."""
    dialog.get_by_test_id("stButtonGroup").get_by_text(str(of_five), exact=True).click()


def on_day(page: Page, dialog: Locator, field: str, day: str) -> None:
    """Say in a dialog on which day it was, as eight digits."""
    asked = dialog.get_by_test_id("stDateInput").filter(has_text=field)
    asked.get_by_role("spinbutton").first.click()
    page.keyboard.type(day)
    dialog.get_by_role("textbox").first.focus()  # closes the calendar that lies over the buttons
    settled(page)


def confirm(page: Page, dialog: Locator) -> None:
    """Press the dialog's one main button, and see it done."""
    dialog.locator(PRIMARY).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)


def go_to(page: Page, screen: str) -> None:
    """Go to a screen by the menu, as people do."""
    page.get_by_role("link", name=screen, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(screen)


def turn_to(page: Page, part: str) -> None:
    """Go to a part of the project's screen."""
    settled(page)
    page.get_by_test_id("stButtonGroup").first.get_by_text(part, exact=True).click()
    expect(page).to_have_url(re.compile(f"tab={part.lower()}"))  # until then buttons are the other part's
    settled(page)


def score(page: Page) -> int:
    """The first project's score on the at-risk screen."""
    go_to(page, "At risk")
    line = page.get_by_text(re.compile(r"\d+ of 100")).first
    expect(line).to_be_visible()
    found = re.search(r"(\d+) of 100", line.inner_text())
    assert found
    return int(found[1])


def test_a_project_from_challenge_to_public_page(page: Page, browser: Browser, server: Server) -> None:
    set_up(page)
    go_to(page, "Board")
    dialog = open_dialog(page, page.get_by_role("button", name="Start a project"))
    for name, words in (
        ("Title", "Shorter letters before the hearing"),
        ("Challenge: the question to answer", "Why do people miss their hearing?"),
        ("Sponsor", SPONSOR),
        ("Place", "Eastmere"),
    ):
        dialog.get_by_label(name, exact=True).fill(words)
        dialog.get_by_label(name, exact=True).press("Tab")
        settled(page)
    confirm(page, dialog)
    page.locator(".board [data-card]").first.click()
    expect(page.get_by_role("heading", name="Shorter letters before the hearing")).to_be_visible()
    found = re.search(r"project=([0-9a-f-]{36})", page.url)
    assert found
    address = f"/project?project={found[1]}"

    turn_to(page, "People")
    dialog = open_dialog(page, page.get_by_role("button", name="Add a stakeholder"))
    dialog.get_by_label("Pseudonym, never a real name").fill("Heron")
    choose(page, dialog, "Group", "People who use the service")
    on_day(page, dialog, "Joined on", "20260301")
    confirm(page, dialog)

    turn_to(page, "Expectations")
    dialog = open_dialog(page, page.get_by_role("button", name="Record an expectation"))
    dialog.get_by_label("In their own words").fill("I will be reminded in time")
    choose(page, dialog, "Within our power", "Yes")
    importance(dialog, 3)
    dialog.get_by_text("Show on the public page").click()
    confirm(page, dialog)

    turn_to(page, "Prototypes")
    dialog = open_dialog(page, page.get_by_role("button", name="Make a prototype").first)
    dialog.get_by_label("Title", exact=True).fill("Paper text message")
    choose(page, dialog, "Fidelity", "Paper")
    on_day(page, dialog, "Made on", "20260301")
    confirm(page, dialog)
    expect(page.get_by_text("Paper text message").first).to_be_visible()
    dialog = open_dialog(page, page.get_by_role("button", name="Record a test").first)
    on_day(page, dialog, "Held on", "20260301")
    dialog.get_by_label("Participants").fill("4")
    dialog.get_by_label("Findings").fill("Everybody knew what to do")
    dialog.get_by_text("Recommend", exact=True).click()
    confirm(page, dialog)
    expect(page.get_by_text("Everybody knew what to do").first).to_be_visible()
    dialog = open_dialog(page, page.locator("[class*='st-key-test-edit-'] button").first)
    dialog.get_by_label("Findings").fill("Everybody knew what to do next")
    confirm(page, dialog)
    expect(page.get_by_text("Everybody knew what to do next").first).to_be_visible()

    turn_to(page, "Recommendations")
    for title in (REMINDER, EVENING):
        dialog = open_dialog(page, page.get_by_role("button", name="Draft a recommendation"))
        dialog.get_by_label("Title", exact=True).fill(title)
        dialog.get_by_label("What we ask").fill(f"{title}, for everyone")
        importance(dialog, 3)
        dialog.get_by_text("Show on the public page").click()
        confirm(page, dialog)
        expect(page.get_by_text(title).first).to_be_visible()
    for left in (1, 0):
        dialog = open_dialog(page, page.get_by_role("button", name="Send", exact=True).first)
        confirm(page, dialog)
        expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(left)

    give_access_to_the_sponsor(server)
    sponsor = browser.new_context(base_url=server.url).new_page()
    sign_in(sponsor, "finch@example.org")
    expect(sponsor.get_by_role("link", name="Board")).to_have_count(0)
    for title, answer, reason in ((REMINDER, "Accepted", "We will"), (EVENING, "Declined", "")):
        card = sponsor.get_by_test_id("stForm").filter(has_text="Your answer").first
        heading = sponsor.get_by_role("heading", name=title)
        expect(heading).to_be_visible()
        if title == EVENING:
            card.get_by_text(answer, exact=True).click()
            card.get_by_role("button", name="Send the answer").click()
            expect(sponsor.get_by_text("A declined recommendation needs a reason")).to_be_visible()
            reason = "No judges work in the evening"
        card.get_by_text(answer, exact=True).click()
        card.get_by_label(re.compile("^Reason")).fill(reason)
        settled(sponsor)
        card.get_by_role("button", name="Send the answer").click()
        expect(sponsor.get_by_text("Your answer is recorded.").first).to_be_visible()
        expect(sponsor.get_by_test_id("stForm").filter(has_text="Your answer")).to_have_count(
            1 if title == REMINDER else 0
        )
    sponsor.context.close()

    server.let_time_pass_to(dt.datetime(2026, 9, 20, 9, tzinfo=dt.UTC))
    server.wait_for_scores()
    sign_in(page, "ada@example.org")
    expect(page.get_by_text(REMINDER).first).to_be_visible()
    before = score(page)
    drivers = page.get_by_role("listitem")
    expect(drivers.first).to_contain_text(f"Recommendation “{REMINDER}”")

    page.goto(f"{address}&tab=recommendations")
    dialog = open_dialog(page, page.get_by_role("button", name="Report progress").first)
    dialog.get_by_text("In progress", exact=True).click()
    dialog.get_by_label(re.compile("^What was done")).fill("The contract is signed")
    dialog.get_by_label(re.compile("^Evidence")).fill("Notice 12")
    on_day(page, dialog, "Done on", "20260920")
    confirm(page, dialog)
    turn_to(page, "Replies")
    dialog = open_dialog(page, page.get_by_role("button", name="Tell the people").first)
    dialog.get_by_label("What happened").fill("The contract for text messages is signed")
    confirm(page, dialog)
    assert score(page) < before / 2

    page.goto(address)
    dialog = open_dialog(page, page.get_by_role("button", name="Publish"))
    confirm(page, dialog)
    visitor = browser.new_context(base_url=server.url, java_script_enabled=False).new_page()
    visitor.goto("/p/shorter-letters-before-the-hearing")
    for words in (
        "I will be reminded in time",
        "No judges work in the evening",
        "The contract for text messages is signed",
        REMINDER,
    ):
        expect(visitor.get_by_text(words).first).to_be_visible()
    assert "Heron" not in visitor.content()
    visitor.context.close()
