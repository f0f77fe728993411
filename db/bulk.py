"""Reads or writes many rows in one statement, passed as one JSON parameter. The driver is called once, and
with SQLite other threads run meanwhile; row by row takes three times as long and blocks them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from db.base import Base
from db.driver import ask

Row = dict[str, Any]
"""Plain values and keys by column; all rows of a call have the same columns in the same order."""


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows. Raises `IntegrityError` if one exists."""
    _write(connection, _adding, model, rows)


def upsert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows, or update those whose primary key exists."""
    _write(connection, _putting, model, rows)


def update_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Update the rows with these primary keys."""
    _write(connection, _changing, model, rows)


def read_rows(
    connection: Connection,
    model: type[Base],
    keys: Sequence[Row],
    names: tuple[str, ...],
    *,
    lock: bool = False,
) -> list[Row]:
    """The named columns of the rows with these keys, as raw driver values (see `as_key`). With `lock` the
    rows are locked until the transaction ends, in key order to avoid deadlocks. On SQLite a writer has locked
    everything anyway.
    """
    if not keys:
        return []
    statement = _finding(connection.dialect, model.__table__, tuple(keys[0]), names, lock)
    return [dict(zip(names, row, strict=True)) for row in _run(connection, statement, keys)]


def as_key(value: Any) -> uuid.UUID:
    """A key from the driver's value."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _write(
    connection: Connection, statement: Callable[..., str], model: type[Base], rows: Sequence[Row]
) -> None:
    if rows:
        _run(connection, statement(connection.dialect, model.__table__, tuple(rows[0])), rows)


def _run(connection: Connection, statement: str, rows: Sequence[Row]) -> list[Any]:
    return ask(connection, statement, _encode([list(row.values()) for row in rows]))


def _plain(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return value.hex
    raise TypeError(f"{value!r} is no plain value")


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


@cache
def _adding(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    # WHERE, lest SQLite take the ON of a conflict for that of a join
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT * FROM {_given(dialect, table, names)} WHERE true"


@cache
def _putting(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    key = [column.name for column in table.primary_key]
    said = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return f"{_adding(dialect, table, names)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {said}"


@cache
def _changing(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    key = [column.name for column in table.primary_key]
    said = ", ".join(f"{name} = given.{name}" for name in names if name not in key)
    same = " AND ".join(f"{table.name}.{name} = given.{name}" for name in key)
    return f"UPDATE {table.name} SET {said} FROM {_given(dialect, table, names)} WHERE {same}"


@cache
def _finding(dialect: Dialect, table: Table, key: tuple[str, ...], names: tuple[str, ...], lock: bool) -> str:
    columns = ", ".join(key)
    locked = f" ORDER BY {columns} FOR UPDATE" if lock and dialect.name == "postgresql" else ""
    return (
        f"SELECT {', '.join(names)} FROM {table.name} "
        f"WHERE ({columns}) IN (SELECT * FROM {_given(dialect, table, key)}){locked}"
    )


def _given(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    """SQL that turns the JSON parameter into a table."""
    if dialect.name == "sqlite":
        values = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
        return f"(SELECT {values} FROM json_each(?)) AS given"
    values = ", ".join(
        f"CAST(value ->> {place} AS {table.c[name].type.compile(dialect)}) AS {name}"
        for place, name in enumerate(names)
    )
    return f"(SELECT {values} FROM json_array_elements(CAST(%s AS json))) AS given"
