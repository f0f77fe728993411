"""Take the README's pictures from a fresh demo lab: `make screenshots`. Needs Chromium."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browsers import browser_path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
NAME = "lantern.example"
"""Where the pictures say the demo lab lives."""
NOTES = (
    ("People who use the service", "The letter comes after the appointment it is about"),
    ("People who use the service", "I was sent from the first floor to the third and back"),
    ("Carer", "Nobody told us that we could bring somebody along"),
    ("Front-line staff", "We type the same address into two systems"),
    ("People who use the service", "One name on every letter"),
)
"""What a room says, by group."""


OPEN = re.compile("^Open ")
"""The button of a row of a list; it goes on with what it opens."""


def main() -> None:
    """Start a server on a temporary file, load the demo, and photograph the screens."""
    path = browser_path()
    if path is None:
        sys.exit("No Chromium was found: apt-get install chromium-headless-shell")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, socket.socket() as free:
        clock = Path(place) / "clock"
        clock.write_text("2026-11-24T09:00:00+00:00", encoding="utf-8")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{place}/lab.db",
            "LAB_CLOCK_FILE": str(clock),
        }
        server = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "lab_app.py",
                "--server.port", str(port), "--server.address", "127.0.0.1",
            ],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=path,
                    args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"],
                )
                page = chromium.new_page(viewport={"width": 1440, "height": 900}, base_url=url)
                _photograph(page)
                chromium.close()
        finally:
            server.terminate()
            server.wait()


def _wait(url: str) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    sys.exit("The server did not start.")


def _photograph(page: Page) -> None:
    page.goto("/setup")
    page.get_by_role("button", name="Load the demo lab").click()
    page.get_by_role("button", name="Ines Calder").click()
    page.get_by_role("heading", name="Good day, Ines Calder").wait_for()
    page.goto("/board")
    page.locator(".board [data-card]").first.wait_for()
    _keep(page, "board")
    page.goto("/at-risk")
    page.get_by_role("heading", name="At risk").wait_for()
    page.get_by_text("Bills in hard times").first.wait_for()
    _keep(page, "at-risk")
    page.goto("/project")
    page.get_by_label("Find a project").fill("Bills in hard times")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bills in hard times, Eastmere").click()
    page.get_by_role("heading", name="Bills in hard times").wait_for()
    _keep(page, "project")
    page.goto("/implementation")
    page.locator(".js-plotly-plot").first.wait_for()
    _keep(page, "implementation")
    page.goto("/vote")
    page.get_by_role("button", name=OPEN).first.click()
    code = page.get_by_text("Join code").inner_text().removeprefix("Join code").replace(" ", "")
    here = page.url.split("/vote")[0]
    page.goto(f"{here.replace('127.0.0.1', NAME)}/j/{code}/wall")
    page.get_by_text("have voted").wait_for()
    _keep(page, "wall")
    page.goto(f"{here}/j/{code}")
    _photograph_phones(page, code)
    page.goto("/p/court-letters-people-understand")
    _keep(page, "public-page")
    _photograph_workshop(page)


def _photograph_workshop(page: Page) -> None:
    """The report of a workshop that is over, and the console of one that has just begun."""
    page.goto("/workshop")
    page.get_by_role("button", name=OPEN).last.click()
    page.goto(page.get_by_role("link", name="The report").get_attribute("href") or "")
    _keep(page, "report")
    page.goto("/workshop")
    page.get_by_role("button", name=OPEN).first.click()
    for button in ("Begin", "Begin now", "Next: What we hope for", "Next: What we see"):
        page.wait_for_timeout(1500)
        page.get_by_role("button", name=button, exact=not button.startswith("Next")).click()
    page.get_by_role("heading", name="What we see").wait_for()
    code = (
        page.get_by_text("Join code")
        .inner_text()
        .partition("·")[0]
        .removeprefix("Join code")
        .replace(" ", "")
    )
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("the browser has gone")
    for group, words in NOTES:
        context = browser.new_context(base_url=page.url.split("/workshop")[0])
        phone = context.new_page()
        phone.goto(f"/j/{code}")
        phone.get_by_label(group).check()
        phone.get_by_role("button", name="That is me").click()
        phone.locator("form[data-keep] textarea[name=words]").fill(words)
        phone.get_by_role("button", name="Put it on the board").click()
        phone.locator("#own").get_by_text(words).wait_for()
        context.close()
    page.set_viewport_size({"width": 1440, "height": 1150})
    _keep(page, "workshop")


def _photograph_phones(page: Page, code: str) -> None:
    """The ballot, the same with an answer, and the receipt, side by side."""
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("the browser has gone")
    context = browser.new_context(viewport={"width": 390, "height": 780}, base_url=page.url.split("/j/")[0])
    phone = context.new_page()
    phone.goto(f"/j/{code}")
    shots = [phone.screenshot()]
    for choice in phone.locator("fieldset input[type=radio], .tick input").all()[:1]:
        choice.check()
    for button in phone.get_by_role("button", name="One dot more").all()[:1]:
        button.click()
    for button in phone.locator("button.place").all()[:2]:
        button.click()
    shots.append(phone.screenshot())
    phone.get_by_role("button", name="Hand in my vote").click()
    phone.get_by_text("Your vote is in").wait_for()
    shots.append(phone.screenshot())
    context.close()
    pictures = [Image.open(BytesIO(shot)) for shot in shots]
    gap = 30
    joined = Image.new("RGB", (sum(each.width + gap for each in pictures) - gap, 780), "#c3d0d2")
    left = 0
    for each in pictures:
        joined.paste(each, (left, 0))
        left += each.width + gap
    joined.save(PICTURES / "phones.png")


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(2500)  # charts and fonts settle
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
