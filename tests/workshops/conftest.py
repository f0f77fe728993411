"""A project, and a workshop planned for it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from db.engine import Database
from lab.access.rights import Actor
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting.commands import make_round
from lab.workshops.plan.agendas import TEMPLATES, Block
from lab.workshops.plan.commands import plan_workshop
from tests.conftest import NOW


@dataclass(frozen=True)
class Planned:
    """The keys of a planned workshop and its project."""

    project_id: uuid.UUID
    id: uuid.UUID


def plan(
    database: Database, facilitator: Actor, blocks: Sequence[Block] = TEMPLATES["discovery"].blocks
) -> Planned:
    """A workshop of a new project, planned for today."""
    with database.writing() as session:
        project_id = start_project(
            session, facilitator, title="Warm homes", challenge="How do we keep homes warm?", now=NOW
        )
        workshop_id = plan_workshop(
            session,
            facilitator,
            project_id,
            title="Warm homes, first workshop",
            held_on=NOW.date(),
            blocks=blocks,
            now=NOW,
            invited={"service_user": 12, "carer": 6},
        )
    return Planned(project_id, workshop_id)


@pytest.fixture
def planned(database: Database, facilitator: Actor) -> Planned:
    """A 90-minute discovery workshop, planned for today."""
    return plan(database, facilitator)


def draft_vote(session: Session, actor: Actor, project_id: uuid.UUID | None) -> uuid.UUID:
    """A draft on two prototypes of this project, or of another."""
    key = project_id or start_project(session, actor, title="Another", challenge="Why?", now=NOW)
    options = [
        (make_prototype(session, actor, key, title=title, fidelity="paper", now=NOW), "") for title in "AB"
    ]
    return make_round(
        session, actor, key, question="Which first?", method="approval", options=options, now=NOW
    )
