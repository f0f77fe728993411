"""Status changes of recommendations, and the promises that change with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Event, Recommendation
from db.words import ANSWERS
from lab.access.rights import Actor
from lab.followthrough.rules import RECOMMENDATION_STEPS, kept_cadence, kept_date
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.text import spoken

PROMISES: Final = ("due", "cadence_days")
"""The columns of a recommendation that promise something."""
CORRECTED_WITHIN: Final = dt.timedelta(hours=1)
"""For how long after a promise was sent or received an edit corrects it. Later, people have seen it: then the
edit moves it."""


def still_corrected(session: Session, recommendation: Recommendation, now: dt.datetime) -> frozenset[str]:
    """The promises that an edit corrects: those made by sending or by a dated answer within the last hour,
    and all of a draft. One statement, none for a draft."""
    if recommendation.status == "draft":
        return frozenset(PROMISES)
    found = session.execute(
        select(Event.to_state, Event.detail).where(
            Event.subject_type == "recommendation",
            Event.subject_id == recommendation.id,
            Event.to_state.in_(("sent", *ANSWERS)),
            Event.recorded_at > now - CORRECTED_WITHIN,
        )
    )
    made = [PROMISES if state == "sent" else tuple(detail.get("before") or ()) for state, detail in found]
    return frozenset(name for names in made for name in names if name in PROMISES)


def count_move(recommendation: Recommendation, due: dt.date | None, day: dt.date) -> None:
    """Count a promised date that is being moved. Moved twice, it is late from that day on."""
    if recommendation.due in (None, due):
        return
    recommendation.due_moves += 1
    if recommendation.due_moves == 2:
        recommendation.moved_twice_on = day


def make_promises(recommendation: Recommendation) -> None:
    """Promise the date and the cadence as they are."""
    recommendation.promised_due = recommendation.due
    recommendation.promised_cadence_days = recommendation.cadence_days


def keep_promises(recommendation: Recommendation, corrected: Collection[str]) -> None:
    """Update the promises that hold after an edit, which replaces those it corrects."""
    if "due" not in corrected:
        promises = [(recommendation.promised_due, False), (recommendation.due, True)]
        recommendation.promised_due = kept_date(promises)
    else:
        recommendation.promised_due = recommendation.due
    cadences = (recommendation.promised_cadence_days, recommendation.cadence_days)
    recommendation.promised_cadence_days = kept_cadence(
        cadences[1:] if "cadence_days" in corrected else cadences
    )


def take_step(
    session: Session,
    actor: Actor,
    recommendation: Recommendation,
    status: str,
    now: dt.datetime,
    day: dt.date,
    reason: str,
    changed: dict[str, Any] | None = None,
    **detail: Any,
) -> None:
    """Change a recommendation's status on a day, with the other values changed by the step, and what else its
    event keeps.

    Raises:
        WrongTransition: the present status does not allow it.
        Invalid: the last step was later.
    """
    before = recommendation.status
    if status not in RECOMMENDATION_STEPS[before]:
        raise WrongTransition(
            f"A recommendation that is {as_words(before)} cannot become {as_words(status)}."
        )
    if recommendation.last_news_on and day < recommendation.last_news_on and before != "draft":
        raise Invalid(
            f"The last step was on {spoken(recommendation.last_news_on)}; this one cannot be earlier "
            f"({spoken(day)})."
        )
    recommendation.status = status
    recommendation.last_news_on = day
    recommendation.version += 1
    if changed:
        detail["corrects"] = []
    remember(
        session,
        actor,
        recommendation,
        status,
        now=now,
        on=day,
        from_state=before,
        to_state=status,
        reason=reason,
        before=changed or {},
        **detail,
    )


def as_words(state: str) -> str:
    """A state as words in a sentence."""
    return state.replace("_", " ")
