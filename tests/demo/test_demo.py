"""The demo lab: the benchmark's shape, the same for the same seed, larger on request."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Account, Base, Event, Expectation, Note, Project, Stakeholder, Workshop
from db.words import ROLES, STAGES
from lab.access.queries import demo_people
from lab.access.rights import COMMAND_LINE
from lab.demo.commands import fill_demo
from lab.demo.script import CLOSED, RUNNING
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


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "signing_key":
                session.execute(table.delete())


def _played(database: Database) -> dict[str, list[str]]:
    """Every row that was played. Evaluations of flags and pictures get keys of the moment, and each database
    has its own signing key."""
    with database.reading() as session:
        return {
            table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name not in ("flag", "event", "picture", "signing_key")
        }


def test_nine_of_eighteen_closed_projects_are_implemented(demo_lab: Database) -> None:
    with demo_lab.reading() as session:
        rate = rates_report(session, COMMAND_LINE, TODAY)["implementation_rate"]
        columns = {each.stage: each.total for each in board(session, COMMAND_LINE, as_of=TODAY, today=TODAY)}
        people = demo_people(session)
        total, listed = at_risk(session, COMMAND_LINE)
    assert (rate["implemented"], rate["closed"], rate["rate"]) == (9, 18, 0.5)
    assert (round(rate["low"], 3), round(rate["high"], 3)) == (0.290, 0.710)
    assert columns["closed"] == 18
    assert all(columns[stage] == 2 for stage in STAGES)
    assert {person.role for person in people} == set(ROLES)
    assert total == 10
    assert {each.level for each in listed} >= {"calm", "at_risk", "critical"}


@pytest.mark.parametrize("demo_lab", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_same_seed_gives_the_same_lab_on_another_database(demo_lab: Database, demo_file: Path) -> None:
    on_sqlite = Database(f"sqlite:///{demo_file}")
    assert _played(demo_lab) == _played(on_sqlite)
    on_sqlite.close()


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_the_same_seed_gives_the_same_lab_and_another_seed_another(empty_database: Database) -> None:
    _fill(empty_database, projects=3)
    first = _played(empty_database)
    _empty(empty_database)
    _fill(empty_database, projects=3)
    assert _played(empty_database) == first
    _empty(empty_database)
    _fill(empty_database, projects=3, seed=8)
    assert len(first["project"]) == 3
    assert _played(empty_database)["project"] != first["project"]
    assert _played(empty_database)["stakeholder"] != first["stakeholder"]


def test_a_larger_lab_keeps_the_proportions_and_its_links_whole(
    empty_database: Database,
) -> None:
    plots = (CLOSED[0], CLOSED[-1], *RUNNING[2:6:2], RUNNING[-1])
    wanted = len(plots) * 3
    with empty_database.writing() as session:
        # the 280 that are played for a real one take a minute, and say no more
        fill_demo(session, seed=7, now=NOW, projects=wanted, plots=plots, played=len(plots))
    with empty_database.reading() as session:
        rate = rates_report(session, COMMAND_LINE, TODAY)["implementation_rate"]
        assert session.scalar(select(func.count()).select_from(Project)) == wanted
        assert rate["implemented"] * 2 == rate["closed"] == 3 * 2
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


def test_the_demo_lab_has_a_workshop_of_each_standing(demo_lab: Database) -> None:
    with demo_lab.reading() as session:
        states = session.execute(
            select(Workshop.state, func.count(Note.id))
            .outerjoin(Note, Note.workshop_id == Workshop.id)
            .group_by(Workshop.state)
        ).all()
        kept = session.scalar(select(func.count()).where(Expectation.contribution_id == Note.contribution_id))
        waiting = not_wrapped_up(session, COMMAND_LINE, as_of=TODAY)
    assert dict(map(tuple, states)) == {"wrapped_up": 20, "ended": 20, "planned": 0}
    assert kept
    assert kept >= 4
    assert [each.title for each in waiting] == ["What it is like today"]
