"""The screens with the lab's numbers, as a manager gets them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Sponsor
from lab.access.queries import demo_people
from lab.exchange.tables import write_table
from lab.foundation import clock
from tests.accounts import session_for
from tests.conftest import NOW

pytestmark = pytest.mark.slow

Open = Callable[..., AppTest]
HOSTILE = "=1+1 <b>:red[x]</b>"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> Path:
    """A copy of the demo lab."""
    path = tmp_path_factory.mktemp("numbers") / "lab.db"
    shutil.copy(demo_file, path)
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        for sponsor in session.query(Sponsor).filter(Sponsor.name.startswith("Borough")):
            sponsor.name = HOSTILE
    database.close()
    return path


@pytest.fixture
def opened(filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    """Opens a screen of the demo lab as the manager, or as whoever has that role, on its last day."""
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{filled}")
    database = Database(f"sqlite:///{filled}")
    with patch.object(type(st.context), "cookies", PropertyMock()) as cookies:

        def open_screen(screen: str, role: str = "manager") -> AppTest:
            with database.writing() as session:
                person = next(each for each in demo_people(session) if each.role == role)
                token = session_for(session, person.id, clock.now())
            cookies.return_value = {"lab_session": token}
            entry = f"from pages.{screen} import render\nrender()"
            return AppTest.from_string(entry, default_timeout=300).run()

        yield open_screen
    database.close()


def words(app: AppTest) -> str:
    """Everything said on the screen in sentences."""
    return "\n".join(each.value for each in (*app.markdown, *app.caption, *app.subheader, *app.header))


def test_implementation_tells_the_story_from_top_to_bottom(opened: Open) -> None:
    app = opened("implementation.screen")
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "9 of 18 closed projects implemented (50%, 95% interval 29%–71%)" in said
    assert re.search(r"## [\d,]+ of [\d,]+ people heard back in time \(\d+%\)", said)
    assert "1 stopped after discovery" in said
    assert "10 still running and not counted" in said
    assert "too few to compare" in said
    assert "Association, not cause" in said
    assert "never added together" in said
    assert "is not known" in said
    assert [each.value for each in app.header] == [
        "What became of the projects",
        "What goes with implementation",
        "What became of the recommendations",
        "What became of what people said",
        "People waiting",
    ]
    assert len(app.get("plotly_chart")) == 14
    assert len(app.get("download_button")) == 15


def test_a_past_day_is_shown_as_it_was(opened: Open) -> None:
    app = opened("implementation.screen")
    app.date_input(key="implementation.as_of").set_value(clock.now().date() - dt.timedelta(days=900)).run()
    assert not app.exception
    assert "No project is closed yet" in app.info[0].value


def test_a_number_opens_the_projects_behind_it(opened: Open) -> None:
    app = opened("implementation.screen")
    app.radio(key="implementation.behind").set_value("partly_implemented").run()
    assert not app.exception
    assert sum((each.key or "").startswith("behind.") for each in app.button) == 4


def test_portfolio_shows_risk_by_importance_and_who_keeps_their_word(opened: Open) -> None:
    app = opened("portfolio")
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "10 of 10 running projects have a score" in said
    assert "Answered in time, by addressee" in said
    assert "Projects by form and mode" in said
    assert sum((each.key or "").startswith("behind.") for each in app.button) >= 1


def test_a_sponsors_name_is_never_markup_nor_a_formula(opened: Open) -> None:
    app = opened("portfolio")
    (chart,) = (each for each in app.get("plotly_chart") if "portfolio.answered" in each.proto.id)
    assert "&lt;b&gt;" in chart.proto.spec
    assert "<b>" not in chart.proto.spec
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    assert any(r"\<b\>\:red\[x\]\<\/b\>" in cell for cell in cells)
    assert not any(cell.startswith(HOSTILE) for cell in cells)
    written = write_table(["Sponsor"], [{"Sponsor": HOSTILE}]).decode()
    assert next(csv.reader(io.StringIO(written.splitlines()[1])))[0].startswith("'=")


def test_before_the_first_project_there_are_screens_and_no_rates(opened: Open) -> None:
    long_ago = clock.now().date() - dt.timedelta(days=3000)
    app = opened("implementation.screen")
    app.date_input(key="implementation.as_of").set_value(long_ago).run()
    assert not app.exception
    assert "No project was open by this day" in app.info[0].value
    app = opened("portfolio")
    app.date_input(key="portfolio.as_of").set_value(long_ago).run()
    assert not app.exception
    assert "No project yet" in app.info[0].value


@pytest.mark.parametrize("screen", ["implementation.screen", "portfolio"])
def test_a_stakeholder_gets_no_numbers(opened: Open, screen: str) -> None:
    app = opened(screen, "stakeholder")
    assert app.exception, "the query refuses; the menu does not offer the screen"
    assert not app.get("plotly_chart")
    assert not app.header
    assert not app.subheader
