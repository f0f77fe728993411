"""A page outlives its connection: what was typed is there after a restart and after a long sleep, the screen
says that it is connected again, and the next press saves. tests/faults tries every kind of form."""

from __future__ import annotations

import datetime as dt
import time
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from db.engine import Database
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

    def restart(self) -> None:
        """As after a power cut."""
        self.server.kill()
        self.server.start()

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


def is_told(page: Page) -> None:
    expect(page.get_by_text(AGAIN)).to_be_visible()


def test_a_dialog_that_lost_its_connection_says_when_it_has_it_back(lab: Lab, browser: Browser) -> None:
    cable = Cable(lab.server.port)
    words = "We are told"
    with lab.window(browser, cable.url) as context:
        page = opened(context, f"/project?project={lab.told.project}&tab=expectations")
        dialog = open_dialog(page, page.get_by_role("button", name="Record an expectation"))
        field = dialog.get_by_label("In their own words")
        fill_in(field, words)
        for state, meanwhile in (
            ("its session is there", lambda: time.sleep(0.5)),
            ("its session is gone", lambda: time.sleep(SLEPT + 2.5)),
            ("the lab was started again", lab.restart),
        ):
            cable.cut()
            expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
            meanwhile()
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
