"""Text in the cells of an export: guarded against formulas, and with '' for an empty text, because an empty
cell means none."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import JSON, Column

from lab.exchange.tables import guard, unguard


def text_cell(value: str) -> str:
    """The cell of a text; `text_of` gives it back."""
    return guard(value) if value.strip("'") else f"{value}''"


def text_of(cell: str) -> str:
    """The text of a cell that `text_cell` wrote."""
    return unguard(cell) if cell.strip("'") else cell[2:]


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
