"""A room of phones that follow a workshop from block to block, and write notes meanwhile.

Each phone makes the requests of the page's script: the page, its styles and script once, a stream of events,
and after each event the page again within 0.4 seconds. The wall asks for its data every 0.6 seconds. A host
works at the console, before the phones come and while they follow and write. `python -m benchmarks.workshop
[PHONES …]`.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import uvloop

from benchmarks.desk import Desk
from benchmarks.ways import arguments
from db.engine import Database
from tests.boards import signed_in
from tests.served import Line, Meeting, Participant, Server, begin_a_workshop, fill, lead_to

ASSETS = ("/assets/pages.css", "/assets/room.css", "/assets/late.js", "/assets/workshop.js")
BLOCKS = 8
IN_EACH = 6.0
"""Seconds that the room stays in a block."""
ALONE = 10.0
"""Seconds for which the console is measured."""
WRITES_EVERY = 30.0
"""Seconds between the notes of one phone."""


@dataclass
class Seen:
    """What happened, in seconds."""

    led: dict[str, float] = field(default_factory=dict)
    """When the room moved on, by the stamp that followed."""
    shown: list[float] = field(default_factory=list)
    """From a host's step to a phone's new page."""
    acknowledged: list[float] = field(default_factory=list)
    """From sending a note to knowing that it is stored."""
    sent: list[float] = field(default_factory=list)
    """When each note was sent, in order of acknowledgement."""
    on_wall: list[float] = field(default_factory=list)
    """From sending a note to its appearance on the wall."""
    errors: int = 0
    idle: float = 0.0
    busy: float = 0.0
    """CPU of the server as a share of one core: while the room only listens, and while it moves on and
    writes."""
    alone: list[float] = field(default_factory=list)
    with_room: list[float] = field(default_factory=list)
    """Milliseconds per rerun of the console, before the phones came and while they followed and wrote."""
    done: bool = False


def main() -> None:
    """Play rooms of growing size."""
    print(
        f"{'phones':>7}{'new block p50':>15}{'p95':>7}{'all':>7}{'within 2 s':>12}{'a note stored p95':>19}"
        f"{'on the wall p95':>17}{'idle cpu':>10}{'cpu':>7}{'console p95, alone':>20}{'errors':>8}"
    )
    for phones in [int(each) for each in arguments()] or [100, 300]:
        seen = play(phones)
        within = sum(each <= 2 for each in seen.shown) / (phones * len(seen.led))
        print(
            f"{phones:>7}{statistics.median(seen.shown):>14.2f}s{share(seen.shown, 95):>6.2f}s"
            f"{max(seen.shown):>6.2f}s{within:>12.1%}{share(seen.acknowledged, 95):>18.2f}s"
            f"{share(seen.on_wall, 95):>16.2f}s{seen.idle:>10.0%}{seen.busy:>7.0%}"
            f"{share(seen.with_room, 95):>12.0f}, {share(seen.alone, 95):.0f} ms{seen.errors:>8}"
        )


def share(times: Sequence[float], percent: int) -> float:
    """A percentile."""
    return statistics.quantiles(times, n=100)[percent - 1]


def play(phones: int) -> Seen:
    """One workshop."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{place}/lab.db"
        database = Database(url)
        fill(database)
        meeting = begin_a_workshop(database, ("ideas",) * (BLOCKS + 1))
        host = signed_in(database, "Ada Moor")
        server = Server(url, Path(place) / "server.log")
        try:
            server.start()
            server.wait_for_room()
            with ProcessPoolExecutor(1, get_context("spawn")) as desk:
                console = partial(desk.submit, reruns, server.port, host, meeting.id)
                return uvloop.run(the_room(server, database, meeting, phones, console))
        finally:
            server.stop()
            database.close()


def reruns(port: int, session_token: str, workshop: uuid.UUID, seconds: float) -> list[float]:
    """Measure the console's reruns, from a separate process."""
    screen = Desk(port, session_token, "workshop", workshop=workshop)
    screen.rerun(shows="Join code")
    screen.reruns(2)  # warm-up
    took = screen.reruns(seconds)
    screen.close()
    return took


