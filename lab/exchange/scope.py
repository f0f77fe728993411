"""Which tables and columns an export holds, and how a value is written."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Any, Final

from sqlalchemy import JSON, Column, LargeBinary, Table

from db.base import Base
from lab.exchange.cells import text_cell
from lab.exchange.tables import guard

LEFT_OUT: Final = ("session", "sign_in_attempt", "known_device", "one_time_link", "signing_key", "phone_link")
"""Tables that are never in an export."""
SECRET: Final = ("password_hash",)
"""Columns that are never in an export."""

OF_THE_SERVER: Final = ("public_address", "trusted_proxies")
"""Columns about the server on which the lab runs, which another one has of its own."""


def tables_of_export() -> list[Table]:
    """The tables, those first to which others refer."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


@cache
def columns_of_export(table: Table) -> tuple[Column[Any], ...]:
    """The columns of a table. Asked for every row that comes in."""
    return tuple(column for column in table.columns if column.name not in SECRET + OF_THE_SERVER)


def rows_at_once(table: Table) -> int:
    """Rows in memory at a time; few if they contain pictures."""
    return 20 if any(isinstance(column.type, LargeBinary) for column in table.columns) else 1000


def written(value: Any, column: Column[Any]) -> str:
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
