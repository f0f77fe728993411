"""The models of the score: the one in use, those before it, and those that were tried."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Account, Event, RiskModel
from lab.access.rights import Actor, require
from lab.disillusion.score.model import DEFAULT_MODEL, Model


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that was in use or was tried."""

    id: uuid.UUID
    made_on: dt.date
    made_by: str
    source: str
    model: Model
    in_use: bool
    withdrawals: int | None
    loss_before: float | None
    loss_after: float | None
    loss_error: float | None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The adopted models and their dates: the score of a day uses none adopted later."""

    since: tuple[tuple[dt.date, Model], ...]
    """Oldest first."""

    def on(self, day: dt.date) -> Model:
        """The model in use on a day: the last adopted by then, or the defaults."""
        return next((model for began, model in reversed(self.since) if began <= day), DEFAULT_MODEL)


def current_model(session: Session) -> Model:
    """The model in use: the last adopted, or the defaults. One statement."""
    row = session.scalar(select(RiskModel).where(RiskModel.in_use))
    return model_of(row) if row else DEFAULT_MODEL


def adopted_models(session: Session) -> Adopted:
    """All models ever adopted. One statement."""
    rows = session.execute(
        select(Event.day, RiskModel)
        .join(RiskModel, RiskModel.id == Event.subject_id)
        .where(Event.subject_type == "risk_model", Event.verb == "adopted")
        .order_by(Event.at, Event.id)
    )
    return Adopted(tuple((day, model_of(row)) for day, row in rows))


def models(session: Session, actor: Actor) -> tuple[KeptModel, ...]:
    """Every model that was in use or tried, newest first. One statement."""
    require(actor, "risk.read")
    rows = session.execute(
        select(RiskModel, Account.name)
        .outerjoin(Account, Account.id == RiskModel.made_by)
        .order_by(RiskModel.made_on.desc(), RiskModel.id.desc())
    )
    return tuple(
        KeptModel(
            row.id, row.made_on, name or "", row.source, model_of(row), row.in_use, row.withdrawals,
            row.loss_before, row.loss_after, row.loss_error,
        )
        for row, name in rows
    )  # fmt: skip


def model_of(row: RiskModel) -> Model:
    """A stored model as the score's `Model`."""
    return Model(dict(row.weights), row.intercept, row.slope)
