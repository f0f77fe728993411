"""Export and import of the whole lab: CSV tables described by a Data Package (frictionlessdata.io). Sessions,
failed sign-ins, password hashes and the signing key are never written, nor what `withheld` keeps back. The
keys of records are kept, so that export, import and export again give the same bytes. Pictures are files
beside the tables, whose cells contain the paths. The description has every file's checksum, so that damage is
noticed.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
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
from db.models import Base, Lab
from lab.access.rights import Actor, require
from lab.exchange import older
from lab.exchange.cells import text_cell, text_of
from lab.exchange.tables import guard, unguard
from lab.exchange.withheld import Changed, Withheld, kept_back, leaving
from lab.foundation.errors import Conflict, Invalid
from lab.foundation.events import remember
from lab.pictures.safe import MEDIA_TYPE

LEFT_OUT: Final = ("session", "sign_in_attempt", "known_device", "one_time_link", "signing_key")
SECRET: Final = ("password_hash",)
OF_THE_SERVER: Final = ("public_address", "trusted_proxies")
"""Columns about the server on which the lab runs, which another one has of its own."""
LARGEST_TABLE: Final = 2 * 1024**3
"""Largest file of a table in bytes."""
LARGEST_CELL: Final = 64 * 1024**2
"""Characters of one cell."""
LARGEST_ARCHIVE: Final = 8 * 1024**3
"""Largest unpacked archive in bytes."""
DESCRIPTION: Final = "datapackage.json"
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


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in SECRET + OF_THE_SERVER]


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
    total = sum(_export_table(session, table, directory, stays) for table in _tables())
    (directory / DESCRIPTION).write_text(_description(directory, stays), encoding="utf-8")
    return Exported(total, tuple(stays.sentences()))


def _export_table(session: Session, table: Table, directory: Path, stays: Withheld) -> int:
    columns = _columns(table)
    rows = leaving(table, select(*columns)).order_by(*table.primary_key.columns)
    changed = Changed(table, stays)
    total = 0
    with (directory / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(_line([column.name for column in columns]))
        for found in session.execute(rows.execution_options(yield_per=_at_once(table))).mappings():
            row = changed.row({column.name: found[column] for column in columns})
            cells = []
            for column in columns:
                value = row[column.name]
                if isinstance(value, bytes):
                    name = f"{table.name}/{row['id']}-{column.name}{PICTURE_ENDING}"
                    (directory / table.name).mkdir(exist_ok=True)
                    (directory / name).write_bytes(value)
                    value = name
                cells.append(_written(value, column))
            file.write(_line(cells))
            total += 1
    return total


def _at_once(table: Table) -> int:
    """Rows in memory at a time; few if they contain pictures."""
    return 20 if any(isinstance(column.type, LargeBinary) for column in table.columns) else 1000


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


def _written(value: Any, column: Column[Any]) -> str:
    """A value's cell. None is an empty cell; an empty text is `''`, and a text of apostrophes gets two more,
    so that they differ."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(column.type, JSON):
        return guard(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    if isinstance(value, str):
        return text_cell(value)
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
    if isinstance(kind, JSON):
        return json.loads(unguard(cell))
    return text_of(cell)


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
                "fields": [field(column) for column in _columns(table)],
                "missingValues": [""],
                "primaryKey": [column.name for column in table.primary_key.columns],
                "foreignKeys": _references(table),
            },
        }
        for table in _tables()
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
        for column in _columns(table)
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname)
    ]


def _fingerprint(directory: Path, name: str) -> dict[str, Any]:
    """A file's path, size and checksum in the description."""
    path = directory / name
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": name, "bytes": path.stat().st_size, "hash": f"sha256:{digest}"}


