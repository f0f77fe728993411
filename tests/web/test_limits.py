"""Guessing codes is slow, and costs honest phones behind the same address a moment at most."""

from __future__ import annotations

import asyncio
import time

from lab.web.limits import Guesses


def test_newcomers_behind_a_guesser_come_in_a_few_at_a_time() -> None:
    guesses = Guesses(pause=0.01, at_once=20)
    for _ in range(10_000):
        guesses.wrong("the room's router")

    async def seconds(newcomers: int, address: str) -> float:
        began = time.monotonic()
        await asyncio.gather(*(guesses.pause(address) for _ in range(newcomers)))
        return time.monotonic() - began

    assert 0.15 <= asyncio.run(seconds(300, "the room's router")) < 1.5
    assert asyncio.run(seconds(300, "another router")) < 0.1
