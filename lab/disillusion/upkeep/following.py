"""Runs a command and brings the risk of the project it changed up to date, in the same transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy.orm import Session

from lab.access.rights import Actor
from lab.disillusion.upkeep.commands import refresh_risk
from lab.foundation import clock

Changed = uuid.UUID | Literal["answer", "answer.project_id"] | None
"""Which project's risk may have changed by a command: one with this id, one that the command answers with, or
one that its answer names. None if no risk can have changed."""


def perform_and_refresh(
    session: Session,
    actor: Actor,
    command: Callable[..., Any],
    *arguments: Any,
    changed: Changed,
    now: dt.datetime,
    **named: Any,
) -> Any:
    """Run a command, which asks for its own permission, and return its answer.

    `changed` says which project's risk may have changed.
    """
    answer = command(session, actor, *arguments, now=now, **named)
    if changed is not None:
        session.flush()
        if changed == "answer.project_id":
            project_id = answer.project_id
        else:
            project_id = answer if changed == "answer" else changed
        refresh_risk(session, [project_id], as_of=clock.today(session, now), now=now)
    return answer
