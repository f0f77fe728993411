"""The wrap-up of the played workshop."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Note
from lab.workshops.after import commands as after
from lab.workshops.after.proposal import Mark, WrapUpChoices
from lab.workshops.after.undoing import undo
from lab.workshops.board import commands as board

if TYPE_CHECKING:
    from tests.replay.play import Play


def choices(play: Play, **named: Any) -> WrapUpChoices:
    """Something of each kind."""
    marks = {
        play.keys["B"]: Mark("worry"),
        play.keys["D"]: Mark("idea", chosen=True),
        play.keys["E"]: Mark("expectation", importance=5, within_power="partly"),
    }
    return WrapUpChoices(**({"hear_by": play.days(21), "marks": marks, "people": {"carer": 4}} | named))


def later(play: Play, session: Session) -> None:
    """Look at it once and leave it."""
    act, now, key, keys = play.actor, play.now, play.keys["workshop"], play.keys
    board.part_note(session, act, key, keys["B"], now=now)
    board.hide_note(session, act, key, keys["A"], why="Names a person", now=now)
    after.add_promise(session, act, key, who="Council", what="Mend the lifts", by=play.days(30), now=now)
    after.keep_draft(session, act, key, choices(play, people={}), now=now)


def keep(play: Play, session: Session) -> None:
    """Keep it, take that back, and keep it again later."""
    act, now, key = play.actor, play.now, play.keys["workshop"]
    board.show_note(session, act, key, play.keys["A"], now=now)
    after.confirm(session, act, key, choices(play, hear_by=play.days(9)), now=now)
    undo(session, act, key, now=now + dt.timedelta(minutes=9))
    play.now = now = now + dt.timedelta(minutes=20)
    after.confirm(session, act, key, choices(play, hear_by=play.days(9)), now=now)
    assert len(list(session.scalars(select(Note.id).where(Note.contribution_id.is_not(None))))) > 5
