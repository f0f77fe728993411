"""Hands open connections from one process to another, with the bytes already read from them.

The lab has one port and two processes behind it: the server with the screens, and one for a room's pages.
Whichever has a connection looks at the start of each request and passes the socket on if the request is for
the other.
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
"""Bytes that can go with a connection. Enough for all requests except large forms."""
SIGNAL: Final = 1
"""Bytes of the one message without a connection."""

_log = logging.getLogger("followthrough")


class Pair:
    """One end of a socket pair over which two processes pass each other connections.

    `adopt` gets each connection with the bytes read from it, `on_signal` is called for each signal, and
    `on_lost` when the other end is closed.
    """

    def __init__(
        self,
        end: socket.socket,
        adopt: Callable[[socket.socket, bytes], None],
        on_signal: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._end = end
        self._adopt, self._on_signal, self._on_lost = adopt, on_signal, on_lost
        self._loop = asyncio.get_running_loop()
        end.setblocking(False)
        self._loop.add_reader(end.fileno(), self._receive)

    @staticmethod
    def ends() -> tuple[socket.socket, socket.socket]:
        """Both ends. Raises `OSError` if the system has no such sockets."""
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def signal(self) -> None:
        """Send the one message without a connection: the room is ready, or the server stops."""
        with suppress(OSError):
            self._end.send(bytes(SIGNAL))

    def pass_on(self, protocol: HttpToolsProtocol, read: bytes) -> bool:
        """Pass on a connection with its unanswered bytes. Returns False if the other process refused."""
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
            return False  # the other end is closed, or its buffer is full
        transport.abort()  # closes this process's copy only; the connection stays open
        return True

    def _receive(self) -> None:
        while True:
            try:
                read, descriptors, _, _ = socket.recv_fds(self._end, LARGEST, 1)
            except BlockingIOError:
                return
            except OSError:
                read, descriptors = b"", []
            if descriptors:
                self._adopt(socket.socket(fileno=descriptors[0]), read)
            elif len(read) == SIGNAL:
                self._on_signal()
            elif read:
                _log.error("A connection was lost: too many are open. Allow more with ulimit -n.")
            else:
                self.close()
                self._on_lost()
                return

    def close(self) -> None:
        """Hang up."""
        if self._end.fileno() >= 0:
            self._loop.remove_reader(self._end.fileno())
            self._end.close()


class Adopted(HttpToolsProtocol):
    """The protocol of a connection that another process has begun to read."""

    def __init__(self, read: bytes, **server: Any) -> None:
        super().__init__(**server)
        self._read = read

    def connection_made(self, transport: Any) -> None:
        """Process the bytes that the other process had read."""
        super().connection_made(transport)
        self.data_received(self._read)


class Adoption:
    """Takes over connections for a server, which is given by the keyword arguments of its protocols."""

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
            connection.close()  # the client has left


def is_for_the_room(data: bytes) -> bool:
    """Whether a request that begins like this goes to the room's process."""
    return FOR_THE_ROOM.match(data) is not None


def is_between_requests(protocol: HttpToolsProtocol) -> bool:
    """Whether the next bytes on a connection begin a request and all earlier ones are answered."""
    scope, cycle = protocol.scope, protocol.cycle
    if cycle is None or "method" not in scope:
        return scope is None
    return cycle.response_complete and not cycle.more_body


@contextmanager
def looking_first(hand_on: Callable[[HttpToolsProtocol, bytes], bool]) -> Iterator[None]:
    """Within the block, `hand_on` gets all incoming bytes before uvicorn and may pass the connection on.
    uvicorn has no hook for that, so a method of its class is replaced."""
    read = HttpToolsProtocol.data_received

    def data_received(self: HttpToolsProtocol, data: bytes) -> None:
        if not hand_on(self, data):
            read(self, data)

    HttpToolsProtocol.data_received = data_received  # type: ignore[method-assign]
    try:
        yield
    finally:
        HttpToolsProtocol.data_received = read  # type: ignore[method-assign]
