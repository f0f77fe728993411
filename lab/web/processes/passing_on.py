"""Passes requests and websockets on to the desk: the process with Streamlit's screens, on a loopback port.

It only ever connects to that port. Forwarding headers are replaced, so a client
can't fake its address or TLS.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final

import httpcore2
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from lab.web.door.address import PARENT, way_of
from lab.web.door.cookies import SESSION_COOKIE, cookie_in
from lab.web.door.identity import is_signed_in
from lab.web.door.proxies import FORWARDED
from lab.web.pages import plain_page
from lab.web.processes.desk import LOOPBACK, SECRET

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ONE_CONNECTION: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
"""Headers about one connection, which are never passed on (RFC 9110, section 7.6.1)."""
ADDED_BY_SERVER: Final = frozenset({b"date", b"server"})
OWN_HANDSHAKE: Final = frozenset(
    {
        b"host", b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions",
        b"sec-websocket-protocol",
    }
)  # fmt: skip
"""Headers the websocket client sets itself."""
HOST: Final = re.compile(r"[\w.-]+(:\d+)?|\[[\da-f:.]+\](:\d+)?", re.ASCII | re.IGNORECASE)
LARGEST_UPLOAD: Final = 64 * 1024 * 1024
"""Largest request in bytes; Streamlit allows 20 MB for a file."""
UPLOADS: Final = "/_stcore/upload_file/"
LARGEST_FORM: Final = 1024 * 1024
"""Largest body of another request in bytes. It is read whole before the desk hears of it, so that those who
send slowly keep nobody from the desk."""
LARGEST_MESSAGE: Final = 256 * 1024 * 1024
"""Largest websocket message from the desk in bytes; Streamlit sends at most 200 MB."""
MOST_REQUESTS: Final = 256
"""Requests that the desk answers at the same time."""
MOST_SCREENS: Final = 1000
"""Open websockets."""
MOST_SCREENS_EACH: Final = 40
"""Open websockets of one session."""
IDLE: Final = 3.0
"""Seconds for which an idle connection to the desk is kept; the desk closes it after five."""
STALLED: Final = 60.0
"""Timeout in seconds for a client that stops sending or reading."""
SLOWEST: Final = 600.0
"""Timeout in seconds for the desk's next bytes; long, because an export is written before it is sent."""
TIMEOUTS: Final = {"connect": 5.0, "read": SLOWEST, "write": STALLED, "pool": 10.0}
AGAIN: Final = 2
"""Retry-After in seconds while the desk starts."""

_log = logging.getLogger("followthrough")


class TooLarge(Exception):
    """A request has more than `LARGEST_UPLOAD` bytes."""


class HungUp(Exception):
    """The client is gone, or stalled while sending."""


