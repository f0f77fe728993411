"""A recommendation names the budget line that is to pay for it: the test of a new field, as it would stand in
`tests/followthrough/`."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Event, Recommendation
from lab.access.rights import COMMAND_LINE, Actor
from lab.exchange.arriving.take import import_lab
from lab.exchange.whole import export_lab
from lab.followthrough.addressing import draft_to_sponsor
from lab.followthrough.commands import edit_recommendation
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.thread.records import RecommendationRecord
from lab.projects.commands import start_project
from pages.parts.fields import TextLine
from pages.project.recommendations import FORM
from tests.conftest import NOW
from tests.exchange.test_kept import KEPT


@pytest.fixture
def drafted(database: Database, facilitator: Actor) -> uuid.UUID:
    """The project of a recommendation that names its budget line."""
    with database.writing() as session:
        project = start_project(session, facilitator, title="Ferry", now=NOW)
        draft_to_sponsor(
            session, facilitator, project, sponsor="Harbour Board", title="A second ferry", words="Buy one",
            budget_line="4711", now=NOW,
        )  # fmt: skip
    return project


def shown(database: Database, actor: Actor, project: uuid.UUID) -> RecommendationRecord:
    """The recommendation as its screen gets it."""
    with database.reading() as session:
        return thread_of(session, actor, project, today=NOW.date()).recommendations[0]


def test_a_new_field_is_given_shown_and_changed_and_the_log_keeps_what_it_was(
    database: Database, facilitator: Actor, drafted: uuid.UUID
) -> None:
    record = shown(database, facilitator, drafted)
    assert record.budget_line == "4711"
    names = ("title", "importance", "cadence_days", "due", "expectation_ids", "is_public")
    same = {name: getattr(record, name) for name in names}
    with database.writing() as session:
        edit_recommendation(
            session, facilitator, record.id, version=record.version, words=record.text, budget_line="0815",
            now=NOW + dt.timedelta(days=1), **same,
        )  # fmt: skip
    assert shown(database, facilitator, drafted).budget_line == "0815"
    with database.reading() as session:
        edited = session.scalars(select(Event).where(Event.verb == "edited")).one()
    assert edited.detail["before"] == {"budget_line": "4711"}


def test_a_new_field_is_asked_when_making_and_when_editing() -> None:
    [field] = [each for each in FORM.fields if each.name == "budget_line"]
    assert isinstance(field, TextLine)
    assert (field.only, field.start) == (None, None)


def test_a_new_field_leaves_with_the_export_and_comes_back_by_the_import(
    database: Database, drafted: uuid.UUID, empty_sqlite: Path, tmp_path: Path
) -> None:
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "out")
    with (tmp_path / "out" / "recommendation.csv").open(encoding="utf-8", newline="") as file:
        assert [row["budget_line"] for row in csv.DictReader(file)] == ["4711"]
    shutil.copy(empty_sqlite, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with other.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")
        assert session.scalars(select(Recommendation.budget_line)).all() == ["4711"]
    other.close()


def test_an_export_made_before_the_field_comes_in_and_nobody_said(empty_database: Database) -> None:
    with empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, KEPT / "lab.zip")
        assert session.scalar(select(func.count(Recommendation.id))) > 10
        assert set(session.scalars(select(Recommendation.budget_line))) == {None}
