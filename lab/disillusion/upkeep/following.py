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


def perform_and_refresh(
    session: Session,
    actor: Actor,
    command: Callable[..., Any],
    *arguments: Any,
    changed: uuid.UUID | Literal["answer"] | None,
    now: dt.datetime,
    **named: Any,
) -> Any:
    """Run a command, which asks for its own permission, and return its answer.

    `changed` is the id of the project whose risk may have changed, "answer" if the command returns it, or
    None if no risk can have changed.
    """
    answer = command(session, actor, *arguments, now=now, **named)
    if changed is not None:
        session.flush()
        project_id = answer if changed == "answer" else changed
        refresh_risk(session, [project_id], as_of=clock.today(session, now), now=now)
    return answer
