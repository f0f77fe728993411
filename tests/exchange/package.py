"""An export of a lab in which everything was done, to be changed cell by cell."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Column

from db.engine import Database
from lab.access.commands import make_lab
from lab.access.rights import COMMAND_LINE
from lab.disillusion.upkeep.commands import catch_up
from lab.exchange.scope import columns_of_export, tables_of_export
from lab.exchange.whole import export_lab
from tests.conftest import NOW
from tests.replay.play import Play

HOSTILE: Final = {
    "nothing": "",
    "an empty text": "''",
    "a word": "x",
    "a way up": "../../x",
    "a script": "<script>alert(1)</script>",
    "a megabyte": "x" * 1_000_000,
    "too long": "y" * 20_001,
    "zero": "0",
    "a negative number": "-1",
    "a large number": "99999999999999999999",
    "not a number": "NaN",
    "infinity": "Infinity",
    "a day long ago": "0001-01-01",
    "a day far off": "9999-12-31",
    "an instant without a zone": "2026-03-02T09:00:00",
    "another key": "01a21f83-55a7-7061-a2aa-db338cdd4a7e",
    "yes": "true",
    "an empty list": "[]",
    "a list of text": '["x"]',
    "an empty object": "{}",
    "no value in JSON": "null",
    "infinity in JSON": '{"before":1e999}',
    "deep JSON": "[" * 100_000 + "]" * 100_000,
    "half a pair in JSON": '{"before":{"title":"\\ud800"}}',
    "NUL": "a\0b",
    "a turn of direction": "a\u202eb",
    "a formula": "'=1+1",
    "a markdown image": "![x](http://evil.example/x.png)",
    "a control": "a\x1bb",
}
"""Cells that no command would have written, or that make trouble where they are shown."""


def of_everything(place: Path, empty: Path) -> Path:
    """The export of a lab in which every command was given."""
    shutil.copy(empty, place / "lab.db")
    database = Database(f"sqlite:///{place / 'lab.db'}")
    with database.writing() as session:
        make_lab(session, name="Harbour Lab", now=NOW)
    play = Play(database)
    for day in range(261):
        play.day(day)
    with database.writing() as session:
        catch_up(session, today=play.now.date(), now=play.now)
    with database.reading() as session:
        export_lab(session, COMMAND_LINE, place / "out")
    database.close()
    description = place / "out" / "datapackage.json"
    package = json.loads(description.read_text(encoding="utf-8"))
    for resource in package["resources"]:
        del resource["hash"]
    description.write_text(json.dumps(package), encoding="utf-8")
    return place / "out"


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Path:
    """The same, once for all tests of a process."""
    return of_everything(tmp_path_factory.mktemp("everything"), empty_sqlite)


def filled_columns(package: Path) -> Iterator[Column[Any]]:
    """The columns of all tables that have a row."""
    for table in tables_of_export():
        if len(rows_of(package, table.name)) > 1:
            yield from columns_of_export(table)


def rows_of(package: Path, table: str) -> list[list[str]]:
    """A table's rows, the headings first."""
    with (package / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def changed(package: Path, copy: Path, table: str, column: str, cell: str | Callable[[str], str]) -> Path:
    """A copy of the package in which one cell, in the table's last row, is another. Files are linked."""
    shutil.copytree(package, copy, copy_function=_link)
    rows = rows_of(package, table)
    at = rows[0].index(column)
    rows[-1][at] = cell(rows[-1][at]) if callable(cell) else cell
    path = copy / f"{table}.csv"
    path.unlink()
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return copy


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


__all__ = ["HOSTILE", "NOW", "changed", "everything", "filled_columns", "of_everything", "rows_of"]
