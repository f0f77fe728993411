"""Many rows by one statement: they go to the database as one JSON text, which it takes apart itself.

However many they are, the driver is called once, and on SQLite other threads run meanwhile; a driver that is
handed rows one by one takes three times as long and holds everybody else up at each.
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
"""Plain values and keys by the names of columns; all rows of a call name the same, in the same order."""


def add(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows. Raises `IntegrityError` where one is there."""
    _write(connection, _adding, model, rows)


def put(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows; one whose primary key is there gets what they say."""
    _write(connection, _putting, model, rows)


def change(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Give the rows with these primary keys what else is said of them."""
    _write(connection, _changing, model, rows)


def find(
    connection: Connection,
    model: type[Base],
    keys: Sequence[Row],
    names: tuple[str, ...],
    *,
    lock: bool = False,
) -> list[Row]:
    """What the named columns say in the rows that have one of these keys, as the driver tells: see `as_key`.

    With `lock` they stay as they are until the transaction ends, and are locked in the order of their keys,
    so that no two wait for each other. On SQLite whoever may write has locked everything anyway.
    """
    if not keys:
        return []
    told = _finding(connection.dialect, model.__table__, tuple(keys[0]), names, lock)
    return [dict(zip(names, row, strict=True)) for row in _run(connection, told, keys)]


def as_key(value: Any) -> uuid.UUID:
    """A key, from what the driver gives for it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _write(
    connection: Connection, statement: Callable[..., str], model: type[Base], rows: Sequence[Row]
) -> None:
    if rows:
        _run(connection, statement(connection.dialect, model.__table__, tuple(rows[0])), rows)


def _run(connection: Connection, told: str, rows: Sequence[Row]) -> list[Any]:
    return ask(connection, told, _encode([list(row.values()) for row in rows]))


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
    """The rows of the one parameter as a table."""
    if dialect.name == "sqlite":
        values = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
        return f"(SELECT {values} FROM json_each(?)) AS given"
    values = ", ".join(
        f"CAST(value ->> {place} AS {table.c[name].type.compile(dialect)}) AS {name}"
        for place, name in enumerate(names)
    )
    return f"(SELECT {values} FROM json_array_elements(CAST(%s AS json))) AS given"
