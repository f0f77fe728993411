"""State and event are one: whatever a command changes, an earlier day can be told from the log alone."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
import random
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any, Final

import pytest
from sqlalchemy import select

import lab
from db.base import Base
from db.engine import Database
from db.models import Flag
from tests.conftest import NOW
from tests.replay.by_chance import play_by_chance
from tests.replay.log import LINKS, NOT_REPLAYED, THIS_MINUTE, WORDS, Log, Snapshot, snapshot
from tests.replay.play import Play
from tests.replay.steps import STEPS

ELSEWHERE: Final = {
    "lab.access.commands.renew_secret": "changes the lab's secret, of which nothing earlier is kept",
    "lab.demo.workshops.hold": "composed of the commands below; the demo lab is replayed as a whole",
    "lab.disillusion.hindsight.refit.adopt_refit": "writes dated rows; the last one adopted is in use",
    "lab.disillusion.upkeep.following.perform_and_refresh": "runs one of the commands below",
    "lab.workshops.board.several.hide_several": "composed of the commands below",
    "lab.workshops.board.several.merge_several": "composed of the commands below",
    "lab.exchange.conversations.take_conversation": "composed of the commands below",
    "lab.exchange.register.intake.survey_register": "writes nothing",
    "lab.exchange.register.intake.take_register": "composed of the commands below",
    "lab.exchange.arriving.take.remember_import": "changes no record: the event is all that it writes",
    "lab.exchange.whole.remember_export": "changes no record: the event is all that it writes",
}
"""Commands that are not played here, and why that is enough."""
DAYS: Final = 260


def commands() -> dict[CodeType, str]:
    """Every public function of the lab that is handed a session, somebody who acts, and the present."""
    found = {}
    for module in pkgutil.walk_packages(lab.__path__, "lab."):
        if module.name.startswith(("lab.cli", "lab.web")) or module.name.endswith("__main__"):
            continue
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            own = function.__module__ == module.name and not name.startswith("_")
            if own and {"session", "actor", "now"} <= set(inspect.signature(function).parameters):
                found[function.__code__] = f"{module.name}.{name}"
    return found


@contextmanager
def heard() -> Iterator[set[CodeType]]:
    """The code of every function that is called meanwhile."""
    called: set[CodeType] = set()
    before = sys.getprofile()

    def hear(frame: Any, kind: str, _argument: object) -> None:
        if kind == "call":
            called.add(frame.f_code)

    sys.setprofile(hear)
    try:
        yield called
    finally:
        sys.setprofile(before)


def end_of(day: int) -> dt.datetime:
    """The last instant of a day of the play."""
    return dt.datetime.combine(NOW.date() + dt.timedelta(days=day), dt.time.max, dt.UTC)


def differences(database: Database, evenings: dict[int, Snapshot]) -> list[Any]:
    """Every evening on which the replay says otherwise than what was there."""
    with database.reading() as session:
        log = Log(session)
        return [(day, *each) for day, then in evenings.items() for each in log.differences(then, end_of(day))]


@pytest.mark.slow
def test_a_play_through_every_command_is_replayed_from_its_events_for_every_day(database: Database) -> None:
    evenings: dict[int, Snapshot] = {}
    with heard() as called:
        play = Play(database)
        for day in range(DAYS + 1):
            if play.day(day):
                with database.reading() as session:
                    evenings[day] = snapshot(session)
    missing = {name for code, name in commands().items() if code not in called and name not in ELSEWHERE}
    assert missing == set(), "a command that is not played: add it to tests/replay/play.py"
    assert len(evenings) > 20
    assert differences(database, evenings) == []
    with database.reading() as session:
        assert session.scalars(select(Flag)).first() is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("empty_database", "seed"),
    [
        ("sqlite", 1),
        ("sqlite", 2),
        pytest.param("postgres", 2, marks=pytest.mark.postgres),
        pytest.param("postgres", 3, marks=pytest.mark.postgres),
    ],
    indirect=["empty_database"],
)
def test_a_random_play_is_replayed_from_its_events_for_every_day(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    play = Play(database)
    evenings: dict[int, Snapshot] = {}
    for day in range(1, 60):
        play_by_chance(play, day, chance)
        with database.reading() as session:
            evenings[day] = snapshot(session)
    assert differences(database, evenings) == []


@pytest.mark.slow
def test_the_events_of_the_demo_lab_give_its_present_columns(demo_lab: Database) -> None:
    with demo_lab.reading() as session:
        log = Log(session)
        assert log.differences(log.present, NOW + dt.timedelta(days=1)) == []


def test_every_column_is_replayed_or_named_with_the_reason() -> None:
    tables = Base.metadata.tables
    assert set(NOT_REPLAYED) <= set(tables)
    for left in (WORDS, THIS_MINUTE, STEPS):
        for table, names in left.items():
            assert set(names) <= set(tables[table].columns.keys()), table
    assert {links.table.name for links in LINKS}.isdisjoint(NOT_REPLAYED)


def test_a_change_without_its_event_is_found(database: Database) -> None:
    play = Play(database)
    with database.writing() as session:
        then = snapshot(session)
        session.execute(Base.metadata.tables["project"].update().values(mode="consumer", place="Elsewhere"))
    assert {each[3] for each in differences(database, {0: then})} == {"mode", "place"}
    assert isinstance(play.keys["project"], uuid.UUID)
