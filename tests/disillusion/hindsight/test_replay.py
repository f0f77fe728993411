"""The score tried on labs that behave: it tells who is about to lose somebody, and it never peeks."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.worlds.records import COMPLETE, fill_behaviour
from db.engine import Database
from db.models import Expectation, Lab, Project, Recommendation, Stakeholder
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.hindsight.backtest import Evaluations, auroc, brier_skill, judge
from lab.disillusion.hindsight.conclusion import headline, remarks
from lab.disillusion.hindsight.fitting import Model
from lab.disillusion.hindsight.replay import Replay, backtest, replay
from lab.disillusion.score.drivers import assess_project
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import situation
from lab.engagements.commands import record_engagement, record_pulse
from lab.followthrough import commands as followthrough
from lab.foundation.errors import Invalid
from lab.lifecycle.commands import close_project
from lab.past.records import read_records
from lab.stakeholders.commands import withdraw_stakeholder
from tests.conftest import NOW, person

pytestmark = pytest.mark.slow

TODAY = NOW.date()
FIRST = TODAY - dt.timedelta(days=COMPLETE[0])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Evaluations:
    """A lab of 80 projects that have run their course, as the score's defaults would have seen them."""
    path = Path(shutil.copy(empty_sqlite, tmp_path_factory.mktemp("lived") / "lab.db"))
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        fill_behaviour(session, seed=11, now=NOW, projects=80, oldest=COMPLETE[0], youngest=COMPLETE[1])
    with database.reading() as session:
        rows = replay(session, start=FIRST, end=TODAY).evaluations(Model())
    database.close()
    return rows


def known(lived: Evaluations, column: str) -> np.ndarray:
    """A column, where the outcome is known."""
    found: np.ndarray = getattr(lived, column)[lived.known]
    return found


def test_projects_about_to_lose_somebody_stand_above_the_others(lived: Evaluations) -> None:
    left = known(lived, "left")
    score, quiet = auroc(known(lived, "probability"), left), auroc(known(lived, "quiet"), left)
    assert len(left) > 2500
    assert 0.03 < left.mean() < 0.15
    assert score > 0.58
    assert score > quiet + 0.04


