"""Everything can leave in open formats and come back the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Account, Base, Project
from lab.access.commands import add_account
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.upkeep.features import rebuild_features
from lab.exchange.arriving.take import import_lab
from lab.exchange.whole import archive_lab, export_lab
from lab.foundation.errors import Conflict, Invalid, NotAllowed
from lab.projects.commands import start_project
from tests.conftest import NOW

pytestmark = pytest.mark.slow

HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
def lived_in(demo_lab: Database) -> Database:
    _live_in(demo_lab)
    return demo_lab


@pytest.fixture(scope="module")
def package(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a lab that has been lived in."""
    place = tmp_path_factory.mktemp("package")
    shutil.copy(demo_file, place / "lab.db")
    database = Database(f"sqlite:///{place / 'lab.db'}")
    _live_in(database)
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, place / "out")
    database.close()
    return place / "out"


def _live_in(database: Database) -> None:
    with database.writing() as session:
        start_project(session, COMMAND_LINE, title=HOSTILE, challenge="two\nlines, \"quoted\"; ''", now=NOW)
        start_project(session, COMMAND_LINE, title="''", challenge="", now=NOW)
        add_account(
            session, COMMAND_LINE, name="Ada", email="ada@example.org", role="manager",
            password=hashed("amber kettle bridge"), now=NOW,
        )  # fmt: skip
        rebuild_features(session)  # as the server does soon after; an import always does


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "signing_key":
                session.execute(table.delete())


def test_export_import_export_is_identical(lived_in: Database, tmp_path: Path) -> None:
    with lived_in.reading() as session:
        rows = export_lab(session, COMMAND_LINE, tmp_path / "first").rows
        archive_lab(session, COMMAND_LINE, tmp_path / "first.zip")
    for left in ("first", "first.zip"):
        _empty(lived_in)
        with lived_in.writing() as session:
            assert import_lab(session, COMMAND_LINE, tmp_path / left) == rows > 1000
    with lived_in.reading() as session:
        export_lab(session, COMMAND_LINE, tmp_path / "second")
        assert session.scalar(select(Project.title).where(Project.title == HOSTILE)) == HOSTILE
        assert set(session.scalars(select(Account.password_hash))) == {None}
    first, second = _files(tmp_path / "first"), _files(tmp_path / "second")
    # the demo lab has an open vote: the first export says that it leaves as a draft, the second has a draft
    descriptions = [json.loads(files.pop("datapackage.json")) for files in (first, second)]
    assert "draft without ballots" in descriptions[0].pop("description")
    assert descriptions[0] == descriptions[1]
    assert first == second
    pictures = [content for place, content in first.items() if place.startswith("picture/")]
    assert len(pictures) > 2
    assert all(content[8:12] == b"WEBP" for content in pictures)
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


def _change(place: str, old: str, new: str) -> Callable[[Path], object]:
    def change(directory: Path) -> None:
        path = directory / place
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


def _change_on_purpose(place: str, old: str, new: str) -> Callable[[Path], object]:
    def change(directory: Path) -> None:
        _change(place, old, new)(directory)
        description = directory / "datapackage.json"
        package = json.loads(description.read_text(encoding="utf-8"))
        for resource in package["resources"]:
            del resource["hash"]
        description.write_text(json.dumps(package), encoding="utf-8")

    return change


def _cut_a_picture(directory: Path) -> None:
    picture = next(directory.glob("picture/*"))
    picture.write_bytes(picture.read_bytes()[:-100])


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a table lost": (lambda directory: (directory / "reply.csv").unlink(), "reply.csv is missing"),
    "the description lost": (lambda directory: (directory / "datapackage.json").unlink(), "not an export"),
    "the description cut": (
        lambda directory: (directory / "datapackage.json").write_text('{"name"'),
        "datapackage.json is damaged",
    ),
    "a table changed": (_change("project.csv", "discovery", "limbo"), "project.csv is not as it was"),
    "a picture cut": (_cut_a_picture, "is not as it was written"),
    "a picture lost": (lambda directory: next(directory.glob("picture/*")).unlink(), "is missing"),
    "an unknown word": (_change_on_purpose("project.csv", "discovery", "limbo"), "row \\d+, column “stage”"),
    "no date": (_change_on_purpose("project.csv", "2025-", "last year "), "column “closed_on”: “last year"),
    "other columns": (_change_on_purpose("test.csv", "held_on", "day"), "test.csv has other columns"),
    "a way out": (
        _change_on_purpose("picture.csv", '"picture/', '"../../etc/'), "does not lie in the export",
    ),
    "no picture": (_change_on_purpose("picture.csv", '"picture/', '"project.csv'), "is not a WebP picture"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_export_is_refused_and_nothing_is_half_written(
    empty_database: Database, package: Path, tmp_path: Path, kind: str
) -> None:
    damage, message = DAMAGE[kind]
    shutil.copytree(package, tmp_path / "out")
    damage(tmp_path / "out")
    with pytest.raises(Invalid, match=message), empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")
    with empty_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 0


def test_a_damaged_archive_is_refused(empty_database: Database, tmp_path: Path) -> None:
    (tmp_path / "lab.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(Invalid, match="cannot be unpacked"), empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "lab.zip")
