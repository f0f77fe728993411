"""What phones and walls see: the board as it stands, one's own, and how many are here."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from db.engine import Database
from db.models import Cluster, Note, Workshop, WorkshopBlock
from lab.access.rights import Actor
from lab.workshops.board import commands as board
from lab.workshops.plan import commands as plan_commands
from lab.workshops.room import commands as room_commands
from lab.workshops.room import seen
from lab.workshops.room.handed_in import ChangeIn, DotsIn, NoteIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.queries import standing
from tests.conftest import NOW
from tests.workshops.conftest import Planned


def test_a_room_sees_the_board_cluster_by_cluster_and_each_phone_its_own(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=4, now=NOW)
        blocks = {kind: key for kind, key in session.execute(select(WorkshopBlock.kind, WorkshopBlock.id))}
        keys = [
            uuid.UUID(str(key))
            for key in take_in(
                session,
                [
                    NoteIn(
                        workshop_id=planned.id, token_hash=who, block_id=blocks["ideas"], words=words,
                        form_key=words,
                    )
                    for who, words in (("Ada", "One"), ("Ada", "Two"), ("Bo", "Three"), ("Bo", "Four"))
                ],
                now=NOW,
            )
        ]  # fmt: skip
        one, two, three, four = keys
        left, gone = (
            Cluster(workshop_id=planned.id, title=title, place=place, revision=1, is_dropped=place == 0)
            for place, title in ((1, "Heat"), (0, "Dropped"))
        )
        session.add_all([left, gone])
        session.flush()
        session.get_one(Note, three).cluster_id = left.id
        session.get_one(Note, two).cluster_id = gone.id
        take_in(
            session,
            [
                ChangeIn(workshop_id=planned.id, token_hash="Bo", note_id=four, words=None),
                DotsIn(
                    workshop_id=planned.id, token_hash="Ada", block_id=blocks["dots"], dots={one: 1, three: 2}
                ),
                DotsIn(workshop_id=planned.id, token_hash="Bo", block_id=blocks["dots"], dots={three: 1}),
            ],
            now=NOW,
        )
        code = session.get_one(Workshop, planned.id).code
    with database.reading() as session:
        room = seen.room_of_code(session, code)
        assert room is not None
        assert room.block is not None
        assert seen.room_of_code(session, "WRNG22") is None
        assert (room.block.kind, room.stamp) == ("dots", seen.stamp_of(session, planned.id))
        assert room.groups == ("carer", "service_user")
        assert seen.turnout_of(session, planned.id) == seen.Turnout(here=2, notes=3, in_block=0)
        standing = seen.standing_notes(session, planned.id)
        assert [(each.text, each.cluster) for each in standing] == [
            ("Three", "Heat"), ("One", ""), ("Two", ""),
        ]  # fmt: skip
        dotted = seen.dotted_notes(session, blocks["dots"], most=5)
        assert [(each.text, each.dots) for each in dotted] == [("Three", 3), ("One", 1)]
        own = seen.own_of(session, room, "Ada")
        assert sorted((each.text, each.is_held) for each in own.notes) == [("One", False), ("Two", True)]
        assert sorted(own.dots) == sorted([(one, 1), (three, 2)])
        assert seen.own_of(session, room, "Cy") == seen.Own()


def test_a_workshop_that_is_called_off_is_told_to_those_who_wait_for_it(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        assert seen.stamp_of(session, planned.id) == "0"
        plan_commands.drop_workshop(session, facilitator, planned.id, NOW)
        assert seen.stamp_of(session, planned.id) == ""


def test_dots_count_for_the_note_that_stands_for_both_and_not_for_hidden_ones(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=4, now=NOW)
        dots = session.scalars(select(WorkshopBlock.id).where(WorkshopBlock.kind == "dots")).one()
        one, same, hidden = (
            board.write_note(session, facilitator, planned.id, words=words, now=NOW)
            for words in ("One", "Same", "Hidden")
        )
        for who, note in (("Ada", one), ("Bo", same), ("Cy", hidden)):
            (given,) = take_in(
                session,
                [DotsIn(workshop_id=planned.id, token_hash=who, block_id=dots, dots={note: 2})],
                now=NOW,
            )
            assert isinstance(given, str)
        board.merge_notes(session, facilitator, planned.id, same, into=one, now=NOW)
        board.hide_note(session, facilitator, planned.id, hidden, why="Names a person", now=NOW)
        room_commands.open_phones(session, facilitator, planned.id, are_open=False, now=NOW)
        session.flush()
        wall = seen.dotted_notes(session, dots, 10)
        console = standing(session, facilitator, planned.id)
    assert [(each.text, each.dots) for each in wall] == [("One", 4)]
    assert console.dots == (("One", 4),)
