"""A project's own facts, and finding projects and sponsors."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import Account, Project, ProjectForm, Sponsor
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.foundation.folding import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectHead:
    """A project without its thread."""

    id: uuid.UUID
    version: int
    slug: str
    reference: str | None
    title: str
    challenge: str
    sponsor_id: uuid.UUID | None
    sponsor: str
    """Empty where none is named yet."""
    owner: str
    """Whoever started it; empty for what was imported."""
    place: str
    forms: tuple[str, ...]
    mode: str | None
    cycle_phase: str | None
    cadence_days: int
    """How often the people were promised news, in days."""
    opened_on: dt.date
    stage: str
    stage_since: dt.date
    outcome: str | None
    outcome_reason: str | None
    closed_on: dt.date | None
    paused_on: dt.date | None
    paused_reason: str | None
    is_public: bool


def project_head(session: Session, actor: Actor, project_id: uuid.UUID) -> ProjectHead:
    """The project's own facts. Two statements.

    Raises:
        NotFound: there is no such project.
    """
    require(actor, "project.read")
    row = session.execute(
        select(Project, Sponsor.name, Account.name)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .outerjoin(Account, Account.id == Project.owner_id)
        .where(Project.id == project_id)
    ).one_or_none()
    if row is None:
        raise NotFound("This project does not exist (any more).")
    project, sponsor, owner = row
    forms = session.scalars(
        select(ProjectForm.form).where(ProjectForm.project_id == project_id).order_by(ProjectForm.form)
    )
    return ProjectHead(
        id=project.id,
        version=project.version,
        slug=project.slug,
        reference=project.reference,
        title=project.title,
        challenge=project.challenge,
        sponsor_id=project.sponsor_id,
        sponsor=sponsor or "",
        owner=owner or "",
        place=project.place,
        forms=tuple(forms),
        mode=project.mode,
        cycle_phase=project.cycle_phase,
        cadence_days=project.cadence_days,
        opened_on=project.opened_on,
        stage=project.stage,
        stage_since=project.stage_since,
        outcome=project.outcome,
        outcome_reason=project.outcome_reason,
        closed_on=project.closed_on,
        paused_on=project.paused_on,
        paused_reason=project.paused_reason,
        is_public=project.is_public,
    )


def sponsor_names(session: Session, actor: Actor) -> tuple[str, ...]:
    """Every sponsor the lab knows, by name. One statement."""
    require(actor, "project.read")
    return tuple(session.scalars(select(Sponsor.name).order_by(Sponsor.name).limit(2000)))


def find_projects(
    session: Session, actor: Actor, words: str = "", *, running: bool = False, limit: int = 20
) -> tuple[tuple[uuid.UUID, str], ...]:
    """Projects, or only those that still run, whose title, place or reference contains the words, the newest
    first. One statement."""
    require(actor, "project.read")
    sought = select(Project.id, Project.title).order_by(Project.opened_on.desc(), Project.id).limit(limit)
    if running:
        sought = sought.where(Project.outcome.is_(None))
    folded = fold(words)
    if folded:
        sought = sought.where(
            or_(
                *(
                    column.contains(folded, autoescape=True)
                    for column in (Project.title_folded, Project.place_folded, Project.reference_folded)
                )
            )
        )
    return tuple((row.id, row.title) for row in session.execute(sought))
