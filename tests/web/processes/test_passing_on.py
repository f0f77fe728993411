"""What the light process passes on to the desk: nothing forged, nothing endless, and to nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from lab.web.processes import passing_on
from lab.web.processes.passing_on import PassingOn
from tests.loops import run

pytestmark = pytest.mark.slow


@dataclass
class Asked:
    """A request as it reached the desk."""

    method: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def values(self, name: str) -> list[bytes]:
        return [value for each, value in self.headers if each == name.encode()]


@dataclass
class Desk:
    """An application that remembers what it is asked, and answers as the path wants."""

    asked: list[Asked] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        told = Asked(scope.get("method", ""), scope["raw_path"], scope["query_string"], scope["headers"])
        self.asked.append(told)
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
        while (message := await receive())["type"] == "http.request":
            told.body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] == "/stream":
            await self._stream(receive, send)
            return
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-path", scope["path"].encode())]
        await send({"type": "http.response.start", "status": 203, "headers": headers})
        await send({"type": "http.response.body", "body": b"desk"})

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        self.hung_up.set()

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] == "/closed":
            await send({"type": "websocket.close", "code": 4401})
            return
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") == "leave":
                await send({"type": "websocket.close", "code": 4000})
                return
            await send({**message, "type": "websocket.send"})
        self.hung_up.set()


@contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """An application on a port of this machine."""
    config = uvicorn.Config(
        app, port=0, log_config=None, ws="websockets-sansio", lifespan="off", forwarded_allow_ips=""
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


@dataclass
class Front:
    """A light process with nothing but a desk behind it."""

    port: int
    desk: Desk
    known: list[int | None]
    """The desk's port, as the light process knows it."""

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as line:
            line.sendall(raw)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def ask(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        lines = [f"{method} {target} HTTP/1.1", "Host: lab.example", "Connection: close", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def screen(self, path: str = "/_stcore/stream", **facts: Any) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, **facts)


@pytest.fixture
def front() -> Iterator[Front]:
    """A desk, and the light process in front of it."""
    desk, known = Desk(), list[int | None]()
    with listening(desk) as desk_port, listening(PassingOn(lambda: known[0])) as port:
        known.append(desk_port)
        yield Front(port, desk, known)


def test_an_answer_comes_back_as_the_desk_gave_it(front: Front) -> None:
    head, _, body = front.ask("/a%2Fb/%C3%A4?x=%20&y=").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 203")
    assert b"desk" in body
    assert b"set-cookie: a=1" in head
    assert b"set-cookie: b=2" in head
    assert head.count(b"\r\ndate:") == head.count(b"\r\nserver:") == 1
    assert (front.desk.asked[0].path, front.desk.asked[0].query) == (b"/a%2Fb/%C3%A4", b"x=%20&y=")
    assert front.desk.asked[0].values("host") == [b"lab.example"]


def test_nobody_can_forge_where_a_request_comes_from(front: Front) -> None:
    forged = (
        "X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 203.0.113.10", "x-forwarded-proto: https",
        "X-Forwarded-Host: evil.example", "X-Forwarded-Anything: 1", "Forwarded: for=203.0.113.9;proto=https",
        "X-Real-IP: 203.0.113.9",
    )  # fmt: skip
    front.ask("/", *forged)
    with front.screen(additional_headers=[tuple(each.split(": ")) for each in forged]):
        pass
    for asked in front.desk.asked:
        told = {
            name: value for name, value in asked.headers if b"forward" in name or name.startswith(b"x-real")
        }
        assert b"203.0.113" not in b"".join(told.values())
        assert b"evil" not in b"".join(told.values())
        assert set(told) == {b"x-forwarded-for", b"x-forwarded-proto"}
        assert asked.values("x-forwarded-proto") == [b"http"]
        assert asked.values("x-forwarded-for") == [b"127.0.0.1"]
    assert len(front.desk.asked) == 2


@pytest.mark.parametrize(
    "target", ["http://203.0.113.9/x", "//203.0.113.9/x", "/x@203.0.113.9/", "/\\203.0.113.9", "/x#y"]
)
def test_whatever_is_asked_for_only_the_desk_is_asked(front: Front, target: str) -> None:
    status = front.ask(target)[:12]
    assert status in (b"HTTP/1.1 203", b"HTTP/1.1 400")
    assert len(front.desk.asked) == (status == b"HTTP/1.1 203")


@pytest.mark.parametrize("host", ["203.0.113.9", "203.0.113.9:81", "evil.example", "[2001:db8::1]:81"])
def test_a_screen_with_another_host_is_opened_at_the_desk_under_that_name(front: Front, host: str) -> None:
    raw = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", front.port), timeout=120) as line:
        line.sendall(raw.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 101")
    assert front.desk.asked[0].values("host") == [host.encode()]


@pytest.mark.parametrize("host", ["lab/../x", "a b", "user:secret@lab", "lab?x", ""])
def test_a_screen_whose_host_is_no_name_is_not_opened(front: Front, host: str) -> None:
    raw = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
    )
    assert front.send(raw.encode())[:12] in (b"HTTP/1.1 403", b"HTTP/1.1 400")
    assert front.desk.asked == []


def test_methods_that_tunnel_are_refused(front: Front) -> None:
    for method in ("CONNECT", "TRACE", "PROPFIND"):
        assert front.ask("/x", method=method)[:12] in (b"HTTP/1.1 405", b"HTTP/1.1 400")
    assert front.desk.asked == []


def test_headers_of_one_connection_end_here(front: Front) -> None:
    front.ask("/", "Connection: x-secret", "X-Secret: 1", "TE: trailers", "Keep-Alive: 5", "Cookie: a=1")
    asked = front.desk.asked[0]
    assert asked.values("cookie") == [b"a=1"]
    for name in ("x-secret", "te", "keep-alive"):
        assert asked.values(name) == []


def test_an_upload_arrives_whole_whether_its_length_is_known_or_not(front: Front) -> None:
    body = bytes(range(256)) * 4096
    front.ask("/up", f"Content-Length: {len(body)}", method="PUT", body=body)
    chunks = (
        b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:70_000], body[70_000:]))
        + b"0\r\n\r\n"
    )
    front.ask("/up", "Transfer-Encoding: chunked", method="POST", body=chunks)
    assert [each.body == body for each in front.desk.asked] == [True, True]


