"""Rate limits for guessing join codes and for submissions.

A right code is never refused, even on a network where somebody guesses.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from lab.foundation.errors import Invalid, TooMany

FREE: Final = 30
"""Wrong codes per address and minute that cost nothing: people mistype."""
WINDOW: Final = 60.0
PAUSE: Final = 1.0
"""Seconds that each newcomer from such an address waits, whether the code is right or wrong."""
AT_ONCE: Final = 20
"""Newcomers from one address who may wait at the same time: at most 20 guesses a second, which
find one of 31⁶ codes in seventeen months, while 300 honest phones behind it are in within 15 seconds."""
MOST_WAITING: Final = 600
"""Newcomers from one address who may wait for their turn: half a minute. The others come again by themselves
and learn nothing."""
MOST_SENDERS_WAITING: Final = 60
"""The same for those who send something without having looked at the page, which phones hardly do: of them
nobody can tell whether they still wait for an answer."""
ADDRESSES: Final = 10_000
HELD: Final = 10.0
"""Submissions a phone may send in a burst."""
EACH_SECOND: Final = 1.0
"""Submissions per second after that."""
REACT_AFTER: Final = 10.0
"""Seconds between two reactions of one phone."""
PHONES: Final = 20_000
CROWDED: Final = "Many wrong codes came from this network. This page comes again by itself in a moment."


HasLeft = Callable[[], Awaitable[bool]]
"""Whether a client has hung up."""


@dataclass(slots=True)
class _Gate:
    """The newcomers from one address."""

    turns: asyncio.Semaphore
    waiting: int = 0


class Guesses:
    """Counts wrong codes by network address, in this process."""

    def __init__(self, pause: float = PAUSE, at_once: int = AT_ONCE) -> None:
        self._pause = pause
        self._at_once = at_once
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._gates: dict[str, _Gate] = {}

    def wrong(self, address: str) -> None:
        """Count a wrong code."""
        times = self._wrong.setdefault(address, [])
        times.append(time.monotonic())
        del times[: -FREE - 1]
        self._wrong.move_to_end(address)
        while len(self._wrong) > ADDRESSES:
            gone, _ = self._wrong.popitem(last=False)
            self._gates.pop(gone, None)

    def is_guessing(self, address: str) -> bool:
        """Whether an address sent more wrong codes within a minute than mistyping explains."""
        times = self._wrong.get(address, [])
        return len(times) > FREE and time.monotonic() - times[0] < WINDOW

    async def pause(self, address: str, has_left: HasLeft | None = None) -> None:
        """Wait for a turn, if codes are being guessed from this address. Whoever has left needs none, or
        guesses that nobody waits for would hold up everybody behind them.

        Raises:
            TooMany: too many wait already.
        """
        if not self.is_guessing(address):
            return
        gate = self._gates.setdefault(address, _Gate(asyncio.Semaphore(self._at_once)))
        if gate.waiting >= (MOST_WAITING if has_left else MOST_SENDERS_WAITING):
            raise TooMany(CROWDED, retry_after=random.randint(3, 8))
        gate.waiting += 1
        try:
            async with gate.turns:
                if has_left is None or not await has_left():
                    await asyncio.sleep(self._pause)
        finally:
            gate.waiting -= 1


class Pace:
    """Limits how fast each phone submits (a token bucket in this process)."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def step(self, token: str) -> None:
        """Count one submission.

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


class Patience:
    """Limits how often each phone may react (in this process)."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, float] = OrderedDict()

    def step(self, token: str) -> None:
        """Count one reaction.

        Raises:
            Invalid: right after another of the same phone.
        """
        now = time.monotonic()
        if now - self._last.get(token, -REACT_AFTER) < REACT_AFTER:
            raise Invalid("The hosts have your last reaction. You can send another in a moment.")
        self._last[token] = now
        self._last.move_to_end(token)
        while len(self._last) > PHONES:
            self._last.popitem(last=False)


guesses = Guesses()
pace = Pace()
reactions = Patience()
