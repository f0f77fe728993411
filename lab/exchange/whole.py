"""The whole lab as files anybody can open, and back: one CSV per table, pictures beside, `datapackage.json`.

The same records give the same bytes, so an export can be compared with the next one. What only this
installation needs stays behind: signed-in browsers, tries at signing in, and password hashes.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Double,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    exists,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.models import Base
from lab.access.rights import Actor, require
from lab.exchange.tables import guard, unguard
from lab.foundation.errors import Conflict, Invalid
from lab.pictures.safe import MAX_BYTES, MEDIA_TYPE, make_safe

FORMAT: Final = 1
"""Raised when an older release could no longer read what this one writes."""
PACKAGE: Final = "datapackage.json"
PICTURES: Final = "pictures"
MAXIMUM_TABLE_BYTES: Final = 4 * 1024**3
MAXIMUM_PACKAGE_BYTES: Final = 1024**2
MAXIMUM_CELL: Final = 131_072
"""Characters; Python's CSV reader takes no more."""

_LEFT_OUT: Final = frozenset({"session", "sign_in_attempt"})
_SECRET: Final = frozenset({("account", "password_hash")})
_JSON_SHAPES: Final[dict[str, type]] = {"detail": dict, "lines": list}
_BATCH: Final = 1000
_LARGEST_INTEGER: Final = 2**31 - 1
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]|^\s|\s$')
_TYPES: Final = {
    Boolean: ("boolean", None),
    Integer: ("integer", None),
    Double: ("number", None),
    Float: ("number", None),
    Date: ("date", None),
    UtcDateTime: ("datetime", "any"),
    Uuid: ("string", "uuid"),
    JSON: ("string", None),
    LargeBinary: ("string", None),
    Text: ("string", None),
}


def export_lab(session: Session, actor: Actor, directory: Path) -> dict[str, int]:
    """Write everything into an empty (or new) directory; `datapackage.json` comes last and makes it whole.

    The files hold what people told the lab and how to reach them, so the directory is the owner's alone.

    Returns:
        How many rows each table has.

    Raises:
        Conflict: the directory holds something already. Invalid: it cannot be written.
    """
    require(actor, "lab.administer")
    if not session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        # One moment for all tables; SQLite gives that to every transaction.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(directory.iterdir()):
            raise Conflict(f"{directory} is not empty. Name a new directory for the export.")
        counts = {table.name: _write_table(session, table, directory) for table in _tables()}
        package = json.dumps(_package(), indent=2, ensure_ascii=False) + "\n"
        (directory / PACKAGE).write_bytes(package.encode("utf-8"))
    except OSError as error:
        raise Invalid(f"{error.filename or directory}: {error.strerror or error}.") from error
    return counts


def import_lab(session: Session, actor: Actor, directory: Path) -> dict[str, int]:
    """Give an empty database the lab that was exported into `directory`, in the caller's transaction.

    Accounts come back without a password: each needs a new one.

    Returns:
        How many rows each table has.

    Raises:
        Conflict: the database holds something. Invalid: a file is missing or wrong, saying which and where.
    """
    require(actor, "lab.administer")
    try:
        _check_package(directory)
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(exists().select_from(table))):
                raise Conflict("This database is already in use. An exported lab needs an empty one.")
        return {table.name: _read_table(session, table, directory) for table in _tables()}
    except OSError as error:
        raise Invalid(f"{error.filename or directory}: {error.strerror or error}.") from error


def _tables() -> list[Table]:
    """In an order in which every row comes after those it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _LEFT_OUT]


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if (table.name, column.name) not in _SECRET]


# --- Writing ----------------------------------------------------------------------------------


def _write_table(session: Session, table: Table, directory: Path) -> int:
    columns = _columns(table)
    has_files = any(isinstance(column.type, LargeBinary) for column in columns)
    if has_files:
        (directory / PICTURES).mkdir(mode=0o700)
    is_postgres = session.get_bind().dialect.name == "postgresql"
    order = [_by_bytes(column, is_postgres) for column in table.primary_key.columns]
    rows = session.execute(
        select(*columns).order_by(*order).execution_options(yield_per=10 if has_files else _BATCH)
    )
    count = 0
    with (directory / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(column.name for column in columns) + "\n")
        for row in rows:
            values = dict(zip((column.name for column in columns), row, strict=True))
            cells = []
            for column in columns:
                value = values[column.name]
                if isinstance(column.type, LargeBinary):
                    name = _picture_name(values["id"], column.name)
                    (directory / name).write_bytes(value)
                    cells.append(name)
                else:
                    cells.append(_cell(column, value))
            out.write(",".join(map(_quoted, cells)) + "\n")
            count += 1
    return count


def _by_bytes(column: Column[Any], is_postgres: bool) -> ColumnElement[Any]:
    """Text is ordered alike everywhere, whatever language a database was set up for."""
    return column.collate("C") if is_postgres and isinstance(column.type, Text) else column


def _picture_name(key: uuid.UUID, size: str) -> str:
    return f"{PICTURES}/{key}.{size}.webp"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell


def _cell(column: Column[Any], value: Any) -> str:
    """Nothing is an empty cell. Only text is guarded: no number, date or key can run as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(column.type, JSON):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().removesuffix("+00:00") + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        # Where a cell may also be empty for nothing, empty text is an apostrophe, to tell them apart.
        return guard(f"'{value}" if column.nullable and not value.strip("'") else value)
    return str(value)


