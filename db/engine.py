"""One engine per process: SQLite in WAL mode with full syncs by default, PostgreSQL by URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.orm import Session as Session

from db.address import Unusable as Unusable
from db.address import database_url as database_url
from db.address import sqlite_path as sqlite_path
from db.driver import ask
from db.served_file import FileReplaced, ServedFile

UNUSABLE: Final = (DBAPIError, ArgumentError)
"""Errors of a database that can't be reached or read, or of an invalid URL."""


def is_out_of_reach(error: Exception) -> bool:
    """Whether the database could not do what was asked, because it is away, locked, full, read-only, damaged
    or replaced; a statement that it refuses is another matter."""
    return (
        isinstance(error, (OperationalError, InternalError, InterfaceError)) or type(error) is DatabaseError
    )


def reason_of(trouble: Exception) -> str:
    """The first line of the driver's error message."""
    return str(getattr(trouble, "orig", None) or trouble).strip().splitlines()[0]


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, if there is none. SQLite gives the files of its log
    the same rights."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def open_engine(url: str) -> Engine:
    """An engine set up for the lab. On SQLite every transaction that may write begins IMMEDIATE:
    under a plain BEGIN a transaction that reads before it writes loses updates or fails half-way."""
    path = sqlite_path(url)
    if path is None:
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False}, pool_size=20)

    @event.listens_for(engine, "do_connect")
    def _make_the_file(*_: object) -> None:
        make_private(path)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # overwrite erased data, such as the link from a voter to a ballot
            "cache_size=-32000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
        ask(connection, f"BEGIN {mode}")

    return engine


class Database:
    """The database: `reading()` for queries, `writing()` for commands."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        self._reader = self.engine.execution_options(read_only=True)
        self.served_file: ServedFile | None = None

    def watch_file(self) -> None:
        """From here on every transaction fails with `FileReplaced` once another file is in the place of this
        one. For servers: it keeps the file open until the process ends."""
        path = sqlite_path(self.url)
        if path is None or os.name == "nt" or self.served_file:
            return
        self.served_file = ServedFile(path, self.engine)
        event.listen(self.engine, "begin", self._guard_file, insert=True)
        # a new connection would make an empty file where there is none any more
        event.listen(self.engine, "do_connect", self._guard_file, insert=True)

    def _guard_file(self, *_: object) -> None:
        if self.served_file and self.served_file.is_replaced():
            raise FileReplaced(self.served_file.path)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries; changes are rolled back."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed as a whole, or rolled back."""
        with Session(self.engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
