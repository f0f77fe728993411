"""Stalled is one answer: the first promise holds, on every screen, page and report."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Project, Recommendation
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.explanation import explain
from lab.disillusion.upkeep.commands import refresh_risk
from lab.disillusion.upkeep.digest import digest
from lab.followthrough import commands as followthrough
from lab.lifecycle.public import public_story
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.today import stalled
from lab.past.columns import number, read_recommendations
from lab.past.edits import keep_promises
from lab.projects.commands import start_project
from tests.risks import risk_of

ACCEPTED = dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC)
FIRST = dt.date(2026, 4, 1)
LATER = dt.date(2026, 12, 27)
LOOK = dt.date(2026, 7, 10)


@pytest.fixture
def moved(database: Database, facilitator: Actor) -> tuple[uuid.UUID, uuid.UUID]:
    """Accepted for 1 April, and on 1 March the date was moved to 27 December."""
    with database.writing() as session:
        project = start_project(
            session, facilitator, title="Letters", challenge="Why?", sponsor="Court Service",
            opened_on=ACCEPTED.date(), now=ACCEPTED,
        )  # fmt: skip
        row = session.get_one(Project, project)
        row.is_public, row.slug = True, "letters"
        assert row.sponsor_id is not None
        key = followthrough.draft_recommendation(
            session, facilitator, project, title="Ask", words="Please.", sponsor_id=row.sponsor_id,
            cadence_days=365, is_public=True, now=ACCEPTED,
        )  # fmt: skip
        followthrough.send_recommendation(session, facilitator, key, now=ACCEPTED)
        followthrough.answer_recommendation(
            session, facilitator, key, answer="accepted", reason="", due=FIRST,
            now=ACCEPTED + dt.timedelta(days=3),
        )  # fmt: skip
        _move(session, facilitator, key, LATER, dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC))
    return project, key


def _move(
    session: Session, actor: Actor, key: uuid.UUID, due: dt.date | None, now: dt.datetime, cadence: int = 365
) -> None:
    row = session.get_one(Recommendation, key)
    followthrough.edit_recommendation(
        session, actor, key, version=row.version, title=row.title, words=row.text, importance=row.importance,
        cadence_days=cadence, due=due, expectation_ids=[], is_public=True, now=now,
    )  # fmt: skip


def test_a_moved_date_is_stalled_since_the_first_promise_on_every_screen(
    database: Database, facilitator: Actor, moved: tuple[uuid.UUID, uuid.UUID]
) -> None:
    project, _ = moved
    now = dt.datetime.combine(LOOK, dt.time(9), tzinfo=dt.UTC)
    with database.writing() as session:
        refresh_risk(session, [project], as_of=LOOK, now=now)
        explained = explain(session, facilitator, project, as_of=LOOK)
        listed = risk_of(session, facilitator, project)
        home = stalled(session, facilitator, as_of=LOOK)
        thread = thread_of(session, facilitator, project, today=LOOK)
        public = public_story(session, "letters", today=LOOK)
        week = digest(session, COMMAND_LINE, today=LOOK)
        numbers = read_recommendations(session, LOOK).stalled_since()
    assert [each.since for each in explained.stalled] == [FIRST]
    assert "public" in [step for step, _ in explained.stalled[0].steps]
    assert listed is not None
    assert listed.stalled_after == FIRST
    assert [each.stall and each.stall.since for each in home] == [FIRST]
    assert [each.stall and each.stall.since for each in thread.recommendations] == [FIRST]
    assert public is not None
    assert [each.silent_days for each in public.not_yet] == [100]
    assert [(each.since, each.days) for each in week.waits] == [(FIRST, 100)]
    assert min(int(days[0]) for days in numbers.values()) == number(FIRST)


def test_a_moved_date_says_for_when_it_was_first_promised(
    database: Database, facilitator: Actor, moved: tuple[uuid.UUID, uuid.UUID]
) -> None:
    with database.reading() as session:
        (found,) = stalled(session, facilitator, as_of=LOOK)
    assert found.stall is not None
    assert found.stall.why == "not finished: first promised for 1 Apr 2026, moved to 27 Dec 2026"


def test_a_longer_cadence_ends_no_silence(
    database: Database, facilitator: Actor, moved: tuple[uuid.UUID, uuid.UUID]
) -> None:
    _, key = moved
    with database.writing() as session:
        _move(session, facilitator, key, LATER, dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), cadence=20)
        _move(session, facilitator, key, LATER, dt.datetime(2026, 3, 5, 9, tzinfo=dt.UTC), cadence=300)
        (found,) = stalled(session, facilitator, as_of=dt.date(2026, 3, 20))
    assert found.stall is not None
    assert found.stall.since == dt.date(2026, 2, 4) + dt.timedelta(days=30)


def test_a_date_brought_forward_is_the_promise(
    database: Database, facilitator: Actor, moved: tuple[uuid.UUID, uuid.UUID]
) -> None:
    _, key = moved
    when = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
    with database.writing() as session:
        row = session.get_one(Recommendation, key)
        assert (row.promised_due, row.due) == (FIRST, LATER)
        _move(session, facilitator, key, dt.date(2026, 3, 20), when)
        assert row.promised_due == dt.date(2026, 3, 20), "earlier is kept"


@pytest.mark.parametrize(("minutes", "is_moved"), [(0, False), (59, False), (61, True), (300, True)])
@pytest.mark.parametrize("answered", [False, True])
def test_a_date_moved_on_the_day_it_was_promised_is_moved_once_people_have_seen_it(
    database: Database, facilitator: Actor, minutes: int, is_moved: bool, answered: bool
) -> None:
    """Within the hour it is a correction, of a draft always."""
    then = ACCEPTED + dt.timedelta(minutes=minutes)
    with database.writing() as session:
        project = start_project(session, facilitator, title="Letters", sponsor="Court Service", now=ACCEPTED)
        sponsor = session.get_one(Project, project).sponsor_id
        assert sponsor is not None
        key = followthrough.draft_recommendation(
            session, facilitator, project, title="Ask", words="Please.", sponsor_id=sponsor, due=LATER,
            cadence_days=30, now=ACCEPTED,
        )  # fmt: skip
        _move(session, facilitator, key, None if answered else FIRST, ACCEPTED, cadence=20)
        followthrough.send_recommendation(session, facilitator, key, now=ACCEPTED)
        if answered:
            followthrough.answer_recommendation(
                session, facilitator, key, answer="accepted", reason="", due=FIRST, now=ACCEPTED
            )
        _move(session, facilitator, key, LATER, then, cadence=60)
        row = session.get_one(Recommendation, key)
        kept = row.promised_due, row.promised_cadence_days
        assert (*kept, row.due_moves) == ((FIRST, 20, 1) if is_moved else (LATER, 60, 0))
        row.promised_due, row.promised_cadence_days = None, 99
        session.flush()
        keep_promises(session)
        session.refresh(row)
        assert (row.promised_due, row.promised_cadence_days) == kept
        numbers = read_recommendations(session, ACCEPTED.date())
        assert numbers.due.tolist() == [number(kept[0])] if kept[0] else False


def test_the_kept_promises_are_those_of_the_events(
    database: Database, facilitator: Actor, moved: tuple[uuid.UUID, uuid.UUID]
) -> None:
    _, key = moved
    with database.writing() as session:
        row = session.get_one(Recommendation, key)
        for cadence, due, day in ((40, None, 5), (90, FIRST, 6), (20, LATER, 7)):
            _move(session, facilitator, key, due, dt.datetime(2026, 3, day, tzinfo=dt.UTC), cadence)
        kept = row.promised_due, row.promised_cadence_days
        row.promised_due, row.promised_cadence_days = None, 99
        session.flush()
        keep_promises(session)
        session.refresh(row)
        assert (row.promised_due, row.promised_cadence_days) == kept == (FIRST, 20)
