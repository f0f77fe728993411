"""What the implementation screen says, from records."""

from __future__ import annotations

import pytest

from db.engine import Database
from lab.access.rights import Actor
from lab.foundation.errors import NotAllowed
from lab.lifecycle.commands import close_project
from lab.projects.commands import start_project
from lab.rates.queries import rates, rates_report
from tests.conftest import NOW, person


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
