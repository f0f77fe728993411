"""The state machines of expectations and recommendations, and what stalled means. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lab.foundation.text import quantity, spoken

RESPONSE_DAYS: Final = 84
"""Days a sponsor has to answer: 12 weeks (UK consultation principles; DOMAIN of the field, §3.1)."""
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


def kept_date(promises: Iterable[tuple[dt.date | None, bool]]) -> dt.date | None:
    """The date that holds, of all that were promised, oldest first: an edit (true) can bring it forward,
    not put it off. An answer with a date makes a new promise."""
    kept: dt.date | None = None
    for day, edited in promises:
        if not edited or kept is None or (day is not None and day < kept):
            kept = day
    return kept


def kept_cadence(promises: Iterable[int]) -> int:
    """The cadence that holds, of all that were promised: the shortest."""
    return min(promises)


class Promised(Protocol):
    """The promises in a recommendation's row; `promised_due` and `promised_cadence_days` are those that
    hold."""

    @property
    def status(self) -> str: ...
    @property
    def response_due(self) -> dt.date | None: ...
    @property
    def due(self) -> dt.date | None: ...
    @property
    def promised_due(self) -> dt.date | None: ...
    @property
    def moved_twice_on(self) -> dt.date | None: ...
    @property
    def last_news_on(self) -> dt.date | None: ...
    @property
    def promised_cadence_days(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Stall:
    """Why a recommendation is stalled, since when, and what would clear it."""

    since: dt.date
    days: int
    why: str
    cleared_by: str


def patience(cadence_days: Any) -> Any:
    """Days without news after which a promise of news is broken: 1.5 × the cadence. Whole days, from a
    number, an array or a column."""
    return cadence_days * 3 // 2


def kept_until(
    where: Callable[[Any, Any], Any],
    *,
    unanswered: Any,
    begun: Any,
    response_due: Any,
    quiet_after: Any,
    due: Any,
    moved_twice_on: Any,
) -> dict[str, Any]:
    """The definition of stalled: for each promise of a recommendation, the last day on which it is kept.

    Unanswered past its response-due date; answered, and silent for longer than `patience`; open past its due
    date; or open although that date was moved twice. One rule for a single recommendation, for arrays and for
    SQL: `where(condition, day)` gives the day where the condition holds and nothing otherwise.
    """
    return {
        "unanswered": where(unanswered, response_due),
        "no_news": where(begun, quiet_after),
        "past_due": where(unanswered | begun, due),
        "moved_twice": where(unanswered | begun, moved_twice_on),
    }


def stall_of(each: Promised, as_of: dt.date) -> Stall | None:
    """Why a recommendation is stalled, from its row; None if it is not."""
    return stall(
        status=each.status,
        response_due=each.response_due,
        due=each.promised_due,
        moved_to=each.due,
        moved_twice_on=each.moved_twice_on,
        last_news_on=each.last_news_on,
        cadence_days=each.promised_cadence_days,
        as_of=as_of,
    )


def stall(
    *,
    status: str,
    response_due: dt.date | None,
    due: dt.date | None,
    moved_twice_on: dt.date | None,
    last_news_on: dt.date | None,
    cadence_days: int,
    as_of: dt.date,
    moved_to: dt.date | None = None,
) -> Stall | None:
    """The first promise of `kept_until` that an open recommendation broke by `as_of`, or None. A decision
    (declined, dropped) is never stalled.

    `due` and `cadence_days` are the promises that hold; `moved_to` is the current date.
    """
    if status not in OPEN_STATUSES or last_news_on is None:
        return None
    kept = kept_until(
        lambda condition, day: day if condition else None,
        unanswered=status == "sent",
        begun=status != "sent",
        response_due=response_due,
        quiet_after=last_news_on + dt.timedelta(days=patience(cadence_days)),
        due=due,
        moved_twice_on=moved_twice_on,
    )
    broken = [(day, name) for name, day in kept.items() if day is not None and day < as_of]
    if not broken:
        return None
    since, name = min(broken, key=lambda each: each[0])
    finished = "finishing it, or dropping it with a reason"
    why, cleared_by = {
        "unanswered": ("no answer by the date it was due", "an answer, yes or no with a reason"),
        "no_news": (
            f"no news since {spoken(last_news_on)}, though news was promised every "
            f"{quantity(cadence_days, 'day')}",
            "a progress update with evidence, or a change of status",
        ),
        "past_due": (_unfinished(due, moved_to), finished),
        "moved_twice": ("not finished, and its date was moved a second time", finished),
    }[name]
    return Stall(since, (as_of - since).days, why, cleared_by)


def _unfinished(due: dt.date | None, moved_to: dt.date | None) -> str:
    if due is None or moved_to in (None, due):
        return f"not finished by {spoken(due) if due else ''}"
    return f"not finished: first promised for {spoken(due)}, moved to {spoken(moved_to)}"
