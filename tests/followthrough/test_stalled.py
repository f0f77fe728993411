"""What stalled means is one rule: for a recommendation, for the numbers and for the lists."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import ProjectFeature, Recommendation
from lab.access.rights import Actor
from lab.disillusion.upkeep.features import rebuild_features
from lab.disillusion.upkeep.situation import situation
from lab.followthrough import commands as followthrough
from lab.followthrough.rules import patience, stall, stall_of
from lab.past.columns import number, read_recommendations
from lab.past.records import read_records
from lab.projects.commands import start_project
from tests.conftest import NOW

TODAY = NOW.date()


def ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def ahead(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def move(session: Session, actor: Actor, key: uuid.UUID, due: dt.date | None, now: dt.datetime) -> None:
    row = session.get_one(Recommendation, key)
    followthrough.edit_recommendation(
        session, actor, key, version=row.version, title=row.title, words=row.text, importance=row.importance,
        cadence_days=row.cadence_days, due=due, expectation_ids=[], is_public=False, now=now,
    )  # fmt: skip


@pytest.fixture
def promised(database: Database, facilitator: Actor) -> tuple[uuid.UUID, uuid.UUID]:
    """A project and its recommendation, accepted 60 days ago and promised for 100 days from now."""
    with database.writing() as session:
        project = start_project(
            session, facilitator, title="Letters", challenge="Why?", sponsor="Court Service",
            opened_on=ago(200).date(), now=ago(200),
        )  # fmt: skip
        sponsor = read_records(session, [project])[project].project.sponsor_id
        assert sponsor is not None
        key = followthrough.draft_recommendation(
            session, facilitator, project, title="Ask", words="Please.", sponsor_id=sponsor, cadence_days=365,
            now=ago(70),
        )  # fmt: skip
        followthrough.send_recommendation(session, facilitator, key, now=ago(70))
        followthrough.answer_recommendation(
            session, facilitator, key, answer="accepted", reason="", due=ahead(100), now=ago(60)
        )
    return project, key


def everywhere(session: Session, project: uuid.UUID, key: uuid.UUID, day: dt.date) -> list[dt.date | None]:
    """Since when it is stalled: by its row, in the score, in the numbers, and in the table of features."""
    session.flush()
    by_row = stall_of(session.get_one(Recommendation, key), day)
    scored = situation(read_records(session, [project])[project], day).stalls.get(key)
    numbers = {
        name: int(days[0]) for name, days in read_recommendations(session, day).stalled_since().items()
    }
    rebuild_features(session)
    listed = session.get_one(ProjectFeature, project, populate_existing=True).stalled_after
    first = min(numbers.values())
    return [
        by_row.since if by_row else None,
        scored.since if scored else None,
        dt.date(1970, 1, 1) + dt.timedelta(days=first) if first < number(day) else None,
        listed if listed is not None and listed < day else None,
    ]


def test_a_date_moved_twice_is_late_from_the_second_move_on(
    database: Database, facilitator: Actor, promised: tuple[uuid.UUID, uuid.UUID]
) -> None:
    project, key = promised
    with database.writing() as session:
        move(session, facilitator, key, ahead(200), ago(40))
        assert everywhere(session, project, key, TODAY) == [None] * 4
        move(session, facilitator, key, ahead(300), ago(20))
        since = ago(20).date()
        assert everywhere(session, project, key, TODAY) == [since] * 4
        move(session, facilitator, key, ahead(400), ago(10))
        assert everywhere(session, project, key, TODAY) == [since] * 4
        earlier = since - dt.timedelta(days=1)
        assert key not in situation(read_records(session, [project])[project], earlier).stalls
        assert min(read_recommendations(session, earlier).stalled_since()["moved_twice"]) > number(TODAY)


def test_what_moved_twice_is_late_in_the_score(
    database: Database, facilitator: Actor, promised: tuple[uuid.UUID, uuid.UUID]
) -> None:
    project, key = promised
    with database.writing() as session:
        for days, now in ((200, 40), (300, 20)):
            move(session, facilitator, key, ahead(days), ago(now))
        session.flush()
        (facts,) = situation(read_records(session, [project])[project], TODAY).stakeholders[0].recommendations
        assert facts.days_overdue == 20


def test_naming_a_date_for_the_first_time_is_no_move(
    database: Database, facilitator: Actor, promised: tuple[uuid.UUID, uuid.UUID]
) -> None:
    project, key = promised
    with database.writing() as session:
        for due, now in ((None, 50), (ahead(200), 40), (ahead(200), 30)):
            move(session, facilitator, key, due, ago(now))
        assert everywhere(session, project, key, TODAY) == [None] * 4


@pytest.mark.parametrize("status", ["declined", "dropped", "implemented", "draft"])
def test_a_decision_is_never_stalled(status: str) -> None:
    past = TODAY - dt.timedelta(days=400)
    found = stall(
        status=status, response_due=past, due=past, moved_twice_on=past, last_news_on=past, cadence_days=30,
        as_of=TODAY,
    )  # fmt: skip
    assert found is None


def test_silence_begins_after_one_and_a_half_times_the_cadence() -> None:
    assert [patience(days) for days in (1, 7, 30, 365)] == [1, 10, 45, 547]
