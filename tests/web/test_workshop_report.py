"""The report at the address that the room knows: true before and after, and harmless."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.web import workshop_report
from lab.workshops import board
from lab.workshops.commands import end_workshop
from lab.workshops.wrap_up import Choices, confirm
from tests.boards import RunningBoard, put_up, run_a_workshop

HURTFUL = "<script>alert(1)</script> [win](http://evil.example)"


@pytest.fixture
def ended(database: Database, monkeypatch: pytest.MonkeyPatch) -> RunningBoard:
    """A workshop that has ended, with a note that would harm a careless page."""
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    running = run_a_workshop(database)
    put_up(database, running.id, 10, ("Heat",))
    now = clock.now()
    with database.writing() as session:
        board.write_note(session, COMMAND_LINE, running.id, words=HURTFUL, now=now)
        secret = board.write_note(session, COMMAND_LINE, running.id, words="Mrs Smith stole", now=now)
        board.hide_note(session, COMMAND_LINE, running.id, secret, why="A name", now=now)
        end_workshop(session, COMMAND_LINE, running.id, now=now)
    return running


def test_the_report_comes_with_the_wrap_up_and_harms_nobody(database: Database, ended: RunningBoard) -> None:
    visitor = TestClient(Starlette(routes=workshop_report.ROUTES))
    before = visitor.get(f"/j/{ended.code}/report")
    assert before.status_code == 200
    assert "has not been wrapped up yet" in before.text and "alert(1)" not in before.text
    now = clock.now()
    hear_by = now.date() + dt.timedelta(days=14)
    with database.writing() as session:
        confirm(session, COMMAND_LINE, ended.id, Choices(hear_by, "Homes are cold."), now=now)
    page = visitor.get(f"/j/{ended.code}/report").text
    markdown = visitor.get(f"/j/{ended.code}/report.md").text
    assert "Homes are cold." in page and "You will hear from us by" in page
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "](http" not in markdown and "<script>" not in markdown.replace("\\<script", "")
    assert "Mrs Smith" not in page + markdown


def test_a_code_that_is_no_workshop_is_not_found(database: Database, ended: RunningBoard) -> None:
    visitor = TestClient(Starlette(routes=workshop_report.ROUTES))
    assert visitor.get("/j/ZZZZZZ/report").status_code == 404
