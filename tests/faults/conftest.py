"""What the tests of the ballot intake share: a served lab, long or short, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.postgres import empty
from tests.served import Lab, served

SHORT = bool(os.environ.get("LAB_FAULTS_SHORT"))
"""A few minutes' worth of the same tests, for every change."""


def number(full: int, short: int) -> int:
    """How often, in the full and in the short form."""
    return short if SHORT else full


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for a served lab."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lab.db'}"
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    empty(engine)
    engine.dispose()
    return url


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    """A served lab on each kind of database."""
    yield from served(database_url, tmp_path)


@pytest.fixture
def sqlite_lab(tmp_path: Path) -> Iterator[Lab]:
    """A served lab on a file."""
    yield from served(f"sqlite:///{tmp_path / 'lab.db'}", tmp_path)
