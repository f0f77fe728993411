"""A project with prototypes to vote on, and votes handed in the way phones hand them in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings

from db.engine import Database
from lab.access.rights import Actor
from lab.foundation.errors import LabError
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting import rules
from lab.voting.commands import make_round, open_round
from lab.voting.intake.ballots import BallotIn, take_ballots
from tests.conftest import NOW

settings.register_profile("counting", deadline=None)  # a busy machine breaks no promise about counting
settings.load_profile("counting")

TITLES = ("Text message", "Plain letter", "Named contact")


@pytest.fixture
def prototypes(database: Database, facilitator: Actor) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """A project and three prototypes of it."""
    with database.writing() as session:
        project = start_project(
            session, facilitator, title="Letters", challenge="Why?", sponsor="Court", place="Here", now=NOW
        )
        made = [
            make_prototype(session, facilitator, project, title=title, fidelity="paper", now=NOW)
            for title in TITLES
        ]
    return project, made


def opened(
    database: Database,
    actor: Actor,
    prototypes: tuple[uuid.UUID, list[uuid.UUID]],
    method: str = "approval",
    **facts: Any,
) -> uuid.UUID:
    """An open round on the three prototypes."""
    project, made = prototypes
    with database.writing() as session:
        round_id = make_round(
            session,
            actor,
            project,
            question="Which first?",
            method=method,
            options=[(each, "") for each in made],
            now=NOW,
            **facts,
        )
        open_round(session, actor, round_id, NOW)
    return round_id


def ballot(round_id: uuid.UUID, voter: str, marks: Sequence[int], **facts: Any) -> BallotIn:
    """What the phone of this voter hands in."""
    return BallotIn(round_id, rules.token_hash(round_id, voter), tuple(marks), **facts)


def cast(database: Database, *ballots: BallotIn) -> list[str | LabError]:
    """Hand ballots in as one batch."""
    with database.writing() as session:
        return take_ballots(session, ballots, now=NOW)
