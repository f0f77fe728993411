"""Reads a row for a command, and detects conflicting edits."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final, TypeVar

from sqlalchemy import Uuid
from sqlalchemy.orm import Session

from db.base import Base
from lab.foundation.errors import Conflict, NotFound

_HIDDEN: Final = ("version", "slug", "sha256")

Row = TypeVar("Row", bound=Base)


def fetch(session: Session, model: type[Row], key: uuid.UUID, name: str) -> Row:
    """The row with this key, locked against other writers until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    row = session.get(model, key, with_for_update=True)
    if row is None:
        raise NotFound(f"This {name} does not exist (any more).")
    return row


def guard_version(row: Base, version: int | None) -> None:
    """Check that an edit was made from the current version of `row`, and increment the version.

    Raises:
        Conflict: the row has changed since `version` was read.
    """
    current: int = row.version  # type: ignore[attr-defined]
    if version is not None and version != current:
        raise Conflict(
            "Somebody else changed this record while you were editing.", current=current, theirs=_said(row)
        )
    row.version = current + 1  # type: ignore[attr-defined]


def _said(row: Base) -> dict[str, str]:
    """A row's readable values: texts, numbers and dates, without keys."""
    columns = [column for column in row.__table__.columns if not isinstance(column.type, Uuid)]
    values = {column.name: getattr(row, column.name) for column in columns if column.name not in _HIDDEN}
    return {
        name: str(value)
        for name, value in values.items()
        if isinstance(value, str | int | dt.date) and value != ""
    }


def change(row: Base, **values: Any) -> dict[str, Any]:
    """Set columns of a row, and return the old values of those that changed, dates and keys as text, for the
    event. With them the past can be reconstructed.
    """
    before: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(row, name)
        if old != value:
            before[name] = _as_logged(old)
            setattr(row, name, value)
    return before


def _as_logged(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value
