"""One server per SQLite file: a second one refuses to start."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

_TAKEN: Final = (errno.EDEADLK, errno.EACCES) if os.name == "nt" else (errno.EAGAIN,)
"""What the system says of a lock that somebody else holds."""


class AlreadyServed(Exception):
    """Another server holds this database file."""


def hold(path: Path, part: str = "") -> ExitStack:
    """Take the server's lock on the SQLite file `path`; it is held until what is returned is closed.

    The lock is beside the file itself, whatever links lead there. A file under two names (hard links) has
    two logs in SQLite and is refused before (`db.usable`).

    A whole server has the file alone. A separately started `part` shares the file with the other parts, but
    not with a second one of the same kind. The operating system releases the locks when the process ends.

    Raises:
        AlreadyServed: another server is using the file.
        OSError: no lock can be made there.
    """
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = ExitStack()
    try:
        held.enter_context(_locked(path.with_name(path.name + ".server-lock"), is_shared=bool(part)))
        if part:
            held.enter_context(_locked(path.with_name(f"{path.name}.{part}-lock"), is_shared=False))
    except OSError as error:
        held.close()
        if error.errno not in _TAKEN:
            raise
        raise AlreadyServed(
            f"Another Followthrough server is already using {path}. Stop that one first, or give this one "
            "its own file with DATABASE_URL. (Commands such as `python -m lab risk` work beside a server.)"
        ) from error
    return held


def _locked(path: Path, *, is_shared: bool) -> IO[str]:
    handle = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise
    return handle
