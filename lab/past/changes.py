"""Edits undone: the value of a field on a day, and the promises made by then.

Pure. Changes are in the order in which they were recorded, because each keeps the value before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.followthrough.rules import kept_cadence, kept_date

CHANGING: Final = ("edited", "completed")
"""Verbs of events that correct a record, while nothing happened."""


@dataclass(frozen=True, slots=True)
class Change:
    """The values before an event changed a record, by field."""

    on: dt.date
    edited: bool
    """True for an edit. Other changes come with an answer, which makes a new promise."""
    before: Mapping[str, Any]
    while_draft: bool = False
    """Before the recommendation was sent: nothing was promised yet."""
    corrects: frozenset[str] | None = None
    """The promises that it corrects within the hour in which they were made, instead of moving them. None for
    an event that does not say: then it moves what was promised on an earlier day."""


def change_of(day: dt.date, verb: str, detail: Mapping[str, Any], *, is_draft: bool) -> Change | None:
    """What an event changed, if anything."""
    if not (before := detail.get("before")):
        return None
    corrects = frozenset(detail["corrects"]) if "corrects" in detail else None
    return Change(day, verb in CHANGING, before, is_draft, corrects)


def value_at(changes: Sequence[Change], name: str, present: Any, as_of: dt.date) -> Any:
    """A field at the end of a day."""
    touching = [each for each in changes if name in each.before]
    if not touching:
        return present
    found = touching[0].before[name]
    for each, value in zip(touching, _values_after(touching, name, present), strict=True):
        if each.on <= as_of:
            found = value
    return found


def _values_after(touching: list[Change], name: str, present: Any) -> list[Any]:
    return [*(each.before[name] for each in touching[1:]), present]


def promises(
    changes: Sequence[Change], name: str, present: Any, since: dt.date, as_of: dt.date
) -> list[tuple[Any, bool]]:
    """Every value of a promise since the day it was made, oldest first, and whether an edit set it. A value
    that was corrected within the hour is left out."""
    begun = [
        each
        for each in changes
        if name in each.before
        and not each.while_draft
        and (each.on > since if each.corrects is None else each.on >= since)
    ]
    if not begun:
        return [(present, False)]
    found = [(begun[0].before[name], False)]
    for each, value in zip(begun, _values_after(begun, name, present), strict=True):
        if each.on > as_of:
            continue
        if each.corrects and name in each.corrects:
            found[-1] = (value, found[-1][1])
        else:
            found.append((value, each.edited))
    return found


def promised_day(
    changes: Sequence[Change], name: str, present: dt.date | None, since: dt.date, as_of: dt.date
) -> dt.date | None:
    """The promised date that held on a day: `kept_date`."""
    found = promises(changes, name, present, since, as_of)
    return kept_date((as_day(value), edited) for value, edited in found)


def promised_cadence(changes: Sequence[Change], present: int, since: dt.date, as_of: dt.date) -> int:
    """The shortest cadence promised by a day, in days."""
    return kept_cadence(int(days) for days, _ in promises(changes, "cadence_days", present, since, as_of))


def as_day(value: Any) -> Any:
    """A day from an event or a driver, which may be text."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
