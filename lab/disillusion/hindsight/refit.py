"""Fit the score's model to the lab's own past, and adopt it if it is better."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.models import ProjectRisk, RiskModel, StaleProject
from lab.access.rights import Actor, require
from lab.disillusion.hindsight.fitting import Past, Refit, refit
from lab.disillusion.score.model import Model
from lab.disillusion.upkeep.model import model_of
from lab.foundation import clock
from lab.foundation.errors import Conflict
from lab.foundation.events import remember


def fit_to_past(session: Session, actor: Actor, past: Past) -> tuple[Refit, Model]:
    """The score fitted to the lab's past, beside the model in use, with which it was compared. This takes
    seconds, so it belongs in no transaction that writes."""
    require(actor, "lab.administer")
    row = session.scalar(select(RiskModel).where(RiskModel.in_use))
    in_use = model_of(row) if row else Model()
    return refit(past, in_use), in_use


def adopt_refit(
    session: Session,
    actor: Actor,
    found: Refit,
    compared_with: Model,
    *,
    start: dt.date,
    end: dt.date,
    now: dt.datetime,
) -> None:
    """Use a fitted model from now on if it does better on projects it was not fitted to.

    Both models are stored, with date and account. If there were too few departures to move anything, nothing
    is stored.

    Raises:
        Conflict: another model has come into use meanwhile.
    """
    require(actor, "lab.administer")
    row = session.scalar(select(RiskModel).where(RiskModel.in_use).with_for_update())
    if (model_of(row) if row else Model()) != compared_with:
        raise Conflict("Another model has come into use meanwhile. Please fit again.")
    if found.moved == "nothing":
        return
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
        session,
        actor,
        made,
        "adopted" if found.better else "tried",
        now=now,
        moved=found.moved,
        withdrawals=found.withdrawals,
        loss_before=found.loss_before,
        loss_after=found.loss_after,
    )


def _score_anew(session: Session) -> None:
    """Mark every scored project for scoring again, under another model."""
    scored = session.scalars(select(ProjectRisk.project_id)).all()
    if scored:
        session.execute(insert(StaleProject), [{"project_id": key} for key in scored])


def _keep(
    session: Session, by: uuid.UUID | None, model: Model, source: str, now: dt.datetime, *, in_use: bool
) -> RiskModel:
    row = RiskModel(
        made_on=clock.today(session, now), made_by=by, source=source, weights=dict(model.weights),
        intercept=model.intercept, slope=model.slope, in_use=in_use,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
