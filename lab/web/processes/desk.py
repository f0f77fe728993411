"""The desk's child process and the socket to its parent. Imports next to nothing, so that the desk can start
while its parent still imports the lab.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from lab.foundation import beside

SCRIPT: Final = str(beside.ROOT / "lab_app.py")
LOOPBACK: Final = "127.0.0.1"
PARENT: Final = "LAB_DESK_SOCKET"
"""Environment variable with the file descriptor of the desk's socket to its parent."""
PARENTS_SECRET: Final = "LAB_DESK_SECRET"
"""Environment variable with what the parent sends to show that it is the parent."""
SECRET: Final = os.urandom(32).hex()
"""The secret of this process, if it is a parent: others on the machine reach the desk's port as well."""
_GO: Final = b"go\n"


@dataclass(frozen=True, slots=True)
class StartedDesk:
    """A desk that imports and then waits until its parent lets it open the database."""

    process: subprocess.Popen[bytes]
    to_child: socket.socket

    @classmethod
    def start(cls, app: str = SCRIPT) -> StartedDesk:
        """Start Streamlit on a free loopback port. No TLS: it ends in the parent process."""
        ours, theirs = socket.socketpair()
        program = [
            "-m", "streamlit", "run", app, "--server.address", LOOPBACK, "--server.port", "0",
            "--server.sslCertFile", "", "--server.sslKeyFile", "", "--logger.hideWelcomeMessage", "true",
        ]  # fmt: skip
        return cls(beside.start(program, theirs, variable=PARENT, more={PARENTS_SECRET: SECRET}), ours)

    async def opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Let it open the database; returns what it sends and what goes to it."""
        reader, writer = await asyncio.open_unix_connection(sock=self.to_child)
        writer.write(_GO)
        return reader, writer


def parents_secret() -> str:
    """The parent's secret if this process was started as a desk, else empty; the first call takes it."""
    return os.environ.pop(PARENTS_SECRET, "")


class ParentSocket:
    """The desk's socket to its parent process."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setblocking(False)

    @classmethod
    def inherited(cls) -> ParentSocket | None:
        """The socket if this process was started as a desk; the first call takes it."""
        number = os.environ.pop(PARENT, "")
        return cls(socket.socket(fileno=int(number))) if number else None

    async def may_open(self) -> bool:
        """Wait until the parent has locked and migrated the database; False when the parent has ended, for
        example because another server has the file."""
        return bool(await asyncio.get_running_loop().sock_recv(self._end, len(_GO)))

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Send the parent the port. When the parent closes its end or dies, stop as on SIGTERM."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._end, self._closed)
        self._end.send(b"%d\n" % port)
        try:
            yield
        finally:
            loop.remove_reader(self._end)
            self._end.close()

    def _closed(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.kill(os.getpid(), signal.SIGTERM)