def _package() -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": "followthrough-lab",
        "title": "Everything a lab has recorded in Followthrough",
        "description": "One CSV file per table, in UTF-8. An apostrophe before text that begins like a formula "
        "keeps spreadsheets from running it and is not part of the text.",
        "followthrough": {"format": FORMAT},
        "resources": [_resource(table) for table in _tables()],
    }


def _resource(table: Table) -> dict[str, Any]:
    foreign = [
        {"fields": key.parent.name, "reference": {"resource": key.column.table.name, "fields": key.column.name}}
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table.name not in _LEFT_OUT
    ]
    return {
        "name": table.name,
        "path": f"{table.name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n"},
        "schema": {
            "fields": [_field(column) for column in _columns(table)],
            "missingValues": [""],
            "primaryKey": [column.name for column in table.primary_key.columns],
            **({"foreignKeys": foreign} if foreign else {}),
        },
    }


def _field(column: Column[Any]) -> dict[str, Any]:
    kind, form = next(words for known, words in _TYPES.items() if isinstance(column.type, known))
    field: dict[str, Any] = {"name": column.name, "type": kind}
    if form:
        field["format"] = form
    if isinstance(column.type, JSON):
        field["description"] = "JSON"
    if isinstance(column.type, LargeBinary):
        field["description"] = "Path of the picture, from this file"
    if not column.nullable and not isinstance(column.type, Text):
        field["constraints"] = {"required": True}
    return field


# --- Reading ----------------------------------------------------------------------------------


