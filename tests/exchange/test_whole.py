"""Everything out and everything back: the same bytes, or a clear word about what is wrong and where."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Account, Base, Lab, Picture, Project, Session, Sponsor
from lab.access.commands import add_account, sign_in
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.commands import catch_up
from lab.exchange.demo import fill_demo
from lab.exchange.whole import export_lab, import_lab
from lab.foundation.errors import Conflict, Invalid, NotAllowed
from lab.projects.commands import name_sponsor, start_project
from tests.conftest import NOW


def _export(database: Database, directory: Path) -> dict[str, bytes]:
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, directory)
    return _files(directory)


def _files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _import(database: Database, directory: Path) -> dict[str, int]:
    with database.writing() as session:
        return import_lab(session, COMMAND_LINE, directory)


def _emptied(database: Database) -> Database:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    return database


@pytest.fixture
def exported(database: Database, tmp_path: Path) -> Path:
    """A small lab's export."""
    with database.writing() as session:
        start_project(session, COMMAND_LINE, title="Clear letters", sponsor="Harbour Board", now=NOW)
    _export(database, tmp_path / "out")
    _emptied(database)
    return tmp_path / "out"


def test_a_lab_comes_back_byte_for_byte(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
        session.flush()
        catch_up(session, today=NOW.date(), now=NOW)
    before = _export(empty_database, tmp_path / "before")
    assert len([name for name in before if name.startswith("pictures/")]) >= 4
    counts = _import(_emptied(empty_database), tmp_path / "before")
    assert counts["project"] == 28 and counts["event"] > 500
    assert _export(empty_database, tmp_path / "after") == before
    with empty_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Picture)) == counts["picture"]


def test_awkward_text_survives_and_runs_nowhere(empty_database: Database, tmp_path: Path) -> None:
    awkward = ["=1+1", "'=1", "", "'", "''", ' "a", b', "line\r\nbreak\r", "＝1", "NULL", "Zoë\t🌱", "-1"]
    with empty_database.writing() as session:
        for number, text in enumerate(awkward):
            session.add(Sponsor(name=f"{text}{number}"))
            session.add(
                Project(
                    slug=f"p{number}", reference=text, title=text, challenge=text, place=text,
                    stage_since=NOW.date(), opened_on=NOW.date(),
                )
            )  # fmt: skip
        session.add(Project(slug="none", title="", stage_since=NOW.date(), opened_on=NOW.date()))
    before = _export(empty_database, tmp_path / "before")
    assert not re.search(rb'(^|,)"?[=+@]', before["project.csv"], re.MULTILINE)
    _import(_emptied(empty_database), tmp_path / "before")
    with empty_database.reading() as session:
        found = session.execute(select(Project.reference, Project.title, Project.slug)).all()
    assert {tuple(row) for row in found} == {
        *((text, text, f"p{number}") for number, text in enumerate(awkward)),
        (None, "", "none"),
    }
    assert _export(empty_database, tmp_path / "after") == before


