"""What the screens say where nobody has said or done anything yet."""

from __future__ import annotations

from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.disillusion.upkeep.commands import refresh_risk
from lab.foundation import clock
from lab.projects.commands import start_project
from pages.frame.navigation import SCREENS
from tests.boards import signed_in


def drawn(folder: str, database: Database, screen: str = "screen", **address: str) -> AppTest:
    """A screen as a facilitator gets it."""
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    app = AppTest.from_string(f"from {folder} import {screen}\n{screen}.render()", default_timeout=300)
    for name, value in address.items():
        app.query_params[name] = value
    with patch.object(type(st.context), "cookies", cookies):
        app.run()
    assert not app.exception, app.exception
    return app


def test_implementation_without_a_project_draws_no_empty_charts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    app = drawn("pages.implementation", database)
    assert [each.value.split(".")[0] for each in app.info] == ["No project was open by this day"]
    assert not app.header


def test_the_first_project_is_one_project_and_not_one_projects(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        start_project(session, COMMAND_LINE, title="Warm homes", now=clock.now())
    app = drawn("pages.implementation", database)
    assert "from 1 project watched" in " ".join(each.value for each in app.caption)


def test_a_projects_particulars_nobody_gave_are_not_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", now=clock.now())
    app = drawn("pages.project", database, project=str(project))
    said = {each.value for each in app.markdown}
    assert {f"{name}: **Not said**" for name in ("Form", "Mode", "Owner", "Reference")} <= said


def test_the_only_running_project_is_not_one_of_one_projects(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", now=now)
        refresh_risk(session, [project], as_of=now.date(), now=now)
    app = drawn("pages", database, screen="portfolio")
    said = " ".join(each.value for each in app.caption)
    assert "The one running project has a score." in said


def test_a_vote_is_made_in_a_project_without_prototypes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert drawn("pages.vote", database).button(key="vote.new").label == "Make a vote"
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", now=clock.now())
    app = drawn("pages.project", database, project=str(project), tab="votes")
    assert app.button(key="votes.new").label == "Make a vote"


def test_whoever_opens_a_screen_without_the_right_reads_whose_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    calls = "\n".join(f"navigation.without_right({right!r}, {address!r})" for right, address, _ in SCREENS)
    app = AppTest.from_string(f"from pages.frame import navigation\n{calls}", default_timeout=300)
    with patch.object(type(st.context), "cookies", cookies):
        app.run()
    assert not app.exception, app.exception
    said = dict(zip((each.value for each in app.title), (each.value for each in app.info), strict=True))
    assert said["Administration"].startswith("This screen is for administrators: whoever may give and take")
    assert "You are signed in as facilitator." in said["Administration"]
    assert said["Board"].startswith("This screen is for facilitators, managers, administrators")
