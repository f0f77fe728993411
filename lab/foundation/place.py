"""The database this process serves, opened once."""

from __future__ import annotations

import os
from functools import cache

from db.engine import Database, database_url


@cache
def open_database(url: str) -> Database:
    """The process-wide `Database` for a URL."""
    return Database(url)


def lab_database() -> Database:
    """The database in `DATABASE_URL`, or the default file."""
    return _database_at(os.environ.get("DATABASE_URL"))


@cache
def _database_at(chosen: str | None) -> Database:
    """Reading a URL takes as long as half a ballot, so each is read once."""
    return open_database(database_url(chosen))
