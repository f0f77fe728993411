"""An import trusts nothing: what comes in passes the rules for what is typed, wholly or not at all."""

from __future__ import annotations

import json
import random
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, func, select

from db.base import Base
from db.engine import Database
from db.models import Account, Event, Lab, Project
from lab.access.rights import COMMAND_LINE
from lab.exchange.arriving import unpacking
from lab.exchange.arriving.cells import value_of
from lab.exchange.arriving.columns import rule_of, vocabulary
from lab.exchange.arriving.take import import_lab
from lab.foundation.errors import Invalid
from lab.foundation.text import has_hidden
from tests.cli.running import lab
from tests.exchange.package import HOSTILE, changed, filled_columns
from tests.exchange.package import everything as everything
from tests.exchange.pages import SCREENS, draw_every_page

on_sqlite = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)

IN_THE_DEMO_LAB = {
    "contact", "note_dots", "notes_apart", "picture", "project_form", "recommendation_expectation",
    "reply_expectation", "risk_model", "stale_project", "vote_join", "vote_slip", "workshop_photo",
}  # fmt: skip
"""Tables without a row in the lab of everything, which the demo lab fills or whose cells are tried alone."""


def test_the_lab_of_everything_has_a_row_in_nearly_every_table(everything: Path) -> None:
    """There is something that could be wrong."""
    empty = {name for name in Base.metadata.tables if (everything / f"{name}.csv").is_file()} - {
        column.table.name for column in filled_columns(everything)
    }
    assert empty <= IN_THE_DEMO_LAB


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_column_refuses_a_hostile_cell_in_words_or_takes_a_harmless_value(kind: str) -> None:
    cell = HOSTILE[kind]
    for table in Base.metadata.sorted_tables:
        for column in (each for each in table.columns if not isinstance(each.type, LargeBinary)):
            value = taken(cell, column)
            if isinstance(value, Invalid):
                assert len(value.message) < 400
                continue
            if isinstance(value, str):
                assert not has_hidden(value)
                assert len(value) <= 20_000
            json.dumps(value, default=str, allow_nan=False)


def taken(cell: str, column: Column[Any]) -> Any:
    """The value of a cell, or the refusal; nothing else may be raised."""
    try:
        return value_of(cell, column)
    except Invalid as refusal:
        return refusal


def test_a_column_has_the_words_of_its_constraint() -> None:
    project = Base.metadata.tables["project"]
    assert vocabulary(project.c.mode) == ("consumer", "participative", "enhanced")
    assert vocabulary(project.c.title) == ()
    with pytest.raises(Invalid, match="between 1 and 365"):
        rule_of(project.c.cadence_days)(366)


REFUSED: dict[str, tuple[str, str, str | Callable[[str], str], str]] = {
    "days of escalation": ("lab", "escalation_days", "[]", "row 2, column “escalation_days”: It needs four"),
    "a way up": ("project", "slug", "../../x", "row 3, column “slug”: “../../x” is not an address"),
    "a megabyte": ("project", "title", "x" * 1_000_000, "column “title”: The text has 1,000,000 characters"),
    "a mark of text": ("ballot", "marks", '["x"]', "column “marks”: Each number must be a whole one"),
    "marks of another count": ("ballot", "marks", "[1]", "ballot.csv, "),
    "deep JSON": ("event", "detail", "[" * 100_000 + "]" * 100_000, "too deep or too many"),
    "a list for an object": ("event", "detail", "[]", "The detail of an event must be an object"),
    "a number that is none": ("risk_evaluation", "score", "NaN", "“NaN” is not a number"),
    "no alarm": ("project_risk", "alert_state", "x", "This is not the state of an alarm"),
    "an unknown method": ("vote_round", "method", "coin", "The method must be one of: approval"),
    "another digest": ("vote_round", "digest", lambda old: old[::-1], "does not end with the"),
    "another state": ("expectation", "state", "in_hand", "but its last event says"),
    "an event elsewhere": ("event", "project_id", "", "belongs to another project"),
    "a code with signs": ("vote_round", "code", "AB-1!2", "is not a join code"),
    "no such zone": ("lab", "time_zone", "Mars/Olympus", "There is no time zone"),
    "an invisible turn": ("event", "detail", '{"before":{"title":"a\u202eb"}}', "invisible or direction"),
    "twice the same key": ("sponsor", "id", "01a21f83-55a7-7061-a2aa-db338cdd4a7e", "does not fit"),
}  # fmt: skip


@on_sqlite
@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_command_would_have_written_is_refused_with_table_row_and_column(
    empty_database: Database, everything: Path, tmp_path: Path, kind: str
) -> None:
    table, column, cell, message = REFUSED[kind]
    package = changed(everything, tmp_path / "out", table, column, cell)
    with pytest.raises(Invalid) as refusal, empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, package)
    assert message in refusal.value.message
    assert f"{table}.csv" in refusal.value.message or column in ("id", "digest")
    with empty_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 0


@on_sqlite
def test_nobody_signs_in_with_one_click_or_an_old_session_after_an_import(
    empty_database: Database, everything: Path, tmp_path: Path
) -> None:
    package = changed(everything, tmp_path / "out", "account", "is_demo", "true")
    package = changed(package, tmp_path / "again", "lab", "is_demo", "true")
    with empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, package)
        assert session.scalar(select(Lab.is_demo))
        assert set(session.execute(select(Account.is_demo, Account.password_hash)).all()) == {(False, None)}
        for name in ("session", "known_device", "one_time_link", "sign_in_attempt"):
            assert session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) == 0


