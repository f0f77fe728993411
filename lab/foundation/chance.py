"""Where chance comes from: the system's own, which nobody guesses; in the demo lab a seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_source: ContextVar[random.Random] = ContextVar("chance", default=random.SystemRandom())  # noqa: B039


def letters(alphabet: Sequence[str], length: int) -> str:
    """So many letters, each drawn from the alphabet."""
    base = len(alphabet)
    number = _source.get().randrange(base**length)
    return "".join(alphabet[number // base**place % base] for place in range(length))


def salt() -> str:
    """128 random bits in hexadecimal."""
    return f"{_source.get().getrandbits(128):032x}"


def anonymous_key() -> uuid.UUID:
    """A random key (UUID version 4): unlike the lab's other keys it does not tell when it was made."""
    return uuid.UUID(int=_source.get().getrandbits(128), version=4)


def shuffle(rows: MutableSequence[Any]) -> None:
    """Lay rows in a random order, in place."""
    _source.get().shuffle(rows)


@contextmanager
def chance_from(source: random.Random) -> Iterator[None]:
    """Within the block chance is drawn from `source`: for demonstrations alone, since it can be foretold."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
