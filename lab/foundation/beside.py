"""Child processes, each connected to its parent by a socket pair. Windows can't pass a socket to a child
process; there one process does everything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""The repository's root, from which child processes import the lab."""
LAST_WORDS: Final = 20.0
"""Seconds a child process may take to finish before it is killed."""


def keep_private() -> None:
    """From here on only the owner may read what this process and its children create: records, exports,
    sockets, locks."""
    os.umask(0o077)


def start(
    program: Sequence[str],
    end: socket.socket,
    *,
    variable: str | None = None,
    more: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start Python with these arguments, and close this process's copy of `end`.

    The child finds the number of its socket as its last argument, or in an environment variable. `more` are
    further environment variables.
    """
    known = os.environ.get("PYTHONPATH", "")
    number = str(end.fileno())
    environment = (
        os.environ | dict(more or {}) | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [known])])}
    )
    arguments = [*program]
    if variable:
        environment[variable] = number
    else:
        arguments.append(number)
    with end:
        return subprocess.Popen(
            [sys.executable, *arguments],
            pass_fds=[end.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
        )


def given(arguments: Sequence[str]) -> socket.socket:
    """Child process: return the inherited socket.

    Ctrl-C and SIGTERM reach every process of a server. A child ignores them and ends when its parent closes
    the socket, because only the parent knows when it is no longer needed.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    return socket.socket(fileno=int(arguments[-1]))


def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child process, then kill it; return its exit code."""
    try:
        return process.wait(LAST_WORDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
