"""What the room sees of the count is never more than a second old, however many look."""

from __future__ import annotations

import asyncio
import re
import time

import pytest

from tests.loops import run
from tests.served import Lab, Line, Phone, Round, any_marks, open_a_round

pytestmark = pytest.mark.fault

OLDEST = 1.0
"""Seconds."""
WATCHED = 6.0
"""Seconds for which the room is watched."""


def test_the_turnout_and_a_live_result_are_never_more_than_a_second_old(lab: Lab) -> None:
    found = open_a_round(lab.database, reveal="live")
    assert run(watch(lab, found)) == []


async def watch(lab: Lab, found: Round) -> list[str]:
    """Everything that was said too late while some vote and others look."""
    until = time.perf_counter() + WATCHED
    acknowledged: list[float] = []
    looks: dict[str, int] = {"/state": 0, "/wall": 0}
    stale: list[str] = []

    async def vote() -> None:
        line = Line(lab.server.port)
        while time.perf_counter() < until:
            assert (await Phone(line, found.code).hand_in(any_marks())).status == 200
            acknowledged.append(time.perf_counter())
            await asyncio.sleep(0.05)

    async def look(path: str) -> None:
        phone = Phone(Line(lab.server.port), found.code)
        while time.perf_counter() < until:
            asked = time.perf_counter()
            answer = await phone.look(path)
            due = sum(at <= asked - OLDEST for at in acknowledged)
            told = answer.told()["voted"] if path == "/state" else ballots_on(answer.body.decode())
            looks[path] += 1
            if told < due:
                stale.append(f"{path} told of {told} ballots when {due} were a second old")
            await asyncio.sleep(0.02)

    await asyncio.gather(*(vote() for _ in range(5)), *(look(path) for path in looks for _ in range(3)))
    assert len(acknowledged) > 50
    assert min(looks.values()) > 20
    return stale


def ballots_on(page: str) -> int:
    """How many ballots the result on the wall is made of."""
    found = re.search(r"on your phones\. (\d+) ballot", page)
    return int(found.group(1)) if found else 0
