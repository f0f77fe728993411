"""Commands for votes: make a round, open it, enter paper ballots and raised hands, close it, reveal it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, insert, select, union_all, update
from sqlalchemy.orm import Session

from db.bulk import Writes
from db.models import (
    Ballot,
    BallotEntry,
    PhoneLink,
    Project,
    Prototype,
    VoteGroup,
    VoteJoin,
    VoteOption,
    VoteRound,
    VoteSlip,
    Workshop,
)
from db.words import ANONYMITIES, GROUPS, ORDERS, REVEALS
from lab.access.keys import PHONE, TokenMint, account_voter, random_part, signing_secret
from lab.access.rights import Actor, require
from lab.foundation import chance, clock, text
from lab.foundation.errors import Invalid, NotAllowed, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.foundation.folding import code_of, fold
from lab.foundation.records import change, fetch, guard_version
from lab.stakeholders.queries import stakeholder_of_account
from lab.voting import rules
from lab.voting.intake.ballots import BallotIn, Box, ballot_row, box_of
from lab.voting.methods.registry import method_named, method_names
from lab.voting.queries import closed_ballots, record_of
from lab.voting.record import record_digest
from lab.voting.slips import forget_slips, give_slip_back, hand_in_slip
from lab.voting.unlinking import unlinked_ballots

MOST_HANDS: Final = 100_000
LONGEST_ANSWER: Final = 80
"""Characters of an option that is not a prototype."""
Choice = tuple[uuid.UUID | None, str]
"""A prototype and its one-line summary; or no prototype, and what the option says, as in a quick poll."""


def make_round(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    question: str,
    method: str,
    options: Sequence[Choice],
    now: dt.datetime,
    budget: int = 5,
    reveal: str = "hidden",
    option_order: str = "shuffled",
    anonymity: str = "anonymous",
    groups: Sequence[str] = (),
    decides_next: str = "",
    hear_by: dt.date | None = None,
) -> uuid.UUID:
    """Draft a round on some of the project's prototypes.

    Raises:
        Invalid: fewer than 2 or more than 30 prototypes, or one that is not the project's.
    """
    require(actor, "vote.run")
    if session.get(Project, project_id) is None:
        raise NotFound("This project does not exist (any more).")
    row = VoteRound(project_id=project_id, code=new_code(session), made_at=now)
    _set(
        row, question=question, method=method, budget=budget, reveal=reveal, option_order=option_order,
        anonymity=anonymity, decides_next=decides_next, hear_by=hear_by, today=clock.today(session, now),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _set_options(session, row, options)
    _set_groups(session, row.id, groups)
    remember(session, actor, row, "made", now=now, to_state="draft")
    return row.id


def edit_round(
    session: Session,
    actor: Actor,
    round_id: uuid.UUID,
    *,
    version: int,
    question: str,
    method: str,
    options: Sequence[Choice],
    budget: int,
    reveal: str,
    option_order: str,
    anonymity: str,
    groups: Sequence[str],
    decides_next: str,
    hear_by: dt.date | None,
    now: dt.datetime,
) -> None:
    """Change a draft. An open round can't be changed."""
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    if row.state != "draft":
        raise WrongTransition("This round has been opened, so it can't be changed any more.")
    guard_version(row, version)
    before = _set(
        row, question=question, method=method, budget=budget, reveal=reveal, option_order=option_order,
        anonymity=anonymity, decides_next=decides_next, hear_by=hear_by, today=clock.today(session, now),
    )  # fmt: skip
    offered, asked = _offered(session, round_id), _asked(session, round_id)
    if offered != [str(key) for key, _ in options]:
        before["options"] = offered
    if asked != sorted(set(groups)):
        before["groups"] = asked
    _set_options(session, row, options)
    _set_groups(session, round_id, groups)
    remember(session, actor, row, "edited", now=now, before=before)


