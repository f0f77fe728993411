"""What the implementation screen says, from records."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from lab.access.rights import COMMAND_LINE, Actor
from lab.demo.commands import fill_demo
from lab.foundation.errors import NotAllowed
from lab.lifecycle.commands import close_project
from lab.past.waiting import person_days
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype, record_test
from lab.rates.portfolio import neglected, portfolio, projects_at
from lab.rates.queries import projects_behind, rates, rates_report
from tests.conftest import NOW, person
from tests.test_screens_stay_bounded import counted

pytestmark = pytest.mark.slow


def test_only_closed_projects_count_and_implemented_counts_alone(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        for place, outcome in enumerate(["implemented", "partly_implemented", "not_implemented", None]):
            key = start_project(session, facilitator, title=f"Project {place}", now=NOW)
            if outcome:
                close_project(session, facilitator, key, outcome=outcome, reason="as agreed", now=NOW)
    with database.reading() as session:
        found = rates(session, facilitator, as_of=NOW.date())
        report = rates_report(session, facilitator, NOW.date())
    assert (found.implementation.count, found.implementation.total, found.running) == (1, 3, 1)
    assert report["implementation_rate"]["rate"] == pytest.approx(1 / 3)
    assert found.reached["discovery"] == 4


@pytest.fixture(scope="module")
def demo(demo_file: Path) -> Iterator[Database]:
    """The demo lab, to be read."""
    filled = Database(f"sqlite:///{demo_file}")
    yield filled
    filled.close()


def test_the_demo_tells_its_story_in_numbers(demo: Database) -> None:
    with demo.reading() as session:
        found = rates(session, COMMAND_LINE, as_of=NOW.date())
        report = rates_report(session, COMMAND_LINE, NOW.date())
    rate = report["implementation_rate"]
    assert (rate["implemented"], rate["closed"], rate["rate"]) == (9, 18, 0.5)
    assert [rate["low"], rate["high"]] == pytest.approx([0.290310, 0.709690], abs=1e-6)
    assert found.outcomes == {"implemented": 9, "partly_implemented": 4, "not_implemented": 5}
    assert (found.stopped, found.running, found.reached["implement"]) == (1, 10, 15)
    mark = found.incidence.marks[-1]
    assert found.incidence.implemented.at(mark) + found.incidence.otherwise.at(mark) < 1
    assert sum(values[-1] for values in found.incidence.apart.values()) == pytest.approx(1)
    assert sum(each.opened for each in found.cohorts) == 28
    assert sum(each.implemented for each in found.cohorts) == 9
    assert [each.difference for each in found.comparisons] == [None, None], "a side has fewer than 5"
    assert (
        found.responses.answered + found.responses.late + found.responses.not_yet_due == found.responses.sent
    )
    claims = found.claims
    assert (
        claims.confirmed + claims.confirmed_partly + claims.contradicted + claims.unasked
        == claims.claimed_met
    )
    assert json.loads(json.dumps(report, default=str))["heard_back"]["told"] == found.heard_back.told


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_no_published_cell_of_one_to_four(empty_database: Database) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=7, now=NOW, projects=84, played=28)
    with empty_database.reading() as session:
        found = rates(session, COMMAND_LINE, as_of=NOW.date())
    rows = [group for each in found.breakdowns for group in each.groups]
    shown = [count for row in rows for count in (row.implemented, row.otherwise, row.closed)]
    assert any(count is not None for count in shown)
    assert not any(count is not None and 0 < count < 5 for count in shown)
    assert not any(
        count is not None and 0 < count < 5
        for each in found.addressees
        for count in (each.declined, each.stalled, each.not_yet_due)
    )
    assert any(row.difference for row in rows), "and there was something to compare"


def test_projects_that_ended_before_the_landmark_are_not_compared(
    database: Database, facilitator: Actor
) -> None:
    ages = [400] * 6 + [100] * 6
    with database.writing() as session:
        for place, age in enumerate(ages):
            opened = NOW - dt.timedelta(days=age)
            key = start_project(session, facilitator, title=f"Project {place}", now=opened)
            prototype = make_prototype(
                session, facilitator, key, title="Letter", fidelity="paper", now=opened
            )
            record_test(
                session, facilitator, prototype, held_on=opened.date(), participants=5, findings="Read",
                sponsor_present=place % 2 == 0, decision="recommend", now=opened,
            )  # fmt: skip
            close_project(session, facilitator, key, outcome="implemented", reason="done", now=NOW)
    with database.reading() as session:
        prototyped, sponsor = rates(session, facilitator, as_of=NOW.date()).comparisons
    assert (prototyped.first.total, prototyped.second.total) == (6, 0)
    assert (sponsor.first.total, sponsor.second.total) == (3, 3)


def test_the_projects_behind_a_number_are_as_many_as_it_says(demo: Database) -> None:
    with demo.reading() as session:
        found = rates(session, COMMAND_LINE, as_of=NOW.date())
        counts = found.outcomes | {"stopped": found.stopped, "running": found.running}
        counts["not_implemented"] -= found.stopped
        for outcome, count in counts.items():
            rows = projects_behind(session, COMMAND_LINE, outcome=outcome, as_of=NOW.date())
            assert len(rows) == count
            assert all((row[3] is None) == (outcome == "running") for row in rows)


def test_the_portfolio_places_every_running_project(demo_lab: Database) -> None:
    today, waits_then = NOW.date(), 0
    with demo_lab.reading() as session:
        found = portfolio(session, COMMAND_LINE, as_of=today, today=today)
        past = portfolio(session, COMMAND_LINE, as_of=today - dt.timedelta(days=200), today=today)
        for (level, importance), count in found.matrix.items():
            listed = projects_at(
                session, COMMAND_LINE, level=level, importance=importance, as_of=today, today=today
            )
            assert len(listed) == count
        day = today - dt.timedelta(days=200)
        for (level, importance), count in past.matrix.items():
            listed = projects_at(
                session, COMMAND_LINE, level=level, importance=importance, as_of=day, today=today
            )
            waited = person_days(session, [each.id for each in listed], day)
            assert {each.id: each.people_waiting for each in listed} == waited
            assert [each.people_waiting for each in listed] == sorted(waited.values(), reverse=True)
            assert len(listed) == count
            waits_then += sum(waited.values())
    assert waits_then > 0
    assert sum(found.matrix.values()) == found.running == 10
    assert 0 < sum(past.matrix.values()) <= past.running
    assert sum(each.sent for each in found.addressees) > 50
    assert all(found.practice.get(gap, 0) == 0 for gap in neglected(found))


def test_the_numbers_read_what_was_corrected_and_each_projects_cadence_once(demo_lab: Database) -> None:
    """They were read again for people waiting and for who heard: 29 statements where 26 do."""
    with counted(demo_lab) as statements, demo_lab.reading() as session:
        rates(session, COMMAND_LINE, as_of=NOW.date() - dt.timedelta(days=1))
    assert len(statements) <= 26
    with counted(demo_lab) as statements, demo_lab.reading() as session:
        portfolio(session, COMMAND_LINE, as_of=NOW.date(), today=NOW.date())
    assert len(statements) <= 6


def test_a_stakeholder_sees_no_numbers_of_the_lab(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotAllowed):
        rates(session, person(database, "stakeholder"), as_of=NOW.date())
