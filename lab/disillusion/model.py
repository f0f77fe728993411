"""The model of the score that is in use, and how a lab's own past may replace it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.models import Account, Event, ProjectRisk, RiskModel, StaleProject
from lab.access.rights import Actor, require
from lab.disillusion.drivers import DEFAULT_MODEL, Model
from lab.disillusion.fitting import Past, Refit, refit
from lab.foundation.events import remember


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
    """The models that were adopted, and since when: the score of a day never knows a later one."""

    since: tuple[tuple[dt.date, Model], ...]
    """Oldest first."""

    def on(self, day: dt.date) -> Model:
        """The model in use on a day: the last that was adopted by then, or the score's own defaults."""
        return next((model for began, model in reversed(self.since) if began <= day), DEFAULT_MODEL)


def current_model(session: Session) -> Model:
    """The weights and calibration in use: the last that were adopted, or the score's own defaults. One
    statement."""
    row = session.scalar(select(RiskModel).where(RiskModel.in_use))
    return _model(row) if row else DEFAULT_MODEL


def adopted_models(session: Session) -> Adopted:
    """The models that were ever adopted. One statement."""
    rows = session.execute(
        select(Event.at, RiskModel)
        .join(RiskModel, RiskModel.id == Event.subject_id)
        .where(Event.subject_type == "risk_model", Event.verb == "adopted")
        .order_by(Event.at, Event.id)
    )
    return Adopted(tuple((at.date(), _model(row)) for at, row in rows))


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
            row.id, row.made_on, name or "", row.source, _model(row), row.in_use, row.withdrawals,
            row.loss_before, row.loss_after, row.loss_error,
        )
        for row, name in rows
    )  # fmt: skip


def _model(row: RiskModel) -> Model:
    return Model(dict(row.weights), row.intercept, row.slope)


def refit_model(
    session: Session, actor: Actor, past: Past, *, start: dt.date, end: dt.date, now: dt.datetime
) -> Refit:
    """Fit the score to the lab's past and use the result if it does better on projects it has not seen.

    Both are kept, with date and who. Where there are too few withdrawals for anything to move, nothing is
    kept and the answer says how many are needed.
    """
    require(actor, "lab.administer")
    row = session.scalar(select(RiskModel).where(RiskModel.in_use).with_for_update())
    found = refit(past, _model(row) if row else Model())
    if found.moved == "nothing":
        return found
    if row is None:
        row = _keep(session, None, Model(), "default", now, in_use=True)
    if found.better:
        row.in_use = False
        session.flush()
        _score_anew(session)
    made = _keep(session, actor.account_id, found.model, "refit", now, in_use=found.better)
    made.fitted_from, made.fitted_to, made.withdrawals = start, end, found.withdrawals
    made.loss_before, made.loss_after, made.loss_error = found.loss_before, found.loss_after, found.error
    remember(
        session, actor_id=actor.account_id, project_id=None, subject=("risk_model", made.id),
        verb="adopted" if found.better else "tried", now=now, moved=found.moved,
        withdrawals=found.withdrawals, loss_before=found.loss_before, loss_after=found.loss_after,
    )  # fmt: skip
    return found


def _score_anew(session: Session) -> None:
    """Mark every project that has a score: another model may say otherwise of it."""
    scored = session.scalars(select(ProjectRisk.project_id)).all()
    if scored:
        session.execute(insert(StaleProject), [{"project_id": key} for key in scored])


def _keep(
    session: Session, by: uuid.UUID | None, model: Model, source: str, now: dt.datetime, *, in_use: bool
) -> RiskModel:
    row = RiskModel(
        made_on=now.date(), made_by=by, source=source, weights=dict(model.weights),
        intercept=model.intercept, slope=model.slope, in_use=in_use,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
