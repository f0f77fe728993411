"""A vote made from an agenda's block: with its question, and the room's ideas as options."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Note, NoteDots, Project, Prototype, VoteOption, VoteRound, Workshop, WorkshopBlock
from db.models import WorkshopJoin as Join
from lab.access.rights import Actor
from lab.foundation.errors import Conflict, Invalid
from lab.workshops.board import commands as board
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.plan.commands import plan_in_new_project
from lab.workshops.plan.queries import plan_of
from lab.workshops.room import commands as room_commands
from lab.workshops.room.paper import enter_dots
from lab.workshops.room.votes import ideas_to_vote_on, make_planned_vote, make_present_vote
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan

AGENDA = TEMPLATES["prototyping"].blocks
PLACE = next(place for place, block in enumerate(AGENDA) if block.kind == "vote")
FACTS = {"question": "Which of these should be tried?", "method": "approval"}


@pytest.fixture
def planned(database: Database, facilitator: Actor) -> Planned:
    """A workshop with a vote on its agenda, of a project that has no prototype."""
    return plan(database, facilitator, AGENDA)


def test_a_project_is_started_with_its_first_workshop_and_nothing_is_invented(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        made = plan_in_new_project(
            session, facilitator, project="Warm homes", start="discovery", title="First", held_on=NOW.date(),
            now=NOW,
        )  # fmt: skip
        project = session.get_one(Project, made.project_id)
        assert (project.title, project.challenge, project.sponsor_id, project.place) == (
            "Warm homes",
            "",
            None,
            "",
        )
        assert plan_of(session, facilitator, made.workshop_id).project_id == project.id


def test_no_project_is_left_behind_where_its_workshop_is_refused(
    database: Database, facilitator: Actor
) -> None:
    with pytest.raises(Invalid), database.writing() as session:
        plan_in_new_project(
            session, facilitator, project="Warm homes", start="discovery", title="", held_on=NOW.date(),
            now=NOW,
        )  # fmt: skip
    with database.reading() as session:
        assert session.scalars(select(Project)).all() == []


def test_the_vote_of_a_planned_block_is_in_it_and_its_ideas_are_prototypes(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    options = [("A loan for boilers", ""), ("A stove in each street", "")]
    with database.writing() as session:
        version = plan_of(session, facilitator, planned.id).version
        key = make_planned_vote(
            session, facilitator, planned.id, version=version, blocks=AGENDA, place=PLACE,
            options=options, fidelity="sketch", now=NOW, **FACTS,
        )  # fmt: skip
    with database.reading() as session:
        blocks = plan_of(session, facilitator, planned.id).blocks
        assert [each.place for each in blocks if each.block.round_id == key] == [PLACE]
        titles = session.scalars(select(VoteOption.title).order_by(VoteOption.place)).all()
        assert titles == [words for words, _ in options]
        assert [each.fidelity for each in session.scalars(select(Prototype))] == ["sketch", "sketch"]


def test_a_vote_for_an_agenda_that_another_host_changed_is_not_left_behind(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with pytest.raises(Conflict), database.writing() as session:
        make_planned_vote(
            session, facilitator, planned.id, version=99, blocks=AGENDA, place=PLACE,
            options=[("A", ""), ("B", "")], fidelity="sketch", now=NOW, **FACTS,
        )  # fmt: skip
    with database.reading() as session:
        assert session.scalars(select(VoteRound)).all() == []
        assert session.scalars(select(Prototype)).all() == []


def test_ideas_of_unsaid_fidelity_become_no_prototypes(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with pytest.raises(Invalid, match="Fidelity"), database.writing() as session:
        make_planned_vote(
            session, facilitator, planned.id, version=plan_of(session, facilitator, planned.id).version,
            blocks=AGENDA, place=PLACE, options=[("A", ""), ("B", "")], fidelity=None, now=NOW, **FACTS,
        )  # fmt: skip


def test_the_rooms_ideas_are_offered_with_the_most_dots_first(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        ids = session.scalars(select(WorkshopBlock.id).order_by(WorkshopBlock.place)).all()
        heat = board.add_cluster(session, facilitator, planned.id, title="Heat")
        notes = {
            words: board.write_note(
                session, facilitator, planned.id, block_id=ids[2], words=words, kind="idea",
                cluster_id=heat if words != "Call" else None, now=NOW,
            )
            for words in ("Loan", "Stove", "Call")
        }  # fmt: skip
        board.write_note(
            session, facilitator, planned.id, block_id=ids[1], words="A hope", kind="expectation", now=NOW
        )
        room_commands.go_to(session, facilitator, planned.id, place=4, now=NOW)
        dots = {notes["Stove"]: 2, notes["Loan"]: 1}
        enter_dots(session, facilitator, planned.id, block_id=ids[4], group=None, dots=dots, now=NOW)
    with database.reading() as session:
        assert session.scalar(select(Join.source)) == "paper"
        assert sum(session.scalars(select(NoteDots.dots))) == 3
        assert session.scalar(select(Note.kind).where(Note.text == "A hope")) == "expectation"
        offered = ideas_to_vote_on(session, facilitator, planned.id)
    assert offered == [("Heat", 3), ("Stove", 2), ("Loan", 1), ("Call", 0)]


def test_two_ideas_in_the_same_words_are_one_option_with_the_dots_of_both(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        ids = session.scalars(select(WorkshopBlock.id).order_by(WorkshopBlock.place)).all()
        first, second = (
            board.write_note(
                session, facilitator, planned.id, block_id=ids[2], words="Stove", kind="idea", now=NOW
            )
            for _ in range(2)
        )
        room_commands.go_to(session, facilitator, planned.id, place=4, now=NOW)
        dots = {first: 2, second: 1}
        enter_dots(session, facilitator, planned.id, block_id=ids[4], group=None, dots=dots, now=NOW)
        assert ideas_to_vote_on(session, facilitator, planned.id) == [("Stove", 3)]


def test_a_vote_made_in_front_of_the_room_is_held_in_the_present_block(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=PLACE, now=NOW)
        key = make_present_vote(
            session,
            facilitator,
            planned.id,
            options=[("A", ""), ("B", "")],
            fidelity="paper",
            now=NOW,
            **FACTS,
        )
        session.flush()
        here = session.scalars(select(WorkshopBlock.round_id).where(WorkshopBlock.place == PLACE)).one()
        assert here == key
        assert session.get_one(Workshop, planned.id).current_place == PLACE
