"""The stakeholder behind an account."""

from __future__ import annotations

import uuid

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from db.models import Stakeholder
from lab.access.rights import Actor


def stakeholder_of_account(
    session: Session, actor: Actor, project_id: uuid.UUID | ScalarSelect[uuid.UUID]
) -> tuple[uuid.UUID, str] | None:
    """An account's active stakeholder in a project, and its group. One statement."""
    if not actor.may("vote.cast"):
        return None
    found = session.execute(
        select(Stakeholder.id, Stakeholder.group_name).where(
            Stakeholder.project_id == project_id,
            Stakeholder.account_id == actor.account_id,
            Stakeholder.status == "active",
        )
    ).first()
    return (found.id, found.group_name) if found else None
