"""Five hundred who send by half and two hundred screens that nobody reads, while people vote."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.web.processes.connections import HEAD_BY
from tests.accounts import session_for
from tests.faults.conftest import Figure, number
from tests.faults.memory import memory_of
from tests.loops import run
from tests.served import Answer, Lab, Line, Phone, Way, any_marks, served

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc tells of a process's files"),
]

SLOW: Final = 500
DEAD: Final = 200
PHONES: Final = 20
QUICK: Final = 25.0
"""Milliseconds below which nobody waits, whatever the ratio."""
KEPT: Final = 40
"""Connections between the processes, which are kept for a while, and those of phones."""
HALVES: Final = (
    b"", b"POST /j/", b"GET / HTTP/1.1\r\nHost: lab\r\n", b"GET / HTTP/1.1\r\nHost: lab\r\nX-A: b\r\nX-",
    b"POST /sign-in HTTP/1.1\r\nHost: lab\r\nContent-Length: 100000\r\n\r\nemail=",
)  # fmt: skip
"""As far as a sender gets: nothing, a line, a head without end, a form without end."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab that trusts no proxy, so that what counts for strangers counts for these tests as well."""
    place = tmp_path_factory.mktemp("slow")
    yield from served(f"sqlite:///{place / 'lab.db'}", place, way=Way.SERVE, LAB_TRUSTED_PROXIES="192.0.2.1")


async def vote(lab: Lab, seconds: float) -> list[Answer]:
    """What phones that vote again and again were answered."""
    answers: list[Answer] = []

    async def one(phone: Phone) -> None:
        await phone.join()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answers.append(await phone.send(any_marks()))
            await asyncio.sleep(0.2)

    await asyncio.gather(*(one(Phone(Line(lab.server.port), lab.round.code)) for _ in range(PHONES)))
    return answers


def p95(answers: Sequence[Answer]) -> float:
    """The time within which 95 of 100 were answered, in milliseconds."""
    return 1000 * sorted(each.took for each in answers)[math.ceil(0.95 * len(answers)) - 1]


def connections(lab: Lab) -> int:
    """The connections that the light process has open, and its few to the desk and the store."""
    assert lab.server.process
    open_files = Path(f"/proc/{lab.server.process.pid}/fd").iterdir()
    found = 0
    for each in open_files:
        with suppress(FileNotFoundError):  # closed meanwhile
            found += str(each.readlink()).startswith("socket:")
    return found


async def until_closed(lab: Lab, before: int) -> float:
    """Seconds until the light process has hardly more connections open than before."""
    began = time.monotonic()
    while connections(lab) > before + KEPT:
        assert time.monotonic() - began < 180, (
            f"{connections(lab)} connections are open, {before} were before"
        )
        await asyncio.sleep(0.2)
    return time.monotonic() - began


@asynccontextmanager
async def half_sent(port: int, how_many: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many requests of which a part was sent; a byte follows now and then."""
    async with AsyncExitStack() as held:
        readers, writers = [], []
        for place in range(how_many):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            held.callback(writer.transport.abort)
            writer.write(HALVES[place % len(HALVES)])
            readers.append(reader)
            writers.append(writer)

        async def trickle() -> None:
            while True:
                await asyncio.sleep(1)
                for writer in writers:
                    if not writer.is_closing():
                        writer.write(b"a")

        task = asyncio.ensure_future(trickle())
        held.callback(task.cancel)
        yield readers


def test_five_hundred_slow_senders_cost_those_who_vote_nothing(lab: Lab, figure: Figure) -> None:
    seconds = number(full=20, short=6)

    async def story() -> tuple[list[Answer], list[Answer], float]:
        alone = await vote(lab, seconds)
        async with half_sent(lab.server.port, SLOW) as readers:
            beside = await vote(lab, seconds)
            began = time.monotonic()
            # the deadline of heads has them closed; a form in the midst has a little longer
            await asyncio.gather(*(reader.read() for reader in readers), return_exceptions=True)
            took = time.monotonic() - began
        alone += await vote(lab, seconds / 2)
        return alone, beside, took

    run(vote(lab, 2))
    before, used = connections(lab), sum(memory_of(lab.server))
    alone, beside, took = run(story())
    freed = run(until_closed(lab, before))
    after = sum(memory_of(lab.server))
    figure(
        f"{SLOW} slow senders beside {PHONES} voters",
        "p95 ≤ 2 ×, no 5xx, all cut off and closed, memory back",
        f"p95 {p95(alone):.0f} → {p95(beside):.0f} ms, {len(beside)} answers, the last cut after "
        f"{took + seconds:.0f} s, memory {used:.0f} → {after:.0f} MiB, closed {freed:.0f} s later",
    )
    assert {each.status for each in alone + beside} == {200}
    assert p95(beside) <= 2 * max(p95(alone), QUICK)
    assert took + seconds < 8 * HEAD_BY
    assert after <= 1.1 * used + 10


HANDSHAKE: Final = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Cookie: lab_session={session}\r\n\r\n"
)


async def dead_screen(port: int, session: str) -> tuple[int, asyncio.StreamWriter]:
    """Open a screen's websocket that is never read again; returns the status of the handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=256)
    writer.write(HANDSHAKE.format(host=f"127.0.0.1:{port}", session=session).encode())
    head = await reader.readline()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return int(head.split()[1]), writer


def test_two_hundred_dead_screens_are_found_and_cost_those_who_vote_nothing(lab: Lab, figure: Figure) -> None:
    seconds = number(full=20, short=6)
    now = clock.now()
    with lab.database.writing() as session:
        account = add_account(
            session, COMMAND_LINE, name="Ada", email="ada@example.org", role="manager", password=None, now=now
        )
        tokens = [session_for(session, account, now) for _ in range(DEAD // 40 + 1)]

    async def story() -> tuple[list[Answer], list[Answer], list[int], list[int]]:
        alone = await vote(lab, seconds)
        held: list[asyncio.StreamWriter] = []
        opened, refused = [], []
        try:
            for place in range(DEAD):
                status, writer = await dead_screen(lab.server.port, tokens[place // 40])
                opened.append(status)
                held.append(writer)
            for each in (*[tokens[0]] * 5, *["stranger"] * 20):
                status, writer = await dead_screen(lab.server.port, each)
                refused.append(status)
                held.append(writer)
            await asyncio.sleep(3)  # the desk has opened them
            beside = await vote(lab, seconds)
            await until_closed(lab, before)
            alone += await vote(lab, seconds / 2)
        finally:
            for writer in held:
                writer.transport.abort()
        return alone, beside, opened, refused

    run(vote(lab, 2))
    before, used = connections(lab), sum(memory_of(lab.server))
    began = time.monotonic()
    alone, beside, opened, refused = run(story())
    took, after = time.monotonic() - began, sum(memory_of(lab.server))
    figure(
        f"{DEAD} dead screens beside {PHONES} voters",
        "p95 ≤ 2 ×, no 5xx, found and closed, memory back within 10 %; strangers refused",
        f"p95 {p95(alone):.0f} → {p95(beside):.0f} ms, {len(beside)} answers, closed within {took:.0f} s, "
        f"memory {used:.0f} → {after:.0f} MiB",
    )
    assert set(opened) == {101}
    assert set(refused) == {403}
    assert {each.status for each in alone + beside} == {200}
    assert p95(beside) <= 2 * max(p95(alone), QUICK)
    assert after <= 1.1 * used
