"""Programs of the lab's own that run beside the one that started them, each at its end of a pair of sockets.

A system that cannot hand sockets on, such as Windows, has none of them; then one process does everything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""Where the lab's programs are found, wherever the first of them was started."""
LAST_WORDS: Final = 20.0
"""Seconds in which a program may finish what it has begun, before it is killed."""


def start(program: Sequence[str], end: socket.socket) -> subprocess.Popen[bytes]:
    """Start Python with these arguments and the descriptor of the socket, which is closed here."""
    known = os.environ.get("PYTHONPATH", "")
    with end:
        return subprocess.Popen(
            [sys.executable, *program, str(end.fileno())],
            pass_fds=[end.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [known])])},
        )


def given(arguments: Sequence[str]) -> socket.socket:
    """In such a program: the socket. It ends when the other end is closed and not before: what tells a server
    to stop reaches all its processes, and only the first knows when the others are no longer needed."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    return socket.socket(fileno=int(arguments[-1]))


def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait until a program has ended by itself, or make it; its exit code."""
    try:
        return process.wait(LAST_WORDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
