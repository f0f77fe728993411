"""A burst of pulse answers on the project's screen: what is said of it, and the two buttons that decide."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Pulse
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.foundation.errors import NotFound
from lab.workshops.room import pulse
from tests.lifecycle.test_thread import Told
from tests.pages.project.test_screen import screen as screen
from tests.pages.project.test_screen import told as told
from tests.pages.reading import as_read

pytestmark = pytest.mark.slow


@pytest.fixture
def signed(database: Database, told: Told) -> str:
    """A link by which twenty answers have come within two minutes."""
    now = clock.now()
    with database.writing() as session:
        signed = pulse.pulse_link(session, COMMAND_LINE, told.project, now=now)
        asked = pulse.asked_by(session, signed, now=now)
        for number in range(20):
            came = now - dt.timedelta(seconds=6 * number)
            pulse.answer_pulse(
                session, asked, f"browser {number}", trust=1, difference=2, comment="", now=came
            )
    return signed


def standings(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Pulse.standing)))


@pytest.mark.parametrize(("button", "standing"), [("Keep them", "kept"), ("Leave them out", "left_out")])
def test_a_burst_waits_until_somebody_looks_at_it(
    screen: AppTest, database: Database, told: Told, signed: str, button: str, standing: str
) -> None:
    shown = screen.run()
    assert not shown.exception
    (warning,) = [as_read(each.value) for each in shown.warning if "came by one link" in each.value]
    assert re.match(r"20 answers came by one link, (on \d+ \w+|from) ", warning)
    assert any("They say 1.0 and 2.0 of 5." in as_read(each.value) for each in shown.caption)
    next(each for each in shown.button if each.label == button).click().run()
    assert not shown.exception
    assert standings(database) >= {standing}
    assert "held" not in standings(database)
    assert not [each for each in shown.warning if "came by one link" in each.value]


def test_the_links_that_are_out_are_ended_by_a_button(
    screen: AppTest, database: Database, told: Told, signed: str
) -> None:
    shown = screen.run()
    for button in ("End the links that are out", "End them"):
        next(each for each in shown.button if each.label == button).click().run()
    assert not shown.exception
    with database.reading() as session, pytest.raises(NotFound):
        pulse.asked_by(session, signed, now=clock.now())
