"""The real server on a real database file, a clock that can be moved, and a real browser."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import delete, func, select

from db.engine import Database
from db.models import Base, Project, ProjectRisk, SigningKey
from lab.disillusion.upkeep.commands import is_behind, is_stale
from lab.foundation import clock
from tests.browsers import browser_path
from tests.served import command

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
"""When journeys begin."""
expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong


@dataclass
class Server:
    """A running server: where it listens, its database file and its clock."""

    url: str
    database: Path
    clock: Path

    def let_time_pass_to(self, instant: dt.datetime) -> None:
        """Move the server's clock."""
        self.clock.write_text(instant.isoformat(), encoding="utf-8")

    def begin_anew(self) -> None:
        """Take the lab away with all its records, and move the clock back: the server asks for a new lab, as
        on its first day. The key that its processes sign with stays, as they hold it."""
        database = Database(f"sqlite:///{self.database}")
        with database.writing() as session:
            for table in reversed(Base.metadata.sorted_tables):
                if table is not SigningKey.__table__:
                    session.execute(delete(table))
        database.close()
        self.let_time_pass_to(NOW)

    def wait_for_scores(self) -> None:
        """Wait until the server has scored every project as of its clock's day."""
        database = Database(f"sqlite:///{self.database}")
        until = time.monotonic() + 60
        while _is_to_be_scored(database, dt.datetime.fromisoformat(self.clock.read_text(encoding="utf-8"))):
            assert time.monotonic() < until, "the scores were not brought up to date"
            time.sleep(0.05)
        database.close()


def _is_to_be_scored(database: Database, now: dt.datetime) -> bool:
    with database.reading() as session:
        today = clock.today(session, now)
        scored = session.scalar(select(func.count(ProjectRisk.project_id)).where(ProjectRisk.as_of == today))
        begun = session.scalar(select(func.count(Project.id)).where(Project.opened_on <= today))
        return is_behind(session, today) or is_stale(session, today) or scored != begun


@pytest.fixture(scope="module")
def server(standing: Server) -> Server:
    """The server, without a lab at first: the journeys of a file share what they make in it."""
    standing.begin_anew()
    return standing


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server for all journeys of this process; to start one takes as long as many journeys do."""
    place = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database, clock = place / "lab.db", place / "clock"
    clock.write_text(NOW.isoformat(), encoding="utf-8")
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
    path = browser_path()
    if path is None:
        if os.environ.get("LAB_REQUIRE_BROWSER"):
            pytest.fail("A browser is required here and none was found")
        pytest.skip("no Chromium: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--host-resolver-rules=MAP lab.example.org 127.0.0.1",  # the lab behind nginx
            ],
        )
        yield chromium
        chromium.close()


@dataclass
class Desk:
    """A window that each journey finds as new: a browser compiles Streamlit's scripts anew in every other."""

    window: Page
    faults: list[str]

    def clear(self) -> None:
        """Take away what the journey before left: tabs, cookies, what was kept, and how it looked."""
        context = self.window.context
        for other in context.pages:
            if other is not self.window:
                other.close()
        context.clear_cookies()
        if self.window.url.startswith("http"):
            self.window.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.window.goto("about:blank")
        self.window.emulate_media(media="null", color_scheme="light")
        self.window.set_viewport_size({"width": 1440, "height": 1000})
        self.faults.clear()


@pytest.fixture(scope="session")
def desk(browser: Browser, standing: Server) -> Iterator[Desk]:
    context = browser.new_context(base_url=standing.url, reduced_motion="reduce")  # drawing costs time
    context.set_default_timeout(60_000)
    ours = (standing.url, standing.url.replace("http", "ws"), "data:", "blob:")
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(f"error: {fault.error}"))
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith(ours) else faults.append(f"asked another host: {request.url}")
        ),
    )
    yield Desk(context.new_page(), faults)
    context.close()


@pytest.fixture
def page(desk: Desk, server: Server) -> Iterator[Page]:
    """A person's window. Errors in its console, and requests to other hosts, fail the test."""
    desk.clear()
    yield desk.window
    assert desk.faults == []
    desk.clear()  # a screen that is left open goes on asking the server
