"""A quick poll is asked in one step, and counted, kept and reported as any vote."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import ForeseenRisk, VoteOption, VoteRound, Workshop, WorkshopBlock
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, LabError, NotAllowed, WrongTransition
from lab.lifecycle.thread.reading import thread_of
from lab.voting.commands import close_round
from lab.voting.intake.ballots import BallotIn, take_ballots
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.after.report import report_of_code
from lab.workshops.board.commands import write_note
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room_commands
from lab.workshops.room.quick_poll import ask_quick_poll
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan

AGENDA = (Block("ideas", "Ideas", 10), Block("worries", "Worries", 10), Block("wrap_up", "Next", 5))


@pytest.fixture
def running(database: Database, facilitator: Actor) -> Planned:
    planned = plan(database, facilitator, AGENDA)
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
    return planned


def test_a_poll_goes_behind_the_present_block_and_is_open_at_once_with_its_result_hidden(
    database: Database, facilitator: Actor, running: Planned
) -> None:
    with database.writing() as session:
        # the room has been further on, and something was written there
        room_commands.go_to(session, facilitator, running.id, place=1, now=NOW)
        write_note(session, facilitator, running.id, words="A worry", kind="worry", now=NOW)
        room_commands.go_to(session, facilitator, running.id, place=0, now=NOW)
    with database.writing() as session:
        key = ask_quick_poll(session, facilitator, running.id, question="Shall we go on?", now=NOW)
    with database.reading() as session:
        blocks = session.scalars(select(WorkshopBlock).order_by(WorkshopBlock.place)).all()
        assert [(each.place, each.kind, each.title) for each in blocks] == [
            (0, "ideas", "Ideas"), (1, "vote", "Shall we go on?"), (2, "worries", "Worries"),
            (3, "wrap_up", "Next"),
        ]  # fmt: skip
        assert session.get_one(Workshop, running.id).current_place == 1
        poll = session.get_one(VoteRound, key)
        assert (poll.state, poll.reveal, blocks[1].round_id) == ("open", "hidden", key)
        options = session.scalars(select(VoteOption).order_by(VoteOption.place)).all()
        assert [(each.title, each.prototype_id) for each in options] == [
            ("Yes", None), ("No", None), ("Unsure", None),
        ]  # fmt: skip


def test_a_poll_stands_in_the_report_with_its_count_and_makes_no_prototype_and_no_worry(
    database: Database, facilitator: Actor, running: Planned
) -> None:
    with database.writing() as session:
        key = ask_quick_poll(
            session, facilitator, running.id, question="Which day?", answers=["Monday", "Friday"], now=NOW
        )
    with database.writing() as session:
        sent = [
            BallotIn(round_id=key, token_hash=f"phone {number}", marks=marks, source="phone")
            for number, marks in enumerate(((1, 0), (1, 0), (0, 1)))
        ]
        worried = BallotIn(
            round_id=key, token_hash="phone 9", marks=(1, 0), source="phone", worries={0: "Too early"}
        )
        *taken, refused = take_ballots(session, [*sent, worried], now=NOW)
    assert all(isinstance(each, str) for each in taken)
    assert isinstance(refused, LabError)
    with database.writing() as session:
        close_round(session, facilitator, key, now=NOW)
        room_commands.end_workshop(session, facilitator, running.id, now=NOW)
        confirm(
            session,
            facilitator,
            running.id,
            WrapUpChoices(hear_by=NOW.date() + dt.timedelta(days=9)),
            now=NOW,
        )
        report = report_of_code(session, session.get_one(Workshop, running.id).code)
        assert report
        (vote,) = report.votes
        assert "“Monday” leads with 2 of 3 ballots" in vote.outcome
        assert session.scalars(select(ForeseenRisk)).all() == []
        thread = thread_of(session, facilitator, running.project_id, today=NOW.date())
        assert thread.prototypes == ()


@pytest.mark.parametrize(
    ("question", "answers", "said"),
    [
        ("", ("Yes", "No"), "Question"),
        ("Go on?", ("Yes",), "2 to 6"),
        ("Go on?", tuple("abcdefg"), "2 to 6"),
        ("Go on?", ("Yes", " YES"), "Two options say the same"),
        ("Go on?", ("Yes", "x" * 81), "Option"),
    ],
)
def test_a_poll_that_cannot_be_asked_leaves_the_room_where_it_was(
    database: Database,
    facilitator: Actor,
    running: Planned,
    question: str,
    answers: tuple[str, ...],
    said: str,
) -> None:
    with pytest.raises(Invalid, match=re.escape(said)), database.writing() as session:
        ask_quick_poll(session, facilitator, running.id, question=question, answers=answers, now=NOW)
    with database.reading() as session:
        assert session.scalars(select(VoteRound)).all() == []
        assert session.get_one(Workshop, running.id).current_place == 0


def test_only_a_host_of_a_running_workshop_asks(
    database: Database, facilitator: Actor, running: Planned
) -> None:
    with pytest.raises(NotAllowed), database.writing() as session:
        ask_quick_poll(session, Actor(None, "", "sponsor"), running.id, question="Go on?", now=NOW)
    with database.writing() as session:
        room_commands.end_workshop(session, facilitator, running.id, now=NOW)
    with pytest.raises(WrongTransition), database.writing() as session:
        ask_quick_poll(session, facilitator, running.id, question="Go on?", now=NOW)
