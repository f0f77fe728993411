"""What reads the same is the same, however it was typed or saved: searches, keys, addresses, imports."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from db.engine import Database
from db.models import Project, Sponsor
from db.upgrade import upgrade
from lab.access.commands import add_account
from lab.access.passwords import hashed
from lab.access.queries import account_called, sponsor_called
from lab.access.rights import COMMAND_LINE, Actor
from lab.access.sessions.signing_in import sign_in
from lab.exchange.arriving.take import import_lab
from lab.exchange.register.columns import suggest_columns
from lab.exchange.register.intake import Intake, take_register
from lab.exchange.register.plan import read_register
from lab.exchange.tables import read_table
from lab.exchange.whole import export_lab
from lab.foundation.errors import Conflict
from lab.foundation.folding import fold
from lab.lifecycle.queries import BoardFilter, board, board_choices
from lab.projects.commands import edit_project, name_sponsor, start_project
from lab.projects.queries import find_projects, project_head
from lab.stakeholders.commands import add_stakeholder
from tests.accounts import BROWSER
from tests.conftest import NOW, person
from tests.migrating import upgrade_to

TODAY = NOW.date()


@pytest.fixture
def administrator(database: Database) -> Actor:
    return person(database, "administrator")


def started(database: Database, actor: Actor, title: str, **facts: str) -> str:
    with database.writing() as session:
        return str(start_project(session, actor, title=title, now=NOW, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "sought"),
    [
        ("Проверка связи", "ПРОВЕРКА"),
        ("Łódź, Straße", "łódź, STRASSE"),
        ("Café für Ältere", unicodedata.normalize("NFD", "café für")),
        ("Waiting\u00a0room", "waiting   room"),
        ("Form ＡＢ１２", "ab12"),
    ],
)
def test_a_project_is_found_by_its_words_however_they_are_typed(
    database: Database, facilitator: Actor, title: str, sought: str
) -> None:
    started(database, facilitator, title)
    started(database, facilitator, "Another")
    with database.reading() as session:
        assert len(find_projects(session, facilitator, sought)) == 1
        assert find_projects(session, facilitator, "100 %") == ()


def test_a_project_is_found_by_its_new_title_and_no_longer_by_the_old(
    database: Database, facilitator: Actor
) -> None:
    started(database, facilitator, "Старый", place="Омск")
    with database.writing() as session:
        head = project_head(session, facilitator, session.scalars(select(Project.id)).one())
        edit_project(
            session, facilitator, head.id, version=head.version, title="Новый", challenge="", sponsor="",
            place="Тверь", forms=(), mode=None, cycle_phase=None, cadence_days=28, now=NOW,
        )  # fmt: skip
    with database.reading() as session:
        found = [
            bool(find_projects(session, facilitator, words)) for words in ("старый", "омск", "новый", "ТВЕРЬ")
        ]
    assert found == [False, False, True, True]


def test_places_that_read_the_same_are_one_choice_and_one_column(
    database: Database, facilitator: Actor
) -> None:
    for place in ("Кёльн", "КЁЛЬН", unicodedata.normalize("NFD", "кёльн")):
        started(database, facilitator, "A project", place=place)
    with database.reading() as session:
        (place,) = board_choices(session, facilitator).places
        chosen = BoardFilter(place=place)
        columns = board(session, facilitator, as_of=TODAY, today=TODAY, chosen=chosen)
    assert sum(column.total for column in columns) == 3


def test_a_sponsor_named_again_in_capitals_is_the_same(database: Database, administrator: Actor) -> None:
    with database.writing() as session:
        first = name_sponsor(session, administrator, "Жилищный комитет", NOW)
        again = name_sponsor(session, administrator, " ЖИЛИЩНЫЙ\u00a0КОМИТЕТ ", NOW)
        assert first == again == sponsor_called(session, administrator, "жилищный комитет")
        assert session.scalars(select(Sponsor.name)).all().count("Жилищный комитет") == 1


def test_an_address_typed_in_capitals_or_full_width_opens_the_same_account(
    database: Database, administrator: Actor
) -> None:
    password = "a long enough password"
    facts: dict[str, Any] = {"name": "Ö", "role": "facilitator", "password": hashed(password)}
    with database.writing() as session:
        key = add_account(session, administrator, email="Örs@lab.example", now=NOW, **facts)
        with pytest.raises(Conflict):
            add_account(session, administrator, email="ÖRS@LAB.EXAMPLE", now=NOW, **facts)
        typed = unicodedata.normalize("NFD", "ÖRS@lab.example")
        assert account_called(session, administrator, typed) == key
    assert sign_in(database, email=typed, password=password, visitor=BROWSER, now=NOW)


def test_a_pseudonym_in_other_letters_is_taken(database: Database, facilitator: Actor) -> None:
    started(database, facilitator, "One")
    with database.writing() as session:
        project = session.scalars(select(Project.id)).one()
        add_stakeholder(session, facilitator, project, pseudonym="Ж-1", group="carer", now=NOW)
        with pytest.raises(Conflict):
            add_stakeholder(session, facilitator, project, pseudonym="ж-1", group="carer", now=NOW)


REGISTER = (
    '"Project","Recommendation","No","Reply"\n'
    '"Straßenraum Köln","Bänke „am“ Läuferweg aufstellen","R1","This recommendation is accepted."\n'
    '"Straßenraum Köln","Rampe für Ältere beleuchten","","Wird geprüft."\n'
)


def took(database: Database, content: str) -> Intake:
    table = read_table(content.encode())
    with database.writing() as session:
        plan = read_register(table, suggest_columns(table), today=TODAY)
        return take_register(session, COMMAND_LINE, plan, now=NOW)


@pytest.mark.parametrize(
    "again",
    [
        unicodedata.normalize("NFD", REGISTER),
        REGISTER.replace(" ", "\u00a0"),
        REGISTER.replace("Straßenraum", "STRASSENRAUM"),
    ],
    ids=["by a Mac", "no-break spaces", "capitals"],
)
def test_a_register_that_was_saved_again_adds_nothing(database: Database, again: str) -> None:
    first = took(database, REGISTER)
    assert first.added["recommendations"] == 2
    second = took(database, again)
    assert not any(second.added.values()), second.added
    assert second.unchanged == first.added


def test_the_upgrade_folds_the_names_that_were_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/old.db")
    with database.engine.begin() as connection:
        upgrade_to(connection, "0011")
        connection.execute(
            text("INSERT INTO sponsor (id, name) VALUES (:id, :name)"), {"id": "a" * 32, "name": "ŁÓDŹ"}
        )
    upgrade(database.engine)
    with database.reading() as session:
        assert session.scalars(select(Sponsor.name_folded)).one() == "łódź"
    database.close()


def test_an_export_from_before_the_folded_columns_is_found_by_the_same_words(
    database: Database, facilitator: Actor, tmp_path: Path
) -> None:
    started(database, facilitator, "=Проверка", sponsor="Суд", place="Омск")
    new, old = tmp_path / "new", Database(f"sqlite:///{tmp_path}/again.db")
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, new)
    for name in ("project", "sponsor", "account"):
        path = new / f"{name}.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        kept = [column for column in rows[0] if not column.endswith("_folded")] if rows else []
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, kept, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    description = json.loads((new / "datapackage.json").read_text(encoding="utf-8"))
    for each in description["resources"]:
        each.pop("hash")
    (new / "datapackage.json").write_text(json.dumps(description), encoding="utf-8")
    upgrade(old.engine)
    with old.writing() as session:
        import_lab(session, COMMAND_LINE, new)
        for words in ("=проверка", "омск"):
            assert len(find_projects(session, COMMAND_LINE, words)) == 1
        project = session.scalars(select(Project)).one()
        assert project.reference_folded == ""
        assert project.title_folded == fold("=Проверка")
        assert sponsor_called(session, COMMAND_LINE, "СУД")
    old.close()
