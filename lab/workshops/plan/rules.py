"""What an agenda may hold, and the states of a workshop. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lab.foundation.errors import Invalid, WrongTransition

MOST_BLOCKS: Final = 30
LONGEST_BLOCK: Final = 480
"""Minutes."""
MOST_DOTS: Final = 20
"""For each person in a block."""
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
STANDS: Final[Mapping[str, str]] = {
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
    raise WrongTransition(STANDS[state])


def clock_at(begins: str, minutes: int) -> str:
    """The time of day so many minutes after a workshop begins; empty while its time is not agreed."""
    if not begins:
        return ""
    hours, past = begins.split(":")
    passed = (60 * int(hours) + int(past) + minutes) % (24 * 60)
    return f"{passed // 60:02}:{passed % 60:02}"


def running_time(begins: str, before: int, minutes: int) -> str:
    """A block's start and end; in minutes from the beginning if no time is agreed."""
    if begins:
        return f"{clock_at(begins, before)}–{clock_at(begins, before + minutes)}"
    return f"{before}–{before + minutes} min"


def time_of_day(value: str) -> str:
    """A local time as HH:MM, or nothing.

    Raises:
        Invalid: it is neither.
    """
    value = value.strip()
    if value and not _TIME.fullmatch(value):
        raise Invalid("Write the time as hours and minutes, such as 14:30.", field="begins")
    return value
