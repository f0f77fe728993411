"""The clock of a running workshop, and how phones, notes and answers are identified. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Final

MOST_NOTES_OF_ONE: Final = 100
"""Notes that one phone may write in a workshop."""
MOST_EXTRA: Final = 240
"""Minutes by which a block may be made longer or shorter while it runs."""
LARGE: Final = 30
"""People in a room beyond which notes wait for a host, until a host says otherwise."""
PULSE_DAYS: Final = 30
"""Days after a workshop during which its code still asks how it was."""


def seconds_left(
    minutes: int,
    extra_seconds: int,
    began_at: dt.datetime,
    paused_at: dt.datetime | None,
    now: dt.datetime,
) -> int:
    """Whole seconds that a block still has; negative once it runs over. A paused clock stands still."""
    return int(time_left(minutes, extra_seconds, began_at, paused_at, now).total_seconds())


def time_left(
    minutes: int,
    extra_seconds: int,
    began_at: dt.datetime,
    paused_at: dt.datetime | None,
    now: dt.datetime,
) -> dt.timedelta:
    """The same with fractions, for clocks that run in the browser."""
    ends_at = began_at + dt.timedelta(minutes=minutes, seconds=extra_seconds)
    return ends_at - (paused_at or now)


def holds_notes(said: bool | None, people: int) -> bool:
    """Whether notes wait until a host lets them on the wall: as a host said, else in a large room."""
    return people > LARGE if said is None else said


def takes_pulse(ended_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether those who took part in a workshop that has ended are still asked how it was."""
    return now <= ended_at + dt.timedelta(days=PULSE_DAYS)


def token_hash(workshop_id: uuid.UUID, token: str) -> str:
    """How a phone's token is kept: hashed with the workshop, so that no two workshops share one."""
    return hashlib.sha256(f"workshop:{workshop_id}:{token}".encode()).hexdigest()


def note_key(token_hash: str, form_key: str) -> uuid.UUID:
    """The key of a note, from who wrote it and its form: sent again it is the same note."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"note:{token_hash}:{form_key}")


def pulse_key(token_hash: str, occasion: str) -> uuid.UUID:
    """The key of one person's pulse on one occasion: answered again it replaces itself."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"pulse:{token_hash}:{occasion}")
