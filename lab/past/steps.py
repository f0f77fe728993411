"""The steps of a state machine in the order of time, and the state on a day."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from db.words import STAGES


@dataclass(slots=True)
class Steps:
    """The dated steps of one state machine, oldest first."""

    days: list[dt.date] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, day: dt.date, state: str, reason: str | None) -> None:
        self.days.append(day)
        self.states.append(state)
        self.reasons.append(reason or "")

    def at(self, as_of: dt.date) -> tuple[str, dt.date, str] | None:
        """(state, since, reason) on a day."""
        index = bisect.bisect_right(self.days, as_of) - 1
        return (self.states[index], self.days[index], self.reasons[index]) if index >= 0 else None

    def stage(self, as_of: dt.date) -> str | None:
        """A project's stage on a day; a pause does not change it."""
        index = bisect.bisect_right(self.days, as_of)
        return next((state for state in reversed(self.states[:index]) if state in STAGES), None)


def latest(days: Iterable[dt.date], as_of: dt.date) -> dt.date | None:
    """The last of these days up to `as_of`."""
    return max((day for day in days if day <= as_of), default=None)
