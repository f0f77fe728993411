"""The real server on a real database file, a clock that can be moved, and a real browser."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.served import command

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Server:
    """A running server: where it listens, its database file and its clock."""

    url: str
    database: Path
    clock: Path

    def let_time_pass_to(self, instant: dt.datetime) -> None:
        """Move the server's clock."""
        self.clock.write_text(instant.isoformat(), encoding="utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty database."""
    with serving(tmp_path) as running:
        yield running


@contextmanager
def serving(place: Path) -> Iterator[Server]:
    """The server on an empty database in this folder, until it is stopped again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database, clock = place / "lab.db", place / "clock"
    clock.write_text("2026-03-02T09:00:00+00:00", encoding="utf-8")
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{database}",
        "LAB_CLOCK_FILE": str(clock),
        "PYTHONUNBUFFERED": "1",
    }
    log = (place / "server.log").open("w")
    process = subprocess.Popen(
        command(port),
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process, place / "server.log")
        yield Server(url, database, clock)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(480):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; skips loudly, or fails where one is required."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("LAB_REQUIRE_BROWSER"):
            pytest.fail("A browser is required here and none was found")
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A person's window. Errors in its console, and requests to other hosts, fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, base_url=server.url)
    window = context.new_page()
    window.set_default_timeout(60_000)
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(f"error: {error}"))
    window.on(
        "request",
        lambda request: (
            faults.append(f"asked another host: {request.url}")
            if not request.url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:"))
            else None
        ),
    )
    yield window
    context.close()
    assert faults == []
