"""The whole lab as open files, and back: CSV tables described by a Data Package (frictionlessdata.io).

What opens doors stays behind: sessions, failed sign-ins and password hashes are never written. Keys are kept,
so that what was exported, imported and exported again is the same to the byte.
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.models import Base
from lab.access.rights import Actor, require
from lab.exchange.tables import guard, unguard
from lab.foundation.errors import Conflict, Invalid

LEFT_OUT: Final = ("session", "sign_in_attempt")
SECRET: Final = ("password_hash",)
LARGEST_TABLE: Final = 2 * 1024**3
"""Bytes of one table's file that are taken in."""
DESCRIPTION: Final = "datapackage.json"
_FIELD_TYPES: Final = (
    (Uuid, "string"),
    (UtcDateTime, "datetime"),
    (Boolean, "boolean"),
    (Date, "date"),
    (Integer, "integer"),
    (Float, "number"),
    (JSON, "object"),
)


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in SECRET]


def export_lab(session: Session, actor: Actor, directory: Path) -> int:
    """Write every table to `directory`, which must be new or empty; returns the number of rows.

    Raises:
        Conflict: there are files already.
    """
    require(actor, "lab.administer")
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Conflict(f"{directory} is not empty. Choose a new directory.")
    total = 0
    for table in _tables():
        columns = _columns(table)
        order = list(table.primary_key.columns)
        with (directory / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(_line([column.name for column in columns]))
            for row in session.execute(select(*columns).order_by(*order).execution_options(yield_per=1000)):
                file.write(
                    _line([_written(value, column) for value, column in zip(row, columns, strict=True)])
                )
                total += 1
    (directory / DESCRIPTION).write_text(_description(), encoding="utf-8")
    return total


def _line(cells: list[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in cells) + "\n"


def _written(value: Any, column: Column[Any]) -> str:
    """One cell. Nothing is an empty cell; an empty text is written `''`, so the two stay apart."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(column.type, JSON):
        return guard(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    if isinstance(value, str):
        return guard(value) if value else "''"
    return str(value)


def _read(cell: str, column: Column[Any]) -> Any:
    kind = column.type
    if cell == "":
        return None
    if isinstance(kind, Uuid):
        return uuid.UUID(cell)
    if isinstance(kind, UtcDateTime):
        return dt.datetime.fromisoformat(cell)
    if isinstance(kind, Boolean):
        return {"true": True, "false": False}[cell]
    if isinstance(kind, Date):
        return dt.date.fromisoformat(cell)
    if isinstance(kind, Integer):
        return int(cell)
    if isinstance(kind, Float):
        return float(cell)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(cell, validate=True)
    if isinstance(kind, JSON):
        return json.loads(unguard(cell))
    return "" if cell == "''" else unguard(cell)


def _description() -> str:
    def field(column: Column[Any]) -> dict[str, Any]:
        kind = next((name for known, name in _FIELD_TYPES if isinstance(column.type, known)), "string")
        return {"name": column.name, "type": kind}

    package = {
        "name": "followthrough",
        "licenses": [],
        "resources": [
            {
                "name": table.name,
                "path": f"{table.name}.csv",
                "schema": {
                    "fields": [field(column) for column in _columns(table)],
                    "missingValues": [""],
                    "primaryKey": [column.name for column in table.primary_key.columns],
                },
            }
            for table in _tables()
        ],
    }
    return json.dumps(package, indent=2) + "\n"


def import_lab(session: Session, actor: Actor, directory: Path) -> int:
    """Read an export into an empty database, wholly or not at all; returns the number of rows.

    Accounts come back without passwords: an administrator sets new ones.

    Raises:
        Conflict: the database is in use. Invalid: a file is missing or a row cannot be taken.
    """
    require(actor, "lab.administer")
    if any(session.scalar(select(func.count()).select_from(table)) for table in _tables()):
        raise Conflict("This database is already in use. An export can be read only into an empty one.")
    if not (directory / DESCRIPTION).is_file():
        raise Invalid(f"{directory} holds no {DESCRIPTION}, so it is not an export of a lab.")
    return sum(_import_table(session, table, directory / f"{table.name}.csv") for table in _tables())


def _import_table(session: Session, table: Table, path: Path) -> int:
    if not path.is_file():
        raise Invalid(f"The export is incomplete: {path.name} is missing.")
    if path.stat().st_size > LARGEST_TABLE:
        raise Invalid(f"{path.name} is larger than {LARGEST_TABLE // 1024**2} MiB.")
    csv.field_size_limit(64 * 1024 * 1024)
    columns = {column.name: column for column in _columns(table)}
    total = 0
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames != list(columns):
            raise Invalid(f"{path.name} has other columns than this version of the lab writes.")
        batch: list[dict[str, Any]] = []
        try:
            for row in reader:
                batch.append({name: _read(row[name], column) for name, column in columns.items()})
                if len(batch) == 1000:
                    total += _put(session, table, batch)
            total += _put(session, table, batch)
        except (ValueError, KeyError, TypeError, csv.Error, IntegrityError, StatementError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise Invalid(f"{path.name} cannot be read near line {reader.line_num}: {reason}") from error
    return total


def _put(session: Session, table: Table, batch: list[dict[str, Any]]) -> int:
    if batch:
        session.execute(insert(table), batch)
    made = len(batch)
    batch.clear()
    return made