def drop_draft(session: Session, actor: Actor, round_id: uuid.UUID, now: dt.datetime) -> None:
    """Delete a draft; a round that was opened can't be deleted."""
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    if row.state != "draft":
        raise WrongTransition("This round has been opened, so it can't be deleted.")
    for table in (VoteOption, VoteGroup, VoteJoin, VoteSlip):
        session.execute(delete(table).where(table.round_id == round_id))
    remember(session, actor, row, "dropped", now=now, from_state="draft")
    session.delete(row)


def open_round(session: Session, actor: Actor, round_id: uuid.UUID, now: dt.datetime) -> None:
    """Let people vote. After that the round can't be changed."""
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    rules.guard_step(row.state, "open")
    row.state, row.opened_at = "open", now
    row.version += 1
    remember(session, actor, row, "opened", now=now, from_state="draft", to_state="open")


def close_round(
    session: Session, actor: Actor, round_id: uuid.UUID, *, now: dt.datetime, reveal: bool = True
) -> None:
    """End the vote: ballots from before count, none after. Freezes the record and erases the link between
    people and ballots."""
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    rules.guard_step(row.state, "closed")
    _forget_who(session, row)
    row.digest = record_digest(record_of(session, row, closed_at=now))
    row.state, row.closed_at, row.closed_on = "closed", now, clock.today(session, now)
    row.version += 1
    _seal(session, row)
    remember(session, actor, row, "closed", now=now, from_state="open", to_state="closed", digest=row.digest)
    if reveal:
        reveal_round(session, actor, round_id, now=now)


def _forget_who(session: Session, row: VoteRound) -> None:
    """Erase the link from a join to its ballot, and give the ballots random ids."""
    ballots = unlinked_ballots(row.id, closed_ballots(session, row.id))
    session.execute(delete(Ballot).where(Ballot.round_id == row.id))
    if ballots:
        session.execute(insert(Ballot), ballots)
    session.execute(delete(PhoneLink).where(PhoneLink.room_id == row.id))
    session.execute(update(BallotEntry).where(BallotEntry.round_id == row.id).values(voter_id=None))
    session.execute(update(VoteJoin).where(VoteJoin.round_id == row.id).values(voter_id=None))
    forget_slips(session, row.id)
    if row.anonymity == "anonymous":
        joins = session.scalars(
            select(VoteJoin).where(VoteJoin.round_id == row.id, VoteJoin.stakeholder_id.is_not(None))
        )
        for join in joins:
            # whoever holds the lab's secret could compute an account's hash, so it is erased too
            join.token_hash, join.stakeholder_id = 2 * chance.salt(), None
    session.flush()
    session.expire_all()


def _seal(session: Session, row: VoteRound) -> None:
    """End the chain with an entry for the published record, so that later changes are detected."""
    seq = row.entries + 1
    sealed = rules.link(row.chain_head, seq, row.digest or "")
    session.add(BallotEntry(round_id=row.id, seq=seq, commitment=row.digest or "", hash=sealed))
    session.flush()