def _check_package(directory: Path) -> None:
    path = directory / PACKAGE
    if not path.is_file():
        raise Invalid(f"{directory} is no complete export: there is no {PACKAGE} in it.")
    if path.stat().st_size > MAXIMUM_PACKAGE_BYTES:
        raise Invalid(f"{PACKAGE} is too large to be one of ours.")
    try:
        package = json.loads(path.read_text(encoding="utf-8-sig"))
        found = package["followthrough"]["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid(f"{PACKAGE} does not say that this is an exported lab.") from error
    if found != FORMAT:
        raise Invalid(
            f"{PACKAGE} has format {found}; this release reads {FORMAT}. Import it with the release that "
            "made it, or a later one."
        )


def _read_table(session: Session, table: Table, directory: Path) -> int:
    path = directory / f"{table.name}.csv"
    if not path.is_file():
        raise Invalid(f"{path.name} is missing.")
    if path.stat().st_size > MAXIMUM_TABLE_BYTES:
        raise Invalid(f"{path.name} is larger than {MAXIMUM_TABLE_BYTES // 1024**3} GiB.")
    size = 10 if any(isinstance(column.type, LargeBinary) for column in table.columns) else _BATCH
    count = 0
    batch: list[tuple[int, dict[str, Any]]] = []
    for numbered in _rows(table, path, directory):
        batch.append(numbered)
        if len(batch) == size:
            _insert(session, table, batch)
            count += len(batch)
            batch = []
    _insert(session, table, batch)
    return count + len(batch)


def _rows(table: Table, path: Path, directory: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each record as the table's values, with the number a spreadsheet shows beside it."""
    columns = _columns(table)
    names = [column.name for column in columns]
    number = 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except (csv.Error, UnicodeDecodeError) as error:
                raise Invalid(f"{path.name}, row {number}: this is not CSV in UTF-8 ({error}).") from error
            if number == 1:
                _check_headings(path.name, cells, names)
                continue
            if not any(cells):
                continue
            if len(cells) != len(names):
                raise Invalid(f"{path.name}, row {number}: {len(cells)} cells stand under {len(names)} headings.")
            values: dict[str, Any] = {}
            for column, cell in zip(columns, cells, strict=True):
                where = f"{path.name}, row {number}, column “{column.name}”"
                if isinstance(column.type, LargeBinary):
                    values[column.name] = _picture(directory, cell, values, column.name, where)
                else:
                    values[column.name] = _value(column, cell, where)
            if "media_type" in values and values["media_type"] != MEDIA_TYPE:
                raise Invalid(f"{path.name}, row {number}: pictures are {MEDIA_TYPE} here.")
            yield number, values
    if number == 1:
        raise Invalid(f"{path.name} is empty; even without rows it has headings.")


def _check_headings(file: str, found: list[str], names: list[str]) -> None:
    if found == names:
        return
    missing = [name for name in names if name not in found]
    unknown = [name for name in found if name not in names]
    if missing:
        raise Invalid(f"{file}, row 1: the column “{missing[0]}” is missing.")
    if unknown:
        raise Invalid(f"{file}, row 1: there is no column “{unknown[0][:80]}” here.")
    raise Invalid(f"{file}, row 1: the columns are not in the order {', '.join(names)}.")


def _value(column: Column[Any], cell: str, where: str) -> Any:
    if "\0" in cell:
        raise Invalid(f"{where}: there are characters that are not text.")
    if isinstance(column.type, Text):
        if column.nullable and not cell:
            return None
        text = unguard(cell)
        return text[1:] if column.nullable and not text.strip("'") else text
    if not cell:
        if not column.nullable:
            raise Invalid(f"{where}: the cell is empty.")
        return None
    reads, kind = next(known for type_, known in _READS.items() if isinstance(column.type, type_))
    try:
        value = reads(cell)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Invalid(f"{where}: “{cell[:40]}” is not {kind}.") from error
    shape = _JSON_SHAPES.get(column.name)
    if isinstance(column.type, JSON) and shape and not isinstance(value, shape):
        raise Invalid(f"{where}: this JSON is not what stands here.")
    return value


def _boolean(cell: str) -> bool:
    return {"true": True, "false": False}[cell.lower()] if cell.lower() in ("true", "false") else _refused(cell)


def _integer(cell: str) -> int:
    value = int(cell)
    return value if abs(value) <= _LARGEST_INTEGER else _refused(cell)


def _number(cell: str) -> float:
    value = float(cell)
    return value if math.isfinite(value) else _refused(cell)


def _instant(cell: str) -> dt.datetime:
    value = dt.datetime.fromisoformat(cell)
    return value.astimezone(dt.UTC) if value.tzinfo else _refused(cell)


def _refused(cell: str) -> Any:
    raise ValueError(cell)


_READS: Final[dict[Any, tuple[Callable[[str], Any], str]]] = {
    Boolean: (_boolean, "true or false"),
    Integer: (_integer, "a whole number"),
    Double: (_number, "a number"),
    Float: (_number, "a number"),
    Date: (dt.date.fromisoformat, "a date such as 2026-03-02"),
    UtcDateTime: (_instant, "an instant such as 2026-03-02T09:00:00Z"),
    Uuid: (uuid.UUID, "a key"),
    JSON: (lambda cell: json.loads(cell, parse_constant=_refused), "JSON"),
}


def _picture(directory: Path, cell: str, values: dict[str, Any], size: str, where: str) -> bytes:
    """The picture's bytes as they were exported, once they are known to be the picture they claim to be."""
    name = _picture_name(values["id"], size)
    if cell != name:
        raise Invalid(f"{where}: the picture of this row is {name}.")
    path = directory / name
    if not path.is_file() or path.is_symlink():
        raise Invalid(f"{where}: {name} is missing.")
    if path.stat().st_size > MAX_BYTES:
        raise Invalid(f"{where}: {name} is larger than {MAX_BYTES // 1024**2} MiB.")
    content = path.read_bytes()
    if not content.startswith(b"RIFF"):
        raise Invalid(f"{where}: {name} is not a WebP picture.")
    make_safe(content, filename=name)
    return content


def _insert(session: Session, table: Table, batch: list[tuple[int, dict[str, Any]]]) -> None:
    if not batch:
        return
    try:
        with session.begin_nested():
            session.execute(insert(table), [values for _, values in batch])
    except (SQLAlchemyError, ValueError) as error:
        # Together they are quick; one by one they say which of them it was.
        for number, values in batch:
            try:
                with session.begin_nested():
                    session.execute(insert(table), values)
            except (SQLAlchemyError, ValueError) as refusal:
                why = str(getattr(refusal, "orig", None) or refusal).strip().splitlines()[0]
                raise Invalid(
                    f"{table.name}.csv, row {number}: this breaks a rule of the records ({why[:200]})."
                ) from refusal
        raise Invalid(f"{table.name}.csv could not be read in ({error}).") from error
