"""Deadlines of requests: a body must come at some pace, and an answer must be read."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRACE: Final = 20.0
"""Seconds that the body of a request may take in any case."""
SLOWEST_SENDER: Final = 2_000
"""Bytes a second that a longer body must come at; the slowest networks bring three times that."""
HAS_BODY: Final = (b"content-length", b"transfer-encoding")
STALLED: Final = 60.0
"""Seconds for which somebody may leave an answer unread."""

SHORT: Final = 16 * 1024
"""Bytes of an answer that need no deadline."""


class Late(Exception):
    """A client stopped reading its answer."""


class InTime:
    """Gives up requests whose body comes too slowly (408), and answers that nobody reads."""

    def __init__(self, app: ASGIApp, grace: float = GRACE, stalled: float = STALLED) -> None:
        self.app = app
        self.grace = grace
        self.stalled = stalled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self.grace, self.stalled)
        exchange.is_whole = not any(name in HAS_BODY for name, _ in scope["headers"])
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception:  # what a page raises because its request was given up here is no fault of the page
            if not (exchange.is_late or exchange.is_unread):
                raise
        if exchange.is_unread:
            cut = scope.get("cut_connection")
            if cut:
                cut()
        elif exchange.is_late and not exchange.has_begun:
            await _too_slow(send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, receive: Receive, send: Send, grace: float, stalled: float) -> None:
        self._receive = receive
        self._send = send
        self._by = time.monotonic() + grace
        self._stalled = stalled
        self.is_whole = False
        """Whether nothing more of the body is to come."""
        self.is_late = False
        self.is_unread = False
        self.has_begun = False

    async def receive(self) -> Message:
        if self.is_whole:
            return await self._receive()
        if self.is_late:
            return {"type": "http.disconnect"}
        try:
            async with asyncio.timeout(max(0.0, self._by - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            self.is_late = True
            return {"type": "http.disconnect"}
        self._by += len(message.get("body", b"")) / SLOWEST_SENDER
        self.is_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.is_late and not self.has_begun:
            return
        self.has_begun = True
        if not message.get("more_body") and len(message.get("body", b"")) < SHORT:
            await self._send(message)  # fits into the buffers, and a deadline costs as much as the rest
            return
        try:
            async with asyncio.timeout(self._stalled):
                await self._send(message)
        except TimeoutError as error:
            self.is_unread = True
            raise Late from error


async def _too_slow(send: Send) -> None:
    words = b"What you sent came too slowly. Please try again.\n"
    headers: list[Any] = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(words)).encode()))
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": words})
