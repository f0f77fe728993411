"""A facilitator plans a workshop, leads the room, and types for people without a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Note, VoteRound, Workshop, WorkshopBlock, WorkshopJoin
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan import queries as plan_queries
from lab.workshops.room import commands as room_commands
from tests.accounts import session_for
from tests.pages.reading import as_read
from tests.workshops.conftest import Planned, draft_vote, plan

pytestmark = pytest.mark.slow

ENTRY = Path(__file__).with_name("entry.py")


@pytest.fixture
def planned(database: Database, facilitator: Actor) -> Planned:
    """A 90-minute discovery workshop."""
    return plan(database, facilitator)


@pytest.fixture
def screen(database: Database, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The workshop's screen as a signed-in facilitator gets it."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    now = clock.now()
    with database.writing() as session:
        ines = add_account(
            session, COMMAND_LINE, name="Ines", email="ines@example.org", role="facilitator",
            password=None, now=now,
        )  # fmt: skip
        token = session_for(session, ines, now)
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.query_params["workshop"] = str(planned.id)
    with patch.object(type(st.context), "cookies", PropertyMock(return_value={"lab_session": token})):
        yield app


def in_the_bar(screen: AppTest) -> str:
    """The one line of facts in the console's bar."""
    return next(each.value for each in screen.markdown if " here**" in each.value)


def begun(database: Database, planned: Planned, place: int = 0) -> None:
    """The workshop is running, in the block with this place."""
    with database.writing() as session:
        room_commands.begin(session, COMMAND_LINE, planned.id, now=clock.now())
        room_commands.go_to(session, COMMAND_LINE, planned.id, place=place, now=clock.now())


def keyed(app: AppTest, start: str) -> list[str]:
    """The keys of buttons that begin so, in the order they stand."""
    return [each.key for each in app.button if each.key and each.key.startswith(start)]


def titles(database: Database, planned: Planned) -> list[str]:
    with database.reading() as session:
        agenda = plan_queries.plan_of(session, COMMAND_LINE, planned.id).blocks
    return [each.block.title for each in agenda]


