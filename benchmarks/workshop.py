"""A room of phones that follow a workshop from block to block, and write notes meanwhile.

Each phone makes the requests of the page's script: the page, its styles and script once, a stream of events,
and after each event the page again within 0.4 seconds. The wall has a stream of its own, and asks for what
has changed when that tells of a change. A host works at the console, before the phones come and while they
follow and write, and hides a note every three seconds. `python -m benchmarks.workshop [PHONES …]`.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
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
from sqlalchemy import select

from benchmarks.desk import Desk
from benchmarks.ways import arguments
from db.engine import Database
from db.models import Note
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.workshops.board.commands import hide_note
from lab.workshops.room.commands import hold_notes
from lab.workshops.room.seen import stamp_of
from tests.boards import signed_in
from tests.served import Line, Meeting, Participant, Server, begin_a_workshop, fill, lead_to

ASSETS = ("/assets/pages.css", "/assets/room.css", "/assets/late.js", "/assets/workshop.js")
BLOCKS = 8
IN_EACH = 6.0
"""Seconds that the room stays in a block."""
ALONE = 10.0
"""Seconds for which the console is measured."""
HIDES_EVERY = 3.0
"""Seconds between two notes that a host hides."""
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
    hidden: dict[str, float] = field(default_factory=dict)
    """When each note was hidden, by its id."""
    gone: list[float] = field(default_factory=list)
    """From hiding a note to its disappearance from the wall."""
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
        f"{'on the wall p95':>17}{'hidden, gone p95':>18}"
        f"{'idle cpu':>10}{'cpu':>7}{'console p95, alone':>20}{'errors':>8}"
    )
    for phones in [int(each) for each in arguments()] or [100, 300]:
        seen = play(phones)
        within = sum(each <= 2 for each in seen.shown) / (phones * len(seen.led))
        print(
            f"{phones:>7}{statistics.median(seen.shown):>14.2f}s{share(seen.shown, 95):>6.2f}s"
            f"{max(seen.shown):>6.2f}s{within:>12.1%}{share(seen.acknowledged, 95):>18.2f}s"
            f"{share(seen.on_wall, 95):>16.2f}s{share(seen.gone, 95):>17.2f}s"
            f"{seen.idle:>10.0%}{seen.busy:>7.0%}{share(seen.with_room, 95):>12.0f}, "
            f"{share(seen.alone, 95):.0f} ms{seen.errors:>8}"
        )
        for promise, took, most in (
            ("Next to the phones", seen.shown, 2.0),
            ("a note to the wall", seen.on_wall, 1.5),
            ("hidden to gone from the wall", seen.gone, 0.3),
        ):
            found = share(took, 95)
            kept = "kept" if found <= most else "MISSED"
            print(f"{'':>7}  {promise}: p95 {found:.2f} s of {most} s asked, {len(took)} times: {kept}")


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
        with database.writing() as session:  # so many people's notes would wait for a host
            hold_notes(session, COMMAND_LINE, meeting.id, holds=False, now=clock.now())
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
    hiding = asyncio.create_task(hide(database, meeting, seen))
    leading = asyncio.create_task(lead(database, meeting, seen))
    seen.busy = await processor(server, (BLOCKS - 2) * IN_EACH)
    seen.with_room = await asyncio.wrap_future(console(ALONE))
    await leading
    seen.done = True
    await asyncio.gather(hiding, wall, *writing)
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

    def next_block(place: int) -> str:
        lead_to(database, meeting, place)
        with database.reading() as session:
            return stamp_of(session, meeting.id)

    for place in range(1, BLOCKS + 1):
        began = time.perf_counter()
        seen.led[await asyncio.to_thread(next_block, place)] = began
        await asyncio.sleep(IN_EACH)


async def take_part(server: Server, meeting: Meeting, seen: Seen) -> None:
    """One phone, which reloads the page when the room moves on."""
    await asyncio.sleep(random.uniform(0, 5))
    phone = Participant(server.port, meeting.code)
    seen.errors += (await phone.look()).status != 200
    for asset in ASSETS:
        seen.errors += (await phone.line.ask("GET", asset, headers=phone.headers)).status != 200
    here = ""
    async for stamp in phone.follow():
        if here:
            await asyncio.sleep(random.uniform(0, 0.4))
            if stamp in seen.led:  # other stamps tell authors that a note was hidden
                await see(phone, stamp, seen)
        here = stamp


async def see(phone: Participant, stamp: str, seen: Seen) -> None:
    """Reload until the page shows the new block."""
    for _ in range(6):
        answer = await phone.look()
        seen.errors += answer.status != 200
        packed = answer.headers.get("content-encoding") == "gzip"
        page = gzip.decompress(answer.body) if packed else answer.body
        found = re.search(rb'data-stamp="([0-9]+)"', page)
        if found and int(found[1]) >= int(stamp):
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


async def hide(database: Database, meeting: Meeting, seen: Seen) -> None:
    """A host hides the newest note every few seconds."""

    def newest() -> uuid.UUID | None:
        with database.reading() as session:
            return session.scalars(
                select(Note.id).where(Note.hidden_at.is_(None)).order_by(Note.revision.desc()).limit(1)
            ).first()

    def hidden(note: uuid.UUID) -> None:
        with database.writing() as session:
            hide_note(session, COMMAND_LINE, meeting.id, note, why="", now=clock.now())

    while not seen.done:
        await asyncio.sleep(HIDES_EVERY)
        if note := await asyncio.to_thread(newest):
            seen.hidden[str(note)] = time.perf_counter()
            await asyncio.to_thread(hidden, note)


async def show(server: Server, meeting: Meeting, seen: Seen) -> None:
    """The wall: asks for the board whenever its stream tells of a change, and measures how long ago its new
    notes were sent, and those that are gone were hidden."""
    line, revision, known = Line(server.port), 0, 0
    async for told in Participant(server.port, meeting.code).follow("/wall/events"):
        heard = int(told.split()[1])
        while revision < heard and not seen.done:
            answer = await line.ask("GET", f"/j/{meeting.code}/board.json?after={revision}&heard={heard}")
            seen.errors += answer.status != 200
            board, now = answer.told(), time.perf_counter()
            revision, known = board["revision"], known + len(board["notes"])
            seen.on_wall += [now - sent for sent in seen.sent[len(seen.on_wall) : known]]
            seen.gone += [now - seen.hidden[note] for note in board["gone"] if note in seen.hidden]
        if seen.done:
            return


if __name__ == "__main__":
    main()
