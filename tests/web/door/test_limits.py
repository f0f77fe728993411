"""Guessing codes is slow, and costs honest phones behind the same address a moment at most."""

from __future__ import annotations

import asyncio
import time

from anyio.from_thread import start_blocking_portal

from lab.web.door.limits import Guesses


def test_newcomers_behind_a_guesser_come_in_a_few_at_a_time() -> None:
    guesses = Guesses(pause=0.01, at_once=20)
    for _ in range(10_000):
        guesses.wrong("the room's router")

    async def seconds(newcomers: int, address: str) -> float:
        began = time.monotonic()
        await asyncio.gather(*(guesses.pause(address) for _ in range(newcomers)))
        return time.monotonic() - began

    with start_blocking_portal() as room:
        assert 0.15 <= room.call(seconds, 300, "the room's router") < 1.5
        assert room.call(seconds, 300, "another router") < 0.1
