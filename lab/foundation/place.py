"""The database this process serves: opened once, and left alone when another file is in its place."""

from __future__ import annotations

import os
from functools import cache
from typing import Final

from db.engine import Database, database_url, is_out_of_reach

REPLACED: Final = 4
"""Exit status when another file is in the place of the database."""


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


def is_away(error: Exception) -> bool:
    """Whether this error means that the records can't be reached just now: trying again later may help."""
    return is_out_of_reach(error)


def close_lab_database() -> None:
    """Close the served database before the process ends. When another file is in its place, end at once:
    closing would write this server's log into that file."""
    database = lab_database()
    if database.served_file and database.served_file.is_replaced():
        os._exit(REPLACED)
    database.close()
