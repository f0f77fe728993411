"""Password checks, one at a time: each takes a core for some 30 ms and 19 MB, and anybody can ask for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from lab.foundation.errors import TooMany

AT_ONCE: Final = 1
WAITING: Final = 60
"""Checks that wait for their turn, at most some two seconds."""
AGAIN: Final = 5
"""Retry-After in seconds when more want to."""

Given = TypeVar("Given")
Answer = TypeVar("Answer")

_turn: Final = CapacityLimiter(AT_ONCE)


async def hashing(work: Callable[[Given], Answer], given: Given) -> Answer:
    """Run `work`, which hashes a password, in a thread when it is its turn.

    Raises:
        TooMany: too many wait already.
    """
    if _turn.statistics().tasks_waiting >= WAITING:
        raise TooMany(
            "Many people are signing in just now. Please try again in a few seconds.", retry_after=AGAIN
        )
    return await to_thread.run_sync(work, given, limiter=_turn)
