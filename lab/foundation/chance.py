"""Random numbers: from the system's secure source; seeded in the demo lab."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_source: ContextVar[random.Random] = ContextVar("chance", default=random.SystemRandom())  # noqa: B039


def letters(alphabet: Sequence[str], length: int) -> str:
    """A random string of `length` letters of the alphabet."""
    base = len(alphabet)
    number = _source.get().randrange(base**length)
    return "".join(alphabet[number // base**place % base] for place in range(length))


def salt() -> str:
    """128 random bits in hexadecimal."""
    return f"{_source.get().getrandbits(128):032x}"


def anonymous_key() -> uuid.UUID:
    """A random key (UUID version 4), which unlike the lab's other keys does not contain its creation time."""
    return uuid.UUID(int=_source.get().getrandbits(128), version=4)


def shuffle(rows: MutableSequence[Any]) -> None:
    """Shuffle in place."""
    _source.get().shuffle(rows)


@contextmanager
def chance_from(source: random.Random) -> Iterator[None]:
    """Within the block random numbers come from `source`. Predictable, so for the demo only."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
