"""Printed slips of a round: made once, shown once, reconciled afterwards."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from db.models import VoteRound, VoteSlip
from lab.access.rights import Actor, require
from lab.foundation import chance, text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch
from lab.voting import rules
from lab.voting.intake.slips import Slips

MOST_AT_ONCE: Final = 500
MOST: Final = 10_000
"""Slips of one round."""


@dataclass(frozen=True, slots=True)
class SlipCount:
    """What became of a round's slips."""

    issued: int
    by_phone: int
    on_paper: int

    @property
    def unused(self) -> int:
        """Slips without a ballot."""
        return self.issued - self.by_phone - self.on_paper


def issue_slips(
    session: Session, actor: Actor, round_id: uuid.UUID, *, number: int, now: dt.datetime
) -> list[str]:
    """Make so many slips, and ask for one with every ballot from a phone without an account, or on paper.
    Returns their codes, which are kept nowhere: whoever does not print them has to make others.

    Raises:
        WrongTransition: the round is closed, or it was opened without slips.
    """
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    if row.state not in ("draft", "open"):
        raise WrongTransition("This round is closed, so no slip can be used any more.")
    if row.state == "open" and not row.by_slip:
        raise WrongTransition("This round was opened without slips: whoever has its code may vote.")
    text.number(number, "Slips", 1, MOST_AT_ONCE)
    issued = session.scalar(select(func.count()).where(VoteSlip.round_id == round_id)) or 0
    if issued + number > MOST:
        raise Invalid(f"A round has {MOST:,} slips at most; {issued:,} are made.", field="number")
    codes = [chance.letters(rules.ALPHABET, rules.SLIP_LENGTH) for _ in range(number)]
    # in no order that the print has
    hashes = sorted(rules.slip_hash(round_id, code) for code in codes)
    session.execute(insert(VoteSlip), [{"round_id": round_id, "code_hash": each} for each in hashes])
    before = change(row, by_slip=True)
    row.version += 1
    remember(session, actor, row, "slips_issued", now=now, before=before, number=number)
    return codes


def withdraw_slips(session: Session, actor: Actor, round_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Make all slips of a draft worthless, and ask for none.

    Raises:
        WrongTransition: the round has been opened.
    """
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    if row.state != "draft":
        raise WrongTransition("This round has been opened, so its slips stay good.")
    session.execute(delete(VoteSlip).where(VoteSlip.round_id == round_id))
    before = change(row, by_slip=False)
    row.version += 1
    remember(session, actor, row, "slips_withdrawn", now=now, before=before)


def slips_of(session: Session, actor: Actor, round_id: uuid.UUID) -> SlipCount:
    """The slips of a round, reconciled. One statement."""
    require(actor, "vote.run")
    rows = session.execute(
        select(VoteSlip.way, func.count()).where(VoteSlip.round_id == round_id).group_by(VoteSlip.way)
    )
    found: Counter[str | None] = Counter({way: number for way, number in rows})
    return SlipCount(found.total(), found["phone"], found["paper"])


def hand_in_slip(session: Session, round_id: uuid.UUID, code: str, ballot: uuid.UUID) -> None:
    """Use a slip for a paper ballot. Raises: Invalid: see `Slips.guard`."""
    code_hash = rules.slip_hash(round_id, code) if code else None
    slips = Slips(session.connection(), [(round_id, code_hash)] if code_hash else [])
    slips.guard(round_id, code_hash, str(ballot), has_voted=False)
    slips.use(round_id, code_hash, str(ballot), "paper")
    for row in slips.changed():
        session.execute(
            update(VoteSlip)
            .where(VoteSlip.round_id == round_id, VoteSlip.code_hash == row["code_hash"])
            .values(way=row["way"], used_by=row["used_by"])
        )


def give_slip_back(session: Session, round_id: uuid.UUID, ballot: uuid.UUID) -> None:
    """Make the slip of a paper ballot that was taken back good again."""
    session.execute(
        update(VoteSlip)
        .where(VoteSlip.round_id == round_id, VoteSlip.used_by == str(ballot))
        .values(way=None, used_by=None)
    )


def forget_slips(session: Session, round_id: uuid.UUID) -> None:
    """Erase what leads from a slip to its ballot; whether it was used, and on what, stays."""
    session.execute(update(VoteSlip).where(VoteSlip.round_id == round_id).values(used_by=None))
