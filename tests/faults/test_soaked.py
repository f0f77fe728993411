"""An hour of an ordinary busy day: 200 phones in a vote, and five desks. Nothing grows."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import make_url

from benchmarks.desk import Desk
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from tests.accounts import session_for
from tests.faults.conftest import SHORT, Figure, number
from tests.faults.memory import memory_of
from tests.loops import run
from tests.served import Lab, Line, Phone, any_marks

pytestmark = pytest.mark.fault
SECONDS = number(full=3600, short=60)
PHONES = number(full=200, short=60)
DESKS = 5
WARM_UP = 1 / 3
"""The part of the time in which caches fill."""
PROCESSES = ("front", "desk", "store")
"""As the server starts them."""
PAGES = ("", "board", "implementation", "portfolio", "risk")


@dataclass
class Grown:
    """What was measured every few seconds: seconds since the start, MiB, open descriptors, MiB of the WAL,
    then the MiB of each process."""

    rows: list[tuple[float, ...]] = field(default_factory=list)

    def after_warm_up(self) -> np.ndarray:
        return np.array([row for row in self.rows if row[0] > WARM_UP * SECONDS])

    def slope(self, column: int = 1) -> float:
        """MiB an hour, fitted after the warm-up to the least of each six measurements: what a screen needs
        while it is drawn comes and goes by twenty MiB, and what is kept lies below it."""
        later = self.after_warm_up()
        each = np.array_split(later, max(2, len(later) // 6))
        hours = [part[:, 0].mean() / 3600 for part in each]
        return float(np.polyfit(hours, [part[:, column].min() for part in each], 1)[0])

    def each(self) -> str:
        """The same for each process."""
        return ", ".join(f"{name} {self.slope(place):+.1f}" for place, name in enumerate(PROCESSES, 4))

    def gain(self) -> float:
        """MiB by which the last quarter lies above the first after the warm-up."""
        later = self.after_warm_up()[:, 1]
        part = max(1, len(later) // 4)
        return float(np.median(later[-part:]) - np.median(later[:part]))

    def descriptors(self) -> tuple[int, int]:
        """Fewest and most after the warm-up."""
        later = self.after_warm_up()[:, 2]
        return int(later.min()), int(later.max())

    def wal(self) -> float:
        """MiB, the most."""
        return max(row[3] for row in self.rows)


def measure(lab: Lab, grown: Grown, over: threading.Event, kept: Path) -> None:
    began = time.monotonic()
    wal = Path(make_url(str(lab.database.url)).database + "-wal")
    while not over.wait(number(full=20, short=1)):
        memory = memory_of(lab.server)
        open_now = sum(1 for pid in lab.server.processes for _ in Path(f"/proc/{pid}/fd").iterdir())
        size = wal.stat().st_size if wal.exists() else 0
        grown.rows.append((time.monotonic() - began, sum(memory), open_now, size / 2**20, *memory))
        kept.write_text("".join(",".join(f"{each:.3f}" for each in row) + "\n" for row in grown.rows))


def sit_at_desks(lab: Lab, over: threading.Event, drawn: list[float]) -> Iterator[threading.Thread]:
    """Five people who look at one screen after the other."""
    for place in range(DESKS):
        with lab.database.writing() as session:
            account = add_account(
                session, COMMAND_LINE, name=f"Desk {place}", email=f"desk{place}@example.org",
                role="facilitator", password=None, now=clock.now(),
            )  # fmt: skip
            token = session_for(session, account, clock.now())

        def work(token: str = token, place: int = place) -> None:
            desk = Desk(lab.server.port, token, PAGES[place % len(PAGES)])
            while not over.is_set():
                drawn.append(desk.rerun())
                over.wait(random.uniform(1, 4))
            desk.close()

        yield threading.Thread(target=work, daemon=True)


async def vote_on_and_on(lab: Lab, statuses: set[int]) -> None:
    """Everybody votes, changes their mind, and looks, with a pause of some seconds in between."""
    until = time.monotonic() + SECONDS

    async def one() -> None:
        phone = Phone(Line(lab.server.port), lab.round.code)
        await phone.join()
        while time.monotonic() < until:
            statuses.add((await phone.hand_in(any_marks())).status)
            await asyncio.sleep(random.uniform(2, 6))
            statuses.add((await phone.look()).status)
            statuses.add((await phone.look("/state")).status)
        phone.line.close()

    await asyncio.gather(*(one() for _ in range(PHONES)))


def test_nothing_grows_while_a_room_votes_and_five_people_work(
    sqlite_lab: Lab, tmp_path: Path, figure: Figure
) -> None:
    over, grown, statuses, drawn = threading.Event(), Grown(), set[int](), list[float]()
    threads = [
        threading.Thread(target=measure, args=(sqlite_lab, grown, over, tmp_path / "grown.csv")),
        *sit_at_desks(sqlite_lab, over, drawn),
    ]
    for each in threads:
        each.start()
    try:
        run(vote_on_and_on(sqlite_lab, statuses))
    finally:
        over.set()
        for each in threads:
            each.join(120)
    low, high = grown.descriptors()
    figure(
        f"{'a minute' if SHORT else 'an hour'} of {PHONES} phones and {DESKS} desks",
        "memory ≤ 5 MiB/h, descriptors flat, WAL ≤ 64 MiB",
        f"memory {grown.slope():+.1f} MiB/h ({grown.gain():+.1f} MiB; {grown.each()}), "
        f"descriptors {low} to {high}, WAL {grown.wal():.1f} MiB, {len(drawn):,} screens drawn",
    )
    assert statuses <= {200, 304}
    assert len(drawn) > DESKS
    assert grown.wal() <= 64
    assert high - low <= 2 * PHONES, "lines of phones that hang up and come again"
    if SHORT:
        assert grown.gain() < 60
    else:
        assert grown.slope() <= 5
