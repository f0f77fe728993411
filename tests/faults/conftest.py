"""What the tests of the ballot intake share: a served lab, long or short, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db.engine import Database
from db.models import Base
from tests.served import Round, Server, fill, open_a_round

SHORT = bool(os.environ.get("LAB_FAULTS_SHORT"))
"""A few minutes' worth of the same tests, for every change."""


def number(full: int, short: int) -> int:
    """How often, in the full and in the short form."""
    return short if SHORT else full


@dataclass
class Lab:
    """A server, its database as seen beside it, and an open round of twelve prototypes."""

    server: Server
    database: Database
    round: Round


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for a served lab."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lab.db'}"
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    engine.dispose()
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database file for a served lab."""
    return f"sqlite:///{tmp_path / 'lab.db'}"


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    """A served lab on each kind of database."""
    yield from served(database_url, tmp_path)


@pytest.fixture
def sqlite_lab(sqlite_url: str, tmp_path: Path) -> Iterator[Lab]:
    """A served lab on a file."""
    yield from served(sqlite_url, tmp_path)


def served(url: str, tmp_path: Path) -> Iterator[Lab]:
    """A lab with an open round behind a running server."""
    database = Database(url)
    fill(database)
    server = Server(url, tmp_path / "server.log")
    try:
        found = open_a_round(database)
        server.start()
        yield Lab(server, database, found)
    finally:
        server.kill()
        database.close()


def any_marks() -> tuple[int, ...]:
    """Approvals on twelve prototypes that hardly two voters share."""
    return tuple(secrets.randbelow(2) for _ in range(12))
