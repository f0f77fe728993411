"""What every serving process does first: lock the database file, raise the limit of open files, migrate."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import ExitStack, suppress
from typing import Final, NoReturn

from db.engine import UNUSABLE, Database, Unusable, database_url, reason_of, sqlite_path
from db.lock import AlreadyServed, hold
from db.served_file import stamp
from db.upgrade import take_stock, upgrade
from db.usable import guard_usable
from lab.foundation.beside import keep_private
from lab.foundation.place import REPLACED, lab_database

CONNECTIONS: Final = 65_536
"""Open files allowed in each process."""
REFUSED: Final = 3
"""Exit status when another server uses the database file."""
USELESS: Final = 2
"""Exit status when the database can't be used; the same as of a command."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks whether the database's file is still the same."""
LAST_WORDS: Final = 5
"""Seconds in which a server whose file was replaced still says so to whoever asks."""


def open_for_serving(part: str = "") -> ExitStack:
    """Lock and migrate the database, and return the locks for the caller to close.

    `part` is rooms, desk or store when that part of a server is started alone. Ends the process, with one
    line, when another server has the file or the database can't be used.
    """
    keep_private()
    allow_many_connections()
    try:
        return _opened(part)
    except AlreadyServed as refusal:
        _end(str(refusal), REFUSED)
    except Unusable as refusal:
        _end(str(refusal), USELESS)
    except UNUSABLE as trouble:
        _end(f"The database cannot be used: {reason_of(trouble)}", USELESS)
    except OSError as trouble:
        _end(f"{trouble.filename or 'A file'} cannot be used: {trouble.strerror or trouble}", USELESS)


def _opened(part: str) -> ExitStack:
    url = database_url()
    guard_usable(url, is_silent=lambda sentence: print(sentence, file=sys.stderr, flush=True))
    path = sqlite_path(url)
    held = hold(path, part) if path else ExitStack()
    database = lab_database()
    upgrade(database.engine)
    take_stock(database.engine)
    if path:
        if not part:
            stamp(database.engine)
        database.watch_file()
        threading.Thread(target=_watch, args=(database,), name="file watch", daemon=True).start()
    return held


def _watch(database: Database) -> None:
    """End this server when another file is in the place of the database. Until then everybody who asks is
    told to come again, and its children end when it has."""
    served = database.served_file
    while served and not served.is_replaced():
        time.sleep(LOOK_EVERY)
    if served:
        sentence = (
            f"{served.path} was replaced or written over while the lab was running. Nothing more is written"
        )
        print(f"{sentence}; the lab ends in {LAST_WORDS} seconds.", file=sys.stderr, flush=True)
        time.sleep(LAST_WORDS)
        kept = served.put_log_aside()
        log = f" The log of the file that was there before is {kept}." if kept else ""
        _end(f"Start the lab again, and it opens the file that is there now.{log}", REPLACED)


def _end(sentence: str, status: int) -> NoReturn:
    """End without a traceback: an exception would come back through the server's own start."""
    print(sentence, file=sys.stderr, flush=True)
    os._exit(status)


def allow_many_connections() -> None:
    """Raise the limit of open files for this process and its children; the usual 1,024 are too few for a
    thousand phones."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = CONNECTIONS if most == resource.RLIM_INFINITY else min(most, CONNECTIONS)
        with suppress(ValueError, OSError):  # some systems allow less than their own limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
