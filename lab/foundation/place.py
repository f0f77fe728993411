"""The database this process serves, opened once."""

from __future__ import annotations

from functools import cache

from db.engine import Database, database_url


@cache
def open_database(url: str) -> Database:
    """The process-wide door to the database behind a URL."""
    return Database(url)


def lab_database() -> Database:
    """The database that `DATABASE_URL` names, or the lab's own file."""
    return open_database(database_url())
