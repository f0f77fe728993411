"""What every serving process does first: lock the database file, raise the limit of open files, migrate."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress
from typing import Final

from db.engine import sqlite_path
from db.lock import AlreadyServed, hold
from db.upgrade import take_stock, upgrade
from lab.foundation.place import lab_database

CONNECTIONS: Final = 65_536
"""Open files allowed in each process."""
REFUSED: Final = 3
"""Exit status when another server uses the database file."""


def open_for_serving(part: str = "") -> ExitStack:
    """Lock and migrate the database, and return the locks for the caller to close.

    `part` is rooms, desk or store when that part of a server is started alone. Ends the process when another
    server has the file.
    """
    database = lab_database()
    path = sqlite_path(database.url)
    try:
        held = hold(path, part) if path else ExitStack()
    except AlreadyServed as refusal:
        print(refusal, file=sys.stderr, flush=True)
        os._exit(REFUSED)
    allow_many_connections()
    upgrade(database.engine)
    take_stock(database.engine)
    return held


def allow_many_connections() -> None:
    """Raise the limit of open files for this process and its children; the usual 1,024 are too few for a
    thousand phones."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = CONNECTIONS if most == resource.RLIM_INFINITY else min(most, CONNECTIONS)
        with suppress(ValueError, OSError):  # some systems allow less than their own limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
