"""A thousand phones: they join and vote within seconds, and all see the reveal, without a stampede.

Each phone makes the requests of the page's script: the page, its styles and script once, the vote's state
every 2 to 3.5 seconds, its ballot, and after the close the page again. `python -m benchmarks.room [PHONES
…]`.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.ways import arguments
from db.engine import Database
from tests.served import Answer, Line, Phone, Round, Server, any_marks, close, fill, open_a_round, stored

JOIN = 10.0
"""Seconds within which people scan the code."""
ASSETS = ("/assets/pages.css", "/assets/room.css", "/assets/late.js", "/assets/ballot.js")


@dataclass
class Seen:
    """What happened in the room, in seconds since its beginning."""

    closed_at: float = 0.0
    voted: list[float] = field(default_factory=list)
    revealed: list[float] = field(default_factory=list)
    asked_at_close: int = 0
    errors: int = 0
    lost: int = 0

    def note(self, answer: Answer, expected: int = 200) -> Answer:
        """Count an answer."""
        self.errors += answer.status != expected
        self.asked_at_close += bool(self.closed_at)
        return answer


def main() -> None:
    """Play rooms of growing size."""
    print(
        f"{'phones':>7}{'all voted s':>13}{'all saw it s':>14}{'a phone at the close':>22}"
        f"{'errors':>8}{'lost':>6}"
    )
    for phones in [int(each) for each in arguments()] or [250, 500, 1000]:
        seen = play(phones)
        print(
            f"{phones:>7}{max(seen.voted):>13.1f}{max(seen.revealed) - seen.closed_at:>14.1f}"
            f"{seen.asked_at_close / phones:>22.2f}{seen.errors:>8}{seen.lost:>6}"
        )


def play(phones: int) -> Seen:
    """One room, from the first scan to the last reveal."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{place}/lab.db"
        database = Database(url)
        fill(database)
        found = open_a_round(database)
        server = Server(url, Path(place) / "server.log")
        try:
            server.start()
            server.wait_for_room()
            return uvloop.run(the_room(server, database, found, phones))
        finally:
            server.stop()
            database.close()


async def the_room(server: Server, database: Database, found: Round, phones: int) -> Seen:
    """All phones at once, and the facilitator who closes when everybody has voted."""
    seen, began = Seen(), time.perf_counter()
    marks = {Phone(Line(server.port), found.code): any_marks() for _ in range(phones)}

    async def facilitator() -> None:
        while len(seen.voted) < phones:
            await asyncio.sleep(0.1)
        kept = await asyncio.to_thread(stored, database, found.id)
        seen.lost = sum(
            kept.get(phone.hash_in(found.id), ("", None))[1] != each for phone, each in marks.items()
        )
        await asyncio.to_thread(close, database, found.id)
        seen.closed_at = time.perf_counter() - began

    await asyncio.gather(
        facilitator(), *(take_part(phone, each, seen, began) for phone, each in marks.items())
    )
    return seen


async def take_part(phone: Phone, marks: tuple[int, ...], seen: Seen, began: float) -> None:
    """One phone's evening."""
    await asyncio.sleep(random.uniform(0, JOIN))
    seen.note(await phone.look())
    for asset in ASSETS:
        seen.note(await phone.line.ask("GET", asset))
    following = asyncio.create_task(follow(phone, seen))
    await asyncio.sleep(random.uniform(1, 5))
    seen.note(await phone.send(marks))
    seen.note(await phone.look())
    seen.voted.append(time.perf_counter() - began)
    await following
    await asyncio.sleep(random.uniform(0, 0.7))
    seen.note(await phone.look())
    seen.revealed.append(time.perf_counter() - began)
    phone.line.close()


async def follow(phone: Phone, seen: Seen) -> None:
    """Poll the vote's state until it is revealed, on a separate connection as browsers do."""
    line = Line(phone.line.port)
    own = Phone(line, phone.code, phone.token)
    while seen.note(await own.look("/state")).told()["state"] != "revealed":
        await asyncio.sleep(random.uniform(2, 3.5))
    line.close()


if __name__ == "__main__":
    main()
