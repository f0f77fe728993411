"""Draft a recommendation to a sponsor by name, existing or new."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy.orm import Session

from lab.access.rights import Actor
from lab.followthrough.commands import draft_recommendation
from lab.projects.commands import name_sponsor


def draft_to_sponsor(
    session: Session, actor: Actor, project_id: uuid.UUID, *, sponsor: str, now: dt.datetime, **facts: Any
) -> uuid.UUID:
    """Draft a recommendation; add the sponsor if the name is new. The facts are those of
    `draft_recommendation`."""
    sponsor_id = name_sponsor(session, actor, sponsor, now)
    return draft_recommendation(session, actor, project_id, sponsor_id=sponsor_id, now=now, **facts)
