"""Handing an open connection from one process to another, with what was already read from it.

The lab has one port and two processes that answer there: the server with the screens, and one that makes the
pages of a room. Whichever holds a connection looks at how each request begins, and hands the connection on
when the request is for the other. Nothing passes through a process that has nothing to say to it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FOR_THE_ROOM: Final = re.compile(rb"[A-Z]{3,7} /(?:[jv][/? ]|assets/)")
LARGEST: Final = 64 * 1024
"""Bytes that can go with a connection: what a browser sends at once, but for large forms."""
WORD: Final = 1
"""Bytes of what is said without a connection."""

_log = logging.getLogger("followthrough")


class Pair:
    """One end of a pair of sockets over which two processes hand each other connections.

    `adopt` gets each connection and what was read from it; `told` hears when the other end says something
    without one, and `lost` when it is gone.
    """

    def __init__(
        self,
        end: socket.socket,
        adopt: Callable[[socket.socket, bytes], None],
        told: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self._end = end
        self._adopt, self._told, self._lost = adopt, told, lost
        self._loop = asyncio.get_running_loop()
        end.setblocking(False)
        self._loop.add_reader(end.fileno(), self._come)

    @staticmethod
    def ends() -> tuple[socket.socket, socket.socket]:
        """Both ends. Raises `OSError` where the system has no such pairs."""
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def tell(self) -> None:
        """Say the one thing that there is to say."""
        with suppress(OSError):
            self._end.send(bytes(WORD))

    def give(self, protocol: HttpToolsProtocol, read: bytes) -> bool:
        """Hand on a connection with what was read from it and not yet answered; whether it could be done."""
        transport = protocol.transport
        if len(read) > LARGEST or transport.get_extra_info("sslcontext"):
            return False
        try:
            copy = os.dup(transport.get_extra_info("socket").fileno())
            try:
                socket.send_fds(self._end, [read], [copy])
            finally:
                os.close(copy)
        except OSError:
            return False  # the other end is gone, or has more waiting than it can take
        transport.abort()  # only what this process has of it: the connection stays open
        return True

    def _come(self) -> None:
        while True:
            try:
                read, descriptors, _, _ = socket.recv_fds(self._end, LARGEST, 1)
            except BlockingIOError:
                return
            except OSError:
                read, descriptors = b"", []
            if descriptors:
                self._adopt(socket.socket(fileno=descriptors[0]), read)
            elif len(read) == WORD:
                self._told()
            elif read:
                _log.error("A connection was lost: too many are open. Allow more with ulimit -n.")
            else:
                self.close()
                self._lost()
                return

    def close(self) -> None:
        """Hang up."""
        if self._end.fileno() >= 0:
            self._loop.remove_reader(self._end.fileno())
            self._end.close()


class Adopted(HttpToolsProtocol):
    """A connection on which another process has begun to read."""

    def __init__(self, read: bytes, **server: Any) -> None:
        super().__init__(**server)
        self._read = read

    def connection_made(self, transport: Any) -> None:
        """Go on where the other process stopped."""
        super().connection_made(transport)
        self.data_received(self._read)


class Adoption:
    """Takes over connections for the server that they then belong to, named as its protocols name it."""

    def __init__(self, **server: Any) -> None:
        self._server = server
        self._under_way: set[asyncio.Task[Any]] = set()

    def __call__(self, connection: socket.socket, read: bytes) -> None:
        task = asyncio.ensure_future(self._take(connection, read))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _take(self, connection: socket.socket, read: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: Adopted(read, _loop=loop, **self._server), connection)
        except OSError:
            connection.close()  # whoever it was has left


def is_for_the_room(data: bytes) -> bool:
    """Whether a request that begins like this is answered by the room's process."""
    return FOR_THE_ROOM.match(data) is not None


def is_between_requests(protocol: HttpToolsProtocol) -> bool:
    """Whether what comes next on a connection begins a request, and every earlier one is answered."""
    scope, cycle = protocol.scope, protocol.cycle
    if cycle is None or "method" not in scope:
        return scope is None
    return cycle.response_complete and not cycle.more_body


@contextmanager
def looking_first(hand_on: Callable[[HttpToolsProtocol, bytes], bool]) -> Iterator[None]:
    """Within the block, `hand_on` sees what comes over this process's connections before it is read, and may
    hand the connection on. The server has no setting for that: its class is changed."""
    read = HttpToolsProtocol.data_received

    def data_received(self: HttpToolsProtocol, data: bytes) -> None:
        if not hand_on(self, data):
            read(self, data)

    HttpToolsProtocol.data_received = data_received  # type: ignore[method-assign]
    try:
        yield
    finally:
        HttpToolsProtocol.data_received = read  # type: ignore[method-assign]
