"""The process that serves a room's pages and ballots beside the server with the screens. Because of the GIL,
a full room and the screens would otherwise wait for each other.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lab.foundation import beside
from lab.foundation.place import lab_database
from lab.voting.intake import store_process
from lab.voting.intake.queue import Takes, taking_elsewhere
from lab.voting.intake.store_process import StoreProcess
from lab.web.following import end_streams
from lab.web.phones import workshops as workshop_rooms
from lab.web.processes.handing_on import Adoption, Pair, is_between_requests, is_for_the_room, looking_first
from lab.web.room_pages import room_pages


class RoomServer(uvicorn.Server):
    """uvicorn without a port; the main server hands it connections."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
            )
        )
        self._pair: Pair | None = None

    async def serve_over(self, end: socket.socket) -> None:
        """Serve connections from this socket until the main server stops or is lost."""
        self.config.load()
        adoption = Adoption(config=self.config, server_state=self.server_state, app_state={})
        self._pair = Pair(end, adopt=adoption, on_signal=self.stop, on_lost=self.stop)
        gc.collect()
        gc.freeze()
        with looking_first(self._hand_back):
            self._pair.signal()
            await self.serve(sockets=[])

    def _hand_back(self, protocol: HttpToolsProtocol, data: bytes) -> bool:
        if is_for_the_room(data) or not is_between_requests(protocol):
            return False
        if not (self._pair and self._pair.pass_on(protocol, data)):
            protocol.transport.abort()  # browsers retry when a kept-alive connection is closed
        return True

    def stop(self) -> None:
        """Finish open requests and stop."""
        end_streams()
        self.should_exit = True
        if self._pair:
            self._pair.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ignore signals; the main server says when to stop."""
        yield


async def serve(end: socket.socket, store: Sequence[str] = store_process.PROGRAM) -> None:
    """Serve a room, with `store` as the command of the process that stores ballots."""
    room = RoomServer(room_pages())
    async with StoreProcess.running(room.stop, store) as ballots:
        await serve_with(room, end, ballots)


async def serve_with(room: RoomServer, end: socket.socket, ballots: Takes) -> None:
    """Serve a room that submits its ballots to `ballots`."""
    with taking_elsewhere(ballots):
        await room.serve_over(end)
    workshop_rooms.intake().close()
    lab_database().close()


if __name__ == "__main__":
    end = beside.given(sys.argv)
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(serve(end))
