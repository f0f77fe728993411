"""The wrap-up's one screen: what it proposes, and what its one button keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Contribution, Workshop
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.workshops.board.commands import write_note
from lab.workshops.room.commands import end_workshop
from tests.boards import RunningBoard, put_up, run_a_workshop, signed_in

ENTRY = Path(__file__).with_name("wrap_up_entry.py")


@pytest.fixture
def ended(database: Database) -> RunningBoard:
    """A workshop that has ended, with thirty notes."""
    running = run_a_workshop(database)
    put_up(database, running.id, 30, ("Heat", "Forms"))
    with database.writing() as session:
        end_workshop(session, COMMAND_LINE, running.id, now=clock.now())
    return running


@pytest.fixture
def screen(database: Database, ended: RunningBoard, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The wrap-up as a signed-in facilitator gets it."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.query_params["workshop"] = str(ended.id)
    with patch.object(type(st.context), "cookies", cookies):
        yield app


def _press(app: AppTest, ended: RunningBoard) -> None:
    next(each for each in app.button if each.key == f"wrap_up.{ended.id}.keep").click()
    app.run()


def test_one_button_keeps_all_that_was_said(database: Database, ended: RunningBoard, screen: AppTest) -> None:
    screen.run()
    assert not screen.exception
    screen.text_area(key=f"wrap_up.{ended.id}.heard").set_value("Homes are cold.")
    soon = clock.now().date() + dt.timedelta(days=14)
    screen.date_input(key=f"wrap_up.{ended.id}.hear_by").set_value(soon)
    _press(screen, ended)
    assert not screen.exception
    assert not screen.error
    with database.reading() as session:
        assert session.get_one(Workshop, ended.id).heard == "Homes are cold."
        assert session.scalar(select(func.count()).select_from(Contribution)) == 30
    assert any("30 notes are contributions now" in each.value for each in screen.markdown)


def test_what_was_typed_is_saved_as_it_is_typed(
    database: Database, ended: RunningBoard, screen: AppTest
) -> None:
    screen.run()
    screen.text_area(key=f"wrap_up.{ended.id}.next").set_value("We try a letter.").run()
    assert not screen.error
    with database.reading() as session:
        workshop = session.get_one(Workshop, ended.id)
        assert (workshop.state, workshop.what_next) == ("ended", "We try a letter.")


def test_the_preview_is_there_before_anything_is_kept_and_undo_takes_it_back(
    database: Database, ended: RunningBoard, screen: AppTest
) -> None:
    screen.run()
    assert "What will be written" in [each.value for each in screen.subheader]
    assert any("30 notes" in each.value and "Nothing is written" in each.value for each in screen.markdown)
    screen.date_input(key=f"wrap_up.{ended.id}.hear_by").set_value(clock.now().date())
    _press(screen, ended)
    screen.button(key=f"wrap_up.{ended.id}.undo").click().run()
    assert not screen.exception
    assert not screen.error
    with database.reading() as session:
        assert session.get_one(Workshop, ended.id).state == "ended"
        assert session.scalar(select(func.count()).select_from(Contribution)) == 0
    assert "What do we keep?" in [each.value for each in screen.subheader]


def test_the_button_waits_until_what_came_since_has_been_seen(
    database: Database, ended: RunningBoard, screen: AppTest
) -> None:
    screen.run()
    drafted = screen.text_area(key=f"wrap_up.{ended.id}.heard").value
    assert "Heat: " in drafted
    assert " notes." in drafted
    with database.writing() as session:
        write_note(session, COMMAND_LINE, ended.id, words="From the flipchart", now=clock.now())
    screen.run()
    assert screen.button(key=f"wrap_up.{ended.id}.keep").disabled
    assert any("1 new note" in each.value for each in screen.warning)
    screen.button(key=f"wrap_up.{ended.id}.again").click().run()
    assert not screen.button(key=f"wrap_up.{ended.id}.keep").disabled
    assert not screen.warning
