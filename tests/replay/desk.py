"""What a facilitator does at the desk, in the play of all commands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from db.models import Workshop
from lab.lifecycle import commands as lifecycle
from lab.voting.drafting import duplicate_round
from lab.workshops.board.several import write_list
from lab.workshops.plan import commands as planning
from lab.workshops.plan.agendas import Block
from lab.workshops.room.handed_in import ReactionIn
from lab.workshops.room.intake import take_in
from lab.workshops.room.quick_poll import ask_quick_poll
from lab.workshops.room.votes import make_planned_vote, make_present_vote

if TYPE_CHECKING:
    from tests.replay.play import Play

VOTE: Final[dict[str, Any]] = {"question": "Which?", "method": "approval"}


def plan_another(play: Play, session: Session, agenda: Sequence[Block]) -> None:
    """Start a project with its first workshop, and make a vote for its agenda."""
    now = play.now
    made = planning.plan_in_new_project(
        session, play.actor, project="Another", start="test", title="First", held_on=play.days(30), now=now
    )
    planning.say_when(session, play.actor, made.workshop_id, version=1, begins="14:00", now=now)
    version = session.get_one(Workshop, made.workshop_id).version
    make_planned_vote(
        session, play.actor, made.workshop_id, version=version, blocks=agenda, place=2,
        options=[("A", ""), ("B", "")], fidelity="paper", now=now, **VOTE,
    )  # fmt: skip


def react(play: Play, session: Session, block_id: uuid.UUID) -> None:
    """A phone says how the present block goes."""
    word = ReactionIn(
        workshop_id=play.keys["workshop"], token_hash="r" * 64, block_id=block_id, word="unclear"
    )
    assert take_in(session, [word], now=play.now) == [""]


def put_up_a_list(play: Play, session: Session, block_id: uuid.UUID) -> None:
    """Ideas from a list, in a block."""
    write_list(session, play.actor, play.keys["workshop"], ideas=["A bench"], block_id=block_id, now=play.now)


def poll_the_room(play: Play, session: Session) -> None:
    """Ask a quick poll behind the present block."""
    ask_quick_poll(session, play.actor, play.keys["workshop"], question="Shall we go on?", now=play.now)


def vote_in_the_room(play: Play, session: Session) -> uuid.UUID:
    """Make the vote of the present block, of a prototype and of an idea."""
    options = [(play.keys["board"], ""), ("A clock on the tower", "")]
    key = make_present_vote(
        session, play.actor, play.keys["workshop"], options=options, fidelity="sketch", groups=["carer"],
        now=play.now, **VOTE,
    )  # fmt: skip
    duplicate_round(session, play.actor, key, now=play.now)
    return key


def move_and_undo(play: Play, session: Session) -> None:
    """Move the project on by mistake, past its gates, and take that back."""
    key = play.keys["project"]
    lifecycle.move_project(session, play.actor, key, stage="recommend", reason="A slip", now=play.now)
    lifecycle.undo_move(session, play.actor, key, now=play.now)
