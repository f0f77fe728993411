"""An export made by an earlier version comes in, and its numbers are what that version said.

`kept/lab.zip` is the whole lab of ten projects as the version of November 2026 exported it, and
`kept/numbers.json` what that version answered about it. What has been corrected since stands in
`kept/corrected.json`: the reason, and every number it changed, by its path.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.disillusion.explanation import risk_report
from lab.disillusion.upkeep.digest import as_text, digest
from lab.exchange.arriving.take import import_lab
from lab.rates.queries import rates_report

KEPT: Final = Path(__file__).parent / "kept"
DAYS: Final = (dt.date(2025, 11, 1), dt.date(2026, 3, 1))
ASKED: Final = ("level", "score", "low", "high", "probability", "coverage", "people", "people_waiting")


@pytest.fixture
def kept(empty_database: Database) -> Database:
    """The lab of the export."""
    with empty_database.writing() as session:
        import_lab(session, COMMAND_LINE, KEPT / "lab.zip")
    return empty_database


def numbers(database: Database) -> dict[str, Any]:
    """What the lab answers on each of the days: risk, implementation, the week's digest."""
    answers: dict[str, Any] = {}
    with database.reading() as session:
        for day in DAYS:
            answers[str(day)] = {
                "risk": {
                    row["project"]: {name: row[name] for name in ASKED}
                    | {
                        f"driver {place}": f"{driver['points']:.6f} {driver['sentence']}"
                        for place, driver in enumerate(row["drivers"])
                    }
                    for row in risk_report(session, COMMAND_LINE, day)
                },
                "rates": rates_report(session, COMMAND_LINE, day),
                "digest": dict(enumerate(as_text(digest(session, COMMAND_LINE, today=day)).splitlines())),
            }
    return json.loads(json.dumps(answers, default=str))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every number with its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield from flat(each, f"{path}/{name}")
    if not isinstance(value, dict | list):
        yield path, value


def alike(before: Any, now: Any) -> bool:
    """The same value, numbers up to rounding."""
    return before == (pytest.approx(now) if isinstance(now, float) else now)


def test_an_export_made_before_gives_the_same_numbers_but_for_the_corrected(kept: Database) -> None:
    before = dict(flat(json.loads((KEPT / "numbers.json").read_text(encoding="utf-8"))))
    reasons = json.loads((KEPT / "corrected.json").read_text(encoding="utf-8"))
    corrected = {path: value for values in reasons.values() for path, value in values.items()}
    assert [path for path, value in corrected.items() if alike(before.get(path), value)] == []
    expected, now = before | corrected, dict(flat(numbers(kept)))
    differ = [path for path in sorted({*expected, *now}) if not alike(expected.get(path), now.get(path))]
    assert {path: (expected.get(path), now.get(path)) for path in differ} == {}
