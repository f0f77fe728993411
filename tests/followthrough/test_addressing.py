"""Recommendations to sponsors by name."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Recommendation, Sponsor
from lab.access.rights import Actor
from lab.followthrough.addressing import draft_to_sponsor
from lab.projects.commands import start_project
from tests.conftest import NOW


def test_a_sponsor_of_a_new_name_is_known_to_the_lab_once(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        project = start_project(session, facilitator, title="Warm homes", challenge="How?", now=NOW)
        drafts = [
            _draft(session, facilitator, project, name) for name in ("Harbour Office", "harbour office")
        ]
    with database.reading() as session:
        sponsors = list(session.scalars(select(Sponsor).where(Sponsor.name == "Harbour Office")))
        addressed = set(
            session.scalars(select(Recommendation.sponsor_id).where(Recommendation.id.in_(drafts)))
        )
    assert len(sponsors) == 1
    assert addressed == {sponsors[0].id}


def _draft(session: Session, actor: Actor, project: uuid.UUID, sponsor: str) -> uuid.UUID:
    return draft_to_sponsor(
        session, actor, project, sponsor=sponsor, title="Insulate", words="Insulate the roofs", importance=4,
        now=NOW,
    )  # fmt: skip
