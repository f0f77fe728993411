"""A full disk, a database that another process keeps locked: voters wait or are asked to come back, and nothing
that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.voting.integrity import damaged_rounds
from lab.voting.intake import CAPACITY, PATIENCE
from tests.faults.conftest import Lab, any_marks, number, served
from tests.served import Answer, Line, Phone, stored

pytestmark = pytest.mark.fault


def lost(lab: Lab, acknowledged: dict[str, tuple[int, ...]]) -> list[str]:
    """Voters whose acknowledged ballot is not in the database."""
    found = stored(lab.database, lab.round.id)
    return [token for token, marks in acknowledged.items() if found.get(token, ("", None))[1] != marks]


@dataclass
class Disk:
    """A place for a database that can be filled up, and have room again."""

    place: Path
    fill: Callable[[Lab], None]
    free: Callable[[Lab], None]


@contextmanager
def small_disk() -> Iterator[Disk]:
    """A file system of its own, of eight megabytes."""
    place = Path(tempfile.mkdtemp(prefix="lab-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "lab", place], capture_output=True)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("no file system can be mounted here: run this as root (the next test needs no root)")
    ballast = place / "ballast"

    def fill(_: Lab) -> None:
        with ballast.open("wb") as out, pytest.raises(OSError, match="No space left"):
            while True:
                out.write(bytes(4096))
                out.flush()

    try:
        yield Disk(place, fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


@contextmanager
def files_that_may_not_grow() -> Iterator[Disk]:
    """A limit on how large the server's files may become: it needs no root, and fails the same calls."""
    place = Path(tempfile.mkdtemp(prefix="lab-disk-"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(lab: Lab, size: int) -> None:
        assert lab.server.process is not None
        resource.prlimit(lab.server.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def fill(lab: Lab) -> None:
        limit(lab, (place / "lab.db-wal").stat().st_size)

    try:
        yield Disk(place, fill, lambda lab: limit(lab, hard))
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("kind", [small_disk, files_that_may_not_grow])
def test_a_full_disk_loses_no_acknowledged_ballot_and_the_intake_recovers_by_itself(
    kind: Callable[[], Iterator[Disk]], tmp_path: Path
) -> None:
    with kind() as disk:  # type: ignore[attr-defined]
        for lab in served(f"sqlite:///{disk.place / 'lab.db'}", tmp_path):
            asyncio.run(through_a_full_disk(lab, disk))


async def through_a_full_disk(lab: Lab, disk: Disk) -> None:
    acknowledged: dict[str, tuple[int, ...]] = {}

    async def send(phone: Phone) -> Answer:
        marks = any_marks()
        answer = await phone.send(marks)
        if answer.status == 200:
            acknowledged[phone.hash_in(lab.round.id)] = marks
        return answer

    lines = [Line(lab.server.port) for _ in range(20)]
    first = await asyncio.gather(*(send(Phone(line, lab.round.code)) for line in lines))
    assert {answer.status for answer in first} == {200}
    disk.fill(lab)
    refused: list[Answer] = []
    # what is left in half-filled pages may still take some
    while len(refused) < 200:
        answers = await asyncio.gather(*(send(Phone(line, lab.round.code)) for line in lines))
        refused += [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    for path in ("", "/state", "/wall"):
        assert (await Phone(lines[0], lab.round.code).look(path)).status == 200
    assert lost(lab, acknowledged) == []
    disk.free(lab)
    began = time.perf_counter()
    while (await send(Phone(lines[0], lab.round.code))).status != 200:
        assert time.perf_counter() - began < 5, "the intake did not recover"
        await asyncio.sleep(0.1)
    last = await asyncio.gather(*(send(Phone(line, lab.round.code)) for line in lines))
    assert {answer.status for answer in last} == {200}
    assert lost(lab, acknowledged) == []
    with lab.database.reading() as session:
        assert damaged_rounds(session) == []


@contextmanager
def locked(lab: Lab) -> Iterator[None]:
    """The database's one place for a writer, taken by another connection."""
    path = lab.database.engine.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_locked_database_keeps_voters_waiting_and_then_asks_them_to_come_back(sqlite_lab: Lab) -> None:
    asyncio.run(through_a_lock(sqlite_lab, patient=number(full=200, short=50)))


async def through_a_lock(lab: Lab, patient: int) -> None:
    choices = {Phone(Line(lab.server.port), lab.round.code): any_marks() for _ in range(patient)}
    ...
