"""Guessing join codes is slowed down; a right code is never refused, whoever shares its network address."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final

FREE: Final = 30
"""Wrong codes per address and minute that cost nothing: people mistype."""
WINDOW: Final = 60.0
PAUSE: Final = 1.0
"""Seconds that each newcomer from an address of guessers waits, right code or wrong."""
AT_ONCE: Final = 20
"""Newcomers of such an address who wait at the same time: so it gets at most 20 guesses a second, which
find one of 31⁶ codes in seventeen months, while 300 honest phones behind it are in within 15 seconds."""
ADDRESSES: Final = 10_000


class Guesses:
    """Wrong codes by network address, in this process's memory."""

    def __init__(self, pause: float = PAUSE, at_once: int = AT_ONCE) -> None:
        self._pause = pause
        self._at_once = at_once
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._gates: dict[str, asyncio.Semaphore] = {}

    def wrong(self, address: str) -> None:
        """Note a wrong code."""
        times = self._wrong.setdefault(address, [])
        times.append(time.monotonic())
        del times[: -FREE - 1]
        self._wrong.move_to_end(address)
        while len(self._wrong) > ADDRESSES:
            gone, _ = self._wrong.popitem(last=False)
            self._gates.pop(gone, None)

    def is_guessing(self, address: str) -> bool:
        """Whether more wrong codes than mistyping explains came from here within a minute."""
        times = self._wrong.get(address, [])
        return len(times) > FREE and time.monotonic() - times[0] < WINDOW

    async def pause(self, address: str) -> None:
        """Wait before a newcomer's code is even looked up, where codes are being guessed."""
        if self.is_guessing(address):
            async with self._gates.setdefault(address, asyncio.Semaphore(self._at_once)):
                await asyncio.sleep(self._pause)