def import_lab(session: Session, actor: Actor, package: Path) -> int:
    """Read an export, a directory or its archive, into an empty database, wholly or not at all; returns the
    number of rows. Accounts come back without passwords: an administrator sets new ones.

    Raises:
        Conflict: the database is in use. Invalid: a file is missing or damaged, or a row cannot be taken.
    """
    require(actor, "lab.administer")
    if any(session.scalar(select(func.count()).select_from(table)) for table in _tables()):
        raise Conflict("This database is already in use. An export can be read only into an empty one.")
    with _unpacked(package) as directory:
        if not (directory / DESCRIPTION).is_file():
            raise Invalid(f"{package} holds no {DESCRIPTION}, so it is not an export of a lab.")
        _look_for_damage(directory)
        is_older = older.is_older(directory)
        before = csv.field_size_limit(LARGEST_CELL)
        try:
            total = sum(_import_table(session, table, directory) for table in _tables())
        finally:
            csv.field_size_limit(before)  # this limit is global to the csv module
    if is_older:
        older.bring_up_to_date(session)
    return total


@contextmanager
def _unpacked(package: Path) -> Iterator[Path]:
    if package.is_dir():
        yield package
        return
    with TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(package) as archive:
                if sum(file.file_size for file in archive.infolist()) > LARGEST_ARCHIVE:
                    raise Invalid(f"{package} unpacks to more than {LARGEST_ARCHIVE // 1024**3} GiB.")
                archive.extractall(folder)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Invalid(f"{package} cannot be unpacked, so it is damaged: {error}") from error
        yield Path(folder)


def _look_for_damage(directory: Path) -> None:
    """Compare every file with its checksum in the description."""
    try:
        package = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
        listed = [(str(each["path"]), each.get("hash")) for each in package["resources"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{DESCRIPTION} is damaged: it does not list the files of the export.") from error
    for name, digest in listed:
        if not _within(directory, name).is_file():
            raise Invalid(f"The export is incomplete: {name} is missing.")
        if digest and _fingerprint(directory, name)["hash"] != digest:
            raise Invalid(
                f"{name} is not as it was written: its checksum differs. Take an undamaged copy; if the "
                f"change is meant, delete the “hash” of that file in {DESCRIPTION}."
            )


def _within(directory: Path, name: str) -> Path:
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise Invalid(f"“{name[:80]}” does not lie in the export.")
    return path


def _import_table(session: Session, table: Table, directory: Path) -> int:
    path = directory / f"{table.name}.csv"
    if not path.is_file():
        if table.name in older.TABLES_SINCE:
            return 0
        raise Invalid(f"The export is incomplete: {path.name} is missing.")
    if path.stat().st_size > LARGEST_TABLE:
        raise Invalid(f"{path.name} is larger than {LARGEST_TABLE // 1024**2} MiB.")
    columns = {column.name: column for column in _columns(table)}
    total = 0
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            given = [name for name in reader.fieldnames or () if (table.name, name) not in older.COLUMNS_GONE]
            added = {
                name: fill
                for name, column in columns.items()
                if name not in given and (fill := older.cell_since(table.name, column))
            }
            if given != [name for name in columns if name not in added]:
                raise Invalid(f"{path.name} has other columns than this version of the lab writes.")
            batch: list[dict[str, Any]] = []
            for row in reader:
                row |= {name: fill(row) for name, fill in added.items()}
                batch.append({name: _cell(row[name], column, directory) for name, column in columns.items()})
                if len(batch) == _at_once(table):
                    total += _put(session, table, batch)
            total += _put(session, table, batch)
        except (ValueError, KeyError, TypeError, csv.Error, IntegrityError, StatementError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise Invalid(f"{path.name} cannot be read near line {reader.line_num}: {reason}") from error
    return total


def _cell(cell: str, column: Column[Any], directory: Path) -> Any:
    if not isinstance(column.type, LargeBinary) or cell == "":
        return _read(cell, column)
    path = _within(directory, cell)
    content = path.read_bytes() if path.is_file() else b""
    if not (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        raise Invalid(f"{cell[:80]} is missing, or is not a WebP picture.")
    return content


def _put(session: Session, table: Table, batch: list[dict[str, Any]]) -> int:
    if batch:
        session.execute(insert(table), batch)
    made = len(batch)
    batch.clear()
    return made
