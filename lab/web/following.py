"""Server-sent events for open pages, with one query for all that follow the same thing."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

HEARTBEAT: Final = 15.0
"""Seconds between heartbeats on a silent stream, so that no proxy closes it."""
LONGEST: Final = 900.0
"""Seconds after which a stream ends and the page reconnects."""

_log = logging.getLogger("followthrough")
Key = TypeVar("Key", bound=Hashable)


class _Watch:
    """The current value of a key, and the streams waiting for the next."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.changed = asyncio.Event()
        self.listeners = 0

    def tell(self, value: str | None) -> None:
        self.value = value
        self.changed.set()
        self.changed = asyncio.Event()


class Following(Generic[Key]):
    """Polls the value of each key while there are listeners: one task per key and process.

    `read` returns the value of a key; `on_change` is called with the key before listeners get a new value.
    """

    def __init__(
        self, read: Callable[[Key], str], every: float, on_change: Callable[[Key], None] = lambda _: None
    ) -> None:
        self._read = read
        self._every = every
        self._on_change = on_change
        self._watches: dict[Key, _Watch] = {}
        self._askers: set[asyncio.Task[None]] = set()

    async def values(self, key: Key) -> AsyncIterator[str | None]:
        """Yields the current value, then every new one; None is a heartbeat."""
        ends = time.monotonic() + LONGEST * random.uniform(0.8, 1.2)
        with self._listening(key) as watch:
            seen: str | None = None
            while not is_stopping() and time.monotonic() < ends:
                changed = watch.changed
                if watch.value is not None and watch.value != seen:
                    seen = watch.value
                    yield seen
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                except TimeoutError:
                    yield None

    @contextmanager
    def _listening(self, key: Key) -> Iterator[_Watch]:
        watch = self._watches.get(key)
        if watch is None:
            watch = self._watches[key] = _Watch()
            _watched.add(watch)
            asker = asyncio.ensure_future(self._ask(key, watch))
            self._askers.add(asker)
            asker.add_done_callback(self._askers.discard)
        watch.listeners += 1
        try:
            yield watch
        finally:
            watch.listeners -= 1

    async def _ask(self, key: Key, watch: _Watch) -> None:
        while watch.listeners and not is_stopping():
            try:
                value = await run_in_threadpool(self._read, key)
            except SQLAlchemyError as error:
                _log.warning("A followed value could not be read; trying again: %s", error)
            else:
                if value != watch.value:
                    self._on_change(key)
                    watch.tell(value)
            await asyncio.sleep(self._every)
        if self._watches.get(key) is watch:
            del self._watches[key]
        _watched.discard(watch)


def event_stream(values: AsyncIterator[str | None]) -> StreamingResponse:
    """Values as server-sent events. The retry time varies, so that pages don't all reconnect at once."""

    async def lines() -> AsyncIterator[str]:
        yield f"retry: {random.randrange(500, 2500)}\n\n"
        async for value in values:
            yield ":\n\n" if value is None else f"data: {value}\n\n"

    return StreamingResponse(
        lines(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


_watched: set[_Watch] = set()
_stopping = threading.Event()


def is_stopping() -> bool:
    """Whether the server is stopping."""
    return _stopping.is_set()


def end_streams() -> None:
    """End all streams of this process and start no new ones."""
    _stopping.set()
    for watch in list(_watched):
        watch.tell(watch.value)


@contextmanager
def ending_with_the_server(also: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Within the block, SIGINT and SIGTERM also end the streams, because the server waits for open responses;
    then `also` is called."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: Any) -> None:
        _stopping.set()
        loop.call_soon_threadsafe(end_streams)
        loop.call_soon_threadsafe(also)
        before = handlers[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for each, before in handlers.items():
        if callable(before):
            signal.signal(each, stop)
    try:
        yield
    finally:
        for each, before in handlers.items():
            signal.signal(each, before)
        _stopping.clear()
