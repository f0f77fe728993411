"""The at-risk screens, drawn from the records of a project that nobody told anything for 200 days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.disillusion.upkeep.commands import catch_up
from tests.accounts import session_for
from tests.pages.reading import as_read
from tests.test_the_thread import Told

SCREEN = """
import streamlit as st
from pages.parts import addresses
from pages.risk import screen
st.navigation([
    addresses.page("risks", screen.render, default=True), addresses.page("at-risk", screen.render),
]).run()
"""


@pytest.fixture
def screen(
    database: Database, told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AppTest]:
    """The screen as an administrator gets it, 200 days later."""
    now = dt.datetime(2026, 9, 18, 9, tzinfo=dt.UTC)
    clock = tmp_path / "clock"
    clock.write_text(now.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(clock))
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        catch_up(session, today=now.date(), now=now)
        maren = add_account(
            session, COMMAND_LINE, name="Maren", email="maren@example.org", role="administrator",
            password=None, now=now,
        )  # fmt: skip
        token = session_for(session, maren, now)
    with patch.object(type(st.context), "cookies", PropertyMock(return_value={"lab_session": token})):
        yield AppTest.from_string(SCREEN, default_timeout=300)


def words(app: AppTest) -> str:
    """Everything the screen says."""
    assert not app.exception, app.exception
    parts = (*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.error, *app.success)
    return "\n".join(str(each.value) for each in parts)


def press(app: AppTest, key: str) -> AppTest:
    """Press the first button whose key begins so."""
    next(each for each in app.button if str(each.key).startswith(key)).click()
    return app.run()


def test_the_list_leads_to_an_explanation_whose_choices_lower_the_score(screen: AppTest, told: Told) -> None:
    listed = words(screen.run())
    assert "of 100" in listed
    assert "no news yet, 200 days since people first took part" in as_read(listed).lower()
    explained = words(press(screen, "at_risk.why."))
    assert screen.query_params["project"] in (str(told.project), [str(told.project)])
    assert "What the score is made of" in explained
    assert "How it came there" in explained
    before = len(screen.checkbox)
    assert before >= 2
    for box in screen.checkbox:
        box.check()
    after = words(screen.run())
    assert " → " in after
    assert "chance" in after
    assert "← All projects" in [each.label for each in screen.button]


def test_a_past_day_shows_what_was_known_then_and_offers_no_acts(screen: AppTest, told: Told) -> None:
    screen.query_params["as_of"] = "2026-05-01"
    past = words(screen.run())
    assert "As projects were found at the last evaluation up to 1 May 2026" in past
    press(screen, "at_risk.why.")
    explained = words(screen)
    assert "on 1 May 2026" in explained
    assert not screen.checkbox
    assert not any(str(each.key).startswith("risk.take") for each in screen.button)


def test_the_week_is_shown_and_can_be_taken_away_as_text(screen: AppTest) -> None:
    screen.run()
    said = words(press(screen, "at_risk.week"))
    assert "What waits for whom" in said
    assert any("WHAT WAITS FOR WHOM" in str(each.value) for each in screen.code)
    assert [each.label for each in screen.number_input][
        -1
    ] == "The public page shows how long it has been silent"


def test_a_missing_project_is_reported_as_missing(screen: AppTest) -> None:
    screen.query_params["project"] = "01920000-0000-7000-8000-000000000000"
    assert "no such project" in words(screen.run())
