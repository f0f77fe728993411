"""One port and two processes that answer there: which has a connection, and that no browser notices."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from lab.web.processes.handing_on import LARGEST, is_for_the_room
from tests.served import Lab, Meeting, Participant, Server, begin_a_workshop, fill, served

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc tells who has a connection"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A served lab with an open round, on a system that allows few open files unless asked for more."""
    place = tmp_path_factory.mktemp("processes")
    yield from served(f"sqlite:///{place / 'lab.db'}", place, open_files=256)


class Browser:
    """One connection that is kept open, as browsers and proxies keep it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.line = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        self._came = b""

    def send(self, told: bytes) -> None:
        self.line.sendall(told)

    def ask(self, path: str) -> bytes:
        self.send(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
        return self.answer()

    def answer(self) -> bytes:
        """The status line of the next answer, which is read to its end."""
        while b"\r\n\r\n" not in self._came:
            self._came += self.line.recv(65536)
        head, _, rest = self._came.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        missing = (int(length[1]) if length else 0) - len(rest)
        while missing > 0:
            more = self.line.recv(65536)
            assert more, "the server hung up"
            rest += more
            missing -= len(more)
        self._came = rest[len(rest) + missing :] if missing < 0 else b""
        return head.split(b"\r\n")[0]

    @property
    def holders(self) -> list[int]:
        """Which of the server's processes have the connection, by their place."""
        ours = self.line.getsockname()[1]
        inodes = {
            line.split()[9]
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            if int(line.split()[2].rpartition(":")[2], 16) == ours
        }
        return [
            place
            for place, process in enumerate(self.server.processes)
            if any(_inode(each) in inodes for each in Path(f"/proc/{process}/fd").iterdir())
        ]


def _inode(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]")
    except OSError:
        return ""


@pytest.fixture
def browser(lab: Lab) -> Iterator[Browser]:
    """A browser with a connection."""
    found = Browser(lab.server)
    yield found
    found.line.close()


SCREENS, ROOM = [0], [1]


def test_a_connection_is_where_its_requests_are_answered(lab: Lab, browser: Browser) -> None:
    code = lab.round.code
    for path, where in (
        (f"/j/{code}", ROOM),
        ("/assets/room.css", ROOM),
        ("/sign-in", SCREENS),
        (f"/j/{code}/state", ROOM),
        ("/health", SCREENS),
        ("/health", SCREENS),
        (f"/v/{lab.round.id}", ROOM),
    ):
        status = browser.ask(path)
        assert status in (b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found"), path
        assert browser.holders == where, path


def test_a_request_that_comes_in_pieces_is_answered(lab: Lab, browser: Browser) -> None:
    for piece in (
        b"GE",
        b"T /j/",
        lab.round.code.encode(),
        b"/state HTTP/1.1\r\nHo",
        b"st: lab\r\n",
        b"\r\n",
    ):
        browser.send(piece)
        time.sleep(0.02)
    assert browser.answer() == b"HTTP/1.1 200 OK"
    assert browser.holders == SCREENS, "it had begun to read before it knew"
    assert browser.ask(f"/j/{lab.round.code}/state") == b"HTTP/1.1 200 OK"
    assert browser.holders == ROOM


def test_requests_that_come_together_are_answered_in_their_order(lab: Lab, browser: Browser) -> None:
    for path in (f"/j/{lab.round.code}/state", "/j/WRONG1/state", f"/j/{lab.round.code}/state"):
        browser.send(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    answers = [browser.answer() for _ in range(3)]
    assert answers == [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.1 200 OK"]


@pytest.mark.parametrize("size", [100, LARGEST - 200, LARGEST + 200, 150_000])
def test_a_large_form_goes_along_or_is_read_where_it_came(lab: Lab, browser: Browser, size: int) -> None:
    head = f"POST /j/{lab.round.code} HTTP/1.1\r\nHost: lab\r\nContent-Length: {size}\r\n\r\n"
    browser.send(head.encode() + b"x" * size)
    assert browser.answer() == b"HTTP/1.1 403 Forbidden", "it is no ballot, and that is what it is told"
    assert browser.ask(f"/j/{lab.round.code}/state") == b"HTTP/1.1 200 OK"


def test_half_a_form_is_never_taken_for_the_next_request(lab: Lab, browser: Browser) -> None:
    inner = f"GET /j/{lab.round.code}/state HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    browser.send(f"POST /sign-in HTTP/1.1\r\nHost: lab\r\nContent-Length: {len(inner)}\r\n\r\n".encode())
    time.sleep(0.1)
    browser.send(inner)
    assert browser.answer() == b"HTTP/1.1 403 Forbidden"
    assert browser.holders == SCREENS
    assert browser.ask("/health") == b"HTTP/1.1 200 OK"


def test_somebody_who_leaves_at_once_does_no_harm(lab: Lab, browser: Browser) -> None:
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", lab.server.port)) as line:
            line.sendall(f"GET /j/{lab.round.code} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    assert browser.ask(f"/j/{lab.round.code}") == b"HTTP/1.1 200 OK"
    assert len(lab.server.processes) == 3


def test_many_newcomers_at_once_are_all_answered(lab: Lab) -> None:
    browsers = [Browser(lab.server) for _ in range(400)]
    for each in browsers:
        each.send(f"GET /j/{lab.round.code}/state HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    assert {each.answer() for each in browsers} == {b"HTTP/1.1 200 OK"}
    for each in browsers:
        each.line.close()


def test_a_word_is_for_the_room_only_as_the_first_part_of_a_path() -> None:
    for mine in (
        b"GET /j HTTP",
        b"POST /j/ABCDEF HTTP",
        b"GET /v/1 HTTP",
        b"GET /j?code=A HTTP",
        b"HEAD /assets/a.css",
    ):
        assert is_for_the_room(mine)
    for other in (
        b"GET / HTTP",
        b"GET /jobs HTTP",
        b"GET /vote HTTP",
        b"GET /home?next=/j/A",
        b"GET /_stcore/health",
        b"",
    ):
        assert not is_for_the_room(other)


def test_the_server_stops_at_once_while_phones_follow(tmp_path: Path) -> None:
    database = Database(url := f"sqlite:///{tmp_path / 'lab.db'}")
    server = Server(url, tmp_path / "server.log")
    fill(database)
    meeting = begin_a_workshop(database)
    server.start()
    server.wait_for_room()
    try:
        took = asyncio.run(_stop_while_followed(server, meeting))
    finally:
        server.kill()
        database.close()
    assert took < 60, "phones were waited for"
    told = (tmp_path / "server.log").read_text()
    assert "Traceback" not in told and "started again" not in told


async def _stop_while_followed(server: Server, meeting: Meeting) -> float:
    streams = [Participant(server.port, meeting.code).follow() for _ in range(20)]
    await asyncio.gather(*(anext(each) for each in streams))
    began = time.perf_counter()
    assert server.process
    server.process.send_signal(signal.SIGTERM)
    for each in streams:
        assert [told async for told in each] == []
    await asyncio.to_thread(server.process.wait, 120)
    return time.perf_counter() - began
