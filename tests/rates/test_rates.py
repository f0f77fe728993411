"""Shares with intervals, against published worked examples."""

from __future__ import annotations

import pytest

from db.engine import Database
from lab.access.rights import Actor
from lab.foundation.errors import NotAllowed
from lab.lifecycle.commands import close_project
from lab.projects.commands import start_project
from lab.rates.queries import rates, rates_report
from lab.rates.statistics import share
from tests.conftest import NOW, person


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (9, 18, 0.290310, 0.709690),
        (3, 15, 0.070475, 0.451854),
        (0, 5, 0.0, 0.434482),
        (5, 5, 0.565518, 1.0),
        (1, 4, 0.045587, 0.699358),
        (14, 18, 0.547854, 0.909991),
    ],
)
def test_wilson_intervals_agree_with_the_worked_examples(
    count: int, total: int, low: float, high: float
) -> None:
    found = share(count, total)
    assert found.rate == count / total
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_nothing_closed_is_not_a_rate_of_zero() -> None:
    assert share(0, 0).rate is None
    with pytest.raises(ValueError, match="no share"):
        share(3, 2)


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


def test_a_stakeholder_sees_no_numbers_of_the_lab(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotAllowed):
        rates(session, person(database, "stakeholder"), as_of=NOW.date())
