"""The project's screen: the thread walked by clicking, forms that are kept when refused."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Project
from lab.access.commands import add_account, sign_in
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.lifecycle.thread import thread_of
from lab.projects.queries import project_head
from tests.lifecycle.test_thread import Told, tell

ENTRY = Path(__file__).with_name("project_entry.py")
PASSWORD = "a long enough sentence"


@pytest.fixture
def told(database: Database, facilitator: Actor) -> Told:
    """A project with a record of every kind."""
    with database.writing() as session:
        return tell(session, facilitator)


@pytest.fixture
def screen(database: Database, told: Told, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The project's screen as a signed-in facilitator gets it."""
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    now = clock.now()
    with database.writing() as session:
        add_account(
            session,
            COMMAND_LINE,
            name="Ines",
            email="ines@example.org",
            role="facilitator",
            password=PASSWORD,
            now=now,
        )
    with database.writing() as session:
        token = sign_in(session, email="ines@example.org", password=PASSWORD, address="192.0.2.1", now=now)
    cookies = PropertyMock(return_value={"lab_session": token})
    app = AppTest.from_file(str(ENTRY), default_timeout=20)
    app.query_params["project"] = str(told.project)
    with patch.object(type(st.context), "cookies", cookies):
        yield app


def address(app: AppTest) -> dict[str, str]:
    """What the address bar says."""
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def test_every_tab_opens(screen: AppTest) -> None:
    for tab in ("overview", "people", "expectations", "prototypes", "recommendations", "replies"):
        screen.query_params["tab"] = tab
        screen.run()
        assert not screen.exception, tab
        assert not screen.error, tab


def test_a_link_leads_to_the_record_and_back(screen: AppTest, told: Told) -> None:
    screen.query_params["tab"] = "expectations"
    screen.run()
    screen.button(key=f"walk.Led to.{told.expectation}.{told.prototype}").click().run()
    assert address(screen) == {
        "project": str(told.project),
        "tab": "prototypes",
        "record": str(told.prototype),
        "from": str(told.expectation),
    }
    assert any("You came here from" in each.value for each in screen.markdown)
    screen.button(key=f"walk.back.{told.prototype}.{told.expectation}").click().run()
    assert address(screen)["tab"] == "expectations"
    assert address(screen)["record"] == str(told.expectation)
    assert not screen.exception


def test_a_refused_form_keeps_what_was_typed(screen: AppTest, database: Database, told: Told) -> None:
    screen.query_params["tab"] = "people"
    screen.run()
    screen.button(key="stakeholder.new").click().run()
    screen.text_input(key="stakeholder.pseudonym").input("Heron")
    screen.text_input(key="stakeholder.consent_for").input("to be quoted")
    submit(screen, "stakeholder.form")
    assert ["already somebody else" in each.value for each in screen.error] == [True]
    assert screen.text_input(key="stakeholder.consent_for").value == "to be quoted"
    screen.text_input(key="stakeholder.pseudonym").input("Egret")
    submit(screen, "stakeholder.form")
    assert not screen.error
    with database.reading() as session:
        people = thread_of(session, COMMAND_LINE, told.project, today=clock.now().date()).stakeholders
    assert {each.pseudonym for each in people} == {"Heron", "Egret"}


def submit(screen: AppTest, form: str) -> None:
    """Press the button that ends a form."""
    (button,) = [each for each in screen.button if each.form_id == form]
    button.click().run()


def test_only_the_next_steps_are_offered(screen: AppTest, told: Told) -> None:
    screen.query_params["tab"] = "recommendations"
    screen.run()
    offered = {each.key for each in screen.button if each.key and each.key.endswith(str(told.recommendation))}
    assert {
        f"recommendation.{step}.{told.recommendation}" for step in ("edit", "progress", "tell")
    } <= offered
    assert f"recommendation.send.{told.recommendation}" not in offered
    assert f"recommendation.answer.{told.recommendation}" not in offered


def test_moving_past_an_unmet_gate_asks_why(screen: AppTest, database: Database, told: Told) -> None:
    screen.run()
    screen.button(key="project.move").click().run()
    screen.selectbox(key="project.move.stage").select("prototype").run()
    screen.button(key="project.move.sure").click().run()
    assert any("say why" in each.value for each in screen.error)
    screen.text_area(key="project.move.reason").input("Winter is coming")
    screen.button(key="project.move.sure").click().run()
    assert not screen.error
    with database.reading() as session:
        assert project_head(session, COMMAND_LINE, told.project).stage == "prototype"


def test_user_text_is_shown_as_typed(screen: AppTest, database: Database, told: Told) -> None:
    hostile = "<b>:red[x]</b> [y](https://example.org) $z$"
    with database.writing() as session:
        project = session.get(Project, told.project)
        assert project is not None
        project.title = hostile
    screen.run()
    assert screen.title[0].value == (r"\<b\>\:red\[x\]\</b\> \[y\]\(https\://example\.org\) \$z\$")


def test_an_address_that_leads_nowhere_says_so(screen: AppTest, told: Told) -> None:
    screen.query_params["project"] = str(uuid.uuid4())
    screen.run()
    assert [each.value for each in screen.error] == ["This project does not exist (any more)."]
    screen.button(key=f"project.open.{told.project}").click().run()
    assert address(screen) == {"project": str(told.project)}


def test_a_reply_can_be_recorded(screen: AppTest, database: Database, told: Told) -> None:
    screen.query_params["tab"] = "replies"
    screen.run()
    screen.button(key="reply.new").click().run()
    screen.text_area(key="reply.what_happened").input("All rooms have a screen")
    screen.multiselect(key="reply.recommendations").set_value([told.recommendation])
    submit(screen, "reply.form")
    assert not screen.error and not screen.exception
    with database.reading() as session:
        replies = thread_of(session, COMMAND_LINE, told.project, today=dt.date(2026, 3, 2)).replies
    assert {each.what_happened: each.came_from for each in replies}["All rooms have a screen"] == (
        told.recommendation,
    )
