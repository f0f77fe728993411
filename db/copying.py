"""Copies a whole database while it is in use: a file by SQLite's own backup, another by its rows."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, LargeBinary, Table, bindparam, delete, insert, select, update

from db.address import Unusable, sqlite_path
from db.base import Base
from db.engine import Database, make_private
from db.upgrade import upgrade

PAGES: Final = 256
"""Pages copied in one step."""
BREATH: Final = 0.001
"""Seconds between two steps, in which others have the disk."""
AT_ONCE: Final = 1000
AT_ONCE_WITH_PICTURES: Final = 20


def copy_database(url: str, target: Path) -> None:
    """Copy the database as it is now into a new SQLite file. Whoever writes meanwhile is not stalled, and
    what they write is not in the copy."""
    make_private(target)
    path = sqlite_path(url)
    if path is not None:
        _copy_file(path, target)
        return
    copy, source = Database(f"sqlite:///{target}"), Database(url)
    try:
        upgrade(copy.engine)
        with source.engine.connect().execution_options(isolation_level="REPEATABLE READ") as read:
            copy_rows(read, copy)
    finally:
        source.close()
        copy.close()


def _copy_file(path: Path, target: Path) -> None:
    with closing(_opened(path)) as source, closing(sqlite3.connect(target)) as copy:
        # one snapshot for all steps: otherwise each write of others would begin the copy anew
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=PAGES, progress=lambda *_: time.sleep(BREATH))
        source.execute("ROLLBACK")


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, timeout=15, isolation_level=None
    )


def copy_rows(source: Connection, target: Database) -> None:
    """Replace all rows of a database of the same schema, in one transaction."""
    tables = Base.metadata.sorted_tables
    with target.engine.begin() as write:
        for table in reversed(tables):
            write.execute(delete(table))
        for table in tables:
            _copy_table(table, source, write)


def _copy_table(table: Table, source: Connection, write: Connection) -> None:
    # a row may lead to one of its table that comes later
    own = [
        column.name
        for column in table.columns
        if column.nullable and any(key.column.table is table for key in column.foreign_keys)
    ]
    has_pictures = any(isinstance(column.type, LargeBinary) for column in table.columns)
    at_once = AT_ONCE_WITH_PICTURES if has_pictures else AT_ONCE
    rows = source.execute(
        select(table).order_by(*table.primary_key.columns).execution_options(yield_per=at_once)
    )
    later: list[dict[str, Any]] = []
    for batch in rows.mappings().partitions():
        write.execute(insert(table), [{**row, **dict.fromkeys(own)} for row in batch])
        later += [
            {f"the_{name}": row[name] for name in (*table.primary_key.columns.keys(), *own)}
            for row in batch
            if any(row[name] is not None for name in own)
        ]
    if later:
        keys = [column == bindparam(f"the_{column.name}") for column in table.primary_key.columns]
        values: dict[str, Any] = {name: bindparam(f"the_{name}") for name in own}
        write.execute(update(table).where(*keys).values(values), later)


def settle(path: Path) -> None:
    """Make a copy one file without a log, and overwrite what was deleted from it.

    Raises:
        Unusable: the copy is damaged, as what it was made from will be.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = DELETE")
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise Unusable(f"The copy is damaged ({found}), and so is the database. Run `python -m lab check`.")


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def put_in_place(new: Path, path: Path, aside: str) -> Path | None:
    """Let a file on the same disk take the place of a database that nobody uses. The old one is kept beside
    it under `aside`, with its log; returns its path, or None where there was none."""
    kept = None
    if path.exists():
        with suppress(sqlite3.Error), closing(_opened(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        kept = path.with_name(aside)
        # the log first: a file without its log is older than it was, a log without its file is nothing
        for ending in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(kept.with_name(aside + ending))
    new.rename(path)
    if os.name != "nt":
        sync(path.parent)
    return kept
