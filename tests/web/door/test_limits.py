"""Guessing codes is slow, and costs honest phones behind the same address a moment at most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from anyio.from_thread import start_blocking_portal

from lab.foundation.errors import TooMany
from lab.web.door.limits import MOST_SENDERS_WAITING, MOST_WAITING, Guesses


def guessed_at(pause: float) -> Guesses:
    guesses = Guesses(pause=pause, at_once=20)
    for _ in range(100):
        guesses.wrong("the room's router")
    return guesses


def always(answer: bool) -> Callable[[], Awaitable[bool]]:
    async def has_left() -> bool:
        return answer

    return has_left


def test_newcomers_behind_a_guesser_come_in_a_few_at_a_time() -> None:
    guesses = Guesses(pause=0.05, at_once=20)
    for _ in range(10_000):
        guesses.wrong("the room's router")

    came: list[str] = []

    async def come(address: str) -> None:
        await guesses.pause(address, always(False))
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


def test_guesses_that_nobody_waits_for_hold_up_nobody() -> None:
    guesses = guessed_at(pause=3600)

    async def story() -> None:
        await asyncio.gather(*(guesses.pause("the room's router", always(True)) for _ in range(500)))

    with start_blocking_portal() as room:
        room.call(story)


@pytest.mark.parametrize(("has_left", "most"), [(always(False), MOST_WAITING), (None, MOST_SENDERS_WAITING)])
def test_whoever_comes_when_too_many_wait_is_asked_to_come_again(
    has_left: Callable[[], Awaitable[bool]] | None, most: int
) -> None:
    guesses = guessed_at(pause=3600)

    async def story() -> int:
        waiting = [asyncio.ensure_future(guesses.pause("the room's router", has_left)) for _ in range(most)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(TooMany) as refusal:
            await guesses.pause("the room's router", has_left)
        await guesses.pause("another router", has_left)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return refusal.value.retry_after

    with start_blocking_portal() as room:
        assert 3 <= room.call(story) <= 8
