"""The project's screen: the thread walked by clicking, and every dialog opened."""

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
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.lifecycle.thread.reading import thread_of
from tests.accounts import session_for
from tests.lifecycle.test_thread import Told, tell
from tests.pages.reading import as_read

pytestmark = pytest.mark.slow

ENTRY = Path(__file__).with_name("entry.py")


@pytest.fixture
def told(database: Database, facilitator: Actor) -> Told:
    """A project with a record of every kind."""
    with database.writing() as session:
        return tell(session, facilitator)


@pytest.fixture
def screen(database: Database, told: Told, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The project's screen as a signed-in facilitator gets it."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    now = clock.now()
    with database.writing() as session:
        ines = add_account(
            session,
            COMMAND_LINE,
            name="Ines",
            email="ines@example.org",
            role="facilitator",
            password=None,
            now=now,
        )
        token = session_for(session, ines, now)
    cookies = PropertyMock(return_value={"lab_session": token})
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
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


DIALOGS = {
    "overview": ("project.edit", "project.move", "project.pause", "project.close", "project.publish"),
    "people": (
        "stakeholder.new",
        "stakeholder.edit.{stakeholder}",
        "stakeholder.contact.{stakeholder}",
        "stakeholder.leave.{stakeholder}",
        "stakeholder.consent.{stakeholder}",
        "engagement.new",
        "engagement.edit.{engagement}",
        "pulse.new",
        "contribution.new",
        "contribution.expectation.{contribution}",
        "contribution.prototype.{contribution}",
    ),
    "expectations": (
        "expectation.new",
        "expectation.edit.{expectation}",
        "expectation.claim.{expectation}",
        "expectation.prototype.{expectation}",
        "expectation.recommend.{expectation}",
        "expectation.tell.{expectation}",
    ),
    "prototypes": (
        "prototype.new",
        "prototype.edit.{prototype}",
        "prototype.picture.{prototype}",
        "prototype.risk.{prototype}",
        "prototype.test.{prototype}",
        "prototype.recommend.{prototype}",
        "picture.larger.{picture}",
        "picture.remove.{picture}",
        "risk.finding.{risk}",
    ),
    "recommendations": (
        "recommendation.new",
        "recommendation.edit.{recommendation}",
        "recommendation.progress.{recommendation}",
        "recommendation.tell.{recommendation}",
    ),
    "replies": ("reply.new",),
}


@pytest.mark.parametrize("tab", DIALOGS)
def test_every_dialog_opens(screen: AppTest, told: Told, tab: str) -> None:
    screen.query_params["tab"] = tab
    for key in DIALOGS[tab]:
        screen.session_state["kept.dialog"] = ""
        screen.run()
        closed = len(screen.button)
        screen.button(key=key.format(**vars(told))).click().run()
        assert not screen.exception, key
        assert len(screen.button) > closed or "larger" in key, key


def test_only_the_next_steps_are_offered(screen: AppTest, told: Told) -> None:
    screen.query_params["tab"] = "recommendations"
    screen.run()
    offered = {each.key for each in screen.button if each.key and each.key.endswith(str(told.recommendation))}
    assert {
        f"recommendation.{step}.{told.recommendation}" for step in ("edit", "progress", "tell")
    } <= offered
    assert f"recommendation.send.{told.recommendation}" not in offered
    assert f"recommendation.answer.{told.recommendation}" not in offered


def test_user_text_is_shown_as_typed(screen: AppTest, database: Database, told: Told) -> None:
    hostile = "<b>:red[x]</b> [y](https://example.org) $z$"
    with database.writing() as session:
        project = session.get(Project, told.project)
        assert project is not None
        project.title = hostile
    screen.run()
    said = screen.title[0].value
    assert as_read(said) == hostile
    assert said.startswith(r"\<b\>\:red\[x\]\<\/b\> \[y\]\(")


def test_an_address_that_leads_nowhere_says_so(screen: AppTest, told: Told) -> None:
    screen.query_params["project"] = str(uuid.uuid4())
    screen.run()
    assert [as_read(each.value) for each in screen.error] == ["This project does not exist (any more)."]
    screen.button(key=f"project.open.{told.project}").click().run()
    assert address(screen) == {"project": str(told.project), "tab": "overview"}


def test_choosing_an_idea_is_remembered_at_once(screen: AppTest, database: Database, told: Told) -> None:
    screen.query_params["tab"] = "people"
    screen.run()
    screen.button(key=f"contribution.choose.{told.contribution}").click().run()
    assert not screen.error
    assert not screen.exception
    with database.reading() as session:
        (contribution,) = thread_of(
            session, COMMAND_LINE, told.project, today=dt.date(2026, 3, 2)
        ).contributions
    assert contribution.chosen
