"""Finds ballots that were altered, added or removed directly in the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Ballot, BallotEntry, VoteRound
from lab.access.rights import Actor, require
from lab.voting import rules
from lab.voting.queries import record_of
from lab.voting.record import record_digest


def damaged_rounds(session: Session, actor: Actor) -> list[str]:
    """Problems with the lab's rounds, one sentence each; empty if all ballots are intact."""
    require(actor, "lab.administer")
    problems = []
    for row in session.scalars(select(VoteRound).where(VoteRound.state != "draft").order_by(VoteRound.id)):
        found = list(_open_problems(session, row) if row.state == "open" else _closed_problems(session, row))
        problems += [f"Round “{row.question}” ({row.id}): {each}" for each in found]
    return problems


def _open_problems(session: Session, row: VoteRound) -> Iterator[str]:
    head, newest, nobodys, broken = _walk(session, row.id)
    if broken:
        yield broken
    if head != row.chain_head or len(newest) > row.entries:
        yield "its chain of ballots does not end where the round says it does"
    ballots = {
        each.voter_id: each for each in session.scalars(select(Ballot).where(Ballot.round_id == row.id))
    }
    for voter_id, (seq, commitment) in newest.items():
        ballot = ballots.pop(voter_id, None)
        if ballot is None:
            if commitment != rules.withdrawal(row.id, voter_id):
                yield f"the ballot with sequence number {seq} was removed"
        elif ballot.seq != seq or commitment != _committed(ballot):
            yield f"the ballot with sequence number {seq} was altered"
    unlinked = [each for each in ballots.values() if each.seq is None]
    if unlinked and _together(unlinked) in nobodys:
        for each in unlinked:
            del ballots[each.voter_id]
    if ballots:
        yield f"{len(ballots)} ballots were added without passing the intake"


def _together(ballots: Iterable[Ballot]) -> str:
    return rules.unlinked((each.marks, each.group_name, each.source, each.weight) for each in ballots)


def _committed(ballot: Ballot) -> str:
    return rules.commitment(
        ballot.round_id,
        ballot.voter_id,
        ballot.marks,
        ballot.group_name,
        ballot.source,
        ballot.weight,
        ballot.salt or "",
    )


def _closed_problems(session: Session, row: VoteRound) -> Iterator[str]:
    *_, broken = _walk(session, row.id)
    if broken:
        yield broken
    last = session.scalar(
        select(BallotEntry.commitment)
        .where(BallotEntry.round_id == row.id)
        .order_by(BallotEntry.seq.desc())
        .limit(1)
    )
    number = session.scalar(
        select(func.count()).select_from(BallotEntry).where(BallotEntry.round_id == row.id)
    )
    if last != row.digest or number != row.entries + 1:
        yield "its chain of ballots does not end with the published record"
    if record_digest(record_of(session, row)) != row.digest:
        yield "its ballots or receipts are not those that were counted at the close"


def _walk(
    session: Session, round_id: uuid.UUID
) -> tuple[str, dict[uuid.UUID, tuple[int, str]], set[str], str]:
    """Where the chain ends, every voter's newest entry, the commitments of entries without a voter, and the
    first break if there is one."""
    head, broken = "", ""
    newest: dict[uuid.UUID, tuple[int, str]] = {}
    nobodys: set[str] = set()
    entries = session.execute(
        select(BallotEntry.seq, BallotEntry.voter_id, BallotEntry.commitment, BallotEntry.hash)
        .where(BallotEntry.round_id == round_id)
        .order_by(BallotEntry.seq)
        .execution_options(yield_per=5000)
    )
    for expected, entry in enumerate(entries, start=1):
        if not broken and (
            entry.seq != expected or entry.hash != rules.link(head, entry.seq, entry.commitment)
        ):
            broken = f"its chain of ballots is broken at entry {expected}"
        head = entry.hash
        if entry.voter_id is not None:
            newest[entry.voter_id] = (entry.seq, entry.commitment)
        else:
            nobodys.add(entry.commitment)
    return head, newest, nobodys, broken
