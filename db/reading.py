"""Many rows read as columns, past the ORM: for numbers made of tens of thousands of records."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Executable, String, type_coerce
from sqlalchemy.orm import Session


def raw(column: Any) -> ColumnElement[Any]:
    """A key as the driver gives it: making a UUID of each costs more than reading it."""
    return type_coerce(column, String)


def columns(session: Session, statement: Executable, width: int) -> tuple[tuple[Any, ...], ...]:
    """The columns a statement finds, as the driver gives them (SQLite writes days as text).

    Making an object of each row would cost more than reading it.
    """
    with session.connection().execute(statement) as result, _no_garbage_collection():
        rows = result.cursor.fetchall()
        return tuple(zip(*rows, strict=True)) if rows else ((),) * width


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Rows hold only texts and numbers: looking for cycles among tens of thousands takes a quarter of the
    time of reading them, and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
