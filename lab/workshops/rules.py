"""How a workshop runs: its states, its clock, what each block takes in, and the limits of a note. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import Final

from lab.foundation.errors import Invalid, WrongTransition

LONGEST_NOTE: Final = 500
"""Characters of a note: what can be read from a wall."""
MOST_NOTES: Final = 3000
"""Notes on one workshop's board."""
MOST_NOTES_OF_ONE: Final = 100
"""Notes that one phone may write in a workshop."""
MOST_BLOCKS: Final = 30
MOST_CLUSTERS: Final = 40
LONGEST_CLUSTER: Final = 80
"""Characters of a cluster's heading."""
FINEST: Final = 1e-6
"""Two neighbours' positions that lie closer than this leave no room between them; double precision still
tells 10⁻¹¹ apart at the largest."""
LONGEST_BLOCK: Final = 480
"""Minutes."""
MOST_EXTRA: Final = 240
"""Minutes by which a block may be made longer or shorter while it runs."""
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "planned": ("running",),
    "running": ("ended",),
    "ended": ("wrapped_up",),
    "wrapped_up": (),
}
TAKES: Final[Mapping[str, str]] = {
    "expectations_round": "expectation",
    "ideas": "idea",
    "cluster": "idea",
    "worries": "worry",
}
"""The kind of note that phones may write in a kind of block; in the others they write none."""
TAKEN_BACK: Final = "Taken back by whoever wrote it"
"""Why a note is hidden that its own writer took from the board; its words are gone."""
PULSE_DAYS: Final = 30
"""Days after a workshop during which its code still asks how it was."""
_STANDS: Final[Mapping[str, str]] = {
    "planned": "This workshop has not begun yet.",
    "running": "This workshop is running.",
    "ended": "This workshop has ended.",
    "wrapped_up": "This workshop has been wrapped up, and its records stand.",
}
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def guard_step(state: str, to: str) -> None:
    """Refuse a step that a workshop cannot take.

    Raises:
        WrongTransition: with what the workshop is now.
    """
    if to in STEPS[state]:
        return
    raise WrongTransition(_STANDS[state])


def guard_board(state: str) -> None:
    """Refuse a change of the board before a workshop begins, and once it has been wrapped up.

    Raises:
        WrongTransition: with what the workshop is now.
    """
    if state not in ("running", "ended"):
        raise WrongTransition(_STANDS[state])


def is_too_fine(above: float, below: float) -> bool:
    """Whether no position is left between two neighbours."""
    return below - above < FINEST


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
    """The same to the fraction, for clocks that move by themselves."""
    ends_at = began_at + dt.timedelta(minutes=minutes, seconds=extra_seconds)
    return ends_at - (paused_at or now)


def clock_at(begins: str, minutes: int) -> str:
    """The time of day so many minutes after a workshop begins; empty while its time is not agreed."""
    if not begins:
        return ""
    hours, past = begins.split(":")
    passed = (60 * int(hours) + int(past) + minutes) % (24 * 60)
    return f"{passed // 60:02}:{passed % 60:02}"


def running_time(begins: str, before: int, minutes: int) -> str:
    """From when to when a block runs; where no time is agreed, counted from the beginning."""
    if begins:
        return f"{clock_at(begins, before)}–{clock_at(begins, before + minutes)}"
    return f"{before}–{before + minutes} min"


def takes_pulse(ended_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether those who took part in a workshop that has ended are still asked how it was."""
    return now <= ended_at + dt.timedelta(days=PULSE_DAYS)


def time_of_day(value: str) -> str:
    """A local time as HH:MM, or nothing.

    Raises:
        Invalid: it is neither.
    """
    value = value.strip()
    if value and not _TIME.fullmatch(value):
        raise Invalid("Write the time as hours and minutes, such as 14:30.", field="begins")
    return value


def token_hash(workshop_id: uuid.UUID, token: str) -> str:
    """How a phone's token is kept: hashed with the workshop, so that no two workshops share one."""
    return hashlib.sha256(f"workshop:{workshop_id}:{token}".encode()).hexdigest()


def note_key(token_hash: str, form_key: str) -> uuid.UUID:
    """The key of a note, from who wrote it and its form: sent again it is the same note."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"note:{token_hash}:{form_key}")


def pulse_key(token_hash: str, occasion: str) -> uuid.UUID:
    """The key of one person's pulse on one occasion: answered again it replaces itself."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"pulse:{token_hash}:{occasion}")
