"""What screens ask about workshops, in a bounded number of statements."""

from __future__ import annotations

import datetime as dt

import pytest

from db.engine import Database
from lab.access.rights import Actor
from lab.foundation.errors import NotAllowed, NotFound
from lab.projects.commands import start_project
from lab.workshops import commands, queries
from lab.workshops.agendas import TEMPLATES, Block
from tests.conftest import NOW, person
from tests.test_screens_stay_bounded import counted
from tests.workshops.conftest import Planned, plan

TODAY = NOW.date()


def _asked(sent: list[str]) -> int:
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in sent)


def test_a_workshop_is_told_whole_in_three_statements(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with counted(database) as sent, database.reading() as session:
        facts = queries.workshop_of(session, facilitator, planned.id)
    assert _asked(sent) == 3
    assert facts.title == "Warm homes, first workshop"
    assert (facts.project, facts.lab) == ("Warm homes", "Harbour Lab")
    assert [(each.group, each.hoped_for) for each in facts.invited] == [("service_user", 12), ("carer", 6)]
    assert tuple(block.planned for block in facts.blocks) == TEMPLATES["discovery"].blocks
    assert facts.minutes == 90
    assert facts.block is None


def test_a_running_workshop_says_which_block_it_is_in(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        commands.begin(session, facilitator, planned.id, now=NOW)
        commands.go_to(session, facilitator, planned.id, place=2, now=NOW)
    with database.reading() as session:
        facts = queries.workshop_of(session, facilitator, planned.id)
    assert facts.block is not None
    assert (facts.block.kind, facts.block_began_at) == ("ideas", NOW)


def _planned_for(database: Database, facilitator: Actor, days: int, title: str) -> Planned:
    with database.writing() as session:
        project_id = start_project(session, facilitator, title=title, challenge="How?", now=NOW)
        made = commands.plan_workshop(
            session, facilitator, project_id, title=title, held_on=TODAY + dt.timedelta(days=days),
            blocks=[Block("ideas", "Ideas", 20), Block("pulse", "How was it?", 5)], now=NOW,
        )  # fmt: skip
    return Planned(project_id, made)


def test_the_list_begins_with_what_runs_and_ends_with_what_is_done(
    database: Database, facilitator: Actor
) -> None:
    later = _planned_for(database, facilitator, 9, "later")
    soon = _planned_for(database, facilitator, 2, "soon")
    missed = _planned_for(database, facilitator, 1, "missed")
    ended, running = (_planned_for(database, facilitator, 0, title) for title in ("ended", "running"))
    with database.writing() as session:
        for each in (ended, running):
            commands.begin(session, facilitator, each.id, now=NOW)
        commands.end_workshop(session, facilitator, ended.id, now=NOW)
    with counted(database) as sent, database.reading() as session:
        listed = queries.newest_workshops(session, facilitator, TODAY + dt.timedelta(days=2))
    assert _asked(sent) == 1
    assert [each.id for each in listed] == [each.id for each in (running, soon, later, ended, missed)]
    assert {each.minutes for each in listed} == {25}


def test_a_list_of_workshops_sends_one_statement_however_many_there_are(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        for number in range(12):
            commands.plan_workshop(
                session, facilitator, planned.project_id, title=f"Workshop {number}", held_on=TODAY,
                blocks=TEMPLATES["prototyping"].blocks, now=NOW,
            )  # fmt: skip
    with counted(database) as sent, database.reading() as session:
        listed = queries.workshops_of(session, facilitator, planned.project_id)
    assert _asked(sent) == 1
    assert len(listed) == 13
    assert sum(each.hoped_for for each in listed) == 18


def test_another_projects_workshops_are_not_listed(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    other = plan(database, facilitator, [Block("ideas", "Ideas", 20)])
    with database.reading() as session:
        (only,) = queries.workshops_of(session, facilitator, other.project_id)
    assert only.id == other.id


def test_workshops_are_the_labs_to_read(database: Database, facilitator: Actor, planned: Planned) -> None:
    stranger = person(database, "stakeholder")
    with database.reading() as session:
        for ask in (
            lambda: queries.workshop_of(session, stranger, planned.id),
            lambda: queries.workshops_of(session, stranger, planned.project_id),
            lambda: queries.newest_workshops(session, stranger, TODAY),
            lambda: queries.agenda_of(session, stranger, planned.id),
        ):
            with pytest.raises(NotAllowed):
                ask()
        with pytest.raises(NotFound, match="does not exist"):
            queries.workshop_of(session, facilitator, planned.project_id)
