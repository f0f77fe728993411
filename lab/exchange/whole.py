"""Export of the whole lab: CSV tables described by a Data Package (frictionlessdata.io). Sessions,
failed sign-ins, password hashes and the signing key are never written, nor what `withheld` keeps back. The
keys of records are kept, so that export, import and export again give the same bytes. Pictures are files
beside the tables, whose cells contain the paths. The description has every file's checksum, so that damage is
noticed.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    Table,
    Uuid,
    select,
)
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.models import Lab
from lab.access.rights import Actor, require
from lab.exchange.arriving.unpacking import DESCRIPTION, checksum
from lab.exchange.scope import columns_of_export, rows_at_once, tables_of_export, written
from lab.exchange.withheld import Changed, Withheld, kept_back, leaving
from lab.foundation.errors import Conflict
from lab.foundation.events import remember
from lab.pictures.safe import MEDIA_TYPE

PICTURE_ENDING: Final = ".webp"
_FIELD_TYPES: Final = (
    (Uuid, "string"),
    (UtcDateTime, "datetime"),
    (Boolean, "boolean"),
    (Date, "date"),
    (Integer, "integer"),
    (Float, "number"),
    (JSON, "any"),
)


@dataclass(frozen=True, slots=True)
class Exported:
    """The number of rows that were written, and what was kept back, in sentences."""

    rows: int
    kept_back: tuple[str, ...]


def remember_export(session: Session, actor: Actor, *, way: str, now: dt.datetime) -> None:
    """Record that the whole lab is about to leave, and by which way; whoever exports calls this first."""
    require(actor, "lab.administer")
    if (lab := session.get(Lab, 1)) is not None:
        remember(session, actor, lab, "exported", now=now, way=way)


def export_lab(session: Session, actor: Actor, directory: Path) -> Exported:
    """Write every table to `directory`, which must be new or empty.

    Raises:
        Conflict: there are files already.
    """
    require(actor, "lab.administer")
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Conflict(f"{directory} is not empty. Choose a new directory.")
    stays = kept_back(session, actor)
    total = sum(_export_table(session, table, directory, stays) for table in tables_of_export())
    (directory / DESCRIPTION).write_text(_description(directory, stays), encoding="utf-8")
    return Exported(total, tuple(stays.sentences()))


def _export_table(session: Session, table: Table, directory: Path, stays: Withheld) -> int:
    columns = columns_of_export(table)
    names = [column.name for column in columns]
    rows = leaving(table, select(*columns)).order_by(*table.primary_key.columns)
    changed = Changed(table, stays)
    total = 0
    with (directory / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(_line(names))
        for found in session.execute(rows.execution_options(yield_per=rows_at_once(table))):
            row = changed.row(dict(zip(names, found, strict=True)))
            cells = []
            for column in columns:
                value = row[column.name]
                if isinstance(value, bytes):
                    name = f"{table.name}/{row['id']}-{column.name}{PICTURE_ENDING}"
                    (directory / table.name).mkdir(exist_ok=True)
                    (directory / name).write_bytes(value)
                    value = name
                cells.append(written(value, column))
            file.write(_line(cells))
            total += 1
    return total


def archive_lab(session: Session, actor: Actor, archive: Path) -> Exported:
    """Write what `export_lab` writes into one zip file."""
    with TemporaryDirectory() as folder:
        exported = export_lab(session, actor, Path(folder))
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
                out.write(path, path.relative_to(folder))
    return exported


def _line(cells: list[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in cells) + "\n"


def _description(directory: Path, stays: Withheld) -> str:
    def field(column: Column[Any]) -> dict[str, Any]:
        kind = next((name for known, name in _FIELD_TYPES if isinstance(column.type, known)), "string")
        described = {"name": column.name, "type": kind}
        # Table Schema's own form for instants ends in Z and has no fractions of a second.
        return described | ({"format": "any"} if kind == "datetime" else {})

    tables = [
        {
            "name": table.name,
            **_fingerprint(directory, f"{table.name}.csv"),
            "schema": {
                "fields": [field(column) for column in columns_of_export(table)],
                "missingValues": [""],
                "primaryKey": [column.name for column in table.primary_key.columns],
                "foreignKeys": _references(table),
            },
        }
        for table in tables_of_export()
    ]
    pictures = [
        {
            "name": path.stem,
            **_fingerprint(directory, path.relative_to(directory).as_posix()),
            "mediatype": MEDIA_TYPE,
        }
        for path in sorted(directory.glob(f"*/*{PICTURE_ENDING}"))
    ]
    package: dict[str, Any] = {"name": "followthrough", "resources": tables + pictures}
    if stays:
        package["description"] = " ".join(stays.sentences())
    return json.dumps(package, indent=2) + "\n"


def _references(table: Table) -> list[dict[str, Any]]:
    """A table's foreign keys; a reference to the table itself has an empty name."""
    return [
        {
            "fields": [column.name],
            "reference": {
                "resource": "" if key.column.table is table else key.column.table.name,
                "fields": [key.column.name],
            },
        }
        for column in columns_of_export(table)
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname)
    ]


def _fingerprint(directory: Path, name: str) -> dict[str, Any]:
    """A file's path, size and checksum in the description."""
    path = directory / name
    return {"path": name, "bytes": path.stat().st_size, "hash": checksum(path)}
