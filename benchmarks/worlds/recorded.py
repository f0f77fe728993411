"""The records of one simulated project: people, hopes, asks, meetings and replies. Days count from the
project's opening.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A sponsor's character: speed and appetite in standard deviations from the mean, and the share it
    silently shelves."""

    speed: float
    appetite: float
    shelving: float


@dataclass(slots=True)
class Person:
    """Somebody's entry in the records."""

    joined: int
    left: int | None = None
    reason: str = ""


@dataclass(slots=True)
class Matter:
    """Something somebody hopes for, as far as it is recorded; the rest is in `Hopes`."""

    person: int
    importance: int
    recorded: int
    said_back: str | None
    hoped_for: int | None
    confidence: int | None
    kept: bool
    owner_kept: bool
    steps: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Ask:
    """A recommendation, with all its sponsor will do about it, decided when it is sent."""

    importance: int
    sent: int
    serves: list[int]
    links: list[int]
    shelved: bool
    steps: list[tuple[int, str, str]] = field(default_factory=list)
    updates: list[tuple[int, bool]] = field(default_factory=list)
    answer_dated: bool = True
    due: int | None = None
    moves: list[tuple[int, int]] = field(default_factory=list)
    """(day moved, day it was due before)."""

    def ended(self) -> int | None:
        """The day of its last step, if any."""
        day, status, _ = self.steps[-1]
        return day if status in ("declined", "implemented", "dropped") else None

    def forget_after(self, end: int) -> None:
        """Drop what happened after the last day, and give a moved date back its value of then."""
        self.steps = [step for step in self.steps if step[0] <= end]
        self.updates = [update for update in self.updates if update[0] <= end]
        later = [was for moved, was in self.moves if moved > end]
        self.due = later[0] if later else self.due
        self.moves = [move for move in self.moves if move[0] <= end]
        if len(self.steps) == 1:
            self.due = None


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded reply and its topics."""

    day: int
    matters: tuple[int, ...]
    asks: tuple[int, ...]
    with_reasons: bool


@dataclass(frozen=True, slots=True)
class Met:
    """An engagement that was held; attendance is empty if none was taken."""

    day: int
    kind: str
    sponsor_present: bool | None
    came: dict[int, bool]


@dataclass(frozen=True, slots=True)
class Felt:
    """An answer to a pulse."""

    day: int
    person: int | None
    meeting: int | None
    trust: int
    difference: int


@dataclass(slots=True)
class Played:
    """The records of one project, and the ground truth."""

    cadence: int
    stages: list[tuple[int, str]] = field(default_factory=list)
    closed: tuple[int, str, str] | None = None
    people: list[Person] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    replies: list[Told] = field(default_factory=list)
    meetings: list[Met] = field(default_factory=list)
    tests: list[tuple[int, int, bool]] = field(default_factory=list)
    """(day, participants, sponsor present)"""
    pulses: list[Felt] = field(default_factory=list)
    hazards: list[Floats] = field(default_factory=list)
    """Week by week, each person's true daily rate of leaving and being recorded as disappointed."""

    def forget_after(self, days: int) -> None:
        """Cut the records after the last day, before what sponsors would have done later."""
        end = self.closed[0] if self.closed else days
        for ask in self.asks:
            ask.forget_after(end)
        for matter in self.matters:
            matter.steps = [step for step in matter.steps if step[0] <= end]
        self.people = [person for person in self.people if person.joined <= days]
        self.stages = [stage for stage in self.stages if stage[0] <= end]
