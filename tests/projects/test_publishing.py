"""Opening and closing a project's public page."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Event, Project
from lab.access.rights import Actor
from lab.foundation.errors import NotAllowed, WrongTransition
from lab.lifecycle.public import public_story
from lab.projects.commands import publish_project, start_project, unpublish_project
from tests.conftest import NOW, person


def test_a_page_is_public_from_publishing_to_unpublishing_and_the_log_has_both(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        key = start_project(session, facilitator, title="Ferry", now=NOW)
        slug, version = session.get_one(Project, key).slug, session.get_one(Project, key).version
        publish_project(session, facilitator, key, now=NOW)
        assert public_story(session, slug, today=NOW.date()) is not None
        unpublish_project(session, facilitator, key, now=NOW)
        assert public_story(session, slug, today=NOW.date()) is None
        assert session.get_one(Project, key).version == version, "a form that is open can still be saved"
    with database.reading() as session:
        events = select(Event.verb, Event.detail).where(Event.subject_id == key).order_by(Event.id)
        assert [tuple(each) for each in session.execute(events)][1:] == [
            ("published", {"before": {"is_public": False}}),
            ("unpublished", {"before": {"is_public": True}}),
        ]


def test_a_page_is_published_once_until_it_is_withdrawn(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        key = start_project(session, facilitator, title="Ferry", now=NOW)
        with pytest.raises(WrongTransition, match="not public"):
            unpublish_project(session, facilitator, key, now=NOW)
        publish_project(session, facilitator, key, now=NOW)
        with pytest.raises(WrongTransition, match="public already"):
            publish_project(session, facilitator, key, now=NOW)


def test_only_who_moves_projects_publishes_them(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        key = start_project(session, facilitator, title="Ferry", now=NOW)
    with database.reading() as session:
        for command in (publish_project, unpublish_project):
            with pytest.raises(NotAllowed):
                command(session, person(database, "stakeholder"), key, now=NOW)