def test_with_outcomes_of_others_nothing_is_left_of_it(lived: Evaluations) -> None:
    left, said = known(lived, "left"), known(lived, "probability")
    chance = np.random.default_rng(1)
    turned = [np.roll(left, int(chance.integers(200, len(left) - 200))) for _ in range(40)]
    assert np.mean([auroc(said, each) for each in turned]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([brier_skill(said, each) for each in turned]) < 0


def test_a_backtest_of_a_whole_lab_says_what_it_found(lived: Evaluations) -> None:
    found = judge(lived, draws=100)
    assert found.verdict in ("works", "no_better", "no_evidence")
    assert found.projects == 80
    assert found.calibration
    assert len(found.calibration.bins) == 10
    assert found.watch
    assert found.watch.withdrawals == found.withdrawals
    assert found.unconfirmed
    assert found.watch.changes_per_project_year < found.unconfirmed.changes_per_project_year
    assert headline(found)
    assert all(remark.endswith(".") for remark in remarks(found))


@pytest.fixture
def running(database: Database) -> Database:
    """A lab of six projects in the middle of their lives."""
    with database.writing() as session:
        session.get_one(Lab, 1).is_demo = True
        session.flush()
        fill_behaviour(session, seed=21, now=NOW, projects=6, oldest=500, youngest=300)
    return database


def live_again(database: Database) -> Replay:
    """The lab's history up to today, replayed."""
    with database.reading() as session:
        return replay(session, start=FIRST, end=TODAY)


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_probabilities_are_those_the_score_gives(running: Database) -> None:
    lived = live_again(running)
    rows = lived.evaluations(Model())
    with running.reading() as session:
        records, past = read_records(session, lived.projects), LabPast(session)
        for place in range(0, len(rows.day), 7):
            day = dt.date.fromordinal(int(rows.day[place]))
            facts = situation(records[lived.projects[rows.project[place]]], day)
            score = assess_project(facts.stakeholders, past.until(day))
            assert rows.probability[place] == pytest.approx(score.probability, abs=1e-9)


def test_what_happens_later_changes_no_earlier_evaluation(running: Database) -> None:
    """Everything a lab can record is recorded today; what was known on every day before stays as it was."""
    before = live_again(running).columns
    facilitator = person(running, "facilitator")
    with running.writing() as session:
        for project in session.scalars(select(Project).where(Project.outcome.is_(None))).all():
            _a_full_day(session, facilitator, project)
    after = live_again(running).columns
    yesterday = [place for place, day in enumerate(before.day) if day < TODAY.toordinal()]
    assert len(yesterday) > 100
    people = max(before.first[place] for place in yesterday)
    for name in ("project", "day", "overdue", "quiet", "immediate"):
        old, new = getattr(before, name), getattr(after, name)
        keys = list(zip(before.project, before.day, old, strict=True))
        again = dict(((p, d), value) for p, d, value in zip(after.project, after.day, new, strict=True))
        assert all(again[(p, d)] == value for p, d, value in keys if d < TODAY.toordinal()), name
    assert people > 500
    old, new = (
        {
            (p, d): columns.values[first:following]
            for p, d, first, following in zip(
                columns.project,
                columns.day,
                columns.first,
                [*columns.first[1:], len(columns.values)],
                strict=True,
            )
        }
        for columns in (before, after)
    )
    for (project, day), values in old.items():
        if day < TODAY.toordinal():
            assert np.array_equal(values, new[(project, day)], equal_nan=True)


def _a_full_day(session: Session, actor: Actor, project: Project) -> None:
    """A reply, a meeting, answers, progress, moved dates, claims, a leaving and a closing, all today."""
    mine = Expectation.project_id == project.id
    hopes = session.scalars(select(Expectation).where(mine)).all()
    asked = session.scalars(select(Recommendation).where(Recommendation.project_id == project.id)).all()
    people = session.scalars(
        select(Stakeholder).where(Stakeholder.project_id == project.id, Stakeholder.status == "active")
    ).all()
    for each in asked:
        followthrough.edit_recommendation(
            session, actor, each.id, version=each.version, title=each.title, words=each.text, importance=5,
            cadence_days=7, due=TODAY + dt.timedelta(days=1), expectation_ids=[hope.id for hope in hopes],
            is_public=True, now=NOW,
        )  # fmt: skip
        if each.status == "sent":
            followthrough.answer_recommendation(
                session, actor, each.id, answer="declined", reason="No money", now=NOW
            )
        elif each.status in ("accepted", "partly_accepted", "in_progress"):
            followthrough.report_progress(
                session, actor, each.id, what="Done", evidence="Seen", status="implemented", now=NOW
            )
    for hope in hopes:
        followthrough.edit_expectation(
            session, actor, hope.id, version=hope.version, statement=hope.statement, importance=5,
            within_power="no", said_back="will", hoped_for=TODAY + dt.timedelta(days=9), is_public=True,
            now=NOW,
        )  # fmt: skip
        if hope.state in ("open", "in_hand"):
            followthrough.claim_expectation(session, actor, hope.id, state="not_met", reason="No", now=NOW)
    record_engagement(
        session, actor, project.id, kind="meeting", title="Today", held_on=TODAY, agenda_set_by="lab",
        sponsor_present=True, attended={each.id: True for each in people}, now=NOW,
    )  # fmt: skip
    for each in people:
        record_pulse(session, actor, project.id, trust=1, difference=1, stakeholder_id=each.id, now=NOW)
    followthrough.reply_to_people(
        session, actor, project.id, what_happened="Much", expectation_ids=[hope.id for hope in hopes], now=NOW
    )
    for each in people[:2]:
        withdraw_stakeholder(session, actor, each.id, reason="disappointed", now=NOW)
    close_project(session, actor, project.id, outcome="not_implemented", reason="Over", now=NOW)


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_a_leaving_today_is_an_outcome_of_the_days_before_and_of_no_others(running: Database) -> None:
    before = live_again(running).columns
    with running.writing() as session:
        project = session.get_one(Project, live_again(running).projects[0])
        stays = select(Stakeholder.id).where(
            Stakeholder.project_id == project.id, Stakeholder.status == "active"
        )
        leaver = session.scalars(stays).first()
        assert leaver is not None
        withdraw_stakeholder(session, COMMAND_LINE, leaver, reason="disappointed", now=NOW)
    after = live_again(running).columns
    changed = {day for day, was, now in zip(before.day, before.left, after.left, strict=False) if was != now}
    earliest = TODAY.toordinal() - 84
    assert changed
    assert all(earliest <= day < TODAY.toordinal() for day in changed)
    assert not any(known for day, known in zip(after.day, after.known, strict=True) if day > earliest)


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_an_empty_period_is_refused_and_a_short_one_is_called_short(running: Database) -> None:
    with running.reading() as session:
        with pytest.raises(Invalid, match="must end after"):
            backtest(session, COMMAND_LINE, start=TODAY, end=TODAY)
        _, found = backtest(session, COMMAND_LINE, start=TODAY - dt.timedelta(days=30), end=TODAY)
        assert found.verdict == "too_short"
