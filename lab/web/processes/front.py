"""The light process of `python -m lab serve`: it owns the port and serves phones, walls and public pages.

Everything else is passed on to the desk, the child process with Streamlit's screens.

Started alone (`python -m lab serve rooms`) it has no desk: a proxy in front sends it what is under
`OURS` and the rest to `python -m lab serve desk`.
"""

from __future__ import annotations

import gc
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.requests import HTTPConnection
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from lab.foundation.place import close_lab_database
from lab.web.door.address import arrival_of
from lab.web.door.in_time import InTime
from lab.web.door.proxies import ClientBehind, KnownHost
from lab.web.door.settings import network_settings
from lab.web.following import ending_with_the_server
from lab.web.health import health
from lab.web.phones import workshops
from lab.web.processes.children import DeskChild, StoreChild, kept_running
from lab.web.processes.connections import Connections, WholeHeads, http_protocol, websocket_protocol
from lab.web.processes.passing_on import PassingOn
from lab.web.processes.startup import open_for_serving
from lab.web.room_pages import OURS, light_pages

LARGEST_MESSAGE: Final = 16 * 1024 * 1024
"""Largest websocket message from a browser in bytes; files are uploaded by POST."""
UNREAD: Final = 60
"""Seconds for which what was sent may stay unconfirmed before a connection is taken for dead."""
LAST_ANSWERS: Final = 20
"""Seconds that open requests have when the server stops."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Address, port and TLS of the server."""

    port: int
    address: str = ""
    certificate: Path | None = None
    key: Path | None = None


class Front:
    """The ASGI application of the light process."""

    def __init__(self, store: StoreChild, desk: DeskChild | None) -> None:
        self.connections = Connections(trusted=lambda: network_settings().trusted)
        self._store = store
        self._desk = desk
        self._pages = light_pages()
        self._passing_on = PassingOn(lambda: desk.port if desk else None)
        self._lifespan = Router(lifespan=self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http" and f"{scope['path']}/".startswith(OURS):
            await self._pages(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/health":
            await self._health(scope, receive, send)
        elif self._desk or scope["type"] == "websocket":
            await self._passing_on(scope, receive, send)
        else:
            await self._pages(scope, receive, send)  # the desk has no such page

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = {"rooms": "in their own process" if self._store.is_ready else "waiting for the store"}
        if self._desk:
            parts["screens"] = "ready" if self._desk.port else "starting"
        answer = await health(
            arrival_of(HTTPConnection(scope)), is_whole=parts.get("screens") != "starting", **parts
        )
        await answer(scope, receive, send)

    @asynccontextmanager
    async def _running(self, _app: Any) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()
        async with AsyncExitStack() as running:
            await running.enter_async_context(self.connections.watched())
            await running.enter_async_context(kept_running("The store's process", self._store.run_once))
            if self._desk:
                await running.enter_async_context(kept_running("The desk", self._desk.run_once))
            running.enter_context(ending_with_the_server(self._stop))
            yield
        await self._passing_on.close()
        workshops.intake().close()
        close_lab_database()

    def _stop(self) -> None:
        """Stop the desk, which ends its streams; the server waits for those."""
        if self._desk:
            self._desk.stop()


def run_front(app: Front, listening: Listening, part: str = "") -> None:
    """Serve until SIGINT or SIGTERM. `part` is rooms when there is no desk."""
    with open_for_serving(part), _listen(listening) as connections:
        config = uvicorn.Config(
            WholeHeads(InTime(ClientBehind(KnownHost(app))), app.connections),
            http=http_protocol(app.connections),
            ws=websocket_protocol(app.connections),
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            lifespan="on",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            timeout_graceful_shutdown=LAST_ANSWERS,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
        )
        print(f"The lab is at {_shown(listening)}", flush=True)
        with suppress(KeyboardInterrupt):  # uvicorn raises KeyboardInterrupt again after it has stopped
            uvicorn.Server(config).run(sockets=[connections])


def _shown(listening: Listening) -> str:
    """Where people find the lab: its public address, else this machine's."""
    scheme = "https" if listening.certificate else "http"
    host = f"[{listening.address}]" if ":" in listening.address else listening.address or "localhost"
    return network_settings().public_address or f"{scheme}://{host}:{listening.port}"


def _listen(listening: Listening) -> socket.socket:
    """A listening socket; without an address, on IPv4 and IPv6 of every interface."""
    is_dual = not listening.address and socket.has_dualstack_ipv6()
    is_v6 = is_dual or ":" in listening.address
    found = socket.create_server(
        (listening.address, listening.port),
        family=socket.AF_INET6 if is_v6 else socket.AF_INET,
        backlog=2048,
        dualstack_ipv6=is_dual,
    )
    # connections inherit these: one whose other end has vanished is closed, not kept for a quarter of an hour
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD * 1000)
    return found
