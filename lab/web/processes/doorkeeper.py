"""Keeps the room's process running and hands it its connections. While it is down, or where the system cannot
hand over connections, the server answers everything itself.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lab.foundation import beside
from lab.web.processes.handing_on import Adoption, Pair, is_between_requests, is_for_the_room, looking_first

PROGRAM = ["-m", "lab.web.processes.room_process"]
"""Arguments for Python."""
PAUSES: Final = (0.0, 1.0, 5.0, 30.0)
"""Seconds before a restart, by number of failures in a row."""
LASTING: Final = 60.0
"""Seconds after which its end does not count as a failed start."""

_log = logging.getLogger("followthrough")


class RoomProcess:
    """The room's process, as seen from the server."""

    def __init__(self) -> None:
        self.is_ready = False
        self._is_stopping = False
        self._pair: Pair | None = None
        self._adoption: Adoption | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Within the block it runs, and is restarted if it ends."""
        keeping = asyncio.ensure_future(self._keep())
        try:
            with looking_first(self._hand_on):
                yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    def stopping(self) -> None:
        """Call before the server stops: the room finishes its open requests and stops too."""
        self.is_ready, self._is_stopping = False, True
        if self._pair:
            self._pair.signal()

    def _hand_on(self, protocol: HttpToolsProtocol, data: bytes) -> bool:
        if not self.is_ready or not is_for_the_room(data) or not is_between_requests(protocol):
            return False
        if self._adoption is None:
            self._adoption = Adoption(
                config=protocol.config, server_state=protocol.server_state, app_state=protocol.app_state
            )
        return self._pair is not None and self._pair.pass_on(protocol, data)

    def _adopt(self, connection: socket.socket, read: bytes) -> None:
        assert self._adoption, "only what was handed on can come back"
        self._adoption(connection, read)

    def _ready(self) -> None:
        self.is_ready = True

    async def _keep(self) -> None:
        failures = 0
        while not self._is_stopping:
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            try:
                ours, theirs = Pair.ends()
            except (OSError, AttributeError):
                return  # e.g. Windows
            process, began = beside.start(PROGRAM, theirs), time.monotonic()
            lost = asyncio.Event()
            self._pair = Pair(ours, adopt=self._adopt, on_signal=self._ready, on_lost=lost.set)
            try:
                await lost.wait()
                if not self._is_stopping:
                    _log.error("The process that makes the room's pages has ended; it is started again.")
            finally:
                self.is_ready = False
                self._pair.close()
                await asyncio.to_thread(beside.ended, process)
            failures = failures + 1 if time.monotonic() - began < LASTING else 1


room = RoomProcess()
"""This server's."""
