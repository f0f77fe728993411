"""What phones hand in comes in batches; each is judged alone, and the same twice is one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, select

from db.engine import Database
from db.models import Note, NoteDots, Pulse, Workshop, WorkshopBlock, WorkshopJoin
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, LabError, NotAllowed, NotFound, WrongTransition
from lab.workshops.board.changing import next_revision
from lab.workshops.board.commands import show_note
from lab.workshops.room import commands as room_commands
from lab.workshops.room import intake, paper
from lab.workshops.room.handed_in import ChangeIn, DotsIn, HandedIn, JoinIn, NoteIn, PulseIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.queries import standing
from lab.workshops.room.rules import MOST_NOTES_OF_ONE, PULSE_DAYS
from lab.workshops.room.seen import standing_notes
from tests.conftest import NOW
from tests.workshops.conftest import Planned


def handed_in(database: Database, *batch: HandedIn, now: dt.datetime = NOW) -> list[str | LabError]:
    """Hand in as one batch."""
    with database.writing() as session:
        return take_in(session, batch, now=now)


def kinds(answers: list[str | LabError]) -> list[type]:
    return [type(each) for each in answers]


@pytest.fixture
def blocks(database: Database, facilitator: Actor, planned: Planned) -> dict[str, uuid.UUID]:
    """The blocks of a workshop that has come to its ideas, by kind."""
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        room_commands.go_to(session, facilitator, planned.id, place=2, now=NOW)
        rows = session.execute(select(WorkshopBlock.kind, WorkshopBlock.id))
        return {kind: key for kind, key in rows}


def note(planned: Planned, who: str, block: uuid.UUID, words: str, **facts: Any) -> NoteIn:
    return NoteIn(
        workshop_id=planned.id, token_hash=who, block_id=block, words=words,
        form_key=facts.pop("form_key", words), **facts,
    )  # fmt: skip


def test_one_bad_note_of_a_batch_fails_no_other(
    database: Database, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    ideas = blocks["ideas"]
    answers = handed_in(
        database,
        note(planned, "Ada", ideas, "A neighbour who knows"),
        note(planned, "Bo", ideas, "x" * 501),
        note(planned, "Bo", blocks["dots"], "Too early"),
        note(planned, "Bo", blocks["welcome"], "No notes here"),
        note(Planned(planned.project_id, uuid.uuid4()), "Bo", ideas, "Elsewhere"),
        note(planned, "Cy", blocks["expectations_round"], "Warm feet", importance=5),
    )
    assert kinds(answers) == [str, Invalid, WrongTransition, WrongTransition, NotFound, str]
    with database.reading() as session:
        notes = session.scalars(select(Note).order_by(Note.position)).all()
        assert [(each.text, each.kind, each.importance) for each in notes] == [
            ("A neighbour who knows", "idea", None),
            ("Warm feet", "expectation", 5),
        ]
        assert session.get_one(Workshop, planned.id).board_revision == notes[0].revision == notes[1].revision
        assert set(session.scalars(select(WorkshopJoin.token_hash))) == {"Ada", "Cy"}


def test_the_same_form_again_is_the_same_note_within_a_batch_and_later(
    database: Database, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    def sent(words: str) -> NoteIn:
        return note(planned, "Ada", blocks["ideas"], words, form_key="one form")

    first = handed_in(database, sent("Once"), sent("Once"))
    assert first[0] == first[1] == handed_in(database, sent("Once, and better"))[0]
    handed_in(database, note(planned, "Bo", blocks["ideas"], "Another's", form_key="one form"))
    with database.reading() as session:
        assert sorted(session.scalars(select(Note.text))) == ["Another's", "Once, and better"]


def test_a_note_is_its_writers_until_a_host_uses_it(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    (key,) = handed_in(database, note(planned, "Ada", blocks["ideas"], "First thought"))
    mine = {"workshop_id": planned.id, "token_hash": "Ada", "note_id": uuid.UUID(str(key))}
    others = mine | {"token_hash": "Bo"}
    answers = handed_in(
        database, ChangeIn(**others, words="Not mine"), ChangeIn(**mine, words="Second thought")
    )
    assert kinds(answers) == [NotAllowed, str]
    with database.writing() as session:
        found = session.get_one(Note, mine["note_id"])
        assert (found.text, found.revision) == ("Second thought", 2)
        found.chosen, found.revision = True, next_revision(session, planned.id)
    for words in ("Third thought", None):
        assert kinds(handed_in(database, ChangeIn(**mine, words=words))) == [WrongTransition]
    with database.writing() as session:
        session.get_one(Note, mine["note_id"]).chosen = False
        room_commands.open_phones(session, facilitator, planned.id, are_open=False, now=NOW)
    answers = handed_in(database, ChangeIn(**mine, words="Third"), ChangeIn(**mine, words=None))
    assert kinds(answers) == [WrongTransition, str], "taking back is possible while the workshop runs"
    with database.reading() as session:
        found = session.get_one(Note, mine["note_id"])
        assert (found.text, found.hidden_at) == ("", NOW)


def test_a_group_said_later_holds_for_what_was_written_before(
    database: Database, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    handed_in(database, note(planned, "Ada", blocks["ideas"], "Before"))
    joined = {"workshop_id": planned.id, "token_hash": "Ada", "says_group": True}
    answers = handed_in(database, JoinIn(**joined, group="elected"), JoinIn(**joined, group="carer"))
    assert kinds(answers) == [Invalid, str]
    handed_in(database, note(planned, "Ada", blocks["ideas"], "After"))
    with database.reading() as session:
        assert session.scalars(select(Note.group_name)).all() == ["carer", "carer"]
    handed_in(database, JoinIn(**joined))
    with database.reading() as session:
        assert session.scalars(select(WorkshopJoin.group_name)).all() == [None]


def test_dots_are_for_ideas_and_for_any_note_where_there_is_none(
    database: Database, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    def offered() -> list[str]:
        with database.reading() as session:
            return [each.text for each in standing_notes(session, planned.id)]

    handed_in(database, note(planned, "Ada", blocks["expectations_round"], "Warm feet"))
    assert offered() == ["Warm feet"]
    handed_in(database, note(planned, "Ada", blocks["ideas"], "A loan for boilers"))
    assert offered() == ["A loan for boilers"]


@pytest.mark.parametrize(("said", "people", "waits"), [
    (None, 30, False), (None, 31, True), (True, 1, True), (False, 31, False),
])  # fmt: skip
def test_notes_wait_for_a_host_in_a_large_room_or_as_a_host_said(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID],
    said: bool | None, people: int, waits: bool,
) -> None:  # fmt: skip
    with database.writing() as session:
        paper.count_in(session, facilitator, planned.id, group=None, people=people, now=NOW)
        if said is not None:
            room_commands.hold_notes(session, facilitator, planned.id, holds=said, now=NOW)
    handed_in(database, note(planned, "Ada", blocks["ideas"], "Before"))
    with database.reading() as session:
        assert session.scalars(select(Note.waits)).all() == [waits]
        room = standing(session, facilitator, planned.id)
        assert (room.people, room.holds_notes) == (people + 1, waits or (said is None and people == 30))


def test_the_dots_of_a_person_replace_themselves(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    keys = handed_in(database, *(note(planned, "Ada", blocks["ideas"], each) for each in ("One", "Two")))
    one, two = (uuid.UUID(str(each)) for each in keys)
    mine = {"workshop_id": planned.id, "token_hash": "Ada", "block_id": blocks["dots"]}
    assert kinds(handed_in(database, DotsIn(**mine, dots={one: 1}))) == [WrongTransition]
    with database.writing() as session:
        room_commands.go_to(session, facilitator, planned.id, place=4, now=NOW)
    answers = handed_in(
        database,
        DotsIn(**mine, dots={one: 3}),
        DotsIn(**mine, dots={one: 2, two: 2}),
        DotsIn(**mine, dots={one: 4, two: -1}),
        DotsIn(**mine, dots={uuid.uuid4(): 1}),
        DotsIn(**mine, dots={two: 2}),
        DotsIn(**mine | {"token_hash": "Bo"}, dots={one: 1}),
    )
    assert kinds(answers) == [str, Invalid, Invalid, Invalid, str, str]
    handed_in(database, DotsIn(**mine, dots={one: 1, two: 1}))
    with database.reading() as session:
        rows = session.execute(select(NoteDots.note_id, NoteDots.dots)).all()
        assert sorted(rows) == sorted([(one, 1), (two, 1), (one, 1)])


def test_a_pulse_is_answered_once_on_each_occasion_and_until_a_month_after(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    def answer(trust: int, block: uuid.UUID | None) -> PulseIn:
        return PulseIn(workshop_id=planned.id, token_hash="Ada", trust=trust, difference=3, block_id=block)

    assert kinds(handed_in(database, answer(3, None), answer(3, blocks["pulse"]))) == [WrongTransition] * 2
    with database.writing() as session:
        room_commands.go_to(session, facilitator, planned.id, place=5, now=NOW)
    in_block = [answer(trust, blocks["pulse"]) for trust in (6, 2, 4)]
    assert kinds(handed_in(database, *in_block)) == [Invalid, str, str]
    with database.writing() as session:
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
    month = NOW + dt.timedelta(days=PULSE_DAYS)
    assert kinds(handed_in(database, answer(5, None), now=month)) == [str]
    late = handed_in(database, answer(1, None), now=month + dt.timedelta(seconds=1))
    assert kinds(late) == [WrongTransition]
    with database.reading() as session:
        assert sorted(session.scalars(select(Pulse.trust))) == [4, 5]


def test_nothing_comes_in_before_the_beginning_or_after_the_end(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
    answers = handed_in(
        database,
        note(planned, "Ada", blocks["ideas"], "Too late"),
        JoinIn(workshop_id=planned.id, token_hash="Ada"),
    )
    assert kinds(answers) == [WrongTransition, WrongTransition]
    with database.reading() as session:
        assert session.scalars(select(WorkshopJoin)).all() == []


def test_one_phone_and_one_board_hold_so_many_notes(
    database: Database,
    planned: Planned,
    blocks: dict[str, uuid.UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "MOST_NOTES", 102)

    def wrote(who: str, number: int) -> list[str | LabError]:
        batch = (note(planned, who, blocks["ideas"], f"{who} {each}") for each in range(number))
        return handed_in(database, *batch)

    assert kinds(wrote("Ada", 101)) == [str] * MOST_NOTES_OF_ONE + [Invalid]
    (again,) = handed_in(database, note(planned, "Ada", blocks["ideas"], "One more"))
    assert "most that one phone" in str(again)
    answers = wrote("Bo", 3)
    assert kinds(answers) == [str, str, Invalid]
    assert "board is full" in str(answers[2])


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """What the database was asked."""
    asked: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(database.engine, "before_cursor_execute", hear)


def test_a_batch_of_many_asks_no_more_of_the_database_than_one_of_few(
    database: Database, planned: Planned, blocks: dict[str, uuid.UUID], statements: list[str]
) -> None:
    def asked(first: int, many: int) -> int:
        statements.clear()
        batch = [
            note(planned, f"phone {number}", blocks["ideas"], f"Note {number}")
            for number in range(first, first + many)
        ]
        assert kinds(handed_in(database, *batch)) == [str] * many
        return len(statements)

    assert asked(0, 2) == asked(10, 300) <= 12


def test_what_its_writer_took_back_no_host_brings_back(
    database: Database, facilitator: Actor, planned: Planned, blocks: dict[str, uuid.UUID]
) -> None:
    (key,) = handed_in(database, note(planned, "Ada", blocks["ideas"], "Better not"))
    taken = ChangeIn(workshop_id=planned.id, token_hash="Ada", note_id=uuid.UUID(str(key)), words=None)
    assert kinds(handed_in(database, taken, taken)) == [str, str]
    with database.writing() as session, pytest.raises(WrongTransition, match="its words are gone"):
        show_note(session, facilitator, planned.id, uuid.UUID(str(key)), now=NOW)
