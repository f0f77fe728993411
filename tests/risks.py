"""What tests ask about one project's risk: its row of At risk, its evaluations and its flags."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Flag, RiskEvaluation
from lab.access.rights import Actor
from lab.disillusion.lists import AtRisk, at_risk


def risk_of(session: Session, actor: Actor, project_id: uuid.UUID) -> AtRisk | None:
    """The project's row of the list At risk."""
    _, listed = at_risk(session, actor)
    return next((each for each in listed if each.project_id == project_id), None)


def history_of(session: Session, project_id: uuid.UUID) -> tuple[Sequence[RiskEvaluation], Sequence[Flag]]:
    """Its evaluations and its flags, oldest first."""
    evaluations = session.scalars(
        select(RiskEvaluation)
        .where(RiskEvaluation.project_id == project_id)
        .order_by(RiskEvaluation.evaluated_on)
    ).all()
    flags = session.scalars(select(Flag).where(Flag.project_id == project_id).order_by(Flag.raised_on)).all()
    return evaluations, flags
