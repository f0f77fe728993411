"""Text in the cells of an export: guarded against formulas, and with '' for an empty text, because an empty
cell means none."""

from __future__ import annotations

from lab.exchange.tables import guard, unguard


def text_cell(value: str) -> str:
    """The cell of a text; `text_of` gives it back."""
    return guard(value) if value.strip("'") else f"{value}''"


def text_of(cell: str) -> str:
    """The text of a cell that `text_cell` wrote."""
    return unguard(cell) if cell.strip("'") else cell[2:]