class PassingOn:
    """An ASGI application that proxies to the desk. `port` returns its port, or None while it is down."""

    def __init__(self, port: Callable[[], int | None]) -> None:
        self._port = port
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=MOST_REQUESTS, max_keepalive_connections=32, keepalive_expiry=IDLE
        )
        self._screens = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = self._port()
        if scope["type"] == "websocket":
            await self._pass_websocket(port, scope, receive, send)
        elif scope["method"] not in METHODS:
            await _refuse(405, "This cannot be done here.")(scope, receive, send)
        elif port is None:
            await _starting()(scope, receive, send)
        elif scope["path"].startswith(UPLOADS) and not await _is_signed_in(scope):
            await _refuse(401, "You are not signed in (any more).")(scope, receive, send)
        else:
            await self._pass_request(port, scope, receive, send)

    async def close(self) -> None:
        """Close the connections to the desk."""
        await self._pool.aclose()

    async def _pass_request(self, port: int, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send)
        try:
            await self._exchange(port, scope, receive, answer)
        except TooLarge:
            await answer.otherwise(_refuse(413, "This file is too large."), scope, receive)
        except HungUp:
            return
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            _log.warning("The screens did not answer %s: %r", scope["path"], error)
            await answer.otherwise(_starting(), scope, receive)

    async def _exchange(self, port: int, scope: Scope, receive: Receive, answer: _Answer) -> None:
        length = _length(scope)
        is_upload = scope["path"].startswith(UPLOADS)
        most = LARGEST_UPLOAD if is_upload else LARGEST_FORM
        if length is not None and length > most:
            raise TooLarge
        has_body = bool(length) or b"transfer-encoding" in dict(scope["headers"])
        body = _Body(receive, most)
        sent = body.chunks() if is_upload else b"".join([each async for each in body.chunks()])
        exchange = self._pool.stream(
            scope["method"],
            httpcore2.URL(scheme="http", host=LOOPBACK, port=port, target=_target(scope)),
            headers=_passed_headers(scope),
            content=sent if has_body else None,
            extensions={"timeout": TIMEOUTS},
        )
        async with exchange as response:
            await answer.start(response.status, response.headers)
            await _until_one_ends(_send_all(response, answer), body.hung_up())

    async def _pass_websocket(self, port: int | None, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        session = cookie_in(HTTPConnection(scope), SESSION_COOKIE)
        is_full = self._screens.total() >= MOST_SCREENS or self._screens[session] >= MOST_SCREENS_EACH
        if port is None or is_full:
            await send({"type": "websocket.close", "code": 1013})
            return
        self._screens[session] += 1
        try:
            desk = await _handshake(port, scope)
        except (OSError, InvalidHandshake, InvalidURI, ValueError, TimeoutError) as error:
            if not isinstance(error, InvalidStatus):
                _log.warning("A screen could not be opened: %r", error)
            await send({"type": "websocket.close", "code": 4401})
            return
        else:
            await _relay(desk, receive, send)
        finally:
            self._screens[session] -= 1
            if not self._screens[session]:
                del self._screens[session]


class _Answer:
    """The response to the client, with a timeout if it stops reading."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.has_begun = True
        left_out = ONE_CONNECTION | ADDED_BY_SERVER
        kept = [(name.lower(), value) for name, value in headers if name.lower() not in left_out]
        await self.send({"type": "http.response.start", "status": status, "headers": kept})

    async def send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(STALLED):
                await self._send(message)
        except TimeoutError as error:
            raise HungUp from error

    async def otherwise(self, response: Any, scope: Scope, receive: Receive) -> None:
        """Send this error instead, or close the connection if a response has begun."""
        if not self.has_begun:
            await response(scope, receive, self._send)


class _Body:
    """A request's body in chunks, and the client's disconnect."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most

    async def chunks(self) -> AsyncIterator[bytes]:
        read = 0
        while True:
            try:
                async with asyncio.timeout(STALLED):
                    message = await self._receive()
            except TimeoutError as error:
                raise HungUp from error
            if message["type"] == "http.disconnect":
                raise HungUp
            read += len(message.get("body", b""))
            if read > self._most:
                raise TooLarge
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return

    async def hung_up(self) -> None:
        """Wait until the client hangs up."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _send_all(response: httpcore2.Response, answer: _Answer) -> None:
    async for chunk in response.aiter_stream():
        await answer.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await answer.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _handshake(port: int, scope: Scope) -> ClientConnection:
    host = Headers(scope=scope).get("host", LOOPBACK)
    if not HOST.fullmatch(host):
        raise ValueError(f"not a host: {host[:80]}")
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in _passed_headers(scope)
        if name not in OWN_HANDSHAKE
    ]
    # the URL only sets the Host header; host and port say where to connect
    return await connect(
        f"ws://{host}{_target(scope).decode('latin-1')}",
        host=LOOPBACK,
        port=port,
        proxy=None,
        additional_headers=headers,
        subprotocols=[Subprotocol(each) for each in scope["subprotocols"]] or None,
        user_agent_header=None,
        compression=None,
        ping_interval=None,
        max_size=LARGEST_MESSAGE,
        open_timeout=STALLED,
        close_timeout=1.0,
    )


async def _relay(desk: ClientConnection, receive: Receive, send: Send) -> None:
    """Pass messages both ways until either side closes, one at a time in each direction."""
    await send({"type": "websocket.accept", "subprotocol": desk.subprotocol})
    try:
        await _until_one_ends(_to_desk(desk, receive), _to_browser(desk, send))
    except TimeoutError:
        _log.info("A browser that no longer reads its screen was given up.")
    finally:
        await desk.close()


async def _to_desk(desk: ClientConnection, receive: Receive) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        data = message.get("bytes")
        with suppress(ConnectionClosed):
            await desk.send(message["text"] if data is None else data)


async def _to_browser(desk: ClientConnection, send: Send) -> None:
    with suppress(ConnectionClosed):
        while True:
            data = await desk.recv()
            kind = "text" if isinstance(data, str) else "bytes"
            async with asyncio.timeout(STALLED):
                await send({"type": "websocket.send", kind: data})
    with suppress(RuntimeError):  # the browser closed it already
        await send({"type": "websocket.close", "code": _close_code(desk)})


def _close_code(desk: ClientConnection) -> int:
    """The desk's close code, unless it must not be sent."""
    return desk.close_code if desk.close_code not in (None, 1005, 1006, 1015) else 1012


async def _until_one_ends(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run them concurrently; when one ends, cancel the others and raise its error, if any."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def _passed_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The client's headers without hop-by-hop ones, plus forwarding headers."""
    named = {
        each.strip().lower()
        for name, value in scope["headers"]
        if name == b"connection"
        for each in value.split(b",")
    }
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in ONE_CONNECTION and name not in named and not name.startswith(FORWARDED)
    ]
    return [*kept, *way_of(scope), (PARENT, SECRET.encode())]


async def _is_signed_in(scope: Scope) -> bool:
    return await run_in_threadpool(is_signed_in, cookie_in(HTTPConnection(scope), SESSION_COOKIE))


def _target(scope: Scope) -> bytes:
    """Path and query exactly as sent."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def _length(scope: Scope) -> int | None:
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else None


def _refuse(status: int, message: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    return plain_page("message.html", status=status, title="That did not work", message=message)


def _starting() -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    response = plain_page(
        "message.html",
        status=503,
        title="One moment",
        message="The screens are starting. This page opens by itself in a few seconds.",
    )
    response.headers["Retry-After"] = str(AGAIN)
    response.headers["Refresh"] = str(AGAIN)  # understood by every browser, without a script
    return response