def test_an_upload_that_is_too_large_is_refused(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing_on, "LARGEST_FORM", 1000)
    told = front.ask("/up", "Content-Length: 1001", method="POST", body=b"x" * 1001)
    assert told.startswith(b"HTTP/1.1 413")
    assert front.desk.asked == []
    chunks = b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"
    told = front.ask("/up", "Transfer-Encoding: chunked", method="POST", body=chunks)
    assert told.startswith(b"HTTP/1.1 413")
    assert all(b"x" * 1001 not in each.body for each in front.desk.asked)


def test_the_desk_hears_of_a_form_once_it_has_come_whole(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=120) as line:
        line.sendall(
            b"POST /up HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab"
        )
        time.sleep(0.2)
        assert front.desk.asked == []
        line.sendall(b"cd")
        assert line.recv(65536).startswith(b"HTTP/1.1 203")
    assert [each.body for each in front.desk.asked] == [b"abcd"]


def test_a_file_is_taken_from_those_who_are_signed_in_alone(front: Front) -> None:
    told = front.ask("/_stcore/upload_file/a/b", "Content-Length: 4", method="PUT", body=b"file")
    assert told.startswith(b"HTTP/1.1 401")
    assert front.desk.asked == []


def test_one_session_does_not_take_every_screen(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing_on, "MOST_SCREENS_EACH", 1)
    one, other = ({"additional_headers": {"Cookie": f"lab_session={name}"}} for name in ("one", "other"))
    with front.screen(**one), front.screen(**other), pytest.raises(InvalidStatus):
        front.screen(**one)


def test_who_stops_sending_is_given_up(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing_on, "STALLED", 0.3)
    front.ask("/up", "Content-Length: 1000", method="POST", body=b"x")  # returns when the server hangs up
    assert front.ask("/").startswith(b"HTTP/1.1 203"), "the others are answered"


def test_the_desk_learns_that_the_browser_has_left_a_stream(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=120) as line:
        line.sendall(b"GET /stream HTTP/1.1\r\nHost: lab\r\n\r\n")
        came = b""
        while b"first" not in came:
            came += line.recv(4096)
    assert front.desk.hung_up.wait(120)


def test_messages_pass_both_ways_with_the_protocol_the_desk_chose(front: Front) -> None:
    large = bytes(300_000)
    with front.screen(subprotocols=["streamlit", "token"], max_size=None) as screen:
        assert screen.subprotocol == "streamlit"
        for told in (b"\x00\x01", "words", "", b"", large):
            screen.send(told)
            assert screen.recv(timeout=120) == told
    assert front.desk.hung_up.wait(120), "the desk learns that the browser has left"


def test_a_screen_that_the_desk_closes_is_closed_with_its_code(front: Front) -> None:
    with front.screen() as screen:
        screen.send("leave")
        with pytest.raises(ConnectionClosed) as closed:
            screen.recv(timeout=120)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4000


def test_a_screen_that_the_desk_refuses_is_refused(front: Front) -> None:
    with pytest.raises(InvalidStatus) as refused:
        front.screen("/closed")
    assert refused.value.response.status_code == 403


def test_no_more_screens_are_open_than_may_be(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing_on, "MOST_SCREENS", 2)
    with front.screen(), front.screen(), pytest.raises(InvalidStatus):
        front.screen()
    assert len(front.desk.asked) == 2


def test_without_a_desk_people_are_asked_to_come_again(front: Front) -> None:
    front.known[0] = None
    told = front.ask("/")
    assert told.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 2" in told.lower()
    assert b"refresh: 2" in told.lower()
    with pytest.raises(InvalidStatus):
        front.screen()


def test_a_desk_that_has_just_died_is_no_crash(front: Front) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        front.known[0] = free.getsockname()[1]
    assert front.ask("/").startswith(b"HTTP/1.1 503")
    with pytest.raises(InvalidStatus):
        front.screen()


def test_one_cancelled_side_never_hides_the_error_of_the_other() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(ValueError, match="broken"):
        run(passing_on._until_one_ends(fail(), wait()))
