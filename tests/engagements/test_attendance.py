"""Who came is counted by group, for every kind of engagement, and what was counted before stays known."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Event, GroupAttendance
from lab.access.rights import Actor
from lab.engagements.commands import edit_engagement, record_engagement
from lab.foundation.errors import Invalid
from lab.projects.commands import start_project
from tests.conftest import NOW


@pytest.fixture
def project(database: Database, facilitator: Actor) -> uuid.UUID:
    """Something to meet about."""
    with database.writing() as session:
        return start_project(session, facilitator, title="Warm homes", challenge="How?", now=NOW)


def counted(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {row.group_name: row.people for row in session.scalars(select(GroupAttendance))}


def test_an_interview_counts_who_came_and_a_correction_keeps_what_was_counted(
    database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    with database.writing() as session:
        key = record_engagement(
            session, facilitator, project, kind="interview", title="Three families", held_on=NOW.date(),
            people={"service_user": 3, "carer": 0}, now=NOW,
        )  # fmt: skip
    assert counted(database) == {"service_user": 3}
    with database.writing() as session:
        edit_engagement(
            session, facilitator, key, version=1, title="Four families",
            chaired_by="", sponsor_present=None, actual_influence=None, attended={},
            people={"service_user": 4, "carer": 1}, now=NOW,
        )  # fmt: skip
        before = [
            each.detail["before"] for each in session.scalars(select(Event).where(Event.verb == "counted"))
        ]
    assert counted(database) == {"service_user": 4, "carer": 1}
    assert sorted(before, key=len) == [{}, {"service_user": 3}]


def test_a_correction_that_says_nothing_of_numbers_leaves_them(
    database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    with database.writing() as session:
        key = record_engagement(
            session, facilitator, project, kind="test", title="Trying it", held_on=NOW.date(),
            people={"carer": 2}, now=NOW,
        )  # fmt: skip
    with database.writing() as session:
        edit_engagement(
            session, facilitator, key, version=1, title="Trying it again", chaired_by="Bo",
            sponsor_present=True, actual_influence="ask", attended={}, now=NOW,
        )  # fmt: skip
    assert counted(database) == {"carer": 2}


def test_nobody_has_come_to_what_is_still_ahead(
    database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    with database.writing() as session, pytest.raises(Invalid, match="future"):
        record_engagement(
            session, facilitator, project, kind="meeting", title="Next week",
            held_on=NOW.date() + dt.timedelta(days=7), people={"carer": 2}, now=NOW,
        )  # fmt: skip