def test_no_secret_leaves_and_accounts_come_back_without_a_password(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as session:
        add_account(
            session, COMMAND_LINE, name="Ada", email="ada@example.org", role="administrator",
            password="amber kettle bridge", now=NOW,
        )  # fmt: skip
        given = {"email": "ada@example.org", "address": "127.0.0.1", "now": NOW}
        assert sign_in(session, password="amber kettle bridge", **given)
        assert sign_in(session, password="wrong", **given) is None
    with database.reading() as session:
        token, password = session.scalar(select(Session.token_hash)), session.scalar(select(Account.password_hash))
    files = _export(database, tmp_path / "out")
    written = b"".join(files.values()).decode()
    assert token and password and token not in written and password not in written
    assert "password" not in written and not {"session.csv", "sign_in_attempt.csv"} & set(files)
    _import(_emptied(database), tmp_path / "out")
    with database.reading() as session:
        assert session.execute(select(Account.email, Account.password_hash)).all() == [("ada@example.org", None)]


def test_the_package_describes_every_column_of_every_file(exported: Path) -> None:
    resources = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    described = {
        each["path"]: ",".join(field["name"] for field in each["schema"]["fields"]) for each in resources
    }
    assert described == {path.name: path.read_text().splitlines()[0] for path in exported.glob("*.csv")}


def test_a_lab_in_use_is_not_overwritten(exported: Path, database: Database) -> None:
    with database.writing() as session:
        session.add(Lab(id=1, name="Other Lab", created_at=NOW))
    with pytest.raises(Conflict, match="already in use"):
        _import(database, exported)


def test_an_export_overwrites_nothing(exported: Path, database: Database) -> None:
    before = _files(exported)
    with database.reading() as session, pytest.raises(Conflict, match="not empty"):
        export_lab(session, COMMAND_LINE, exported)
    assert _files(exported) == before


def test_only_an_administrator_takes_everything_out_or_in(exported: Path, database: Database) -> None:
    manager = Actor(None, "Maren", "manager")
    with database.writing() as session:
        with pytest.raises(NotAllowed):
            export_lab(session, manager, exported.parent / "other")
        with pytest.raises(NotAllowed):
            import_lab(session, manager, exported)
    assert not (exported.parent / "other").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("project.csv", "2026-03-02", "2nd March", r"project\.csv, row 2, column “stage_since”: “2nd March” is not"),
        ("project.csv", ",discovery,", ",dreaming,", r"project\.csv, row 2: this breaks a rule of the records"),
        ("project.csv", ",28,", ",twenty,", r"project\.csv, row 2, column “cadence_days”: “twenty” is not a whole"),
        ("project.csv", ",28,", ",99999999999,", r"column “cadence_days”: “99999999999” is not a whole number"),
        ("project.csv", ",slug,", ",slag,", r"project\.csv, row 1: the column “slug” is missing"),
        ("project.csv", ",false,", ",false,,", r"project\.csv, row 2: 22 cells stand under 21 headings"),
        ("project.csv", "Clear letters", '"Clear" letters', r"project\.csv, row 2: this is not CSV"),
        ("project.csv", "Clear letters", "Clear\0letters", r"project\.csv, row 2, column “title”|row 2: this is not"),
        ("sponsor.csv", "Harbour Board\n", "Harbour Board\n,Nobody\n", r"sponsor\.csv, row 3, column “id”: the cell"),
        ("event.csv", "{", "[", r"event\.csv, row 2, column “detail”"),
        ("datapackage.json", '"format": 1', '"format": 2', r"has format 2; this release reads 1"),
        ("datapackage.json", '"followthrough": {', '"other": {', r"does not say that this is an exported lab"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_row_and_nothing_is_kept(
    exported: Path, database: Database, file: str, old: str, new: str, message: str
) -> None:
    text = (exported / file).read_text(encoding="utf-8")
    assert old in text
    (exported / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Invalid, match=message):
        _import(database, exported)
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_row_that_refers_to_nothing_is_named(exported: Path, database: Database) -> None:
    headings = (exported / "sponsor.csv").read_text(encoding="utf-8").splitlines()[0]
    (exported / "sponsor.csv").write_text(f"{headings}\n", encoding="utf-8")
    with pytest.raises(Invalid, match=r"project\.csv, row 2"):
        _import(database, exported)


def test_an_unfinished_export_is_not_taken_for_a_whole_one(exported: Path, database: Database) -> None:
    (exported / "reply.csv").unlink()
    with pytest.raises(Invalid, match=r"reply\.csv is missing"):
        _import(database, exported)
    (exported / "datapackage.json").unlink()
    with pytest.raises(Invalid, match="no complete export"):
        _import(database, exported)


def test_a_picture_that_is_none_is_refused(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
    _export(empty_database, tmp_path / "out")
    _emptied(empty_database)
    picture = next((tmp_path / "out" / "pictures").glob("*.screen.webp"))
    content = picture.read_bytes()
    picture.write_bytes(b"<script>alert(1)</script>")
    with pytest.raises(Invalid, match=r"picture\.csv, row \d+, column “screen”: .* is not a WebP picture"):
        _import(empty_database, tmp_path / "out")
    picture.unlink()
    (tmp_path / "elsewhere").write_bytes(content)
    picture.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Invalid, match="is missing"):
        _import(empty_database, tmp_path / "out")


def test_sponsors_keep_their_order_on_every_database(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        for name in ("Zebra", "ant", "Öst"):
            name_sponsor(session, COMMAND_LINE, name, NOW)
        start_project(
            session, COMMAND_LINE, title="Forms", now=NOW,
            forms=["co_design", "co_delivery", "co_assessment", "co_commissioning"],
        )  # fmt: skip
    files = _export(database, tmp_path / "out")
    forms = [row.split(",")[1] for row in files["project_form.csv"].decode().splitlines()[1:]]
    assert forms == sorted(forms)
