"""Two people change the same record: the second is told, sees what it says now, and loses nothing typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.test_coming_in import set_up
from tests.journeys.test_follow_through import confirm, open_dialog, settled

pytestmark = pytest.mark.journey

CHALLENGE = "Challenge: the question to answer"


def edit(page: Page) -> Locator:
    """Open the project's form."""
    return open_dialog(page, page.get_by_role("button", name="Edit", exact=True).first)


def test_the_second_to_save_sees_the_conflict_and_loses_nothing_typed(page: Page) -> None:
    set_up(page)
    page.goto("/board")
    dialog = open_dialog(page, page.get_by_role("button", name="Start a project"))
    dialog.get_by_label("Title", exact=True).fill("Shorter letters")
    dialog.get_by_label("Title", exact=True).press("Tab")
    settled(page)
    confirm(page, dialog)
    page.locator(".board [data-card]").first.click()
    expect(page.get_by_role("heading", name="Shorter letters")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    mine, theirs = edit(page), edit(other)
    theirs.get_by_label(CHALLENGE).fill("Why do people stay away?")
    confirm(other, theirs)
    mine.get_by_label(CHALLENGE).fill("Why do people miss their hearing?")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_text("Somebody else changed this record")).to_be_visible()
    expect(mine.get_by_text("Challenge: Why do people stay away?")).to_be_visible()
    expect(mine.get_by_label(CHALLENGE)).to_have_value("Why do people miss their hearing?")
    confirm(page, mine)
    expect(page.get_by_text(re.compile("miss their hearing")).first).to_be_visible()
