"""The backtest's screen: a verdict in words, its figures, and the models that were in use."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from benchmarks.worlds.records import COMPLETE, fill_behaviour
from db.engine import Database
from lab.access.queries import demo_people
from tests.accounts import session_for
from tests.conftest import NOW

pytestmark = pytest.mark.slow

SCREEN = "from pages import backtest\nbacktest.render()"


@pytest.fixture(autouse=True)
def clock_at_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The labs end with their last day."""
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))


def shown(database: Database, monkeypatch: pytest.MonkeyPatch, projects: int) -> AppTest:
    """The screen of a lab that behaves, as a facilitator sees it."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        fill_behaviour(session, seed=11, now=NOW, projects=projects, oldest=COMPLETE[0], youngest=COMPLETE[1])
        session.flush()
        token = session_for(session, demo_people(session)[0].id, NOW)
    with patch.object(type(st.context), "cookies", PropertyMock(return_value={"lab_session": token})):
        app = AppTest.from_string(SCREEN, default_timeout=300).run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_a_lab_with_a_past_sees_the_verdict_and_what_it_rests_on(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(empty_database, monkeypatch, 20)
    verdict = [*app.success, *app.info, *app.warning]
    assert (len(verdict) == 1 and "AUROC" in verdict[0].value) or "alerts" in verdict[0].value
    assert {heading.value for heading in app.subheader} >= {"The model in use"}
    rows = app.table[0].value.astype(str).to_numpy().ravel()
    assert {"The score", "Anything overdue", "Days since last update"} <= set(rows)
    assert any("means what it says" in each.value for each in app.caption)


def test_a_lab_without_enough_history_sees_how_much_is_missing(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(empty_database, monkeypatch, 2)
    (verdict,) = app.info
    assert verdict.value.startswith("Too short a history to tell")
    assert not app.table
    assert any("At least 10 people" in each.value for each in app.markdown)
