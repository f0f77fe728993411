"""The board of a past day, whatever the database knows of its tables."""

from __future__ import annotations

import datetime as dt

from db.engine import Database
from db.upgrade import take_stock
from lab.access.rights import Actor
from lab.lifecycle.commands import close_project, move_project, reopen_project
from lab.lifecycle.queries import board
from lab.projects.commands import start_project
from tests.conftest import NOW


def test_a_project_stands_on_a_past_day_where_it_stood_though_it_was_closed_since(
    database: Database, facilitator: Actor
) -> None:
    """SQLite before 3.42 passed over the bound of a range that follows a list in an index, when it knew how
    large the index was: an event of a later day came back."""
    later = NOW + dt.timedelta(days=10)
    with database.writing() as session:
        project = start_project(session, facilitator, title="Shorter letters", now=NOW)
    for stage in ("co_design", "prototype"):
        with database.writing() as session:
            move_project(session, facilitator, project, stage=stage, reason="Go on", now=later)
        take_stock(database.engine)
    with database.writing() as session:
        close_project(
            session, facilitator, project, outcome="not_implemented", reason="The law changed", now=later
        )
        reopen_project(session, facilitator, project, reason="It did not", now=later)
    with database.reading() as session:
        found = board(session, facilitator, as_of=NOW.date() + dt.timedelta(days=3), today=later.date())
    assert [column.stage for column in found if column.total] == ["discovery"]
