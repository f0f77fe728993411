"""One cell of an export changed at a time, in many columns and hostile ways: the import refuses in words,
or the lab that comes of it passes its check and every page of it can be drawn.

That every column refuses or tames every hostile value by itself is shown in tests/exchange/test_arriving.py.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from db.engine import Database
from tests.exchange.package import HOSTILE, changed, filled_columns
from tests.exchange.package import everything as everything
from tests.exchange.test_arriving import refuses_or_works
from tests.faults.conftest import Figure, number

pytestmark = pytest.mark.fault
CHANGES = number(1500, 60)
"""Of some nine thousand."""


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_an_export_with_a_hostile_cell_is_refused_or_gives_a_lab_that_works(
    empty_database: Database,
    everything: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    figure: Figure,
) -> None:
    changes = [(column, kind) for column in filled_columns(everything) for kind in HOSTILE]
    changes = random.Random(14).sample(changes, CHANGES)
    taken, failed = 0, []
    for place, (column, kind) in enumerate(changes):
        package = changed(everything, tmp_path / f"{place}", column.table.name, column.name, HOSTILE[kind])
        try:
            taken += refuses_or_works(empty_database, package, monkeypatch)
        except Exception as error:
            failed.append(f"{column.table.name}.{column.name} with {kind}: {type(error).__name__}: {error}")
        shutil.rmtree(package)
    figure(
        "one cell of an export hostile",
        "refused in words, or a lab that works",
        f"{len(changes):,} changes: {len(changes) - taken - len(failed):,} refused, {taken:,} taken, "
        f"{len(failed)} failed",
    )
    assert failed == []
