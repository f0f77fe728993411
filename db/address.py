"""Where the records are: the address of the database, and what is wrong with one that can't be used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_PATH: Final = Path("var") / "lab.db"

_HOW: Final = "Name a file, such as var/lab.db, or postgresql://user:password@host/name"


class Unusable(Exception):
    """A database that can't be used; the message is one line: what is wrong, and what to do."""


def database_url(given: str | None = None) -> str:
    """The database to use: what was given (a URL or a file's path), `DATABASE_URL`, or `var/lab.db`.

    Raises:
        Unusable: this is no address of a database, or of one that the lab can't keep its records in.
    """
    chosen = given or os.environ.get("DATABASE_URL") or str(DEFAULT_PATH)
    if "://" not in chosen:
        chosen = f"sqlite:///{chosen}"
    try:
        url = make_url(chosen)
    except (ArgumentError, ValueError):
        # not repeated, because it may hold a password
        raise Unusable(f"This is not the address of a database. {_HOW}.") from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    _guard(url)
    return url.render_as_string(hide_password=False)


def _guard(url: URL) -> None:
    kind = url.drivername
    if kind not in ("sqlite", "postgresql+psycopg"):
        raise Unusable(f"Followthrough keeps its records in SQLite or PostgreSQL, not in {kind!r}. {_HOW}.")
    if kind == "sqlite" and (not url.database or url.database == ":memory:"):
        raise Unusable(f"A database in memory is gone when the process ends. {_HOW}.")
    if kind == "sqlite" and (url.query or url.host or "\0" in (url.database or "")):
        raise Unusable(f"{url} is not the path of a file. {_HOW}.")


def sqlite_path(url: str) -> Path | None:
    """The file behind an SQLite URL, or None for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def said(url: str) -> str:
    """The address as it may be shown: without a password."""
    path = sqlite_path(url)
    return str(path) if path else make_url(url).render_as_string(hide_password=True)
