"""The schema: the migrations make exactly the models, and the tables refuse what may not be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from db import lock
from db.engine import Database
from db.keys import keys_from, new_key
from db.models import Base, Event, Project, Stakeholder
from db.upgrade import upgrade
from tests.conftest import NOW

TODAY = NOW.date()


def test_the_migrations_make_exactly_the_models(empty_database: Database) -> None:
    with empty_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    upgrade(empty_database.engine)


def _project(**changed: object) -> Project:
    return Project(**({"slug": "a", "title": "A", "stage_since": TODAY, "opened_on": TODAY} | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"stage": "limbo"},
        {"outcome": "implemented"},
        {"closed_on": TODAY},
        {"outcome": "implemented", "closed_on": TODAY, "outcome_reason": ""},
        {"paused_on": TODAY},
        {"cadence_days": 0},
    ],
)
def test_a_project_that_breaks_a_rule_is_refused_by_the_table(
    empty_database: Database, changed: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), empty_database.writing() as session:
        session.add(_project(**changed))


def test_nobody_withdraws_without_a_date_and_a_reason(empty_database: Database) -> None:
    with empty_database.writing() as session:
        session.add(project := _project())
        session.flush()
        session.add(
            Stakeholder(
                project_id=project.id, pseudonym="P1", group_name="carer", joined_on=TODAY, status="withdrawn"
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_instants_come_back_in_utc(empty_database: Database) -> None:
    at = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    with empty_database.writing() as session:
        session.add(Event(at=at, day=TODAY, recorded_at=NOW, subject_type="lab", verb="tested"))
    with empty_database.reading() as session:
        found = session.scalars(select(Event)).one()
        assert (found.at, found.at.tzinfo) == (at, dt.UTC)


def test_keys_are_version_7_and_sort_by_the_moment_they_were_made() -> None:
    keys = [new_key() for _ in range(1000)]
    assert keys == sorted(set(keys))
    assert {key.version for key in keys} == {7}
    with keys_from(lambda: (1, 2)):
        assert new_key() == new_key()


def test_a_second_server_on_the_same_file_is_refused_plainly(tmp_path: Path) -> None:
    held = lock.hold(tmp_path / "lab.db")
    with pytest.raises(lock.AlreadyServed, match="already using"):
        lock.hold(tmp_path / "lab.db")
    held.close()
    lock.hold(tmp_path / "lab.db").close()
