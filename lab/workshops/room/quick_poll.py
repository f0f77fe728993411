"""A quick poll: one question with a few answers, asked in one step while a workshop runs.

It is a vote as any other, so that it is counted, kept and reported by what counts, keeps and reports votes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.models import Engagement, Workshop, WorkshopBlock
from lab.access.rights import Actor, require
from lab.foundation import text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import fetch
from lab.voting.commands import make_round, open_round
from lab.workshops.plan.rules import MOST_BLOCKS
from lab.workshops.room.commands import go_to

YES_NO: Final = ("Yes", "No", "Unsure")
"""The answers where a host gives none."""
MOST_ANSWERS: Final = 6
MINUTES: Final = 2
_OUT_OF_THE_WAY: Final = 1000


def ask_quick_poll(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    question: str,
    answers: Sequence[str] = YES_NO,
    now: dt.datetime,
) -> uuid.UUID:
    """Put a question to the phones at once, in a block of its own behind the present one.
    The result is hidden until the poll is closed. Returns the round.

    Raises:
        Invalid: fewer than 2 answers or more than 6, or two that say the same.
        WrongTransition: the workshop is not running.
    """
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    if workshop.state != "running" or workshop.current_place is None:
        raise WrongTransition("This workshop is not running.")
    if not 2 <= len(answers) <= MOST_ANSWERS:
        raise Invalid(f"A quick poll has 2 to {MOST_ANSWERS} answers.", field="answers")
    blocks = select(func.count()).where(WorkshopBlock.workshop_id == workshop_id)
    if (session.scalar(blocks) or 0) >= MOST_BLOCKS:
        raise Invalid(f"An agenda has at most {MOST_BLOCKS} blocks.")
    project_id = session.get_one(Engagement, workshop_id).project_id
    round_id = make_round(
        session, actor, project_id, question=question, method="approval",
        options=[(None, each) for each in answers], option_order="fixed", now=now,
    )  # fmt: skip
    place = workshop.current_place + 1
    _make_room(session, workshop_id, place)
    session.add(
        WorkshopBlock(
            workshop_id=workshop_id, place=place, kind="vote", title=text.shortened(question.strip(), 80),
            minutes=MINUTES, round_id=round_id,
        )
    )  # fmt: skip
    session.flush()
    remember(session, actor, workshop, "agenda_set", now=now)
    open_round(session, actor, round_id, now)
    go_to(session, actor, workshop_id, place=place, now=now)
    return round_id


def _make_room(session: Session, workshop_id: uuid.UUID, place: int) -> None:
    """Move the blocks from this place on by one, past all of them first: no two may share a place."""
    session.flush()
    for distance in (_OUT_OF_THE_WAY, 1 - _OUT_OF_THE_WAY):
        session.execute(
            update(WorkshopBlock)
            .where(WorkshopBlock.workshop_id == workshop_id, WorkshopBlock.place >= place)
            .values(place=WorkshopBlock.place + distance)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
