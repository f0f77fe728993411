"""Which tables and columns an export holds."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, LargeBinary, Table

from db.base import Base

LEFT_OUT: Final = ("session", "sign_in_attempt", "known_device", "one_time_link", "signing_key")
"""Tables that are never in an export."""
SECRET: Final = ("password_hash",)
"""Columns that are never in an export."""

OF_THE_SERVER: Final = ("public_address", "trusted_proxies")
"""Columns about the server on which the lab runs, which another one has of its own."""


def tables_of_export() -> list[Table]:
    """The tables, those first to which others refer."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def columns_of_export(table: Table) -> list[Column[Any]]:
    """The columns of a table."""
    return [column for column in table.columns if column.name not in SECRET + OF_THE_SERVER]


def rows_at_once(table: Table) -> int:
    """Rows in memory at a time; few if they contain pictures."""
    return 20 if any(isinstance(column.type, LargeBinary) for column in table.columns) else 1000
