"""One server per SQLite file: the second one is told so instead of corrupting counts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


class AlreadyServed(Exception):
    """Another server holds this database file."""


def hold(path: Path) -> IO[str]:
    """Take the server's lock beside `path` and return the open file that holds it until closed.

    The lock is the operating system's, so it ends with the process however that ends.

    Raises:
        AlreadyServed: another server is using the file.
    """
    lock_path = path.with_name(path.name + ".server-lock")
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    handle = lock_path.open("a+")
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise AlreadyServed(
            f"Another Followthrough server is already using {path}. Stop that one first, or give this one "
            "its own file with DATABASE_URL. (Commands such as `python -m lab risk` work beside a server.)"
        ) from error
    return handle
