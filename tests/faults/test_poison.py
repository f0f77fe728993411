"""Two hundred payloads in every text field, on every screen and page, in a real browser: nothing
runs, nothing is loaded from elsewhere, and no link leads there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from db.engine import Database
from tests.boards import signed_in
from tests.faults.conftest import Figure, number
from tests.payloads import PAYLOADS, Mouth
from tests.poison import LISTS, poison
from tests.served import Server, fill

pytestmark = pytest.mark.fault

LABS = number(54, 4)
"""Each with as many payloads as fit into every field, from another one on."""
ELSEWHERE = """() => [...document.querySelectorAll(
        'a, area, form, img, iframe, object, embed, script, link, base')]
    .map((one) => one.href?.baseVal ?? one.href ?? one.src ?? one.data ?? one.action ?? '')
    .filter((address) => typeof address === 'string' && address
        && !address.startsWith(location.origin + '/') && !/^(blob:|data:image|about:)/.test(address))"""
DRAWN = """() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
    && document.querySelector('[data-testid=stMainBlockContainer] h1')"""


@dataclass
class Watched:
    """A window, and what happened in it that nobody of ours did."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    harmless: list[str] = field(default_factory=list)
    """Addresses of pages that show nothing of what was typed."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(60_000)
        self.page.add_init_script("window.__ran = []; window.parent.__ran ??= window.__ran;")
        self.page.on("dialog", lambda dialog: self._says(f"a dialog: {dialog.message}"))
        self.page.on("pageerror", lambda error: self._says(f"an error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def _says(self, what: str) -> None:
        self.faults.append(f"{self.page.url}: {what}")

    def _asked(self, address: str) -> None:
        ours = (self.url, self.url.replace("http", "ws"), "data:", "blob:", "about:")
        if not address.startswith(ours):
            self._says(f"asked {address}")

    def look(self, address: str) -> None:
        """Open a page, wait until it is drawn, and hover over what could be waiting for that."""
        self.page.goto(address)
        if self.page.locator("#root").count():  # a screen: Streamlit draws it
            self.page.get_by_test_id("stApp").wait_for()
            self.page.wait_for_function(DRAWN)
        self.page.evaluate("""() => document.querySelectorAll('[onmouseover], [onfocus], [onclick]')
            .forEach((one) => one.dispatchEvent(new Event('mouseover')))""")
        if not re.search(r"__ran|evil\.example|7\*7", self.page.locator("body").inner_text()):
            self.harmless.append(address)
        ran = self.page.evaluate("window.__ran.length")
        if ran:
            self._says(f"{ran} ran")
        for leads in self.page.evaluate(ELSEWHERE):
            self._says(f"leads to {leads}")


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


def test_nothing_runs_that_somebody_typed(
    place: tuple[Server, Database], browser: Browser, figure: Figure
) -> None:
    server, database = place
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000})
    token = signed_in(database, "Ines Calder")
    context.add_cookies([{"name": "lab_session", "value": token, "url": server.url}])
    window = Watched(context.new_page(), server.url)
    seen = 0
    for lab in range(LABS):
        poisoned = poison(database, Mouth(lab * len(PAYLOADS) // LABS))
        every = lab == LABS - 1
        for address in [*poisoned.screens(), *poisoned.pages(), *(LISTS if every else ())]:
            window.look(address)
            seen += 1
    context.close()
    figure(
        f"{len(PAYLOADS)} script payloads in every text field on every page, in Chromium",
        "0 executed",
        f"{len(window.faults)} executed, loaded or linked on {seen} pages",
    )
    assert window.faults == []
    assert len(window.harmless) < seen / 10, window.harmless


def test_a_payload_that_runs_would_be_seen(place: tuple[Server, Database], browser: Browser) -> None:
    server, _ = place
    context = browser.new_context(base_url=server.url, bypass_csp=True)
    window = Watched(context.new_page(), server.url)
    window.look("/sign-in")
    assert window.faults == []
    window.page.evaluate(
        """() => new Promise((done) => { document.body.innerHTML =
        '<img src=x onerror="__ran.push(1)"><a href=//evil.example>x</a>'; setTimeout(done, 500); })"""
    )
    assert window.page.evaluate("window.__ran.length") == 1
    assert window.page.evaluate(ELSEWHERE) == ["http://evil.example/"]
    context.close()
