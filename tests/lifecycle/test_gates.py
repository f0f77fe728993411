"""Each gate asks again what earlier gates asked, of what has come since."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Event
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation.errors import Invalid
from lab.lifecycle.commands import close_project, move_project
from lab.lifecycle.queries import gate_facts
from lab.lifecycle.rules import RISKS_FOUND, Condition, GateFacts, asked, unmet
from lab.projects.commands import edit_project, start_project
from lab.projects.queries import project_head
from lab.prototypes.commands import foresee_risk, make_prototype, record_finding
from tests.conftest import NOW
from tests.test_screens_stay_bounded import counted


def day(number: int) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


class Walk:
    """One project that goes through its gates."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self.database, self.actor = database, actor
        with database.writing() as session:
            self.project = start_project(
                session, actor, title="Bare", challenge="Why?", sponsor="Court", now=NOW
            )
            self.prototype = make_prototype(
                session, actor, self.project, title="Letter", fidelity="paper", now=NOW
            )

    def worry(self, on: int) -> uuid.UUID:
        with self.database.writing() as session:
            return foresee_risk(
                session,
                self.actor,
                self.project,
                prototype_id=self.prototype,
                statement="It may fail",
                now=day(on),
            )

    def found(self, risk: uuid.UUID, on: int) -> None:
        with self.database.writing() as session:
            record_finding(session, self.actor, risk, finding="did_not_occur", note="", now=day(on))

    def move(self, stage: str, on: int, reason: str = "") -> list[str]:
        """Begin a stage; what was waived."""
        with self.database.writing() as session:
            move_project(session, self.actor, self.project, stage=stage, reason=reason, now=day(on))
        with self.database.reading() as session:
            last = (
                select(Event)
                .where(Event.project_id == self.project, Event.verb == "moved")
                .order_by(Event.at.desc())
            )
            moved = session.scalars(last.limit(1)).one()
            return list(moved.detail["waived"])

    def unmet(self, before: str, after: str) -> list[str]:
        with self.database.reading() as session:
            facts = gate_facts(session, COMMAND_LINE, self.project)
            return [each.words for each in unmet(before, after, facts)]


@pytest.fixture
def walk(database: Database, facilitator: Actor) -> Walk:
    return Walk(database, facilitator)


ACCEPTED = "A recommendation is accepted, in whole or in part"


def test_a_worry_recorded_after_the_recommend_gate_is_asked_about_on_the_way_into_implement(
    walk: Walk,
) -> None:
    walk.move("recommend", 1, "We must")
    assert walk.unmet("recommend", "implement") == [ACCEPTED]
    risk = walk.worry(2)
    assert walk.unmet("recommend", "implement") == [RISKS_FOUND, ACCEPTED]
    with pytest.raises(Invalid, match="foreseen risk"):
        walk.move("implement", 3)
    walk.found(risk, 3)
    assert walk.unmet("recommend", "implement") == [ACCEPTED]


def test_a_waiver_holds_for_the_worries_it_was_given_for_and_not_for_later_ones(walk: Walk) -> None:
    first = walk.worry(1)
    assert RISKS_FOUND in walk.move("recommend", 1, "We must")
    assert walk.unmet("recommend", "implement") == [ACCEPTED]
    walk.worry(1)  # on the same day, and yet after it
    assert RISKS_FOUND in walk.unmet("recommend", "implement")
    assert walk.move("implement", 2, "All the same") == [RISKS_FOUND, ACCEPTED]
    assert RISKS_FOUND not in walk.unmet("implement", "implemented")
    walk.found(first, 3)
    walk.worry(3)
    assert RISKS_FOUND in walk.unmet("implement", "implemented")


def test_what_an_earlier_gate_waived_is_not_waived_twice(walk: Walk) -> None:
    waived = walk.move("prototype", 1, "Urgent")
    assert "Expectations are recorded" in waived
    assert not set(waived) & set(walk.move("recommend", 2, "Urgent"))


def test_what_was_true_at_its_gate_and_is_no_more_is_asked_again(walk: Walk) -> None:
    walk.move("co_design", 1, "Urgent")
    with walk.database.writing() as session:
        head = project_head(session, walk.actor, walk.project)
        edit_project(
            session, walk.actor, walk.project, version=head.version, title=head.title,
            challenge=head.challenge, sponsor="", place="", forms=(), mode=None, cycle_phase=None,
            cadence_days=28, now=day(2),
        )  # fmt: skip
    assert walk.unmet("co_design", "prototype")[0] == "A sponsor is named"


def test_a_waiver_from_before_waivers_named_their_risks_covers_those_up_to_its_day(walk: Walk) -> None:
    walk.worry(1)
    walk.move("recommend", 2, "We must")
    with walk.database.writing() as session:
        moved = session.scalars(select(Event).where(Event.verb == "moved")).one()
        moved.detail = {"waived": moved.detail["waived"]}
    assert RISKS_FOUND not in walk.unmet("recommend", "implement")
    walk.worry(3)
    assert RISKS_FOUND in walk.unmet("recommend", "implement")


def test_closing_as_implemented_keeps_what_it_waived(walk: Walk) -> None:
    walk.move("implement", 1, "Urgent")
    walk.worry(2)
    with walk.database.writing() as session:
        close_project(session, walk.actor, walk.project, outcome="implemented", reason="Done", now=day(3))
    with walk.database.reading() as session:
        closed = session.scalars(select(Event).where(Event.verb == "closed")).one()
        assert closed.detail["waived"] == [RISKS_FOUND, "The people have been told"]


def test_only_the_first_gate_on_the_way_asks_again_and_going_back_asks_nothing() -> None:
    facts = GateFacts(expectations=1)
    gates = asked("co_design", "recommend", facts)
    assert [name for name, _ in gates] == ["prototype", "recommend"]
    words = [condition.words for _, conditions in gates for condition in conditions]
    assert words[0] == "A challenge question is written down"
    assert len(words) == len(set(words))
    assert asked("recommend", "prototype", facts) == ()


def test_the_checklist_shows_met_conditions_of_the_gate_ahead_only() -> None:
    facts = GateFacts(challenge=True, sponsor_named=True, service_user_groups=1, ideas_chosen=1)
    ((_, conditions),) = asked("co_design", "prototype", facts)
    assert conditions == (
        Condition("At least one idea from participants is chosen", True, "people"),
        Condition("Expectations are recorded", False, "expectations"),
    )


def test_the_facts_of_a_gate_take_three_statements_however_many_worries_there_are(walk: Walk) -> None:
    def sent() -> int:
        with counted(walk.database) as statements, walk.database.reading() as session:
            gate_facts(session, COMMAND_LINE, walk.project)
        return len(statements)

    walk.worry(1)
    walk.move("recommend", 1, "We must")
    assert sent() == 3
    for _ in range(20):
        walk.worry(2)
    assert sent() == 3
