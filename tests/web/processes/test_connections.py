"""Requests as browsers and proxies send them over one kept connection, whoever answers each."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Lab

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc lists the processes"),
    pytest.mark.slow,
]


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    """A served lab with an open round."""
    return shared_lab


class Kept:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._came = b""

    def ask(self, path: str) -> bytes:
        self.line.sendall(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
        return self.answer()

    def answer(self) -> bytes:
        """The status line of the next answer, which is read to its end."""
        while b"\r\n\r\n" not in self._came:
            self._came += self._more()
        head, _, rest = self._came.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        size = int(length[1]) if length else 0
        while len(rest) < size:
            rest += self._more()
        self._came = rest[size:]
        return head.split(b"\r\n")[0]

    def _more(self) -> bytes:
        more = self.line.recv(65536)
        assert more, "the server hung up"
        return more


@pytest.fixture
def kept(lab: Lab) -> Iterator[Kept]:
    """A connection."""
    found = Kept(lab.server.port)
    yield found
    found.line.close()


def test_phones_and_screens_are_answered_over_one_connection(lab: Lab, kept: Kept) -> None:
    code = lab.round.code
    for path in (f"/j/{code}", "/assets/room.css", "/sign-in", f"/j/{code}/state", "/sign-in", "/health"):
        assert kept.ask(path) == b"HTTP/1.1 200 OK", path


def test_a_request_that_comes_in_pieces_is_answered(lab: Lab, kept: Kept) -> None:
    for piece in ("GE", "T /j/", lab.round.code, "/state HTTP/1.1\r\nHo", "st: lab\r\n", "\r\n"):
        kept.line.sendall(piece.encode())
        time.sleep(0.02)
    assert kept.answer() == b"HTTP/1.1 200 OK"


def test_requests_that_come_together_are_answered_in_their_order(lab: Lab, kept: Kept) -> None:
    for path in (f"/j/{lab.round.code}/state", "/sign-in", "/j/WRONG1/state", f"/j/{lab.round.code}/state"):
        kept.line.sendall(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    ok = b"HTTP/1.1 200 OK"
    assert [kept.answer() for _ in range(4)] == [ok, ok, b"HTTP/1.1 404 Not Found", ok]


@pytest.mark.parametrize("size", [100, 65_336, 65_736, 150_000])
def test_a_large_form_is_read_to_its_end(lab: Lab, kept: Kept, size: int) -> None:
    head = f"POST /j/{lab.round.code} HTTP/1.1\r\nHost: lab\r\nContent-Length: {size}\r\n\r\n"
    kept.line.sendall(head.encode() + b"x" * size)
    assert kept.answer() == b"HTTP/1.1 403 Forbidden", "it is no ballot"
    assert kept.ask(f"/j/{lab.round.code}/state") == b"HTTP/1.1 200 OK"


def test_half_a_form_is_never_taken_for_the_next_request(lab: Lab, kept: Kept) -> None:
    inner = f"GET /j/{lab.round.code}/state HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    kept.line.sendall(f"POST /sign-in HTTP/1.1\r\nHost: lab\r\nContent-Length: {len(inner)}\r\n\r\n".encode())
    time.sleep(0.1)
    kept.line.sendall(inner)
    assert kept.answer() == b"HTTP/1.1 403 Forbidden"
    assert kept.ask("/health") == b"HTTP/1.1 200 OK"


def test_somebody_who_leaves_at_once_does_no_harm(lab: Lab, kept: Kept) -> None:
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", lab.server.port)) as line:
            line.sendall(f"GET /j/{lab.round.code} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    assert kept.ask(f"/j/{lab.round.code}") == b"HTTP/1.1 200 OK"
    assert len(lab.server.processes) == 3
