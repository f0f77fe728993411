"""The steps of a recommendation, and the promises its commands keep with them."""

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
    """Count a promised date that is about to be moved. Moved twice is late, from that day on."""
    if recommendation.due in (None, due):
        return
    recommendation.due_moves += 1
    if recommendation.due_moves == 2:
        recommendation.moved_twice_on = day


def keep_promises(recommendation: Recommendation, day: dt.date, *, edited: bool) -> None:
    """Keep the promises that hold once the date or the cadence was set on a day: until the end of the day on
    which it was sent they are whatever it says."""
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
    """Take a recommendation to another status on a day, with what the step changed of it besides.

    Raises:
        WrongTransition: that step does not lead on from the present status.
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
    """A state as a sentence has it."""
    return state.replace("_", " ")
