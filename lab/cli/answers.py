"""Printing answers: a table for people, JSON or CSV for scripts."""

from __future__ import annotations

import json
from typing import Any

import typer

from lab.cli.options import Format, chosen
from lab.exchange.tables import write_table


def print_answer(answer: Any, rows: list[dict[str, Any]]) -> None:
    """The whole answer as JSON, or its rows as a table or CSV."""
    if chosen.form is Format.JSON:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str))
        return
    columns = list(rows[0]) if rows else []
    if chosen.form is Format.CSV:
        typer.echo(write_table(columns, rows), nl=False)
        return
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def report(sentence: str, **facts: Any) -> None:
    """Print what was done: a sentence for people, its facts for scripts."""
    if chosen.form is Format.TABLE:
        typer.echo(sentence)
    else:
        print_answer(facts, [facts])


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