@on_sqlite
def test_an_import_is_on_the_record(everything: Path, empty_database: Database) -> None:
    assert lab(empty_database.url, "import", str(everything)).returncode == 0
    with empty_database.reading() as session:
        assert session.scalars(select(Event.verb).where(Event.verb == "imported")).one()


@on_sqlite
def test_a_report_names_several_problems_at_once(
    empty_database: Database, everything: Path, tmp_path: Path
) -> None:
    first = changed(everything, tmp_path / "first", "project", "slug", "../../x")
    package = changed(first, tmp_path / "out", "stakeholder", "people", "0")
    with pytest.raises(Invalid) as refusal, empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, package)
    assert "project.csv, row 3, column “slug”" in refusal.value.message
    assert "stakeholder.csv, row" in refusal.value.message


@pytest.mark.slow
@on_sqlite
def test_one_cell_changed_at_random_is_refused_in_words_or_gives_a_lab_that_works(
    empty_database: Database, everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample; tests/faults changes every column in every way."""
    chance = random.Random(14)
    columns = list(filled_columns(everything))
    for number in range(10):
        column, kind = chance.choice(columns), chance.choice(list(HOSTILE))
        package = changed(everything, tmp_path / f"{number}", column.table.name, column.name, HOSTILE[kind])
        refuses_or_works(empty_database, package, monkeypatch, ("home", "project"))


def refuses_or_works(
    database: Database, package: Path, monkeypatch: pytest.MonkeyPatch, screens: Sequence[str] = SCREENS
) -> bool:
    """Whether it was taken; then the lab passes its check, and every page can be drawn."""
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "signing_key":
                session.execute(table.delete())
    try:
        with database.writing() as session:
            import_lab(session, COMMAND_LINE, package)
    except Invalid:
        return False
    assert lab(database.url, "check").stdout == "All is well.\n", package
    draw_every_page(database, monkeypatch, screens)
    return True


def zipped(place: Path, package: Path, *more: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in package.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(package))
        for name, content in more:
            archive.writestr(name, content)
    return place


PICTURE = "picture/01a21f83-55a7-7061-a2aa-db338cdd4a7e-screen.webp"


def _link_to(target: bytes) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(PICTURE)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


ARCHIVES = {
    "a way up": (("../../x.csv", b""), "belongs in no export"),
    "an absolute path": (("/etc/x.csv", b""), "belongs in no export"),
    "a program": (("run.sh", b"#!/bin/sh"), "belongs in no export"),
    "a table of no lab": (("passwd.csv", b""), "belongs in no export"),
    "a secret table": (("session/../session.csv", b""), "belongs in no export"),
    "a link": (_link_to(b"/etc/passwd"), "is a link"),
    "a bomb": ((PICTURE, bytes(15 * 2**20)), "from almost"),
    "a file twice": (("lab.csv", b"name\n"), "a file twice"),
}  # fmt: skip


@on_sqlite
@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_is_refused_before_anything_of_it_is_unpacked(
    empty_database: Database, everything: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    more, message = ARCHIVES[kind]
    package = zipped(tmp_path / "lab.zip", everything, more)
    began = time.process_time()
    with pytest.raises(Invalid, match=message), empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, package)
    assert time.process_time() - began < 1
    assert list((tmp_path / "temporary").iterdir()) == []


@on_sqlite
@pytest.mark.parametrize("limit", ["MOST_FILES", "LARGEST_ARCHIVE", "LARGEST_TABLE", "LARGEST_DESCRIPTION"])
def test_an_archive_that_is_too_large_is_refused(
    empty_database: Database, everything: Path, tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = zipped(tmp_path / "lab.zip", everything)
    monkeypatch.setattr(unpacking, limit, 10)
    with pytest.raises(Invalid, match=r"the most|more than|larger than"), empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, package)


@on_sqlite
def test_a_directory_with_a_link_is_refused(
    empty_database: Database, everything: Path, tmp_path: Path
) -> None:
    shutil.copytree(everything, tmp_path / "out")
    (tmp_path / "out" / "note_dots.csv").unlink()
    (tmp_path / "out" / "note_dots.csv").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match=r"note_dots.csv is a link"), empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")


DESCRIPTIONS = {
    "deep": "[" * 100_000 + "]" * 100_000,
    "a number": "1",
    "no resources": '{"resources": 5}',
    "a path of no text": '{"resources": [{"path": 1}]}',
    "a way up": '{"resources": [{"path": "../x"}]}',
    "NUL": '{"resources": [{"path": "a\\u0000"}]}',
    "not UTF-8": b"\xff\xfe{",
}


@on_sqlite
@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_a_hostile_description_is_refused(
    empty_database: Database, everything: Path, tmp_path: Path, kind: str
) -> None:
    shutil.copytree(everything, tmp_path / "out")
    content = DESCRIPTIONS[kind]
    written = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "out" / "datapackage.json").write_bytes(written)
    with (
        pytest.raises(Invalid, match=r"is damaged|does not lie|is not the name|belongs in no"),
        empty_database.writing() as session,
    ):
        import_lab(session, COMMAND_LINE, tmp_path / "out")
