"""A backup made while a room votes has every ballot that was acknowledged before the time it names."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Ballot, VoteJoin
from lab.access.rights import COMMAND_LINE
from lab.voting.integrity import damaged_rounds
from tests.cli.running import lab as command
from tests.faults.conftest import Figure, number
from tests.loops import run
from tests.served import ROOT, Lab, Line, Phone, any_marks

pytestmark = pytest.mark.fault

RATE = 500
"""Ballots that are sent each second."""
LINES = 100


@dataclass
class Acknowledged:
    """What the server acknowledged: when, with which receipt, for which marks; and how long it took."""

    ballots: list[tuple[float, str, tuple[int, ...]]] = field(default_factory=list)
    took: list[tuple[float, float]] = field(default_factory=list)

    def slowest(self, since: float, until: float) -> float:
        """Seconds that a ballot waited at most, of those sent in this time."""
        return max((took for at, took in self.took if since <= at <= until), default=0.0)


def test_a_backup_made_while_a_room_votes_has_every_ballot_acknowledged_before_its_time(
    lab: Lab, tmp_path: Path, figure: Figure
) -> None:
    came, (path, began, ended) = run(voting_beside_a_backup(lab, tmp_path / "out"))
    done = command(lab.database.url, "check", "--backup", str(path), "--format", "json")
    assert done.returncode == 0, done.stdout
    back = command(tmp_path / "elsewhere.db", "restore", str(path), "--format", "json")
    assert back.returncode == 0, back.stderr
    until = dt.datetime.fromisoformat(json.loads(back.stdout)["complete_until"]).timestamp()
    before = [(receipt, marks) for at, receipt, marks in came.ballots if at <= until]
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    with elsewhere.reading() as session:
        receipts = set(session.scalars(select(VoteJoin.receipt).where(VoteJoin.round_id == lab.round.id)))
        marks = Counter(map(tuple, session.scalars(select(Ballot.marks))))
        problems = damaged_rounds(session, COMMAND_LINE)
    elsewhere.close()
    lost = [receipt for receipt, _ in before if receipt not in receipts]
    lost_marks = Counter(each for _, each in before) - marks
    rate = sum(began <= at <= ended for at, *_ in came.ballots) / (ended - began)
    figure(
        f"backup during {RATE} votes/s, restored elsewhere",
        "every ballot acknowledged before its stated time is there",
        f"{rate:.0f} acknowledged a second beside it ({RATE} sent), {len(before):,} before its time, "
        f"{max(len(lost), lost_marks.total())} missing; the slowest ballot took "
        f"{came.slowest(began, ended):.2f} s beside it, {came.slowest(0, began):.2f} s before",
    )
    assert before
    assert len(came.ballots) > len(before)
    assert (lost, lost_marks) == ([], Counter())
    assert problems == []


async def voting_beside_a_backup(lab: Lab, place: Path) -> tuple[Acknowledged, tuple[Path, float, float]]:
    came, done = Acknowledged(), asyncio.Event()
    lines = [Line(lab.server.port) for _ in range(LINES)]
    phones: list[Phone] = []

    async def join(line: Line) -> None:
        for _ in range(number(full=150, short=40)):
            phone = Phone(line, lab.round.code)
            await phone.join()
            phones.append(phone)

    await asyncio.gather(*map(join, lines))
    tokens = iter([phone.token for phone in phones])
    started = time.perf_counter()

    async def vote(offset: int, line: Line) -> None:
        for turn, token in enumerate(tokens):
            due = started + (offset + turn * LINES) / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            marks, sent = any_marks(), time.time()
            answer = await Phone(line, lab.round.code, token).hand_in(marks)
            assert answer.status == 200
            came.ballots.append((time.time(), answer.told()["receipt"], marks))
            came.took.append((sent, time.time() - sent))
            if done.is_set():
                return

    voters = [asyncio.create_task(vote(*each)) for each in enumerate(lines)]
    await asyncio.sleep(number(full=8, short=2))
    began = time.time()
    path = await asyncio.to_thread(back_up, lab.database.url, place)
    ended = time.time()
    done.set()
    await asyncio.gather(*voters)
    for line in lines:
        line.close()
    return came, (path, began, ended)


def back_up(url: str, place: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "backup", str(place), "--format", "json"],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(json.loads(done.stdout)["path"])
