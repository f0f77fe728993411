"""`python -m lab rates`: the numbers of the Implementation screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading
from lab.cli.options import AsOfOption, DatabaseOption, FormatOption, choose, day_asked
from lab.rates.queries import rates_report


def rates(database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None) -> None:
    """Implementation, heard-back rate, recommendations, people waiting (lists: --format json)."""
    choose(database, form, as_of)
    with reading() as session:
        report = rates_report(session, COMMAND_LINE, day_asked(session))
    rows = [
        {"number": name, "value": value} for name, value in _flat(report, "") if not isinstance(value, list)
    ]
    print_answer(report, rows)


def _flat(values: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above} {key}".replace("_", " ").strip()
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value
