"""The process that makes a room's pages and takes its ballots, beside the server with the screens.

All Python of a process shares one lock: apart, a full room and the screens do not wait for each other.
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
    """A server that nobody reaches but by way of another, which hands it connections."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
            )
        )
        self._pair: Pair | None = None

    async def serve_over(self, end: socket.socket) -> None:
        """Serve what is handed over here, until the other server stops or is gone."""
        self.config.load()
        adoption = Adoption(config=self.config, server_state=self.server_state, app_state={})
        self._pair = Pair(end, adopt=adoption, told=self.stop, lost=self.stop)
        gc.collect()
        gc.freeze()
        with looking_first(self._hand_back):
            self._pair.tell()
            await self.serve(sockets=[])

    def _hand_back(self, protocol: HttpToolsProtocol, data: bytes) -> bool:
        if is_for_the_room(data) or not is_between_requests(protocol):
            return False
        if not (self._pair and self._pair.give(protocol, data)):
            protocol.transport.abort()  # a browser asks again by itself when a connection was kept too long
        return True

    def stop(self) -> None:
        """Finish what has begun, and no more."""
        end_streams()
        self.should_exit = True
        if self._pair:
            self._pair.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the other server, which passes on what they mean."""
        yield


async def serve(end: socket.socket, store: Sequence[str] = store_process.PROGRAM) -> None:
    """Serve a room, whose ballots are stored by a process that runs this."""
    room = RoomServer(room_pages())
    async with StoreProcess.running(room.stop, store) as ballots:
        await serve_with(room, end, ballots)


async def serve_with(room: RoomServer, end: socket.socket, ballots: Takes) -> None:
    """Serve a room, whose ballots go there."""
    with taking_elsewhere(ballots):
        await room.serve_over(end)
    workshop_rooms.intake().close()
    lab_database().close()


if __name__ == "__main__":
    end = beside.given(sys.argv)
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(serve(end))
