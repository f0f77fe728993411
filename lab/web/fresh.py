"""A cache for answers that many phones share for a moment."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Fresh(Generic[Key, Value]):
    """Caches what `read` returns for each key, for `seconds`.

    If many ask at once, one of them reads and the others wait for its result, so a room of phones costs the
    database as much as one phone.
    """

    def __init__(self, read: Callable[[Key], Value], seconds: float, most: int = 500) -> None:
        self._read = read
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[Key, tuple[float, asyncio.Task[Value]]] = OrderedDict()

    async def get(self, key: Key) -> Value:
        """The answer for this key."""
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is None or now - kept[0] > self._seconds or _failed(kept[1]):
            kept = (now, asyncio.ensure_future(run_in_threadpool(self._read, key)))
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        # usually cached already: skip the event loop
        return kept[1].result() if kept[1].done() else await asyncio.shield(kept[1])

    def forget(self, key: Key) -> None:
        """Drop the cached answer, because it has changed."""
        self._kept.pop(key, None)


def _failed(task: asyncio.Task[Value]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
