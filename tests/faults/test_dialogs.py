"""Every dialog of the screens, half filled in when the server is killed or the network goes away: it is there
again, with every word that was typed, and its press arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from db.engine import Database
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from tests.accounts import session_for
from tests.cable import Cable
from tests.dialogs import Door, doors
from tests.faults.conftest import Figure, number
from tests.served import Server, fill

pytestmark = pytest.mark.fault

AT_ONCE = 13
"""Dialogs that are open in windows of one browser at that moment."""
EVERY = number(1, 5)
OFFLINE = number(150, 10)
"""Seconds without a network: Streamlit by itself forgets a session after 120."""
STILL = """() => {
    const now = document.querySelector('[role=dialog]')?.innerText
        + document.querySelector('[data-testid=stApp]').dataset.testScriptState;
    const is_still = now === window.__before && now.endsWith('notRunning');
    window.__before = now;
    return is_still;
}"""
ANSWERED = """() => !document.querySelector('[role=dialog]')
    || document.querySelector('[role=dialog] [data-testid=stAlert]')"""


@dataclass
class Opened:
    """A dialog in its window, and what was typed in its fields."""

    door: Door
    page: Page
    typed: list[str]

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def fields(self) -> Locator:
        return self.dialog.locator("textarea, [data-testid=stTextInput] input").locator("visible=true")


def is_still(page: Page) -> None:
    """Wait until the dialog has been drawn to its end."""
    page.wait_for_function(STILL, polling=300)


def opened(context: BrowserContext, door: Door) -> Opened:
    """Open a dialog and type into each of its fields; the last one is not left."""
    page = context.new_page()
    page.goto(door.address)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    if door.move:
        stage, card = door.move
        page.locator(f"[data-card='{card}'] .mover").click()
        page.get_by_role("menuitem", name=stage).click()
    else:
        button = page.locator(f"[class*='st-key-{door.button}'] button").first
        if door.button.startswith("own_"):
            menu = page.get_by_test_id("stExpandSidebarButton")
            expect(menu.or_(button).first).to_be_visible()
            if menu.is_visible():  # a browser remembers that its menu was opened in another window
                menu.click()
        button.click()
    found = Opened(door, page, [])
    expect(found.dialog.locator("button, p").last, door.name).to_be_visible()
    is_still(page)
    for place in range(found.fields.count()):
        field = found.fields.nth(place)
        field.click()
        field.press("Control+a")
        field.press_sequentially(f"12 words {place}"[: int(field.get_attribute("maxlength") or 99)])
        found.typed.append(field.input_value())
    return found


def is_whole(each: Opened) -> bool:
    """Whether the screen says that it is connected again, and the dialog has what was typed."""
    expect(each.page.get_by_text("Reconnected.")).to_be_visible()
    try:
        for place, words in enumerate(each.typed):
            expect(each.fields.nth(place)).to_have_value(words)
        expect(each.dialog).to_be_visible()
    except AssertionError:
        return False
    return True


def press_arrives(each: Opened) -> bool:
    """Whether a press of the main button closes the dialog or is answered in words. Some can't be pressed
    until more is chosen than was typed here."""
    button = each.dialog.locator("[data-testid^=stBaseButton-primary]").last
    if not button.count() or button.is_disabled():
        return True
    button.click()
    each.page.wait_for_function(ANSWERED)
    return True


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Server, Database]]:
    """A served lab."""
    url = f"sqlite:///{tmp_path / 'lab.db'}"
    database = Database(url)
    fill(database)
    server = Server(url, tmp_path / "server.log")
    try:
        server.start()
        yield server, database
    finally:
        server.kill()
        database.close()


def administrator(database: Database) -> str:
    now = clock.now()
    with database.writing() as session:
        account = add_account(
            session,
            COMMAND_LINE,
            name="Ada Field",
            email="ada@example.org",
            role="administrator",
            password=None,
            now=now,
        )
        return session_for(session, account, now)


def tried(
    place: tuple[Server, Database], browser: Browser, fault: Callable[[], None], url: str
) -> tuple[list[str], int]:
    """What was lost of all dialogs that were half filled in during a fault, and how many there were."""
    _, database = place
    token = administrator(database)
    lost: list[str] = []
    seen = 0
    for turn in range(0, 99, AT_ONCE):
        some = doors(database)[::EVERY][turn : turn + AT_ONCE]
        if not some:
            break
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 1200})
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "lab_session", "value": token, "url": url}])
        every = [opened(context, door) for door in some]
        fault()
        lost += [each.door.name for each in every if not is_whole(each)]
        lost += [f"{each.door.name}: its press" for each in every if not press_arrives(each)]
        seen += len(every)
        context.close()
    return lost, seen


def test_every_dialog_outlives_the_server(
    place: tuple[Server, Database], browser: Browser, figure: Figure
) -> None:
    server, _ = place

    def killed() -> None:
        server.kill()
        server.start()

    lost, seen = tried(place, browser, killed, server.url)
    figure("the server killed while a dialog is half filled in", "0 lost", f"{len(lost)} of {seen} lost")
    assert lost == []


def test_every_dialog_outlives_its_connection(
    place: tuple[Server, Database], browser: Browser, figure: Figure
) -> None:
    server, _ = place
    cable = Cable(server.port)

    def offline() -> None:
        cable.cut()
        time.sleep(OFFLINE)
        cable.mend()

    lost, seen = tried(place, browser, offline, cable.url)
    cable.remove()
    figure(f"{OFFLINE} s offline while a dialog is half filled in", "0 lost", f"{len(lost)} of {seen} lost")
    assert lost == []
