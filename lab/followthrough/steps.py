"""Status changes of recommendations, and the promises that change with them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from db.models import Recommendation
from lab.access.rights import Actor
from lab.followthrough.rules import RECOMMENDATION_STEPS, kept_cadence, kept_date
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember


def count_move(recommendation: Recommendation, due: dt.date | None, day: dt.date) -> None:
    """Count a promised date that is being moved. Moved twice, it is late from that day on."""
    if recommendation.due in (None, due):
        return
    recommendation.due_moves += 1
    if recommendation.due_moves == 2:
        recommendation.moved_twice_on = day


def keep_promises(recommendation: Recommendation, day: dt.date, *, edited: bool) -> None:
    """Update the promises that hold after the date or the cadence was set on a day. Until the end of the
    day it was sent, they are the current values."""
    if recommendation.sent_on is None or day <= recommendation.sent_on:
        recommendation.promised_due = recommendation.due
        recommendation.promised_cadence_days = recommendation.cadence_days
        return
    promises = [(recommendation.promised_due, False), (recommendation.due, edited)]
    recommendation.promised_due = kept_date(promises)
    cadences = (recommendation.promised_cadence_days, recommendation.cadence_days)
    recommendation.promised_cadence_days = kept_cadence(cadences)


def take_step(
    session: Session,
    actor: Actor,
    recommendation: Recommendation,
    status: str,
    now: dt.datetime,
    day: dt.date,
    reason: str,
    changed: dict[str, Any] | None = None,
) -> None:
    """Change a recommendation's status on a day, with the other values changed by the step.

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
            f"The last step was on {recommendation.last_news_on}; this one cannot be earlier ({day})."
        )
    recommendation.status = status
    recommendation.last_news_on = day
    recommendation.version += 1
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
    )


def as_words(state: str) -> str:
    """A state as words in a sentence."""
    return state.replace("_", " ")
