"""Takes the way from a person to their ballot out: of the lab at the close, of a copy before it leaves."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from db.models import Ballot, BallotEntry, VoteJoin, VoteRound
from lab.access.rights import Actor, require
from lab.foundation import chance
from lab.voting import rules
from lab.voting.slips import forget_slips

LINKED: Final = ("phone", "account")
"""Sources of ballots that somebody has cast themselves."""


def unlink_open_rounds(session: Session, actor: Actor) -> list[str]:
    """Unlink every open round; returns their questions.

    The ballots stay and count. Who has voted stays known, so that nobody can vote twice, but not how: a
    ballot that was cast can no longer be changed. The chain gets an entry for all of them, so that later
    changes are detected.
    """
    require(actor, "lab.administer")
    rounds = session.scalars(select(VoteRound).where(VoteRound.state == "open").order_by(VoteRound.id)).all()
    for row in rounds:
        _unlink(session, row)
    session.flush()
    return [row.question for row in rounds]


def unlinked_ballots(round_id: uuid.UUID, ballots: Iterable[Ballot]) -> list[dict[str, Any]]:
    """Rows for the same ballots under random keys and in a random order, so that nothing leads to who cast
    them."""
    rows = [
        {
            "round_id": round_id,
            "voter_id": chance.anonymous_key(),
            "marks": each.marks,
            "group_name": each.group_name,
            "source": each.source,
            "weight": each.weight,
            "seq": None,
            "salt": None,
        }
        for each in ballots
    ]
    chance.shuffle(rows)
    return rows


def _unlink(session: Session, row: VoteRound) -> None:
    forget_slips(session, row.id)
    cast = (Ballot.round_id == row.id, Ballot.source.in_(LINKED))
    ballots = session.scalars(select(Ballot).where(*cast)).all()
    if not ballots:
        return
    linked = [each.voter_id for each in ballots]
    rows = unlinked_ballots(row.id, ballots)
    session.execute(delete(Ballot).where(*cast))
    session.execute(insert(Ballot), rows)
    for start in range(0, len(linked), 500):
        those = linked[start : start + 500]
        session.execute(
            update(BallotEntry)
            .where(BallotEntry.round_id == row.id, BallotEntry.voter_id.in_(those))
            .values(voter_id=None)
        )
    session.execute(
        update(VoteJoin)
        .where(VoteJoin.round_id == row.id, VoteJoin.receipt.is_not(None))
        .values(voter_id=None)
    )
    session.expire_all()
    sealed = rules.unlinked(
        (each["marks"], each["group_name"], each["source"], each["weight"]) for each in rows
    )
    row.entries += 1
    row.chain_head = rules.link(row.chain_head, row.entries, sealed)
    session.add(BallotEntry(round_id=row.id, seq=row.entries, commitment=sealed, hash=row.chain_head))
