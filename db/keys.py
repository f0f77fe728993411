"""Primary keys: UUID version 7 (RFC 9562), so rows sort by creation time."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar

_lock = threading.Lock()
_last = 0


def _clock_and_chance() -> tuple[int, int]:
    """Milliseconds that never run backwards in this process, and 74 random bits."""
    global _last
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1_000_000)
        return _last, secrets.randbits(74)


_source: ContextVar[Callable[[], tuple[int, int]]] = ContextVar("key_source", default=_clock_and_chance)


def compose(milliseconds: int, random_bits: int) -> uuid.UUID:
    """The version 7 UUID for a 48-bit Unix time in milliseconds and 74 random bits."""
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)


def new_key() -> uuid.UUID:
    """A fresh key."""
    return compose(*_source.get()())


@contextlib.contextmanager
def keys_from(source: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Within the block keys come from `source`, so that the demo lab is reproducible."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
