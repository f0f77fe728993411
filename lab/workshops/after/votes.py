"""The votes held in a workshop, with who leads and how much, in words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import VoteRound, WorkshopBlock
from lab.foundation.text import quantity
from lab.voting.queries import RoundView, public_result, revealed_room
from lab.voting.words import NOBODY_VOTED


@dataclass(frozen=True, slots=True)
class ReportedVote:
    """A vote held in the workshop whose result is revealed, and who leads with how much, in words."""

    id: uuid.UUID
    question: str
    outcome: str


def votes_of(session: Session, workshop_id: uuid.UUID) -> tuple[ReportedVote, ...]:
    """The votes whose results are revealed, in the order of the agenda. One statement, and five for each."""
    keys = session.scalars(
        select(VoteRound.id)
        .join(WorkshopBlock, WorkshopBlock.round_id == VoteRound.id)
        .where(WorkshopBlock.workshop_id == workshop_id, VoteRound.state == "revealed")
        .order_by(WorkshopBlock.place)
    )
    rooms = [room for key in dict.fromkeys(keys) if (room := revealed_room(session, key))]
    return tuple(ReportedVote(room.round_id, room.question, _outcome(session, room)) for room in rooms)


def _outcome(session: Session, room: RoundView) -> str:
    result = public_result(session, room)
    if result is None:
        return NOBODY_VOTED
    by_hand = "".join(
        f", {number} {words}"
        for source, number in result.by_source
        if (words := {"paper": "on paper", "hands": "by raised hands"}.get(source))
    )
    return f"{result.headline} {quantity(result.ballots, 'ballot')}{by_hand}."
