"""Who sends slowly, reads nothing or opens too many connections is cut off, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from lab.access.network import TrustedProxies
from lab.web.door.in_time import InTime
from lab.web.processes.connections import (
    LARGEST_HEAD,
    Connections,
    WholeHeads,
    http_protocol,
    websocket_protocol,
)

HEAD = b"GET /quick HTTP/1.1\r\nHost: lab\r\n"
WHOLE = HEAD + b"\r\n"


async def quick(_request: Request) -> Response:
    return PlainTextResponse("answered")


async def slow(_request: Request) -> Response:
    await asyncio.sleep(1.2)
    return PlainTextResponse("answered late")


async def taken(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def endless(_request: Request) -> Response:
    async def more() -> Any:
        while True:
            yield b"x" * 100_000

    return StreamingResponse(more())


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for words in websocket.iter_text():
        await websocket.send_text(words)


@dataclass
class Served:
    """A server on a port of this machine."""

    port: int
    connections: Connections

    def open(self, *sent: bytes) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        for each in sent:
            line.sendall(each)
        return line


@contextmanager
def serving(connections: Connections, **deadlines: float) -> Iterator[Served]:
    """Quick and slow pages behind the same protocols and deadlines as the light process."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        async with connections.watched():
            yield

    pages = {"/quick": quick, "/slow": slow, "/endless": endless}
    routes = [Route(path, page) for path, page in pages.items()]
    app = Starlette(
        routes=[*routes, Route("/taken", taken, methods=["POST"]), WebSocketRoute("/screen", echo)],
        lifespan=lifespan,
    )
    config = uvicorn.Config(
        WholeHeads(InTime(app, **deadlines), connections), port=0, log_config=None,
        http=http_protocol(connections), ws=websocket_protocol(connections),
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Served(server.servers[0].sockets[0].getsockname()[1], connections)
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def nobody() -> TrustedProxies:
    return TrustedProxies.named("")


def told_by(line: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    try:
        return b"".join(iter(lambda: line.recv(65536), b""))
    except ConnectionResetError:
        return b""


def answered(line: socket.socket) -> bytes:
    return line.recv(65536)


def send_again(line: socket.socket, what: bytes, pause: float = 0.0) -> None:
    """Send the same for up to a minute."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        line.sendall(what)
        time.sleep(pause)


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [b"", b"G", HEAD, HEAD + b"X-A: b\r\nX-"])
def test_a_request_that_is_sent_by_half_is_given_up(sent: bytes) -> None:
    with serving(Connections(nobody, head_by=0.4)) as served, served.open(sent) as line:
        assert told_by(line) == b""
        with served.open(WHOLE) as other:
            assert answered(other).startswith(b"HTTP/1.1 200")


def test_a_byte_now_and_then_does_not_put_off_the_deadline() -> None:
    with (
        serving(Connections(nobody, head_by=0.6)) as served,
        served.open(HEAD) as line,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        send_again(line, b"X-A: b\r\n", pause=0.05)


def test_the_second_request_of_a_connection_has_the_same_deadline() -> None:
    with serving(Connections(nobody, head_by=0.5)) as served, served.open(WHOLE) as line:
        assert answered(line).startswith(b"HTTP/1.1 200")
        line.sendall(HEAD)
        assert told_by(line) == b""


def test_an_answer_may_take_longer_than_a_head_and_the_next_request_is_taken() -> None:
    asked = b"GET /slow HTTP/1.1\r\nHost: lab\r\n\r\n"
    with serving(Connections(nobody, head_by=0.5)) as served, served.open(asked) as line:
        assert b"answered late" in answered(line)
        line.sendall(WHOLE)
        assert answered(line).startswith(b"HTTP/1.1 200")


def test_a_screen_stays_open_past_the_deadline_and_is_forgotten_when_it_closes() -> None:
    connections = Connections(nobody, head_by=0.4)
    with serving(connections) as served:
        with connect(f"ws://127.0.0.1:{served.port}/screen", proxy=None) as screen:
            time.sleep(1.0)
            screen.send("still here")
            assert screen.recv(timeout=60) == "still here"
            assert connections.number == 1
        wait_until(lambda: connections.number == 0)


def test_a_head_without_end_is_cut_off() -> None:
    with serving(Connections(nobody)) as served, served.open(HEAD) as line:
        with pytest.raises(OSError, match=r"reset|pipe"):
            send_again(line, b"X-A: " + b"b" * LARGEST_HEAD + b"\r\n")
        with served.open(WHOLE) as other:
            assert answered(other).startswith(b"HTTP/1.1 200")


def test_a_body_that_comes_too_slowly_is_refused_in_words() -> None:
    head = b"POST /taken HTTP/1.1\r\nHost: lab\r\nContent-Length: 100\r\n\r\n"
    with serving(Connections(nobody), grace=0.3) as served, served.open(head, b"x") as line:
        told = told_by(line)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"came too slowly" in told


def test_a_large_body_has_the_time_that_its_pace_gives_it() -> None:
    head = b"POST /taken HTTP/1.1\r\nHost: lab\r\nContent-Length: 30000\r\nConnection: close\r\n\r\n"
    with serving(Connections(nobody), grace=0.4) as served, served.open(head) as line:
        for _ in range(10):
            line.sendall(b"x" * 3000)
            time.sleep(0.1)
        assert told_by(line).endswith(b"30000")


def test_who_does_not_read_an_answer_is_cut_off() -> None:
    connections = Connections(nobody)
    with (
        serving(connections, stalled=0.4) as served,
        served.open(b"GET /endless HTTP/1.1\r\nHost: lab\r\n\r\n"),
    ):
        wait_until(lambda: connections.number == 1)
        wait_until(lambda: connections.number == 0)


def test_beyond_the_limit_of_one_network_a_connection_is_refused_in_words_at_once() -> None:
    with serving(Connections(nobody, most_of_one=3)) as served, ExitStack() as held:
        kept = [held.enter_context(served.open(WHOLE)) for _ in range(3)]
        for line in kept:
            assert answered(line).startswith(b"HTTP/1.1 200")
        told = told_by(held.enter_context(served.open(WHOLE)))
        assert told.startswith(b"HTTP/1.1 503")
        assert b"Too many connections" in told
        kept[0].close()
        wait_until(lambda: served.connections.number < 3)
        assert answered(held.enter_context(served.open(WHOLE))).startswith(b"HTTP/1.1 200")


def test_a_trusted_proxy_connects_for_everybody() -> None:
    proxies = lambda: TrustedProxies.named("127.0.0.1")  # noqa: E731
    with serving(Connections(proxies, most_of_one=3)) as served, ExitStack() as held:
        for line in [held.enter_context(served.open(WHOLE)) for _ in range(10)]:
            assert answered(line).startswith(b"HTTP/1.1 200")


def test_half_sent_requests_of_one_network_are_cut_for_newcomers_the_oldest_first() -> None:
    with serving(Connections(nobody, most_fresh=5, fresh=0.2)) as served, ExitStack() as held:
        half = [held.enter_context(served.open(HEAD)) for _ in range(5)]
        wait_until(lambda: served.connections.number == 5)
        time.sleep(0.3)
        for _ in range(3):
            assert answered(held.enter_context(served.open(WHOLE))).startswith(b"HTTP/1.1 200")
        assert [told_by(line) for line in half[:1]] == [b""]
        half[-1].sendall(b"\r\n")
        assert answered(half[-1]).startswith(b"HTTP/1.1 200")
