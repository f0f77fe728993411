"""A workshop played by four phones, one of which names no group, until it has ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import WorkshopBlock
from lab.access.rights import Actor
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room_commands
from lab.workshops.room.handed_in import DotsIn, HandedIn, JoinIn, NoteIn
from lab.workshops.room.intake import take_in
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan

BLOCKS = (
    Block("ideas", "Ideas", 10),
    Block("worries", "Worries", 10),
    Block("dots", "What we try first", 10, dots=3),
)
PHONES = {"Ada": "carer", "Bo": "carer", "Cy": "service_user", "Di": None}


@dataclass(frozen=True)
class Played:
    """The workshop, and its notes by their words."""

    planned: Planned
    notes: dict[str, uuid.UUID]


def hand_in(database: Database, *batch: HandedIn) -> list[uuid.UUID | None]:
    """Hand in as one batch that is taken; the keys of what it became."""
    with database.writing() as session:
        answers = take_in(session, batch, now=NOW)
    assert [each for each in answers if not isinstance(each, str)] == []
    return [uuid.UUID(str(each)) if each else None for each in answers]


@pytest.fixture
def played(database: Database, facilitator: Actor) -> Played:
    """Three ideas with 0, 4 and 3 dots, and a worry about the project as a whole."""
    planned = plan(database, facilitator, BLOCKS)
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=2, now=NOW)
        blocks = {kind: key for kind, key in session.execute(select(WorkshopBlock.kind, WorkshopBlock.id))}
    for who, group in PHONES.items():
        hand_in(
            database,
            JoinIn(workshop_id=planned.id, token_hash=who, group=group, says_group=group is not None),
        )
    said = (
        ("Ada", "ideas", "A phone line"),
        ("Bo", "ideas", "A loan for boilers"),
        ("Di", "ideas", "One form for all"),
        ("Cy", "worries", "Nobody will answer"),
    )
    notes: dict[str, uuid.UUID] = {}
    for who, block, words in said:
        (key,) = hand_in(
            database,
            NoteIn(
                workshop_id=planned.id, token_hash=who, block_id=blocks[block], words=words, form_key=words
            ),
        )
        assert key
        notes[words] = key
    loan, form = notes["A loan for boilers"], notes["One form for all"]
    for who, dots in {"Ada": {loan: 3}, "Cy": {loan: 1, form: 1}, "Di": {form: 2}}.items():
        hand_in(
            database,
            DotsIn(workshop_id=planned.id, token_hash=who, block_id=blocks["dots"], dots=dots),
        )
    with database.writing() as session:
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
    return Played(planned, notes)
