"""Home, as a facilitator gets it."""

from __future__ import annotations

import datetime as dt
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.engagements.commands import record_engagement
from lab.foundation import clock
from lab.projects.commands import start_project
from tests.boards import signed_in

SCREEN = "from pages import home\nhome.render()"


def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    with patch.object(type(st.context), "cookies", cookies):
        app = AppTest.from_string(SCREEN, default_timeout=300).run()
    assert not app.exception, app.exception
    return app


def test_two_meetings_of_one_name_on_one_day_are_both_coming_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", challenge="How?", now=now)
        for _ in range(2):
            record_engagement(
                session, COMMAND_LINE, project, kind="meeting", title="With the council",
                held_on=now.date() + dt.timedelta(days=3), now=now,
            )  # fmt: skip
    app = home(database, monkeypatch)
    assert len([each for each in app.button if each.label.startswith("Open *With the")]) == 2


def test_an_empty_lab_says_what_to_do_first_until_people_have_met(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    app = home(database, monkeypatch)
    assert not app.success
    steps = " ".join(each.value for each in app.markdown)
    for words in ("✓] Name the lab", "2. Start the first project", "3. Plan", "4. Give your colleagues"):
        assert words in steps
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", challenge="How?", now=now)
    steps = " ".join(each.value for each in home(database, monkeypatch).markdown)
    assert "✓] Start the first project" in steps
    assert "3. Plan the first workshop" in steps
    with database.writing() as session:
        record_engagement(
            session, COMMAND_LINE, project, kind="meeting", title="With the council",
            held_on=now.date() - dt.timedelta(days=3), now=now,
        )  # fmt: skip
    assert [each.value for each in home(database, monkeypatch).success] == ["Nothing needs you today."]