def reveal_round(session: Session, actor: Actor, round_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Show the result of a closed round, on the wall, on the phones and to anybody with its address."""
    require(actor, "vote.run")
    row = fetch(session, VoteRound, round_id, "round")
    rules.guard_step(row.state, "revealed")
    row.state, row.revealed_at = "revealed", now
    row.version += 1
    remember(session, actor, row, "revealed", now=now, from_state="closed", to_state="revealed")


def enter_paper_ballot(
    session: Session,
    actor: Actor,
    round_id: uuid.UUID,
    *,
    marks: Sequence[int],
    now: dt.datetime,
    group: str | None = None,
    slip: str = "",
) -> uuid.UUID:
    """Count one paper ballot, marked as paper, with the code of its slip where the round asks for one.
    Returns its id, with which it can be withdrawn until the close."""
    require(actor, "vote.run")
    box = box_of(session, round_id)
    checked = box.sheet.checked(marks)
    counted = rules.guard_group(group, box.sheet.groups)
    voter_id = chance.anonymous_key()
    if box.sheet.by_slip:
        hand_in_slip(session, round_id, code_of(slip), voter_id)
    return _enter(session, box, checked, counted, "paper", 1, voter_id)


def enter_hands(
    session: Session,
    actor: Actor,
    round_id: uuid.UUID,
    *,
    hands: Sequence[int],
    now: dt.datetime,
    group: str | None = None,
) -> list[uuid.UUID]:
    """Count raised hands: everybody raises theirs once, for one option.

    `hands` has the number for each option, 0–100,000. Under dots a hand is worth all of a voter's dots.

    Raises:
        Invalid: the method can't count hands, or nobody raised one.
    """
    require(actor, "vote.run")
    box = box_of(session, round_id)
    if box.sheet.by_slip:
        raise Invalid("This round asks for a slip with every ballot, and a raised hand has none.")
    method = method_named(box.sheet.method)
    if not method.takes_hands:
        raise Invalid("A hand says too little for this method. Use paper ballots instead.")
    if len(hands) != len(box.sheet.prototypes) or not any(hands):
        raise Invalid("Enter how many hands were raised for each prototype; at least one.")
    counted = rules.guard_group(group, box.sheet.groups)
    entered = []
    for place, number in enumerate(hands):
        text.number(number, "Hands", 0, MOST_HANDS)
        if number:
            marks = method.one_hand(place, len(hands), box.sheet.budget)
            entered.append(_enter(session, box, marks, counted, "hands", number))
    return entered


def _enter(
    session: Session,
    box: Box,
    marks: Sequence[int],
    group: str | None,
    source: str,
    weight: int,
    voter_id: uuid.UUID | None = None,
) -> uuid.UUID:
    voter_id = voter_id or chance.anonymous_key()
    session.execute(insert(Ballot), [ballot_row(box, voter_id, marks, group, source, weight)])
    _write(session, box)
    return voter_id


def _write(session: Session, box: Box) -> None:
    writes = Writes(session.connection())
    box.add_to(writes)
    writes.send()


def take_back(
    session: Session, actor: Actor, round_id: uuid.UUID, voter_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Withdraw a paper ballot or hands entered by mistake, while the round is open. The chain keeps both
    entries."""
    require(actor, "vote.run")
    box = box_of(session, round_id)
    row = session.get(Ballot, (round_id, voter_id))
    if row is None or row.source not in ("paper", "hands"):
        raise NotFound("There is no such paper ballot in this round (any more).")
    session.delete(row)
    give_slip_back(session, round_id, voter_id)
    session.flush()
    box.append(voter_id, rules.withdrawal(round_id, voter_id))
    _write(session, box)


def ballot_from_account(
    session: Session,
    actor: Actor,
    round_id: uuid.UUID,
    *,
    marks: Sequence[int],
    worries: dict[int, str] | None = None,
    phone_token: str = "",
) -> BallotIn:
    """The ballot of a stakeholder with an account, ready for the intake: one person, one ballot, by phone or
    on screen. `phone_token` is that of the same browser as a phone.

    Raises:
        NotAllowed: they have no stake in the round's project, or not in a group that may vote.
    """
    require(actor, "vote.cast")
    found = voter_of_account(session, actor, round_id)
    if found is None:
        raise NotAllowed("Only people who take part in this project can vote here.")
    groups = list(session.scalars(select(VoteGroup.group_name).where(VoteGroup.round_id == round_id)))
    is_ours = TokenMint(signing_secret(session), PHONE).has_made(phone_token)
    if groups and found[1] not in groups:
        raise NotAllowed("This vote asks other groups of the people who take part.")
    return BallotIn(
        round_id=round_id,
        token_hash=rules.token_hash(round_id, account_voter(session, actor)),
        marks=tuple(marks),
        group=found[1],
        worries=worries or {},
        source="account",
        stakeholder_id=found[0],
        phone_hash=rules.token_hash(round_id, random_part(phone_token)) if is_ours else None,
    )


def voter_of_account(session: Session, actor: Actor, round_id: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """The account's stakeholder and group in the round's project."""
    project = select(VoteRound.project_id).where(VoteRound.id == round_id).scalar_subquery()
    return stakeholder_of_account(session, actor, project)


def _set(
    row: VoteRound,
    *,
    question: str,
    method: str,
    budget: int,
    reveal: str,
    option_order: str,
    anonymity: str,
    decides_next: str,
    hear_by: dt.date | None,
    today: dt.date,
) -> dict[str, Any]:
    row.blank_means = method_named(text.chosen(method, method_names(), "Method")).blank_means
    return change(
        row,
        question=text.line(question, "Question"),
        method=text.chosen(method, method_names(), "Method"),
        budget=text.number(budget, "Dots", 1, 100),
        reveal=text.chosen(reveal, REVEALS, "Results"),
        option_order=text.chosen(option_order, ORDERS, "Order"),
        anonymity=text.chosen(anonymity, ANONYMITIES, "Anonymity"),
        decides_next=text.line(decides_next, "Who decides next", required=False),
        hear_by=text.planned(hear_by, today, "The day by which people will hear") if hear_by else None,
    )


def _offered(session: Session, round_id: uuid.UUID) -> list[str]:
    """The prototypes of a round in their order, as the event log writes them."""
    keys = select(VoteOption.prototype_id).where(VoteOption.round_id == round_id).order_by(VoteOption.place)
    return [str(key) for key in session.scalars(keys)]


def _asked(session: Session, round_id: uuid.UUID) -> list[str]:
    """The groups a round asks for."""
    return sorted(session.scalars(select(VoteGroup.group_name).where(VoteGroup.round_id == round_id)))


def _set_options(session: Session, row: VoteRound, options: Sequence[Choice]) -> None:
    if not rules.FEWEST_OPTIONS <= len(options) <= rules.MOST_OPTIONS:
        raise Invalid(f"A vote needs 2 to {rules.MOST_OPTIONS} options to choose from.", field="options")
    keys = [key for key, _ in options if key is not None]
    titles = {
        key: title
        for key, title in session.execute(
            select(Prototype.id, Prototype.title).where(
                Prototype.id.in_(keys), Prototype.project_id == row.project_id
            )
        )
    }
    if len(titles) != len(keys):
        raise Invalid("Choose prototypes of this project, each once.", field="options")
    said = [text.line(words, "Option", limit=LONGEST_ANSWER) for key, words in options if key is None]
    if len({fold(each) for each in said}) != len(said):
        raise Invalid("Two options say the same.", field="options")
    session.execute(delete(VoteOption).where(VoteOption.round_id == row.id))
    session.execute(
        insert(VoteOption),
        [
            {
                "round_id": row.id,
                "place": place,
                "prototype_id": key,
                "title": titles[key] if key else text.line(words, "Option", limit=LONGEST_ANSWER),
                "summary": text.line(words, "Summary", required=False) if key else "",
            }
            for place, (key, words) in enumerate(options)
        ],
    )


def _set_groups(session: Session, round_id: uuid.UUID, groups: Sequence[str]) -> None:
    session.execute(delete(VoteGroup).where(VoteGroup.round_id == round_id))
    rows = [
        {"round_id": round_id, "group_name": text.chosen(group, GROUPS, "Group")}
        for group in dict.fromkeys(groups)
    ]
    if rows:
        session.execute(insert(VoteGroup), rows)


def new_code(session: Session) -> str:
    """A join code that no vote or workshop uses."""
    while True:
        code = chance.letters(rules.ALPHABET, rules.CODE_LENGTH)
        taken = union_all(*(select(table.id).where(table.code == code) for table in (VoteRound, Workshop)))
        if session.execute(taken).first() is None:
            return code
