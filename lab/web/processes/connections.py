"""Deadlines and limits of connections: who sends too slowly, reads nothing or opens too many is cut off.

uvicorn has a deadline for idle connections alone. Here its protocols tell when a connection opens and closes,
and the application tells when a whole request head has come; between the two a deadline runs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from lab.access.network import THIS_MACHINE, TrustedProxies, address_in, network_in

HEAD_BY: Final = 15.0
"""Seconds within which the head of a request must have come, from the opening or from the answer before."""
LARGEST_HEAD: Final = 64 * 1024
"""Bytes."""
MOST: Final = 20_000
"""Open connections in this process."""
MOST_OF_ONE: Final = 2_000
"""Open connections from one network: a hall of 300 phones behind one address opens six each."""
MOST_FRESH: Final = 200
"""Connections from one network that have sent no whole request yet; beyond it the oldest are cut."""
FRESH: Final = 2.0
"""Seconds for which a new connection is never cut for others."""
LOOK_EVERY: Final = 1.0
LINGER: Final = 0.5
"""Seconds in which a refused client may read why."""
WORDS: Final = b"Too many connections are open. Please try again in a moment.\n"
FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(WORDS), WORDS)
)

Peer = tuple[str, int]
_log = logging.getLogger("followthrough")


@dataclass(slots=True)
class _Connection:
    transport: asyncio.Transport
    network: str
    by: float
    """When the head of its next request must have come."""
    is_fresh: bool = True
    head: int = 0
    """Bytes that came of that head."""


@dataclass
class Connections:
    """The open connections of one process. `trusted` are proxies, which connect for everybody."""

    trusted: Callable[[], TrustedProxies] = lambda: THIS_MACHINE
    head_by: float = HEAD_BY
    most: int = MOST
    most_of_one: int = MOST_OF_ONE
    most_fresh: int = MOST_FRESH
    fresh: float = FRESH
    _open: dict[Peer, _Connection] = field(default_factory=dict)
    _of: Counter[str] = field(default_factory=Counter)
    _waiting: OrderedDict[Peer, None] = field(default_factory=OrderedDict)
    """Those whose next request has not come whole, by deadline."""
    _fresh: dict[str, OrderedDict[Peer, None]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many are open."""
        return len(self._open)

    def opened(self, transport: asyncio.Transport) -> bool:
        """Whether a new connection may stay."""
        peer = _peer(transport)
        if peer is None:  # a Unix socket, which only a proxy on this machine uses
            return True
        network = network_in(peer[0])
        is_proxy = address_in(peer[0]) in self.trusted()
        if len(self._open) >= self.most or (not is_proxy and self._of[network] >= self.most_of_one):
            return False
        now = time.monotonic()
        self._open[peer] = _Connection(transport, network, now + self.head_by)
        self._of[network] += 1
        self._waiting[peer] = None
        others = self._fresh.setdefault(network, OrderedDict())
        others[peer] = None
        if not is_proxy and len(others) > self.most_fresh:
            oldest = next(iter(others))
            if self._open[oldest].by - self.head_by < now - self.fresh:
                self.cut(oldest)
        return True

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        peer = _peer(transport)
        if peer in self._open and self._open[peer].transport is transport:
            self._forget(peer)

    def came(self, transport: asyncio.Transport, size: int) -> bool:
        """Whether a connection may go on sending; false when a head grows too large."""
        found = self._open.get(_peer(transport) or ("", 0))
        if found is None or _peer(transport) not in self._waiting:
            return True
        is_large = found.head > LARGEST_HEAD
        found.head += size
        return not is_large

    def asked(self, peer: Peer) -> None:
        """The head of a request has come."""
        found = self._open.get(peer)
        if found is None:
            return
        self._waiting.pop(peer, None)
        found.head = 0
        if found.is_fresh:
            found.is_fresh = False
            self._no_longer_fresh(peer, found)

    def answered(self, peer: Peer) -> None:
        """A request has been answered, and the next may come."""
        found = self._open.get(peer)
        if found is not None:
            found.by = time.monotonic() + self.head_by
            self._waiting[peer] = None
            self._waiting.move_to_end(peer)

    def cut(self, peer: Peer) -> None:
        """Close a connection at once."""
        found = self._open.get(peer)
        if found is not None:
            self._forget(peer)
            found.transport.abort()

    def cut_late(self) -> int:
        """Close those whose request has not come in time; returns how many."""
        now, late = time.monotonic(), []
        for peer in self._waiting:
            if self._open[peer].by > now:
                break
            late.append(peer)
        for peer in late:
            self.cut(peer)
        return len(late)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Within the block, deadlines are kept."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(LOOK_EVERY, self.head_by / 4))
            late = self.cut_late()
            if late:
                _log.info("%d connections sent no whole request in time and were closed.", late)

    def _forget(self, peer: Peer) -> None:
        found = self._open.pop(peer)
        self._waiting.pop(peer, None)
        self._no_longer_fresh(peer, found)
        self._of[found.network] -= 1
        if not self._of[found.network]:
            del self._of[found.network]

    def _no_longer_fresh(self, peer: Peer, found: _Connection) -> None:
        others = self._fresh.get(found.network)
        if others is not None:
            others.pop(peer, None)
            if not others:
                del self._fresh[found.network]


def _peer(transport: asyncio.Transport) -> Peer | None:
    name = transport.get_extra_info("peername")
    return (str(name[0]), int(name[1])) if isinstance(name, tuple | list) else None


def _refuse(transport: asyncio.Transport) -> None:
    """Say that there are too many. Closed at once, the words would be lost with what still comes."""
    transport.write(FULL)
    if transport.can_write_eof():
        transport.write_eof()
    asyncio.get_running_loop().call_later(LINGER, transport.abort)


def http_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol for HTTP, which tells of its connections."""

    class Watched(HttpToolsProtocol):
        may_stay = True

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            self.may_stay = connections.opened(transport)
            if self.may_stay:
                super().connection_made(transport)
            else:
                _refuse(transport)

        def data_received(self, data: bytes) -> None:
            if not self.may_stay:
                return
            if connections.came(self.transport, len(data)):
                super().data_received(data)
            else:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            if self.may_stay:
                connections.closed(self.transport)
                super().connection_lost(exc)

    return Watched


def websocket_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol for websockets, which takes a connection over from HTTP and tells of its end."""

    class Watched(WebSocketsSansIOProtocol):
        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport)
            super().connection_lost(exc)

    return Watched


class WholeHeads:
    """Tells the connections when a whole request head has come and when it is answered. It stands outermost,
    since it needs the connection's own address.
    """

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self.app = app
        self.connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if peer is None:
            await self.app(scope, receive, send)
            return
        peer = (peer[0], peer[1])
        self.connections.asked(peer)
        try:
            await self.app({**scope, "cut_connection": lambda: self.connections.cut(peer)}, receive, send)
        finally:
            if scope["type"] == "http":
                self.connections.answered(peer)
