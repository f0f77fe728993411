"""The lab that behaves: the same for the same seed, plausible as a whole, and written down with holes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.worlds.records import COMPLETE, Truth, fill_behaviour
from db.engine import Database
from db.models import (
    Attendance,
    Base,
    Engagement,
    Event,
    Expectation,
    Project,
    Pulse,
    Recommendation,
    Reply,
    Response,
    Stakeholder,
)
from db.upgrade import upgrade
from lab.foundation.errors import Conflict
from tests.conftest import NOW

pytestmark = pytest.mark.slow

OLDEST, YOUNGEST = COMPLETE


def filled(path: Path, seed: int, projects: int, oldest: int = OLDEST, youngest: int = YOUNGEST) -> Database:
    """A new lab of that seed."""
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    with database.writing() as session:
        fill_behaviour(session, seed=seed, now=NOW, projects=projects, oldest=oldest, youngest=youngest)
    return database


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session on 60 projects that have all run their course."""
    database = filled(tmp_path_factory.mktemp("lived") / "lab.db", 31, 60)
    with database.reading() as session:
        yield session
    database.close()


def everything(database: Database) -> dict[str, list[object]]:
    """Every row of every table; the key that a database signs with is its own."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != "signing_key"
        }


def test_the_same_seed_is_the_same_lab_and_another_is_another(tmp_path: Path) -> None:
    one, two, other = (
        everything(filled(tmp_path / f"{place}.db", seed, 4)) for place, seed in enumerate((1, 1, 2))
    )
    assert one == two
    assert one["event"] != other["event"]


def test_both_databases_take_it_and_a_used_one_refuses(empty_database: Database) -> None:
    with empty_database.writing() as session:
        truth = fill_behaviour(session, seed=3, now=NOW, projects=3)
        assert isinstance(truth, Truth)
        assert len(truth.rates) == 3
    with empty_database.writing() as session, pytest.raises(Conflict):
        fill_behaviour(session, seed=3, now=NOW, projects=3)


def test_the_world_is_plausible_by_the_facts_it_was_held_against(lived: Session) -> None:
    def share(*where: object) -> float:
        return lived.scalar(select(func.count()).select_from(Stakeholder).where(*where)) / people  # type: ignore[arg-type]

    people = lived.scalar(select(func.count()).select_from(Stakeholder)) or 0
    left = Stakeholder.withdrawn_reason
    assert 0.03 < share(left == "disappointed") < 0.11
    assert 0.08 < share(left.is_not(None), left != "disappointed") < 0.18
    losing = lived.scalar(select(func.count(Stakeholder.project_id.distinct())).where(left == "disappointed"))
    assert 0.25 < (losing or 0) / 60 < 0.55
    came = lived.scalars(select(Attendance.attended)).all()
    assert 0.6 < sum(came) / len(came) < 0.8
    felt = lived.scalars(select(Pulse.trust)).all()
    assert 3.2 < sum(felt) / len(felt) < 4.1
    statuses = set(lived.scalars(select(Recommendation.status)))
    assert statuses >= {"sent", "accepted", "declined", "in_progress", "implemented", "dropped"}
    assert set(lived.scalars(select(Project.outcome))) == {
        "implemented",
        "partly_implemented",
        "not_implemented",
    }


def test_records_have_holes_as_real_ones_do(lived: Session) -> None:
    def share_without(column: object) -> float:
        values = lived.scalars(select(column)).all()  # type: ignore[call-overload]
        return values.count(None) / len(values)

    assert 0.2 < share_without(Expectation.hoped_for) < 0.7
    assert 0.4 < share_without(Expectation.confidence) < 0.9
    assert 0.03 < share_without(Expectation.stakeholder_id) < 0.25
    assert 0.02 < share_without(Response.received_on) < 0.2
    assert 0.05 < share_without(Engagement.sponsor_present) < 0.3
    assert 0.1 < share_without(Pulse.stakeholder_id) < 0.35
    registered = lived.scalar(select(func.count(Attendance.engagement_id.distinct()))) or 0
    held = lived.scalar(select(func.count()).select_from(Engagement)) or 0
    assert 0.6 < registered / held < 0.95
    silent = 60 - (lived.scalar(select(func.count(Pulse.project_id.distinct()))) or 0)
    assert silent > 5


def test_those_who_trust_answer_more_so_what_is_missing_is_not_by_chance(lived: Session) -> None:
    """People who are about to leave are heard less often than the others in the weeks before."""
    leavers = lived.execute(
        select(Stakeholder.id, Stakeholder.withdrawn_on).where(Stakeholder.withdrawn_reason == "disappointed")
    ).all()
    answers = {
        key: lived.scalars(select(Pulse.trust).where(Pulse.stakeholder_id == key)).all() for key, _ in leavers
    }
    theirs = [trust for each in answers.values() for trust in each]
    everybody = lived.scalars(select(Pulse.trust)).all()
    assert sum(theirs) / len(theirs) < sum(everybody) / len(everybody) - 0.1


def test_events_explain_every_state_and_nothing_happens_after_today(tmp_path: Path) -> None:
    database = filled(tmp_path / "lab.db", 5, 12, oldest=500, youngest=20)
    with database.reading() as session:
        for model, kind in ((Recommendation, "recommendation"), (Expectation, "expectation")):
            state = model.status if model is Recommendation else model.state
            for key, is_now in session.execute(select(model.id, state)):
                said = session.scalars(
                    select(Event.to_state)
                    .where(Event.subject_id == key, Event.to_state.is_not(None))
                    .order_by(Event.at, Event.id)
                ).all()
                assert said[-1] == is_now, kind
        today = NOW.date()
        assert (session.scalar(select(func.max(Event.at))) or NOW) <= NOW
        for column in (Reply.told_on, Pulse.answered_on, Engagement.held_on, Stakeholder.withdrawn_on):
            assert (session.scalar(select(func.max(column))) or today) <= today
        running = session.scalars(select(Project.opened_on).where(Project.outcome.is_(None))).all()
        assert running
        assert min(running) >= today - dt.timedelta(days=500)
    database.close()
