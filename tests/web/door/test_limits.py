"""Guessing codes is slow, and costs honest phones behind the same address a moment at most."""

from __future__ import annotations

import asyncio
import time

from anyio.from_thread import start_blocking_portal

from lab.web.door.limits import Guesses


def test_newcomers_behind_a_guesser_come_in_a_few_at_a_time() -> None:
    guesses = Guesses(pause=0.05, at_once=20)
    for _ in range(10_000):
        guesses.wrong("the room's router")

    came: list[str] = []

    async def come(address: str) -> None:
        await guesses.pause(address)
        came.append(address)

    async def seconds() -> float:
        began = time.monotonic()
        routers = ["the room's router"] * 300 + ["another router"] * 300
        await asyncio.gather(*map(come, routers))
        return time.monotonic() - began

    with start_blocking_portal() as room:
        # fifteen times twenty wait 0.05 s each; one at a time they would wait 15 s
        assert 0.7 < room.call(seconds) < 14
    assert came == ["another router"] * 300 + ["the room's router"] * 300
