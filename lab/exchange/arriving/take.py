"""Import of a whole lab: an export read into an empty database, wholly or not at all.

Nothing in it is trusted: files, cells and rows pass the rules for what is typed, what is derived is computed
anew, and the lab must pass the same examination as `python -m lab check`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, Table, func, insert, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from db.models import Lab
from lab.access.rights import Actor, require
from lab.exchange import older
from lab.exchange.arriving.agreement import disagreements
from lab.exchange.arriving.cells import check_event, value_of, with_folded
from lab.exchange.arriving.unpacking import DESCRIPTION, checksum, listed_files, unpacked, within
from lab.exchange.scope import columns_of_export, rows_at_once, tables_of_export
from lab.foundation.errors import Conflict, Invalid
from lab.foundation.events import remember
from lab.pictures.safe import check_stored

LARGEST_CELL: Final = 1024**2
"""Characters of one cell."""
MOST_PROBLEMS: Final = 10
"""Problems that one report names."""
AS_WRITTEN: Final = "Correct it, or take the export as the lab wrote it."


def import_lab(session: Session, actor: Actor, package: Path) -> int:
    """Read an export, a directory or its archive, into an empty database, wholly or not at all; returns the
    number of rows. Accounts come back without passwords: an administrator sets new ones. Nobody is signed in
    by it, and nobody can sign in with one click.

    Raises:
        Conflict: the database is in use.
        Invalid: a file is missing or damaged, or rows cannot be taken: which, where and what to do.
    """
    require(actor, "lab.administer")
    tables = tables_of_export()
    if any(session.scalar(select(func.count()).select_from(table)) for table in tables):
        raise Conflict("This database is already in use. An export can be read only into an empty one.")
    with unpacked(package) as directory:
        if not (directory / DESCRIPTION).is_file():
            raise Invalid(f"{package} holds no {DESCRIPTION}, so it is not an export of a lab.")
        _look_for_damage(directory)
        before = csv.field_size_limit(LARGEST_CELL)
        try:
            total = _Arrival(session, directory).take(tables)
        finally:
            csv.field_size_limit(before)  # this limit is global to the csv module
    older.bring_up_to_date(session)
    if found := disagreements(session, actor):
        raise _report(found)
    return total


def remember_import(session: Session, actor: Actor, *, rows: int, now: dt.datetime) -> None:
    """Record that the lab's records came in with an export."""
    require(actor, "lab.administer")
    remember(session, actor, session.get_one(Lab, 1), "imported", now=now, rows=rows)


def _look_for_damage(directory: Path) -> None:
    """Compare every file with its checksum in the description."""
    for name, digest in listed_files(directory):
        if digest and checksum(directory / name) != digest:
            raise Invalid(
                f"{name} is not as it was written: its checksum differs. Take an undamaged copy; if the "
                f"change is meant, delete the “hash” of that file in {DESCRIPTION}."
            )


class _Arrival:
    """The rows on their way in, and what is wrong with them. After the first problem nothing is written any
    more; the rest is read to name further problems."""

    def __init__(self, session: Session, directory: Path) -> None:
        self._session, self._directory = session, directory
        self._problems: list[str] = []

    def take(self, tables: list[Table]) -> int:
        """Write all rows; returns how many there are."""
        total = sum(self._table(table) for table in tables)
        if self._problems:
            raise _report(self._problems)
        return total

    def _table(self, table: Table) -> int:
        path = self._directory / f"{table.name}.csv"
        if not path.is_file():
            if table.name in older.TABLES_SINCE:
                return 0
            raise Invalid(f"The export is incomplete: {path.name} is missing.")
        total = 0
        batch: list[tuple[int, dict[str, Any]]] = []
        for number, cells in _rows(path, table):
            values = self._values(table, number, cells)
            if values is not None:
                batch.append((number, values))
            if len(batch) == rows_at_once(table):
                self._put(table, batch)
            total += 1
        self._put(table, batch)
        return total

    def _values(self, table: Table, number: int, cells: dict[str, str]) -> dict[str, Any] | None:
        """The values of a row; None where one of them cannot be taken."""
        values: dict[str, Any] = {}
        for column in columns_of_export(table):
            try:
                values[column.name] = self._value(cells[column.name], column)
            except Invalid as refusal:
                self._refuse(table, number, f"column “{column.name}”: {refusal.message}")
        if len(values) < len(columns_of_export(table)):
            return None
        try:
            if table.name == "event":
                check_event(values)
            _check_pictures(table, values)
        except Invalid as refusal:
            self._refuse(table, number, refusal.message)
            return None
        return with_folded(values)

    def _value(self, cell: str, column: Column[Any]) -> Any:
        if not isinstance(column.type, LargeBinary) or cell == "":
            return value_of(cell, column)
        path = within(self._directory, cell)
        if not path.is_file():
            raise Invalid(f"{cell[:80]} is missing, or is not a WebP picture.")
        return path.read_bytes()

    def _refuse(self, table: Table, number: int, problem: str) -> None:
        self._problems.append(f"{table.name}.csv, row {number}, {problem}")
        if len(self._problems) >= MOST_PROBLEMS:
            raise _report(self._problems)

    def _put(self, table: Table, batch: list[tuple[int, dict[str, Any]]]) -> None:
        """Write a batch; of one that the database refuses, find the row."""
        if batch and not self._problems and not self._written(table, [row for _, row in batch]):
            for number, row in batch:
                self._written(table, [row], number)
                if self._problems:
                    break
        batch.clear()

    def _written(self, table: Table, rows: list[dict[str, Any]], number: int | None = None) -> bool:
        try:
            with self._session.begin_nested():
                self._session.execute(insert(table), rows)
        except (IntegrityError, StatementError, OverflowError) as error:
            if number is not None:
                reason = str(getattr(error, "orig", None) or error).splitlines()[0]
                self._refuse(table, number, f"it does not fit the other rows or its own columns: {reason}.")
            return False
        return True


def _rows(path: Path, table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table's file as cells by column, numbered as a spreadsheet numbers them; columns that an
    older export lacks are filled."""
    columns = columns_of_export(table)
    number = 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            headings = next(reader, [])
            given = [name for name in headings if (table.name, name) not in older.COLUMNS_GONE]
            added = {
                column.name: fill
                for column in columns
                if column.name not in given and (fill := older.cell_since(table.name, column))
            }
            if given != [column.name for column in columns if column.name not in added]:
                raise Invalid(f"{path.name} has other columns than this version of the lab writes.")
            for number, cells in enumerate(reader, start=2):
                if len(cells) != len(headings):
                    raise Invalid(
                        f"{path.name}, row {number}: there are {len(cells)} cells under {len(headings)} "
                        f"headings. {AS_WRITTEN}"
                    )
                row = dict(zip(headings, cells, strict=True))
                yield number, row | {name: fill(row) for name, fill in added.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path.name} cannot be read after row {number}: {error}. {AS_WRITTEN}") from error


def _check_pictures(table: Table, values: dict[str, Any]) -> None:
    """Stored pictures are what `lab.pictures` makes of an upload, of the size that the row says."""
    for column in table.columns:
        if isinstance(column.type, LargeBinary) and values[column.name] is not None:
            sizes = (values[f"{column.name}_width"], values[f"{column.name}_height"])
            check_stored(values[column.name], *sizes, is_thumbnail=column.name == "thumbnail")


def _report(problems: list[str]) -> Invalid:
    listed = "\n".join(problems[:MOST_PROBLEMS])
    return Invalid(f"Nothing was taken in. {AS_WRITTEN}\n{listed}")
