"""Reads many rows as columns without the ORM, for numbers from tens of thousands of records."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Executable, String, type_coerce
from sqlalchemy.orm import Session


def raw(column: Any) -> ColumnElement[Any]:
    """A raw key column; converting each to a UUID costs more than reading it."""
    return type_coerce(column, String)


def columns(session: Session, statement: Executable, width: int) -> tuple[tuple[Any, ...], ...]:
    """The columns of a statement as raw driver values (in SQLite dates are text), because an object per row
    would cost more than reading it.
    """
    with session.connection().execute(statement) as result, _no_garbage_collection():
        rows = result.cursor.fetchall()
        return tuple(zip(*rows, strict=True)) if rows else ((),) * width


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Rows hold only texts and numbers, so garbage collection finds nothing and takes a quarter of the
    time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
