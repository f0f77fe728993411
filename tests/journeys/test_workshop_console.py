"""A facilitator plans a workshop by hand, leads the room, and ends it."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from db.engine import Database
from db.models import Note, Workshop, WorkshopPhoto
from lab.access.commands import first_administrator
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE
from lab.projects.commands import start_project
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import PASSWORD
from tests.journeys.test_follow_through import settled

pytestmark = pytest.mark.journey

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MOST_CLICKS = 20


def press(page: Page, name: str, *, exact: bool = True) -> int:
    """One click, once the screen stands still."""
    settled(page)
    page.get_by_role("button", name=name, exact=exact).last.click()
    settled(page)
    return 1


def photograph(page: Page, words: str) -> None:
    """Add a photo of a flipchart to the present block."""
    press(page, "Photograph a flipchart")
    photo = BytesIO()
    Image.new("RGB", (640, 480), "#dfeeee").save(photo, "JPEG")
    with page.expect_response(lambda answer: "upload_file" in answer.url):  # its name is there before it is
        page.locator("input[type=file]").set_input_files(
            {"name": "flipchart.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
        )
    expect(page.get_by_text("flipchart.jpg")).to_be_visible()
    page.get_by_label("What is on it, for those who cannot see it").fill(words)
    press(page, "Add")
    expect(page.get_by_role("img", name=words)).to_be_visible()


def lead_by_keys(page: Page) -> None:
    """With the keyboard alone: to the next block, the wall blank and back, the clock still and on. Bar and
    board stand on one screen."""
    page.locator("body").press("ArrowRight")
    expect(page.get_by_role("heading", name="What we hope for")).to_be_visible()
    page.locator("body").press("b")
    expect(page.get_by_role("button", name="Show the wall")).to_be_visible()
    page.locator("body").press("b")
    expect(page.get_by_role("button", name="Blank the wall")).to_be_visible()
    page.locator("body").press(" ")
    expect(page.get_by_role("timer")).to_contain_text("paused")
    page.locator("body").press(" ")
    expect(page.get_by_role("timer")).not_to_contain_text("paused")
    for width, height in ((1440, 900), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        for part in (page.locator(".st-key-console-bar"), page.locator(".noteboard .columns")):
            box = part.bounding_box()
            assert box
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height, (width, box)


def test_a_workshop_is_planned_run_and_ended(page: Page, server: Server) -> None:
    database = Database(f"sqlite:///{server.database}")
    with database.writing() as session:
        first_administrator(
            session, lab_name="Harbour Lab", name="Ada Moor", email="ada@example.org",
            password=hashed(PASSWORD), now=NOW,
        )  # fmt: skip
        project = start_project(session, COMMAND_LINE, title="Warm homes", challenge="How?", now=NOW)
    page.goto(f"/sign-in?next=/project%3Fproject={project}%26tab=workshops")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    clicks = press(page, "Plan a workshop")
    clicks += press(page, "Plan it")
    expect(page.get_by_text("90 minutes", exact=True)).to_be_visible()
    clicks += press(page, "Begin")
    clicks += press(page, "Begin now")
    assert clicks < MOST_CLICKS
    expect(page.get_by_role("timer")).to_contain_text("left")

    lead_by_keys(page)
    press(page, "Pause", exact=False)
    expect(page.get_by_role("timer")).to_contain_text("paused")
    server.let_time_pass_to(NOW + dt.timedelta(minutes=30))
    page.reload()
    expect(page.get_by_role("timer")).to_contain_text("15:00 left, paused")
    press(page, "Go on", exact=False)
    press(page, "Time")
    press(page, "+5 min")
    expect(page.get_by_role("timer")).to_contain_text("left")

    page.get_by_text("People without a phone").click()
    page.get_by_label("What it says").fill("A warm <b>kitchen</b>")
    press(page, "Put it up")
    expect(page.get_by_text("1 note in this block")).to_be_visible()

    photograph(page, "Three circles")

    press(page, "End the workshop")
    press(page, "End it")
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    with database.reading() as session:
        assert session.query(Workshop).one().state == "ended"
        assert session.query(Note).one().source == "paper"
        assert session.query(WorkshopPhoto).one().description == "Three circles"
    database.close()
