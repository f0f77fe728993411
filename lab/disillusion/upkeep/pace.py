"""How long progress usually takes in this lab, and the model in use, as of any day."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from sqlalchemy import case, func, literal, select, union, union_all
from sqlalchemy.orm import Session

from db.models import Event, ProgressUpdate, Recommendation
from lab.disillusion.score.model import History
from lab.disillusion.upkeep.model import adopted_models
from lab.followthrough.rules import OPEN_STATUSES


class LabPast:
    """The lab's own past up to any day: how long progress usually takes, from counts by date, and the model
    in use (four statements).

    A recommendation waits for progress from when it is sent until it ends. Progress is a change of its status
    or an update with evidence; several on one day count as one.
    """

    def __init__(self, session: Session) -> None:
        stepped = (Event.subject_type == "recommendation", Event.to_state.is_not(None))
        moves: list[Any] = [
            select(
                Event.day.label("day"),
                (
                    case((Event.to_state.in_(OPEN_STATUSES), 1), else_=0)
                    - case((Event.from_state.in_(OPEN_STATUSES), 1), else_=0)
                ).label("change"),
            ).where(*stepped)
        ]
        news: list[Any] = [
            select(Event.subject_id.label("id"), Event.day.label("day")).where(
                *stepped, Event.to_state.not_in(("draft", "sent"))
            ),
            select(ProgressUpdate.recommendation_id, ProgressUpdate.done_on).where(
                ProgressUpdate.evidence != ""
            ),
        ]
        if _has_unlogged(session):
            unlogged = (
                Recommendation.status != "draft",
                Recommendation.id.not_in(select(Event.subject_id).where(*stepped)),
            )
            ended = Recommendation.status.not_in(OPEN_STATUSES)
            moves.append(select(Recommendation.sent_by, literal(1)).where(*unlogged))
            moves.append(select(Recommendation.last_news_on, literal(-1)).where(*unlogged, ended))
            stepped_on = select(Recommendation.id, Recommendation.last_news_on)
            news.append(stepped_on.where(*unlogged, Recommendation.status != "sent"))
        waits, proven = union_all(*moves).subquery(), union(*news).subquery()
        steps = session.execute(select(waits.c.day, func.sum(waits.c.change)).group_by(waits.c.day))
        progress = session.execute(select(proven.c.day, func.count()).group_by(proven.c.day))
        self._news_days, self._news = _running(progress)
        changes = sorted((day.toordinal(), int(change)) for day, change in steps)
        self._step_days = [day for day, _ in changes]
        self._waiting = list(accumulate((change for _, change in changes), initial=0))
        self._weighted = list(accumulate((day * change for day, change in changes), initial=0))
        self._models = adopted_models(session)

    def until(self, as_of: dt.date) -> History:
        """Progress events, days waited for them, and the model in use, up to a day."""
        end = as_of.toordinal()
        index = bisect.bisect_right(self._step_days, end)
        waited = self._waiting[index] * end - self._weighted[index]
        events = self._news[bisect.bisect_right(self._news_days, end)]
        return History(events, float(max(0, waited)), self._models.on(as_of))


def _has_unlogged(session: Session) -> bool:
    """Whether some recommendations were sent without an event, as in imported registers."""
    logged = select(func.count()).where(Event.subject_type == "recommendation", Event.to_state == "sent")
    sent = select(func.count()).select_from(Recommendation).where(Recommendation.status != "draft")
    return bool(session.scalar(select(sent.scalar_subquery() > logged.scalar_subquery())))


def _running(rows: Iterable[Any]) -> tuple[list[int], list[int]]:
    """The days in order, and the running count before each of them and in all."""
    counts = sorted((day.toordinal(), int(count)) for day, count in rows)
    return [day for day, _ in counts], list(accumulate((count for _, count in counts), initial=0))
