"""Everything can leave in open formats and come back the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Account, Base, Project
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.commands import catch_up
from lab.exchange.demo import fill_demo
from lab.exchange.whole import export_lab, import_lab
from lab.foundation.errors import Conflict, Invalid, NotAllowed
from lab.projects.commands import start_project
from tests.conftest import NOW

HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
def lived_in(empty_database: Database) -> Database:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
        session.flush()
        catch_up(session, today=NOW.date(), now=NOW)
        start_project(session, COMMAND_LINE, title=HOSTILE, challenge="two\nlines, \"quoted\"; ''", now=NOW)
        add_account(
            session, COMMAND_LINE, name="Ada", email="ada@example.org", role="manager",
            password="amber kettle bridge", now=NOW,
        )  # fmt: skip
    return empty_database


def _files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


def test_export_import_export_is_identical(lived_in: Database, tmp_path: Path) -> None:
    with lived_in.reading() as session:
        rows = export_lab(session, COMMAND_LINE, tmp_path / "first")
    _empty(lived_in)
    with lived_in.writing() as session:
        assert import_lab(session, COMMAND_LINE, tmp_path / "first") == rows > 1000
    with lived_in.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "second")
        assert session.scalar(select(Project.title).where(Project.title == HOSTILE)) == HOSTILE
        assert set(session.scalars(select(Account.password_hash))) == {None}
    first = _files(tmp_path / "first")
    assert first == _files(tmp_path / "second")
    assert b"argon2" not in b"".join(first.values())
    assert f'"{HOSTILE}'.encode() not in first["project.csv"]


def test_an_export_never_overwrites_and_an_import_never_mixes(lived_in: Database, tmp_path: Path) -> None:
    with lived_in.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "out")
        with pytest.raises(Conflict, match="not empty"):
            export_lab(session, COMMAND_LINE, tmp_path / "out")
        with pytest.raises(NotAllowed):
            export_lab(session, Actor(None, "Bo", "facilitator"), tmp_path / "other")
    with lived_in.writing() as session, pytest.raises(Conflict, match="in use"):
        import_lab(session, COMMAND_LINE, tmp_path / "out")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda directory: (directory / "reply.csv").unlink(), "reply.csv is missing"),
        (lambda directory: (directory / "datapackage.json").unlink(), "not an export"),
        (
            lambda directory: (directory / "project.csv").write_text(
                (directory / "project.csv").read_text().replace('"discovery"', '"limbo"')
            ),
            "project.csv cannot be read",
        ),
        (
            lambda directory: (directory / "test.csv").write_text("id,what\n1,2\n"),
            "test.csv has other columns",
        ),
    ],
)
def test_a_damaged_export_is_refused_and_nothing_is_half_written(
    lived_in: Database, tmp_path: Path, damage: object, message: str
) -> None:
    with lived_in.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "out")
    damage(tmp_path / "out")  # type: ignore[operator]
    _empty(lived_in)
    with pytest.raises(Invalid, match=message), lived_in.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")
    with lived_in.reading() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 0
