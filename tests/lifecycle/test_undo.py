"""A move between stages is taken back within ten minutes; what was true on a day stays true."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Event, Project
from lab.access.rights import Actor
from lab.disillusion.upkeep.commands import refresh_risk
from lab.foundation.errors import WrongTransition
from lab.lifecycle.commands import move_project, pause_project, undo_move
from lab.lifecycle.queries import gate_facts, moves_to_undo
from lab.past.columns import read_projects
from lab.past.records import read_records
from lab.past.stages import column_on
from lab.projects.commands import start_project
from tests.conftest import NOW

STARTED = NOW - dt.timedelta(days=30)
LATER = NOW + dt.timedelta(minutes=9)


@pytest.fixture
def project_id(database: Database, facilitator: Actor) -> uuid.UUID:
    """A project of a month ago that was moved on now, past its gate."""
    with database.writing() as session:
        key = start_project(session, facilitator, title="Warm homes", now=STARTED)
        move_project(session, facilitator, key, stage="co_design", reason="A slip", now=NOW)
    return key


def test_an_undone_move_leaves_the_project_where_it_was_since_when_it_was_there(
    database: Database, facilitator: Actor, project_id: uuid.UUID
) -> None:
    with database.writing() as session:
        undo_move(session, facilitator, project_id, now=LATER)
    with database.reading() as session:
        project = session.get_one(Project, project_id)
        assert (project.stage, project.stage_since) == ("discovery", STARTED.date())
        verbs = session.scalars(select(Event.verb).order_by(Event.id)).all()
        assert [each for each in verbs if each.startswith("move")] == ["moved", "move_undone"], (
            "both on record"
        )
        assert gate_facts(session, facilitator, project_id).waived == frozenset()
        assert moves_to_undo(session, facilitator, now=LATER) == []


def test_what_was_true_on_a_day_stays_true_where_the_move_is_undone_on_the_next(
    database: Database, facilitator: Actor
) -> None:
    late = NOW.replace(hour=23, minute=55)
    early = late + dt.timedelta(minutes=8)
    with database.writing() as session:
        key = start_project(session, facilitator, title="Warm homes", now=STARTED)
        move_project(session, facilitator, key, stage="co_design", reason="A slip", now=late)
        undo_move(session, facilitator, key, now=early)
        refresh_risk(session, [key], as_of=early.date(), now=early)
    with database.reading() as session:
        stages = {
            day: session.scalar(select(column_on(day)).select_from(Project))
            for day in (STARTED.date(), late.date(), early.date())
        }
        assert [*stages.values()] == ["discovery", "co_design", "discovery"]
        (_, words, undone_on) = read_records(session, [key])[key].waivers[0]
        assert (bool(words), undone_on) == (True, early.date())
        visits = [read_projects(session, as_of=day).visits for day in stages]
        assert [len(each.stage) for each in visits] == [1, 2, 1], "nobody entered the stage, in the end"


def test_a_move_is_undone_for_ten_minutes(
    database: Database, facilitator: Actor, project_id: uuid.UUID
) -> None:
    with pytest.raises(WrongTransition, match="ten minutes"), database.writing() as session:
        undo_move(session, facilitator, project_id, now=NOW + dt.timedelta(minutes=10, seconds=1))


def test_a_move_after_which_something_else_was_decided_stays(
    database: Database, facilitator: Actor, project_id: uuid.UUID
) -> None:
    with database.writing() as session:
        pause_project(session, facilitator, project_id, reason="Rain", now=NOW)
    with pytest.raises(WrongTransition, match="something else"), database.writing() as session:
        undo_move(session, facilitator, project_id, now=LATER)
