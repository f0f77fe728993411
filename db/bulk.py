"""Reads or writes many rows in one statement, passed as one JSON parameter. The driver is called once, and
with SQLite other threads run meanwhile; row by row takes three times as long and blocks them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from db.base import Base
from db.driver import Statement, ask_together, tell_together

Row = dict[str, Any]
"""Plain values and keys by column; all rows of a call have the same columns in the same order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The named columns of the rows with these keys. With `lock` the rows are locked until the transaction
    ends, in key order to avoid deadlocks; on SQLite a writer has locked everything anyway.
    """

    model: type[Base]
    keys: Sequence[Row]
    names: tuple[str, ...]
    lock: bool = False


class Writes:
    """Inserts and updates of one transaction, sent together: to PostgreSQL in one round trip."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statements: list[Statement] = []

    def insert(self, model: type[Base], rows: Sequence[Row]) -> None:
        """Rows that must not exist."""
        self._add(_adding, model, rows)

    def upsert(self, model: type[Base], rows: Sequence[Row]) -> None:
        """Rows that are inserted, or updated where their primary key exists."""
        self._add(_putting, model, rows)

    def update(self, model: type[Base], rows: Sequence[Row]) -> None:
        """New values for the rows with these primary keys."""
        self._add(_changing, model, rows)

    def send(self) -> None:
        """Run what was added, in order. Raises `IntegrityError` if an inserted row exists."""
        tell_together(self._connection, self._statements)
        self._statements.clear()

    def _add(self, statement: Callable[..., str], model: type[Base], rows: Sequence[Row]) -> None:
        if rows:
            wording = statement(self._connection.dialect, model.__table__, tuple(rows[0]))
            self._statements.append((wording, (_as_json(rows),)))


def read_rows(connection: Connection, *wanted: Wanted) -> list[list[Row]]:
    """For each what is wanted, its rows as raw driver values (see `as_key`); asked for together."""
    asked = [each for each in wanted if each.keys]
    if not asked:
        return [[] for _ in wanted]
    answers = iter(ask_together(connection, [_finding_all(connection, each) for each in asked]))
    return [
        [dict(zip(each.names, row, strict=True)) for row in next(answers)] if each.keys else []
        for each in wanted
    ]


def _finding_all(connection: Connection, each: Wanted) -> Statement:
    key = tuple(each.keys[0])
    wording = _finding(connection.dialect, each.model.__table__, key, each.names, each.lock)
    return wording, (_as_json(each.keys),)


def as_key(value: Any) -> uuid.UUID:
    """A key from the driver's value."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _as_json(rows: Sequence[Row]) -> str:
    return _encode([list(row.values()) for row in rows])


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