def test_blocks_are_moved_removed_and_added_and_saved_at_once(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    before = titles(database, planned)
    screen.run()
    screen.button(key=keyed(screen, "block.down.")[0]).click().run()
    screen.button(key=keyed(screen, "block.remove.")[-1]).click().run()
    screen.button(key="agenda.add").click().run()
    assert screen.button(key="plan.begin").disabled
    assert titles(database, planned) == before
    screen.button(key="agenda.save").click().run()
    assert not screen.exception
    assert not screen.error
    assert titles(database, planned) == [before[1], before[0], *before[2:-1], "Ideas"]
    assert not screen.button(key="plan.begin").disabled


def test_a_refused_agenda_stays_as_it_was_typed(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    screen.run()
    first = next(each for each in screen.text_input if each.key and each.key.startswith("block.title."))
    second = next(each for each in screen.text_input if each.key and each.key.startswith("block.prompt."))
    first.set_value("")
    second.set_value("Who is here today?").run()
    screen.button(key="agenda.save").click().run()
    assert as_read(screen.error[0].value) == "Title of the block is missing. Please fill it in."
    assert screen.text_input(key=second.key).value == "Who is here today?"


def test_what_is_ahead_of_a_running_room_is_changed_and_what_was_stays(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    before = titles(database, planned)
    begun(database, planned, place=1)
    screen.run()
    screen.button(key=keyed(screen, "block.down.")[0]).click().run()
    screen.button(key="agenda.save").click().run()
    assert not screen.exception
    assert not screen.error
    assert titles(database, planned) == [*before[:2], before[3], before[2], *before[4:]]


def test_the_room_is_led_on_and_back(screen: AppTest, database: Database, planned: Planned) -> None:
    begun(database, planned)
    screen.run()
    screen.button(key="console.next").click().run()
    assert not screen.exception
    assert not screen.error
    screen.button(key="console.pause").click().run()
    screen.button(key="console.phones").click().run()
    with database.reading() as session:
        now = session.get_one(Workshop, planned.id)
        assert (now.current_place, now.paused_at is not None, now.phones_open) == (1, True, False)
    screen.button(key="console.back").click().run()
    with database.reading() as session:
        assert session.get_one(Workshop, planned.id).current_place == 0


def test_a_note_from_paper_has_the_blocks_kind_and_is_marked_as_paper(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    begun(database, planned, 1)
    screen.run()
    screen.text_area(key="console.note.0.words").set_value("A warm kitchen")
    screen.selectbox(key="console.note.0.group").set_value("carer")
    next(each for each in screen.button if each.label == "Put it up").click().run()
    assert not screen.exception
    assert not screen.error
    with database.reading() as session:
        note = session.query(Note).one()
        assert (note.kind, note.group_name, note.source) == ("expectation", "carer", "paper")


def test_people_without_a_phone_are_counted_and_corrected(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    begun(database, planned)
    screen.run()
    for round_of, people in enumerate((4, 6)):
        screen.selectbox(key=f"console.count.{round_of}.group").set_value("carer")
        screen.number_input(key=f"console.count.{round_of}.people").set_value(people)
        next(each for each in screen.button if each.label == "Count them").click().run()
    with database.reading() as session:
        assert [each.people for each in session.query(WorkshopJoin)] == [6]
    assert "Carer 6 of 6 · 1 invited group not here yet" in in_the_bar(screen)


def test_the_wall_is_blanked_and_shown_again(screen: AppTest, database: Database, planned: Planned) -> None:
    begun(database, planned)
    screen.run()
    for is_blank in (True, False):
        screen.button(key="console.blank").click().run()
        assert not screen.exception
        with database.reading() as session:
            assert session.get_one(Workshop, planned.id).wall_blank is is_blank


def test_the_wall_turns_to_words_and_back_in_a_block_that_takes_notes(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    begun(database, planned)
    screen.run()
    assert not [each for each in screen.toggle if each.label == "Word cloud"]
    with database.writing() as session:
        room_commands.go_to(session, COMMAND_LINE, planned.id, place=2, now=clock.now())
    screen.run()
    for shows in (True, False):
        next(each for each in screen.toggle if each.label == "Word cloud").set_value(shows).run()
        assert not screen.exception
        with database.reading() as session:
            assert session.get_one(Workshop, planned.id).wall_words is shows


def test_a_quick_poll_is_asked_in_one_step_and_closed_on_the_console(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    begun(database, planned)
    screen.run()
    screen.button(key="console.poll").click().run()
    screen.text_input(key="poll.question").set_value("Which day?").run()
    screen.segmented_control(key="poll.kind").set_value("Own answers").run()
    screen.text_area(key="poll.answers").set_value("Monday\n\nFriday").run()
    screen.button(key="poll.ask").click().run()
    assert not screen.exception
    assert "Phones vote" in in_the_bar(screen)
    screen.run()
    screen.button(key="console.vote.close").click().run()
    with database.reading() as session:
        assert [(each.question, each.state) for each in session.query(VoteRound)] == [
            ("Which day?", "revealed")
        ]


def test_a_pasted_list_is_previewed_and_put_up(screen: AppTest, database: Database, planned: Planned) -> None:
    begun(database, planned)
    screen.run()
    screen.button(key="console.list").click().run()
    screen.text_area(key="list.lines").set_value("A bench\na BENCH\nLights").run()
    said = "".join(each.value for each in screen.markdown)
    assert "**2 notes** would be put up. 1 left out that are there already, such as “a BENCH”." in said
    screen.button(key="list.put").click().run()
    assert not screen.exception
    with database.reading() as session:
        assert sorted(each.text for each in session.query(Note)) == ["A bench", "Lights"]


def test_every_kind_of_block_has_its_console(screen: AppTest, database: Database, planned: Planned) -> None:
    begun(database, planned)
    with database.reading() as session:
        places = [each.place for each in session.query(WorkshopBlock)]
    for place in places:
        with database.writing() as session:
            room_commands.go_to(session, COMMAND_LINE, planned.id, place=place, now=clock.now())
        screen.run()
        assert not screen.exception, place
        assert not screen.error, place


def test_a_workshop_that_has_ended_waits_for_its_wrap_up(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    begun(database, planned)
    screen.run()
    screen.button(key="console.end").click().run()
    assert not screen.exception
    assert screen.button(key="console.end.sure")
    with database.writing() as session:
        room_commands.end_workshop(session, COMMAND_LINE, planned.id, now=clock.now())
    screen.run()
    assert not screen.exception
    assert not screen.error
    del screen.query_params["workshop"]
    screen.run()
    assert [each.value for each in screen.subheader] == ["Waiting for the wrap-up"]


def test_a_host_gets_a_conflict_when_another_changed_the_agenda_meanwhile(
    screen: AppTest, database: Database, planned: Planned
) -> None:
    before = titles(database, planned)
    screen.run()
    screen.button(key=keyed(screen, "block.remove.")[0]).click().run()
    with database.writing() as session:
        theirs = plan_queries.plan_of(session, COMMAND_LINE, planned.id)
        plan_commands.set_agenda(
            session, COMMAND_LINE, planned.id, version=theirs.version,
            blocks=[each.block for each in theirs.blocks[:3]], now=clock.now(),
        )  # fmt: skip
    screen.button(key="agenda.save").click().run()
    assert as_read(screen.error[0].value) == "Somebody else changed this record while you were editing."
    assert titles(database, planned) == before[:3]
    screen.button(key="agenda.save").click().run()
    assert titles(database, planned) == before[1:]


def test_a_vote_that_was_left_for_later_is_chosen_in_front_of_the_room(
    database: Database, facilitator: Actor, planned: Planned, screen: AppTest
) -> None:
    with database.writing() as session:
        draft = draft_vote(session, facilitator, planned.project_id)
        session.query(WorkshopBlock).filter_by(workshop_id=planned.id, place=1).update({"kind": "vote"})
    begun(database, planned, place=1)
    screen.run()
    assert "No vote is chosen for this part yet" in " ".join(each.value for each in screen.markdown)
    assert "Phones wait for the vote" in in_the_bar(screen)
    screen.button(key="console.vote.hold").click().run()
    assert not screen.exception
    assert "Phones wait for the vote" in in_the_bar(screen), "beside a draft, phones do not vote"
    screen.button(key="console.vote.open").click().run()
    with database.reading() as session:
        assert session.get_one(VoteRound, draft).state == "open"
    assert "Phones vote" in in_the_bar(screen)
