"""Start, describe and publish projects; moving them between stages is `lab.lifecycle`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Project, ProjectForm, Sponsor
from db.words import CYCLE_PHASES, FORMS, MODES
from lab.access.rights import Actor, require
from lab.foundation import clock, folding, text
from lab.foundation.clock import TODAY, When
from lab.foundation.errors import Conflict, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version


def name_sponsor(session: Session, actor: Actor, name: str, now: dt.datetime) -> uuid.UUID:
    """Find a sponsor by name, ignoring case and spacing, or add it."""
    require(actor, "project.write")
    cleaned = text.line(name, "Sponsor")
    folded = folding.fold(cleaned)
    found = session.scalar(select(Sponsor.id).where(Sponsor.name_folded == folded).order_by(Sponsor.id))
    if found:
        return found
    sponsor = Sponsor(name=cleaned, name_folded=folded)
    session.add(sponsor)
    session.flush()
    remember(session, actor, sponsor, "named", now=now)
    return sponsor.id


def start_project(
    session: Session,
    actor: Actor,
    *,
    title: str,
    now: dt.datetime,
    challenge: str = "",
    sponsor: str = "",
    place: str = "",
    forms: Sequence[str] = (),
    mode: str | None = None,
    cycle_phase: str | None = None,
    cadence_days: int = 28,
    opened_on: When = TODAY,
    reference: str | None = None,
) -> uuid.UUID:
    """Begin a project in discovery; its owner is whoever starts it.

    Raises:
        Conflict: another project already has this reference.
    """
    require(actor, "project.create")
    day = clock.happened(session, opened_on, now, "Opened on")
    cleaned = text.line(title, "Title")
    known = select(Project.id).where(Project.reference_folded == folding.fold(reference or ""))
    if reference and session.scalar(known):
        raise Conflict(f"There is already a project with the reference {reference}.")
    base = folding.slug(cleaned)
    taken = session.scalars(select(Project.slug).where(Project.slug.startswith(base, autoescape=True)))
    project = Project(
        title=cleaned,
        slug=folding.slug(cleaned, taken),
        reference=reference,
        challenge=text.paragraph(challenge, "Challenge", required=False),
        sponsor_id=name_sponsor(session, actor, sponsor, now) if sponsor.strip() else None,
        owner_id=actor.account_id,
        place=text.line(place, "Place", required=False),
        stage="discovery",
        stage_since=day,
        opened_on=day,
        mode=text.chosen_or_none(mode, MODES, "Mode"),
        cycle_phase=text.chosen_or_none(cycle_phase, CYCLE_PHASES, "Cycle phase"),
        cadence_days=text.number(cadence_days, "Days between news", 1, 365),
    )
    _fold_names(project)
    session.add(project)
    session.flush()
    _set_forms(session, project.id, forms)
    remember(session, actor, project, "started", now=now, on=day, to_state="discovery")
    return project.id


def edit_project(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    version: int,
    title: str,
    challenge: str,
    sponsor: str,
    place: str,
    forms: Sequence[str],
    mode: str | None,
    cycle_phase: str | None,
    cadence_days: int,
    now: dt.datetime,
) -> None:
    """Correct a project's description. This is never news."""
    require(actor, "project.write")
    project = fetch(session, Project, project_id, "project")
    guard_version(project, version)
    project.title = text.line(title, "Title")
    project.challenge = text.paragraph(challenge, "Challenge", required=False)
    before = change(
        project,
        sponsor_id=name_sponsor(session, actor, sponsor, now) if sponsor.strip() else None,
        place=text.line(place, "Place", required=False),
        mode=text.chosen_or_none(mode, MODES, "Mode"),
        cycle_phase=text.chosen_or_none(cycle_phase, CYCLE_PHASES, "Cycle phase"),
        cadence_days=text.number(cadence_days, "Days between news", 1, 365),
    )
    _fold_names(project)
    kept = (
        project.cadence_days
        if clock.today(session, now) <= project.opened_on
        else project.promised_cadence_days
    )
    project.promised_cadence_days = min(kept, project.cadence_days)
    carried = session.scalars(select(ProjectForm.form).where(ProjectForm.project_id == project_id)).all()
    if set(carried) != set(forms):
        before["forms"] = sorted(carried)
    _set_forms(session, project_id, forms)
    remember(session, actor, project, "edited", now=now, before=before)


def publish_project(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Open the project's public page to anybody.

    Raises:
        WrongTransition: it is open already.
    """
    _set_public(session, actor, project_id, True, now)


def unpublish_project(session: Session, actor: Actor, project_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Close the project's public page.

    Raises:
        WrongTransition: it is not open.
    """
    _set_public(session, actor, project_id, False, now)


def _set_public(
    session: Session, actor: Actor, project_id: uuid.UUID, is_public: bool, now: dt.datetime
) -> None:
    require(actor, "project.move")
    project = fetch(session, Project, project_id, "project")
    before = change(project, is_public=is_public)
    if not before:
        state = "public already" if is_public else "not public"
        raise WrongTransition(f"The page of this project is {state}. Reload to see it as it is.")
    remember(session, actor, project, "published" if is_public else "unpublished", now=now, before=before)


def _fold_names(project: Project) -> None:
    """Store the folded names, which searches and filters compare."""
    project.title_folded = folding.fold(project.title)
    project.place_folded = folding.fold(project.place)
    project.reference_folded = folding.fold(project.reference or "")


def _set_forms(session: Session, project_id: uuid.UUID, forms: Sequence[str]) -> None:
    session.execute(delete(ProjectForm).where(ProjectForm.project_id == project_id))
    for form in dict.fromkeys(forms):
        session.add(ProjectForm(project_id=project_id, form=text.chosen(form, FORMS, "Form")))
