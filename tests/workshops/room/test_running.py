"""A room is led from block to block, under one clock that nobody's reload can move."""

from __future__ import annotations

import datetime as dt

import pytest

from db.engine import Database
from db.models import Engagement, Workshop, WorkshopBlock
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, NotAllowed, WrongTransition
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import TEMPLATES, Block
from lab.workshops.room import commands as room_commands
from lab.workshops.room import seen
from lab.workshops.room.rules import seconds_left
from tests.conftest import NOW, person
from tests.workshops.conftest import Planned, draft_vote, plan

LATER = NOW + dt.timedelta(minutes=4)


def test_a_template_becomes_an_agenda(database: Database, planned: Planned) -> None:
    with database.reading() as session:
        blocks = session.query(WorkshopBlock).order_by(WorkshopBlock.place).all()
        engagement = session.get_one(Engagement, planned.id)
    assert [(each.kind, each.minutes) for each in blocks] == [
        (each.kind, each.minutes) for each in TEMPLATES["discovery"].blocks
    ]
    assert sum(each.minutes for each in blocks) == 90
    assert engagement.kind == "workshop"


def test_two_hosts_who_press_next_at_once_go_on_by_one_block(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=1, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=1, now=LATER)
        workshop = session.get_one(Workshop, planned.id)
        assert (workshop.current_place, workshop.block_began_at) == (1, NOW)


def test_a_paused_clock_stands_still_and_goes_on_from_there(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    def left(at: dt.datetime) -> int:
        workshop = session.get_one(Workshop, planned.id)
        assert workshop.block_began_at is not None
        return seconds_left(10, workshop.extra_seconds, workshop.block_began_at, workshop.paused_at, at)

    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.pause(session, facilitator, planned.id, now=LATER)
        assert left(LATER) == left(LATER + dt.timedelta(hours=1)) == 6 * 60
        room_commands.resume(session, facilitator, planned.id, now=LATER + dt.timedelta(hours=1))
        assert left(LATER + dt.timedelta(hours=1)) == 6 * 60
        room_commands.add_minutes(session, facilitator, planned.id, minutes=5, now=LATER)
        assert left(LATER + dt.timedelta(hours=1)) == 11 * 60


def test_the_agenda_of_a_running_workshop_changes_only_ahead(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        version = session.get_one(Workshop, planned.id).version
        plan_commands.set_agenda(
            session,
            facilitator,
            planned.id,
            version=version,
            blocks=[Block("pulse", "Something else", 1), Block("worries", "Worries", 12)],
            now=NOW,
        )
        blocks = session.query(WorkshopBlock).order_by(WorkshopBlock.place).all()
        assert [each.kind for each in blocks] == ["welcome", "worries"]


def test_a_workshop_that_has_begun_stays_on_record(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
    with database.writing() as session, pytest.raises(WrongTransition):
        plan_commands.drop_workshop(session, facilitator, planned.id, now=NOW)


def test_a_workshop_without_an_agenda_cannot_begin(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        plan_commands.set_agenda(session, facilitator, planned.id, version=1, blocks=[], now=NOW)
    with database.writing() as session, pytest.raises(Invalid, match="no agenda"):
        room_commands.begin(session, facilitator, planned.id, now=NOW)


def test_only_those_who_run_workshops_run_them(database: Database, planned: Planned) -> None:
    with database.writing() as session, pytest.raises(NotAllowed):
        room_commands.begin(session, person(database, "stakeholder"), planned.id, now=NOW)


def test_a_vote_that_was_left_for_later_is_chosen_when_the_room_has_come_to_it(
    database: Database, facilitator: Actor
) -> None:
    blocks = [Block("ideas", "Ideas", 10), Block("vote", "Vote", 10)]
    planned, stranger = plan(database, facilitator, blocks=blocks), person(database, "stakeholder")
    with database.writing() as session:
        ours, other = (draft_vote(session, facilitator, key) for key in (planned.project_id, None))
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        with pytest.raises(WrongTransition, match="not at a vote"):
            room_commands.choose_vote(session, facilitator, planned.id, ours, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=1, now=NOW)
        before = session.get_one(Workshop, planned.id).revision
        with pytest.raises(Invalid, match="same project"):
            room_commands.choose_vote(session, facilitator, planned.id, other, now=NOW)
        room_commands.choose_vote(session, facilitator, planned.id, ours, now=NOW)
        assert session.get_one(Workshop, planned.id).revision == before + 1, "phones look again"
        with pytest.raises(WrongTransition, match="already"):
            room_commands.choose_vote(session, facilitator, planned.id, other, now=NOW)
        with pytest.raises(NotAllowed):
            room_commands.choose_vote(session, stranger, planned.id, ours, now=NOW)
        room = seen.room_of_code(session, session.get_one(Workshop, planned.id).code)
    assert room is not None
    assert room.block is not None
    assert room.block.round_id == ours
