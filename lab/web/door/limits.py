"""Guessing join codes is slowed down, and no phone floods a room; a right code is never refused, whoever
shares its network address."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final

from lab.foundation.errors import TooMany

FREE: Final = 30
"""Wrong codes per address and minute that cost nothing: people mistype."""
WINDOW: Final = 60.0
PAUSE: Final = 1.0
"""Seconds that each newcomer from an address of guessers waits, right code or wrong."""
AT_ONCE: Final = 20
"""Newcomers of such an address who wait at the same time: so it gets at most 20 guesses a second, which
find one of 31⁶ codes in seventeen months, while 300 honest phones behind it are in within 15 seconds."""
ADDRESSES: Final = 10_000
HELD: Final = 10.0
"""What a phone may hand in at once."""
EACH_SECOND: Final = 1.0
"""And as many more for every second that passes."""
PHONES: Final = 20_000


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


class Pace:
    """How much each phone has handed in lately, in this process's memory."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def step(self, token: str) -> None:
        """Note that something was handed in.

        Raises:
            TooMany: faster than a person writes.
        """
        now = time.monotonic()
        left, at = self._left.get(token, (HELD, now))
        left = min(HELD, left + (now - at) * EACH_SECOND)
        if left < 1:
            raise TooMany("That was very fast. Please send it again in a moment; it is kept.", retry_after=1)
        self._left[token] = (left - 1, now)
        self._left.move_to_end(token)
        while len(self._left) > PHONES:
            self._left.popitem(last=False)


guesses = Guesses()
pace = Pace()
