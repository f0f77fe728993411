"""The state machines of expectations and recommendations, and what stalled means. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from lab.foundation.text import spoken

RESPONSE_DAYS: Final = 84
"""Days a sponsor has to answer: 12 weeks (UK consultation principles; DOMAIN of the field, §3.1)."""
STALL_FACTOR: Final = 1.5
"""An open recommendation is stalled after this many times its cadence without news."""

OPEN_STATUSES: Final = ("sent", "accepted", "partly_accepted", "in_progress")

RECOMMENDATION_STEPS: Final[dict[str, tuple[str, ...]]] = {
    "draft": ("sent",),
    "sent": ("accepted", "partly_accepted", "declined"),
    "accepted": ("in_progress", "implemented", "dropped"),
    "partly_accepted": ("in_progress", "implemented", "dropped"),
    "declined": ("accepted", "partly_accepted"),
    "in_progress": ("implemented", "dropped"),
    "implemented": ("in_progress",),
    "dropped": ("in_progress",),
}
"""Backward steps exist because sponsors change their minds and claims turn out wrong; they need a reason."""

EXPECTATION_STEPS: Final[dict[str, tuple[str, ...]]] = {
    "open": ("in_hand", "met", "partly_met", "not_met", "withdrawn"),
    "in_hand": ("open", "met", "partly_met", "not_met", "withdrawn"),
    "met": ("in_hand",),
    "partly_met": ("in_hand", "met"),
    "not_met": ("in_hand",),
    "withdrawn": ("open",),
}

SETTLED_EXPECTATIONS: Final = ("met", "partly_met", "not_met", "withdrawn")


@dataclass(frozen=True, slots=True)
class Stall:
    """Why a recommendation is stalled, since when, and what would clear it."""

    since: dt.date
    days: int
    why: str
    cleared_by: str


def stall(
    *,
    status: str,
    response_due: dt.date | None,
    due: dt.date | None,
    last_news_on: dt.date | None,
    cadence_days: int,
    as_of: dt.date,
) -> Stall | None:
    """The earliest reason for which an open recommendation is stalled on `as_of`, or None.

    Past its response-due date unanswered, or without news for more than 1.5 × its cadence once
    answered, or past its due date unfinished. A decision (declined, dropped) is never stalled.
    """
    if status not in OPEN_STATUSES or last_news_on is None:
        return None
    found: list[tuple[dt.date, str, str]] = []
    if status == "sent":
        if response_due:
            found.append(
                (response_due, "no answer by the date it was due", "an answer, yes or no with a reason")
            )
    else:
        quiet = last_news_on + dt.timedelta(days=int(STALL_FACTOR * cadence_days))
        found.append(
            (
                quiet,
                f"no news since {spoken(last_news_on)}, though news was promised every {cadence_days} days",
                "a progress update with evidence, or a change of status",
            )
        )
    if due:
        found.append((due, f"not finished by {spoken(due)}", "finishing it, or dropping it with a reason"))
    late = [each for each in found if each[0] < as_of]
    if not late:
        return None
    since, why, cleared_by = min(late)
    return Stall(since, (as_of - since).days, why, cleared_by)
