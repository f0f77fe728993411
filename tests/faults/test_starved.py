"""A full disk, or a database that another process keeps locked: voters wait or are asked to come back, and
nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
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
from sqlalchemy import create_engine, func, select, text

from db.models import Ballot
from lab.access.rights import COMMAND_LINE
from lab.voting.intake.queue import CAPACITY, PATIENCE
from lab.voting.integrity import damaged_rounds
from tests.faults.conftest import SHORT, Figure, number
from tests.faults.disk import preloaded
from tests.loops import run
from tests.postgres import empty
from tests.served import Answer, Lab, Line, Phone, any_marks, served, stored

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
        with ballast.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space left"):
            # the last piece fits only in part, the next not at all
            out.writelines(bytes(4096) for _ in range(4096))

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
        for process in lab.server.processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    def fill(lab: Lab) -> None:
        limit(lab, (place / "lab.db-wal").stat().st_size)

    try:
        yield Disk(place, fill, lambda lab: limit(lab, hard))
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("kind", [small_disk, files_that_may_not_grow])
def test_a_full_disk_loses_no_acknowledged_ballot_and_the_intake_recovers_by_itself(
    kind: Callable[[], Iterator[Disk]], tmp_path: Path, figure: Figure
) -> None:
    with kind() as disk:  # type: ignore[attr-defined]
        for lab in served(f"sqlite:///{disk.place / 'lab.db'}", tmp_path):
            found = run(through_a_full_disk(lab, disk))
            figure("disk full, then room again", RECOVERS, f"{kind.__name__.replace('_', ' ')}: {found}")


RECOVERS = "503/507 in words; reads stay; recovers ≤ 5 s; 0 lost"


def read_only_file(tmp_path: Path) -> Iterator[tuple[Lab, Disk]]:
    """A file system that the kernel has made read-only, as it does when the disk reports errors."""
    flag = tmp_path / "read-only"
    disk = Disk(tmp_path, lambda _: flag.touch(), lambda _: flag.unlink())
    facts = {"LD_PRELOAD": preloaded(), "LAB_DISK_FAILS": str(flag)}
    for lab in served(f"sqlite:///{tmp_path / 'lab.db'}", tmp_path, **facts):
        yield lab, disk


def test_a_read_only_database_loses_no_acknowledged_ballot_and_the_intake_recovers_by_itself(
    tmp_path: Path, figure: Figure
) -> None:
    for lab, disk in read_only_file(tmp_path):
        figure("read-only database", RECOVERS, run(through_a_full_disk(lab, disk)))


@pytest.mark.postgres
def test_a_read_only_postgresql_loses_no_acknowledged_ballot_and_the_intake_recovers_by_itself(
    postgres_url: str, tmp_path: Path, figure: Figure
) -> None:
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    empty(engine)

    def read_only(is_on: bool) -> None:
        with engine.connect() as connection:
            connection.execute(text(f"ALTER SYSTEM SET default_transaction_read_only = {is_on}"))
            connection.execute(text("SELECT pg_reload_conf()"))

    try:
        for lab in served(postgres_url, tmp_path):
            disk = Disk(tmp_path, lambda _: read_only(True), lambda _: read_only(False))
            figure("read-only database", RECOVERS, run(through_a_full_disk(lab, disk)))
    finally:
        read_only(False)
        engine.dispose()


async def through_a_full_disk(lab: Lab, disk: Disk) -> str:
    """Fill it, find reads answered and ballots refused in words, free it; returns what was found."""
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
    recovered = time.perf_counter() - began
    last = await asyncio.gather(*(send(Phone(line, lab.round.code)) for line in lines))
    assert {answer.status for answer in last} == {200}
    assert lost(lab, acknowledged) == []
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
    return f"{len(refused)} refused with 503, reads answered, recovered in {recovered:.1f} s, 0 lost"


@contextmanager
def locked(lab: Lab) -> Iterator[None]:
    """The database's one place for a writer, or the table of ballots, taken by another connection."""
    if lab.database.engine.dialect.name == "postgresql":
        with lab.database.engine.connect() as connection:
            connection.execute(text("LOCK TABLE ballot, vote_join IN EXCLUSIVE MODE"))
            yield
        return
    path = lab.database.engine.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_locked_database_keeps_voters_waiting_and_then_asks_them_to_come_back(
    lab: Lab, figure: Figure
) -> None:
    found = run(through_a_lock(lab, patient=number(full=200, short=50)))
    figure("database locked 10 s", "waits, 503 + Retry-After, bounded queue; 0 lost, 0 twice", found)


async def through_a_lock(lab: Lab, patient: int) -> str:
    voters = [(Phone(Line(lab.server.port), lab.round.code), any_marks()) for _ in range(patient)]
    await asyncio.gather(*(phone.join() for phone, _ in voters))
    with locked(lab):
        began = time.perf_counter()
        answers = await asyncio.gather(*(phone.send(marks) for phone, marks in voters))
        assert {answer.status for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert min(answer.took for answer in answers) >= PATIENCE - 1
        assert (await voters[0][0].look("/state")).status == 200
        await asyncio.sleep(began + 10 - time.perf_counter())
    again = await asyncio.gather(*(phone.hand_in(marks) for phone, marks in voters))
    assert {answer.status for answer in again} == {200}
    assert max(answer.took for answer in again) < PATIENCE
    assert lost(lab, {phone.hash_in(lab.round.id): marks for phone, marks in voters}) == []
    assert len(stored(lab.database, lab.round.id)) == patient
    with lab.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == patient
    return (
        f"{patient} waited {min(answer.took for answer in answers):.1f} s or more and got 503; afterwards "
        f"all stored once within {max(answer.took for answer in again):.1f} s"
    )


@pytest.fixture
def many_files() -> None:
    """As many open files as connections are about to be made, for the server too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CAPACITY + 2000:
        pytest.skip(f"only {hard} files may be open here: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.mark.skipif(SHORT, reason="the full form alone sends more ballots than may wait")
def test_no_more_ballots_wait_for_a_locked_database_than_may(many_files: None, sqlite_lab: Lab) -> None:
    with locked(sqlite_lab):
        answers = run(overflow(sqlite_lab))
    at_once = [answer for answer in answers if answer.status == 503 and answer.took < PATIENCE / 2]
    assert at_once
    assert all(int(answer.headers["retry-after"]) > 0 for answer in at_once)
    phone = Phone(Line(sqlite_lab.server.port), sqlite_lab.round.code)
    assert run(phone.hand_in(any_marks())).status == 200


async def overflow(lab: Lab) -> list[Answer]:
    """More ballots than may wait, each on a line of its own."""
    senders = [Phone(Line(lab.server.port), lab.round.code) for _ in range(CAPACITY + 800)]
    await asyncio.gather(*(phone.join() for phone in senders))
    sent = []
    for phone in senders:
        sent.append(asyncio.create_task(phone.send(any_marks())))
        await asyncio.sleep(0)
    answers = await asyncio.gather(*sent)
    for phone in senders:
        phone.line.close()
    return answers
