"""When recommendations stall, in SQL, for lists that sort and page.

For one recommendation, and for the past, the same rule is `followthrough.rules.stall`. It takes the promise
that holds, so moving a date later clears nothing.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, case

from db.dates import days_after, earliest
from db.models import Recommendation
from lab.followthrough.rules import OPEN_STATUSES, kept_until, patience


def stalled_after() -> ColumnElement[dt.date]:
    """The last day on which an open recommendation keeps every promise; it is stalled on any later day.
    For statements that read `Recommendation`; null if it promises nothing or is not open."""
    sent = Recommendation.status == "sent"
    begun = Recommendation.status.in_([each for each in OPEN_STATUSES if each != "sent"])
    kept = kept_until(
        lambda condition, day: case((condition, day)),
        unanswered=sent,
        begun=begun,
        response_due=Recommendation.response_due,
        quiet_after=days_after(Recommendation.last_news_on, patience(Recommendation.promised_cadence_days)),
        due=Recommendation.promised_due,
        moved_twice_on=Recommendation.moved_twice_on,
    )
    return earliest(*kept.values())
