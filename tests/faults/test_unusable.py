"""A database that can't be used is refused in one line by whatever serves the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.db.test_usable import WAYS, is_refused_in_one_line

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_serving_refuses_it_in_one_line(way: str, tmp_path: Path, empty_sqlite: Path) -> None:
    is_refused_in_one_line(way, "newer.db", tmp_path, empty_sqlite)
