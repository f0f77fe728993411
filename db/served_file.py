"""Notices that the file below a running server was replaced, moved away or written over by another program.

What a server goes on writing would be lost with a file that has lost its name, and would destroy one that was
copied over: SQLite would take the old log for the new file's. So nothing more is written.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from db.driver import ask

_COUNTER: Final = slice(24, 28)
"""SQLite's count of changes in the head of the file: a copy made earlier has a lower one."""
_STAMP: Final = slice(60, 64)
"""The number that a server writes into the head of its file: a copy made before that has another one."""
_HEAD: Final = 100
_AGAIN: Final = 0.05
"""Seconds until a head that is not the expected one is read again: it may have been half written."""


class FileReplaced(OperationalError):
    """The file of the database is not the one that was opened. Nothing is written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__("BEGIN", None, OSError(f"{path} was replaced or written over by another program"))


def stamp(engine: Engine) -> None:
    """Write a new number into the head of the file that this server has for itself."""
    with engine.begin() as connection:
        ask(connection, f"PRAGMA user_version = {secrets.randbelow(2**31 - 1) + 1}")
    with engine.connect().execution_options(read_only=True) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


class ServedFile:
    """The file of a database that is being served, as it was when it was opened."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path.resolve()
        with engine.connect() as connection:
            self._stamp = int(ask(connection, "PRAGMA user_version")[0][0])
        facts = self.path.stat()
        self._is = facts.st_dev, facts.st_ino
        # never closed: that would let go of the locks that SQLite holds on the file for this process
        self._file = os.open(self.path, os.O_RDONLY)
        head = os.pread(self._file, _HEAD, 0)
        self._first_stamp, self._counter = _number(head[_STAMP]), _number(head[_COUNTER])
        self._log = _facts(self._log_path)
        self._was_replaced = False

    @property
    def _log_path(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def is_replaced(self) -> bool:
        """Whether it is another file now; once it was, it stays so. Takes microseconds."""
        if not self._was_replaced and self._seems_replaced():
            time.sleep(_AGAIN)
            self._was_replaced = self._seems_replaced()
        return self._was_replaced

    def _seems_replaced(self) -> bool:
        if _facts(self.path) != self._is:
            return True
        self._log = self._log or _facts(self._log_path)
        head = os.pread(self._file, _HEAD, 0)
        if len(head) < _HEAD:
            return True
        found, counter = _number(head[_STAMP]), _number(head[_COUNTER])
        if found == self._stamp:
            self._first_stamp = found
        elif found != self._first_stamp:  # ours may still be in the log
            return True
        if counter < self._counter:
            return True
        self._counter = counter
        return False

    def put_log_aside(self) -> Path | None:
        """Move this server's log away, so that it is not taken for that of the file that is there now;
        returns where it went."""
        if self._log is None or _facts(self._log_path) != self._log:
            return None
        kept = self.path.with_name(
            f"{self.path.name}.replaced-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-wal"
        )
        with suppress(OSError):
            self._log_path.rename(kept)
            self.path.with_name(self.path.name + "-shm").unlink(missing_ok=True)
            return kept
        return None


def _facts(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _number(head: bytes) -> int:
    return int.from_bytes(head, "big")
