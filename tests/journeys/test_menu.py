"""The menu leads to every list from wherever one is, and the browser's Back leads back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lab.access.rights import COMMAND_LINE
from lab.workshops.plan.commands import plan_workshop_as
from tests.journeys.test_follow_through import settled, sign_in
from tests.journeys.votes import NOW, House
from tests.journeys.votes import house as house
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey


def menu(page: Page, entry: str) -> None:
    """Press an entry of the menu."""
    settled(page)
    page.get_by_test_id("stTopNavLink").filter(has_text=entry).first.click()


def test_every_entry_of_the_menu_leads_to_its_list_and_back_to_where_one_was(
    windows: Any, house: House
) -> None:
    with house.database.writing() as session:
        workshop = plan_workshop_as(
            session, COMMAND_LINE, house.project, start="test", title="Try the letters",
            held_on=NOW.date(), now=NOW,
        )  # fmt: skip
    vote = house.drafted("approval")
    desk = windows(1440, 900)
    sign_in(desk, "ada@example.org")
    for entry, title, record in (
        ("Workshops", "Workshops", f"/workshop?workshop={workshop}"),
        ("Votes", "Votes", f"/vote?round={vote}"),
        ("Project", "Project", f"/project?project={house.project}"),
        ("At risk", "At risk", f"/at-risk?project={house.project}"),
    ):
        desk.goto(record)
        heading = desk.get_by_role("heading", name=title, exact=True, level=1)
        expect(desk.get_by_role("heading", level=1)).to_be_visible()
        expect(heading).to_have_count(0)
        menu(desk, entry)
        expect(heading).to_be_visible()
        desk.go_back()
        expect(heading).to_have_count(0)
        assert desk.url.endswith(record)
    desk.goto("/")
    menu(desk, "Workshops")
    settled(desk)
    desk.get_by_role("button", name="Open", exact=False).first.click()
    expect(desk.get_by_role("heading", name="Try the letters", level=1)).to_be_visible()
    desk.go_back()
    expect(desk.get_by_role("heading", name="Workshops", level=1)).to_be_visible()