async def the_room(
    server: Server,
    database: Database,
    meeting: Meeting,
    phones: int,
    console: Callable[[float], Future[list[float]]],
) -> Seen:
    """Run all phones, the wall, and the host."""
    seen = Seen()
    seen.alone = await asyncio.wrap_future(console(ALONE))
    following = [asyncio.create_task(take_part(server, meeting, seen)) for _ in range(phones)]
    await asyncio.sleep(8)
    seen.idle = await processor(server, 5)
    wall = asyncio.create_task(show(server, meeting, seen))
    writing = [asyncio.create_task(write(server, meeting, seen)) for _ in range(phones)]
    leading = asyncio.create_task(lead(database, meeting, seen))
    seen.busy = await processor(server, (BLOCKS - 2) * IN_EACH)
    seen.with_room = await asyncio.wrap_future(console(ALONE))
    await leading
    seen.done = True
    await asyncio.gather(wall, *writing)
    for each in following:
        each.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return seen


async def processor(server: Server, seconds: float) -> float:
    """The server's CPU as a share of one core."""
    before, began = server.processor_seconds(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (server.processor_seconds() - before) / (time.perf_counter() - began)


async def lead(database: Database, meeting: Meeting, seen: Seen) -> None:
    """Step through the agenda."""
    for place in range(1, BLOCKS + 1):
        await asyncio.to_thread(lead_to, database, meeting, place)
        seen.led[str(place + 1)] = time.perf_counter()
        await asyncio.sleep(IN_EACH)


async def take_part(server: Server, meeting: Meeting, seen: Seen) -> None:
    """One phone, which reloads the page when the room moves on."""
    await asyncio.sleep(random.uniform(0, 5))
    phone = Participant(server.port, meeting.code)
    seen.errors += (await phone.look()).status != 200
    for asset in ASSETS:
        seen.errors += (await phone.line.ask("GET", asset, headers=phone.headers)).status != 200
    async for stamp in phone.follow():
        if stamp in seen.led or int(stamp) > 1:
            await asyncio.sleep(random.uniform(0, 0.4))
            await see(phone, stamp, seen)


async def see(phone: Participant, stamp: str, seen: Seen) -> None:
    """Reload until the page shows the new block."""
    for _ in range(6):
        answer = await phone.look()
        seen.errors += answer.status != 200
        packed = answer.headers.get("content-encoding") == "gzip"
        page = gzip.decompress(answer.body) if packed else answer.body
        if f'data-stamp="{stamp}"'.encode() in page:
            seen.shown.append(time.perf_counter() - seen.led[stamp])
            return
        await asyncio.sleep(random.uniform(0.3, 0.6))


async def write(server: Server, meeting: Meeting, seen: Seen) -> None:
    """One phone's notes."""
    phone, number = Participant(server.port, meeting.code), 0
    await asyncio.sleep(random.uniform(0, WRITES_EVERY))
    while not seen.done:
        number += 1
        began = time.perf_counter()
        answer = await phone.write(
            meeting.blocks[0], f"What I see, for the {number}th time", f"form {number}"
        )
        seen.errors += answer.status != 200
        seen.sent.append(began)
        seen.acknowledged.append(time.perf_counter() - began)
        await asyncio.sleep(WRITES_EVERY * random.uniform(0.8, 1.2))


async def show(server: Server, meeting: Meeting, seen: Seen) -> None:
    """The wall: polls the board and measures how long ago its new notes were sent."""
    line, revision, known = Line(server.port), 0, 0
    while not seen.done:
        answer = await line.ask("GET", f"/j/{meeting.code}/board.json?after={revision}")
        seen.errors += answer.status != 200
        told, now = answer.told(), time.perf_counter()
        revision, known = told["revision"], known + len(told["notes"])
        seen.on_wall += [now - sent for sent in seen.sent[len(seen.on_wall) : known]]
        await asyncio.sleep(0.6)


if __name__ == "__main__":
    main()
