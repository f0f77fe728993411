"""The demo lab: the benchmark's shape, the same for the same seed, larger on request."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Account, Base, Event, Expectation, Note, Project, Stakeholder, Workshop
from db.words import ROLES, STAGES
from lab.access.queries import demo_people
from lab.access.rights import COMMAND_LINE
from lab.demo import commands as demo
from lab.demo.commands import fill_demo
from lab.disillusion.lists import at_risk
from lab.disillusion.upkeep.commands import catch_up
from lab.foundation.errors import Conflict
from lab.lifecycle.queries import board
from lab.lifecycle.today import not_wrapped_up
from lab.rates.queries import rates_report
from tests.conftest import NOW

pytestmark = pytest.mark.slow

TODAY = NOW.date()


def _fill(database: Database, *, projects: int = 28, seed: int = 7) -> None:
    with database.writing() as session:
        fill_demo(session, seed=seed, projects=projects, now=NOW)
        session.flush()
        catch_up(session, today=TODAY, now=NOW)


def _everything(database: Database) -> str:
    with database.reading() as session:
        rows = {
            table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }
    return json.dumps(rows)


def test_nine_of_eighteen_closed_projects_are_implemented(empty_database: Database) -> None:
    _fill(empty_database)
    with empty_database.reading() as session:
        rate = rates_report(session, COMMAND_LINE, TODAY)["implementation_rate"]
        columns = {each.stage: each.total for each in board(session, COMMAND_LINE, as_of=TODAY, today=TODAY)}
        people = demo_people(session)
        total, listed = at_risk(session, COMMAND_LINE)
    assert (rate["implemented"], rate["closed"], rate["rate"]) == (9, 18, 0.5)
    assert (round(rate["low"], 3), round(rate["high"], 3)) == (0.290, 0.710)
    assert columns["closed"] == 18 and all(columns[stage] == 2 for stage in STAGES)
    assert {person.role for person in people} == set(ROLES)
    assert total == 10 and {each.level for each in listed} >= {"calm", "at_risk", "critical"}


def test_the_same_seed_gives_the_same_lab_and_another_seed_another(empty_database: Database) -> None:
    _fill(empty_database)
    first = _everything(empty_database)
    with empty_database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    _fill(empty_database)
    again = _everything(empty_database)
    # Risk evaluations of flags get keys of the moment; everything played is the same.
    assert _without(first, "flag", "event", "picture") == _without(again, "flag", "event", "picture")
    with empty_database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    _fill(empty_database, seed=8)
    assert _without(_everything(empty_database), "flag", "event") != _without(first, "flag", "event")


def _without(everything: str, *tables: str) -> dict[str, list[str]]:
    return {name: rows for name, rows in json.loads(everything).items() if name not in tables}


def test_a_larger_lab_keeps_the_proportions_and_its_links_whole(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PLAYED", 56)  # 280 of them take a minute, and say no more
    wanted = 56 + 56
    _fill(empty_database, projects=wanted)
    with empty_database.reading() as session:
        rate = rates_report(session, COMMAND_LINE, TODAY)["implementation_rate"]
        assert session.scalar(select(func.count()).select_from(Project)) == wanted
        assert rate["implemented"] * 2 == rate["closed"] == wanted // 28 * 18
        astray = session.scalar(
            select(func.count())
            .select_from(Event)
            .join(Stakeholder, Stakeholder.id == Event.subject_id)
            .where(Event.project_id != Stakeholder.project_id)
        )
        assert astray == 0


def test_a_lab_in_use_is_never_overwritten(database: Database) -> None:
    with database.writing() as session, pytest.raises(Conflict):
        fill_demo(session, seed=7, now=NOW + dt.timedelta(days=1))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_the_demo_lab_has_a_workshop_of_each_standing(empty_database: Database) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
    with empty_database.reading() as session:
        states = session.execute(
            select(Workshop.state, func.count(Note.id))
            .outerjoin(Note, Note.workshop_id == Workshop.id)
            .group_by(Workshop.state)
        ).all()
        kept = session.scalar(select(func.count()).where(Expectation.contribution_id == Note.contribution_id))
        waiting = not_wrapped_up(session, COMMAND_LINE, as_of=TODAY)
    assert dict(map(tuple, states)) == {"wrapped_up": 20, "ended": 20, "planned": 0}
    assert kept and kept >= 4
    assert [each.title for each in waiting] == ["What it is like today"]
