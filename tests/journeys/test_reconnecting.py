"""A page outlives its connection: what was typed is there after a restart and after a long sleep, the screen
says that it is connected again, and the next press saves."""

from __future__ import annotations

import datetime as dt
import io
import time
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from db.engine import Database
from db.models import Expectation, Note, Picture, Project, WorkshopBlock
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.plan.commands import plan_workshop
from tests.boards import RunningBoard, run_a_workshop, signed_in
from tests.cable import Cable
from tests.journeys.test_follow_through import open_dialog
from tests.lifecycle.test_thread import Told, tell
from tests.served import ROOT, Round, Server, fill, open_a_round

pytestmark = pytest.mark.journey

AGAIN = "Reconnected. What you typed is still here."
SLEPT = 2
"""Seconds for which this server keeps a session without a connection."""


@dataclass
class Lab:
    """A served lab with a project, a running and a planned workshop, and an open vote."""

    database: Database
    server: Server
    told: Told
    board: RunningBoard
    planned: uuid.UUID
    round: Round
    token: str

    @contextmanager
    def window(self, browser: Browser, url: str = "") -> Iterator[BrowserContext]:
        """A browser in which a facilitator is signed in."""
        context = browser.new_context(
            base_url=url or self.server.url, viewport={"width": 1440, "height": 1000}
        )
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "lab_session", "value": self.token, "url": url or self.server.url}])
        yield context
        context.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    place = tmp_path_factory.mktemp("reconnecting")
    url = f"sqlite:///{place / 'lab.db'}"
    database = Database(url)
    fill(database)
    board = run_a_workshop(database)
    now = clock.now()
    with database.writing() as session:
        told = tell(session, COMMAND_LINE)
        planned = plan_workshop(
            session, COMMAND_LINE, told.project, title="The next", held_on=now.date() + dt.timedelta(days=9),
            blocks=TEMPLATES["discovery"].blocks, now=now,
        )  # fmt: skip
    found = open_a_round(database, options=3)
    token = signed_in(database, "Ines Calder")
    server = Server(url, place / "server.log", STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(SLEPT))
    try:
        server.start()
        yield Lab(database, server, told, board, planned, found, token)
    finally:
        server.kill()
        database.close()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return page


def fill_in(field: Locator, words: str) -> None:
    """Type, and stay in the field."""
    field.click()
    field.press("Control+a")
    field.press_sequentially(words)


def keyed(page: Page, key: str) -> Locator:
    return page.locator(f"[class*='st-key-{key}']")


def is_told(page: Page) -> None:
    expect(page.get_by_text(AGAIN)).to_be_visible()


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
        fill_in(planning.get_by_label("What the room is asked").last, "What did we forget?")

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

        expect(planning.get_by_label("What the room is asked").last).to_have_value("What did we forget?")
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
        prompts = select(WorkshopBlock.prompt).where(WorkshopBlock.workshop_id == lab.planned)
        assert "What did we forget?" in session.scalars(prompts).all()


def test_a_dialog_that_lost_its_connection_says_when_it_has_it_back(lab: Lab, browser: Browser) -> None:
    cable = Cable(lab.server.port)
    words = "We are told"
    with lab.window(browser, cable.url) as context:
        page = opened(context, f"/project?project={lab.told.project}&tab=expectations")
        dialog = open_dialog(page, page.get_by_role("button", name="Record an expectation"))
        field = dialog.get_by_label("In their own words")
        fill_in(field, words)
        for seconds, state in ((0.5, "its session is there"), (SLEPT + 2.5, "its session is gone")):
            cable.cut()
            expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
            time.sleep(seconds)
            cable.mend()
            is_told(page)
            expect(field).to_be_focused()
            page.keyboard.type(f", {state}")
            words += f", {state}"
            expect(field).to_have_value(words)
            page.get_by_test_id("stToast").get_by_role("button", name="Close").click()
            expect(page.get_by_text(AGAIN)).to_have_count(0)
            field.focus()
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The expectation is recorded.")).to_be_visible()
        expect(page.get_by_text(f"“{words}”")).to_be_visible()
    cable.remove()


def test_a_laptop_may_sleep_for_some_hours() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["disconnectedSessionTTL"] >= 4 * 3600
