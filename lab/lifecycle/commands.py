"""Commands on a project's stage: move, pause, resume, close, reopen."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from db.models import Project
from db.words import OUTCOMES, STAGES
from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import fetch
from lab.lifecycle.queries import gate_facts, moves_to_undo, untested_risks
from lab.lifecycle.rules import CLOSED, RISKS_FOUND, Condition, unmet
from lab.past.undone import MOVE_UNDONE


def move_project(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    stage: str,
    reason: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Move to another stage. Unmet conditions of the gate are waived, which needs a reason; so does moving
    back.

    Raises:
        Invalid: the reason is missing.
        WrongTransition: the project is closed or already there.
    """
    require(actor, "project.move")
    project = _running(session, project_id)
    text.chosen(stage, STAGES, "Stage")
    if stage == project.stage:
        raise WrongTransition("The project is already at this stage.")
    cleaned = text.paragraph(reason, "Reason", required=False, limit=1000)
    waived = unmet(project.stage, stage, gate_facts(session, actor, project_id))
    if waived and not cleaned:
        raise Invalid(f"Not yet true: {_listed(waived)}. To go on all the same, say why.", field="reason")
    if STAGES.index(stage) < STAGES.index(project.stage) and not cleaned:
        raise Invalid("Going back to an earlier stage needs a reason.", field="reason")
    day = clock.happened(session, on, now, "Moved on")
    since = project.stage_since.isoformat()
    before, project.stage, project.stage_since = project.stage, stage, day
    project.version += 1
    remember(
        session,
        actor,
        project,
        "moved",
        now=now,
        on=day,
        from_state=before,
        to_state=stage,
        reason=cleaned,
        waived=_words(waived),
        risks_waived=_risks(session, project_id, waived),
        since=since,
    )


def undo_move(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take the last move back: the project stands where it stood, since when it stood there. The move stays
    on record, and so does its undoing.

    Raises:
        WrongTransition: ten minutes have passed, or something else has been decided about its stage.
    """
    require(actor, "project.move")
    project = _running(session, project_id)
    session.flush()
    moves = moves_to_undo(session, actor, now=now, project_id=project_id)
    if not moves:
        raise WrongTransition(
            "A move can be undone for ten minutes, unless somebody has decided something else about the "
            "stage since. Move the project back instead, with a reason."
        )
    move = moves[0]
    since = dt.date.fromisoformat(move.since) if move.since else clock.today(session, now)
    project.stage, project.stage_since = move.before, since
    project.version += 1
    remember(
        session, actor, project, MOVE_UNDONE, now=now, from_state=move.after, to_state=move.before,
        undone=str(move.event_id), since=since.isoformat(),
    )  # fmt: skip


def close_project(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    outcome: str,
    reason: str,
    now: dt.datetime,
    on: When = TODAY,
) -> None:
    """Close a project with an outcome and a reason.

    Closing as implemented checks its gate; unmet conditions are waived with this reason.
    """
    require(actor, "project.move")
    project = _running(session, project_id)
    text.chosen(outcome, OUTCOMES, "Outcome")
    cleaned = text.paragraph(reason, "Reason", limit=1000)
    waived = unmet(project.stage, CLOSED, gate_facts(session, actor, project_id)) if outcome == CLOSED else ()
    day = clock.happened(session, on, now, "Closed on")
    project.outcome, project.outcome_reason, project.closed_on = outcome, cleaned, day
    project.paused_on = project.paused_reason = None
    project.version += 1
    remember(
        session,
        actor,
        project,
        "closed",
        now=now,
        on=day,
        from_state=project.stage,
        to_state=outcome,
        reason=cleaned,
        waived=_words(waived),
        risks_waived=_risks(session, project_id, waived),
    )


def reopen_project(
    session: Session, actor: Actor, project_id: uuid.UUID, *, reason: str, now: dt.datetime
) -> None:
    """Reopen a project that was closed by mistake."""
    require(actor, "project.move")
    project = fetch(session, Project, project_id, "project")
    if project.outcome is None:
        raise WrongTransition("The project is not closed.")
    cleaned = text.paragraph(reason, "Reason", limit=1000)
    before = project.outcome
    project.outcome = project.outcome_reason = project.closed_on = None
    project.version += 1
    remember(
        session,
        actor,
        project,
        "reopened",
        now=now,
        from_state=before,
        to_state=project.stage,
        reason=cleaned,
    )


def pause_project(
    session: Session, actor: Actor, project_id: uuid.UUID, *, reason: str, now: dt.datetime
) -> None:
    """Pause a project, with a reason."""
    require(actor, "project.move")
    project = _running(session, project_id)
    if project.paused_on:
        raise WrongTransition("The project is already paused.")
    project.paused_on = clock.today(session, now)
    project.paused_reason = text.paragraph(reason, "Reason", limit=1000)
    project.version += 1
    remember(
        session,
        actor,
        project,
        "paused",
        now=now,
        from_state=project.stage,
        to_state="paused",
        reason=project.paused_reason,
    )


def resume_project(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Resume a paused project."""
    require(actor, "project.move")
    project = _running(session, project_id)
    if not project.paused_on:
        raise WrongTransition("The project is not paused.")
    project.paused_on = project.paused_reason = None
    project.version += 1
    remember(session, actor, project, "resumed", now=now, from_state="paused", to_state=project.stage)


def _running(session: Session, project_id: uuid.UUID) -> Project:
    project = fetch(session, Project, project_id, "project")
    if project.outcome is not None:
        raise WrongTransition("The project is closed. Reopen it first, with a reason.")
    return project


def _words(conditions: tuple[Condition, ...]) -> list[str]:
    return [condition.words for condition in conditions]


def _risks(session: Session, project_id: uuid.UUID, waived: tuple[Condition, ...]) -> list[str]:
    """The risks a waiver covers: a later gate asks only about newer ones."""
    return untested_risks(session, project_id) if RISKS_FOUND in _words(waived) else []


def _listed(conditions: tuple[Condition, ...]) -> str:
    return "; ".join(condition.words[0].lower() + condition.words[1:] for condition in conditions)
