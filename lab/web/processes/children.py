"""The child processes of `python -m lab serve`: the desk with Streamlit's screens, and the ballots' store.

Each is restarted if it dies, and stops when this process closes its socket or dies.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from lab.foundation import beside
from lab.voting.intake import store_process
from lab.voting.intake.queue import taking_elsewhere
from lab.voting.intake.store_process import StoreProcess
from lab.web.following import is_stopping
from lab.web.processes.desk import StartedDesk

PAUSES: Final = (0.0, 1.0, 5.0, 30.0)
"""Seconds before a restart, by number of failed starts in a row."""
LASTING: Final = 60.0
"""Seconds after which a child's end does not count as a failed start."""
PART: Final = "LAB_PART"
"""Environment variable that names the part of the server to start."""

_log = logging.getLogger("followthrough")


@asynccontextmanager
async def kept_running(name: str, run_once: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Within the block `run_once` runs, and runs again whenever it ends."""
    task = asyncio.create_task(_keep(name, run_once))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep(name: str, run_once: Callable[[], Awaitable[None]]) -> None:
    failures = 0
    while not is_stopping():
        await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
        began = time.monotonic()
        try:
            await run_once()
        except OSError as error:
            _log.error("%s could not be started: %s", name, error)
        else:
            if not is_stopping():
                _log.error("%s has ended and is started again.", name)
        failures = failures + 1 if time.monotonic() - began < LASTING else 1


class DeskChild:
    """Streamlit in a child process, on a free loopback port."""

    def __init__(self, first: StartedDesk | None = None) -> None:
        self.port: int | None = None
        """Its port while it is ready."""
        self._first = first
        self._to_child: asyncio.StreamWriter | None = None

    async def run_once(self) -> None:
        """Start it, unless it has been started already, and wait until it has ended."""
        desk, self._first = self._first or StartedDesk.start(), None
        from_child, self._to_child = await desk.opened()
        try:
            line = await from_child.readline()
            self.port = int(line) if line else None
            await from_child.read()
        finally:
            self.port = None
            self._to_child.close()
            await asyncio.to_thread(beside.ended, desk.process)

    def stop(self) -> None:
        """Let it finish open requests and stop."""
        self.port = None
        if self._to_child:
            self._to_child.close()


class StoreChild:
    """The ballots' store in a child process. While it is down, this process stores them itself."""

    def __init__(self, program: Sequence[str] = store_process.PROGRAM) -> None:
        self.is_ready = False
        self._program = program

    async def run_once(self) -> None:
        """Start it, hand it the ballots, and wait until it has ended."""
        lost = asyncio.Event()
        async with StoreProcess.running(lost.set, self._program) as ballots:
            await self._until_lost(ballots, lost)

    async def _until_lost(self, ballots: StoreProcess, lost: asyncio.Event) -> None:
        with taking_elsewhere(ballots):
            self.is_ready = not lost.is_set()
            try:
                await lost.wait()
            finally:
                self.is_ready = False


class StoreElsewhere(StoreChild):
    """The ballots' store in a process that was started separately, behind a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def run_once(self) -> None:
        """Connect, hand it the ballots, and wait until the connection is lost."""
        connected = socket.socket(socket.AF_UNIX)
        connected.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connected, str(self._path))
        except OSError:
            connected.close()
            raise
        lost = asyncio.Event()
        async with StoreProcess.over(lost.set, connected) as ballots:
            await self._until_lost(ballots, lost)
