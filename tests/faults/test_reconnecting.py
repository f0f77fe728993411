"""Seven forms in seven windows, half filled in when the server is killed: each is there again, and its press
saves."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from db.models import Expectation, Note, Picture, Project, WorkshopBlock
from tests.journeys.test_follow_through import open_dialog
from tests.journeys.test_reconnecting import Lab, fill_in, is_told, opened
from tests.journeys.test_reconnecting import lab as lab

pytestmark = pytest.mark.fault


def keyed(page: Page, key: str) -> Locator:
    return page.locator(f"[class*='st-key-{key}']")


def test_what_was_typed_before_a_restart_is_there_and_the_next_press_saves_it(
    lab: Lab, browser: Browser
) -> None:
    project = f"/project?project={lab.told.project}"
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(picture, format="PNG")
    file = {"name": "sketch.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    with lab.window(browser) as context:
        saying = opened(context, f"{project}&tab=expectations")
        dialog = open_dialog(saying, saying.get_by_role("button", name="Record an expectation"))
        fill_in(dialog.get_by_label("In their own words"), "I will hear within a week")

        editing = opened(context, project)
        dialog = open_dialog(editing, keyed(editing, "project-edit").get_by_role("button"))
        fill_in(dialog.get_by_label("Place"), "Saltmarsh")

        moving = opened(context, "/board")
        moving.locator(f"[data-card='{lab.told.project}'] .mover").click()
        moving.get_by_role("menuitem", name="Recommend").click()
        fill_in(moving.get_by_role("dialog").get_by_role("textbox"), "The sponsor asked for it")

        adding = opened(context, f"{project}&tab=prototypes")
        dialog = open_dialog(adding, keyed(adding, "prototype-picture-").get_by_role("button").first)
        dialog.locator("input[type=file]").set_input_files(file)
        expect(dialog.get_by_text("sketch.png")).to_be_visible()
        fill_in(dialog.get_by_label("What it shows"), "A sketch")

        hosting = opened(context, f"/workshop?workshop={lab.board.id}")
        hosting.get_by_text("People without a phone").click()
        fill_in(hosting.get_by_label("What it says"), "Ask us first")

        planning = opened(context, f"/workshop?workshop={lab.planned}")
        planning.get_by_role("button", name="Add a block").click()
        expect(planning.get_by_role("button", name="Save the agenda")).to_be_visible()
        fill_in(planning.get_by_label(re.compile("^Title of block")).last, "What did we forget?")

        counting = opened(context, f"/vote?round={lab.round.id}")
        hands = counting.get_by_test_id("stForm").filter(has_text="Count these hands")
        fill_in(hands.get_by_role("spinbutton").first, "7")

        lab.server.kill()
        with lab.database.writing() as session:
            session.get_one(Project, lab.told.project).version += 1  # somebody else has saved meanwhile
        lab.server.start()

        for page in context.pages:
            page.bring_to_front()
            is_told(page)
        dialog = saying.get_by_role("dialog")
        expect(dialog.get_by_label("In their own words")).to_have_value("I will hear within a week")
        dialog.get_by_role("button", name="Save").click()
        expect(saying.get_by_text("The expectation is recorded.")).to_be_visible()
        expect(dialog).to_have_count(0)

        dialog = editing.get_by_role("dialog")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text("Somebody else changed this record")).to_be_visible()
        dialog.get_by_role("button", name="Save").click()
        expect(editing.get_by_text("The project is changed.")).to_be_visible()

        dialog = moving.get_by_role("dialog")
        expect(dialog.get_by_role("textbox")).to_have_value("The sponsor asked for it")
        dialog.get_by_role("button", name="Move").last.click()
        expect(moving.get_by_text("Moved to Recommend.")).to_be_visible()

        dialog = adding.get_by_role("dialog")
        expect(dialog.get_by_text("sketch.png")).to_have_count(0)
        expect(dialog.get_by_label("What it shows")).to_have_value("A sketch")
        dialog.locator("input[type=file]").set_input_files(file)
        expect(dialog.get_by_text("sketch.png")).to_be_visible()
        dialog.get_by_role("button", name="Add the picture").click()
        expect(adding.get_by_text("The picture is added.")).to_be_visible()

        hosting.get_by_role("button", name="Put it up").click()
        expect(hosting.get_by_text("It is on the board.")).to_be_visible()

        expect(planning.get_by_label(re.compile("^Title of block")).last).to_have_value("What did we forget?")
        planning.get_by_role("button", name="Save the agenda").click()
        expect(planning.get_by_text("The agenda is saved.")).to_be_visible()

        expect(hands.get_by_role("spinbutton").first).to_have_value("7")
        hands.get_by_role("button", name="Count these hands").click()
        expect(counting.get_by_text("Counted.")).to_be_visible()
    with lab.database.reading() as session:
        assert "I will hear within a week" in session.scalars(select(Expectation.statement)).all()
        found = session.get_one(Project, lab.told.project)
        assert (found.place, found.stage) == ("Saltmarsh", "recommend")
        assert "A sketch" in session.scalars(select(Picture.description)).all()
        assert "Ask us first" in session.scalars(select(Note.text)).all()
        titles = select(WorkshopBlock.title).where(WorkshopBlock.workshop_id == lab.planned)
        assert "What did we forget?" in session.scalars(titles).all()
