"""Writes batches of ballots to the database, each once, in the order of their sequence numbers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.orm import Session

from db.bulk import Row, Wanted, Writes, as_key, read_rows
from db.models import (
    Ballot,
    BallotEntry,
    ForeseenRisk,
    PhoneLink,
    VoteGroup,
    VoteJoin,
    VoteOption,
    VoteRound,
    VoteSlip,
)
from lab.foundation import chance, clock, text
from lab.foundation.errors import Invalid, LabError, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.voting import rules
from lab.voting.intake.slips import Slips
from lab.voting.tally import validate_row

NOT_OPEN: Final = "The vote has not opened yet. Your choices are kept."
TOO_LATE: Final = "This ballot came after the close and was not counted."
CLOSED: Final = "The vote is closed, so nothing can be entered any more."
OF_AN_ACCOUNT: Final = (
    "A vote from this phone is in already, under the account that was signed in here. This one was not "
    "counted. Sign in again to change the first."
)
UNLINKED: Final = (
    "Your ballot is in the count. The lab was put back from a backup, which does not hold who cast which, so "
    "it can no longer be changed."
)

_JOIN: Final = ("round_id", "token_hash", "voter_id", "group_name", "stakeholder_id", "receipt")


@dataclass(frozen=True, slots=True)
class BallotIn:
    """A ballot to be stored; without marks, a join."""

    round_id: uuid.UUID
    token_hash: str
    marks: tuple[int, ...] | None = None
    group: str | None = None
    worries: Mapping[int, str] = field(default_factory=dict)
    """The voter's worries by option index; an empty text withdraws one."""
    source: str = "phone"
    stakeholder_id: uuid.UUID | None = None
    phone_hash: str | None = None
    """Of the phone on which an account votes: whatever came from it without an account is the account's."""
    slip: str | None = None
    """The hash of a printed slip's code, where the round asks for one."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields alone: a third of the time."""
        fields = (self.round_id, self.token_hash, self.marks, self.group, self.worries, self.source)
        return BallotIn, (*fields, self.stakeholder_id, self.phone_hash, self.slip)


@dataclass(frozen=True, slots=True)
class BallotRules:
    """The rules for ballots of an open round, which don't change while it is open."""

    round_id: uuid.UUID
    project_id: uuid.UUID
    method: str
    budget: int
    prototypes: tuple[uuid.UUID | None, ...]
    groups: tuple[str, ...]
    by_slip: bool = False
    """Whether a ballot from a phone without an account, or on paper, needs a slip."""

    def checked(self, marks: Sequence[int]) -> tuple[int, ...]:
        """The marks, normalised for counting. Raises `Invalid` for a ballot against the rules."""
        return validate_row(self.method, marks, range(len(self.prototypes)), budget=self.budget)


@dataclass(frozen=True, slots=True)
class _Worry:
    """A voter's worry about a prototype; an empty text withdraws it."""

    sheet: BallotRules
    prototype_id: uuid.UUID | None
    statement: str


@dataclass(slots=True)
class Box:
    """An open round, locked while ballots are stored."""

    sheet: BallotRules
    is_open: bool
    entries: int
    head: str
    rows: list[Row] = field(default_factory=list)

    def append(self, voter_id: uuid.UUID, commitment: str) -> int:
        """Add an entry to the chain; returns its sequence number."""
        self.entries += 1
        self.head = rules.link(self.head, self.entries, commitment)
        self.rows.append(
            {
                "round_id": self.sheet.round_id,
                "seq": self.entries,
                "voter_id": voter_id,
                "commitment": commitment,
                "hash": self.head,
            }
        )
        return self.entries

    def add_to(self, writes: Writes) -> None:
        """Store the added entries and the new end of the chain."""
        if self.rows:
            writes.insert(BallotEntry, list(self.rows))
            ends = {"id": self.sheet.round_id, "entries": self.entries, "chain_head": self.head}
            writes.update(VoteRound, [ends])
            self.rows.clear()


def box_of(session: Session, round_id: uuid.UUID) -> Box:
    """An open round, locked until the transaction ends.

    Raises:
        NotFound: there is none. WrongTransition: it is not open.
    """
    session.flush()  # the rest bypasses the ORM
    (rows,) = read_rows(session.connection(), _locked_rounds({round_id}))
    boxes, closed = _boxes(session, rows, {})
    if round_id in closed:
        raise WrongTransition(CLOSED)
    if round_id not in boxes:
        raise NotFound("This round does not exist (any more).")
    if not boxes[round_id].is_open:
        raise WrongTransition("This round has not been opened yet.")
    return boxes[round_id]


def take_ballots(
    session: Session,
    handed_in: Sequence[BallotIn],
    *,
    now: dt.datetime,
    sheets: dict[object, BallotRules] | None = None,
) -> list[str | LabError]:
    """Store a batch. Returns for each its receipt (empty for a join) or why it was refused. The code of an
    open round gives the right to vote in it, without an account. A second ballot with the same token replaces
    the first. The rounds stay locked until the transaction ends, so nothing is counted after a close.
    `sheets` is a cache kept between batches.
    """
    known = {} if sheets is None else sheets
    session.flush()  # the rest bypasses the ORM
    connection = session.connection()
    rounds, joined, links = read_rows(
        connection,
        _locked_rounds({each.round_id for each in handed_in}),
        _joins_of(handed_in),
        _links_of(handed_in),
    )
    boxes, closed = _boxes(session, rounds, known)
    joins = _Joins(joined, links)
    joins.know(connection)
    slips = Slips(connection, ((each.round_id, each.slip) for each in handed_in if each.slip))
    ballots: dict[tuple[uuid.UUID, uuid.UUID], Row] = {}
    worries: dict[uuid.UUID, _Worry] = {}
    answers: list[str | LabError] = []
    for each in handed_in:
        box = boxes.get(each.round_id)
        if box is None:
            answers.append(
                WrongTransition(TOO_LATE)
                if each.round_id in closed
                else NotFound("There is no vote with this code.")
            )
            continue
        try:
            answers.append(_take(box, each, joins, slips, ballots, worries))
        except LabError as refusal:
            answers.append(refusal)
    joins.drop_phones(session)
    writes = Writes(connection)
    writes.insert(PhoneLink, joins.new_links)
    writes.upsert(VoteJoin, joins.changed())
    writes.upsert(VoteSlip, slips.changed())
    writes.upsert(Ballot, list(ballots.values()))
    for box in boxes.values():
        box.add_to(writes)
    writes.send()
    _write_worries(session, worries, now)
    return answers


def _take(
    box: Box,
    each: BallotIn,
    joins: _Joins,
    slips: Slips,
    ballots: dict[tuple[uuid.UUID, uuid.UUID], Row],
    worries: dict[uuid.UUID, _Worry],
) -> str:
    sheet = box.sheet
    if joins.is_of_an_account(each):
        if each.marks is None:
            return ""
        raise WrongTransition(OF_AN_ACCOUNT)
    if each.marks is None:
        joins.settle(each)
        joins.joined(each, each.group if each.group in sheet.groups else None)
        return ""
    if not box.is_open:
        raise WrongTransition(NOT_OPEN)
    group = rules.guard_group(each.group, sheet.groups)
    marks = sheet.checked(each.marks)
    typed = {place: _worry(sheet, place, words) for place, words in each.worries.items()}
    needs_slip = sheet.by_slip and each.source == "phone"
    if needs_slip:
        slips.guard(each.round_id, each.slip, each.token_hash, has_voted=joins.has_voted(each))
    replaced = joins.settle(each)
    if replaced is not None:
        ballots.pop((sheet.round_id, replaced), None)
        box.append(replaced, rules.withdrawal(sheet.round_id, replaced))
    voter_id, receipt, again = joins.voting(each, group)
    ballots[(sheet.round_id, voter_id)] = ballot_row(box, voter_id, marks, group, each.source, 1)
    if needs_slip and not again:
        slips.use(each.round_id, each.slip, each.token_hash, "phone")
    for place, statement in typed.items():
        # only people who voted before can have a worry to withdraw
        if statement or again:
            worries[worry_key(voter_id, place)] = _Worry(sheet, sheet.prototypes[place], statement)
    return receipt


def worry_key(voter_id: uuid.UUID, place: int) -> uuid.UUID:
    """The key of a voter's worry about an option, so that one sent twice is stored once. It identifies nobody
    after the close has erased the voter's id."""
    return uuid.uuid5(voter_id, str(place))


def _worry(sheet: BallotRules, place: int, words: str) -> str:
    if not 0 <= place < len(sheet.prototypes) or sheet.prototypes[place] is None:
        raise Invalid("This worry is about something that is not in the vote. Please reload the page.")
    return text.paragraph(words, "Your worry", required=False, limit=rules.LONGEST_WORRY) if words else ""


def ballot_row(
    box: Box, voter_id: uuid.UUID, marks: Sequence[int], group: str | None, source: str, weight: int
) -> Row:
    """Append a ballot to the chain and return its row."""
    salt = chance.salt()
    round_id = box.sheet.round_id
    seq = box.append(voter_id, rules.commitment(round_id, voter_id, marks, group, source, weight, salt))
    return {
        "round_id": round_id,
        "voter_id": voter_id,
        "marks": list(marks),
        "group_name": group,
        "source": source,
        "weight": weight,
        "seq": seq,
        "salt": salt,
    }


def _locked_rounds(ids: set[uuid.UUID]) -> Wanted:
    keys = [{"id": each} for each in sorted(ids)]
    return Wanted(VoteRound, keys, ("id", "state", "entries", "chain_head"), lock=True)


def _joins_of(handed_in: Iterable[BallotIn]) -> Wanted:
    hashes = {(each.round_id, key) for each in handed_in for key in (each.token_hash, each.phone_hash) if key}
    keys = [{"round_id": round_id, "token_hash": key} for round_id, key in hashes]
    return Wanted(VoteJoin, keys, _JOIN)


def _links_of(handed_in: Iterable[BallotIn]) -> Wanted:
    keys = [{"phone_hash": each} for each in {each.phone_hash or each.token_hash for each in handed_in}]
    return Wanted(PhoneLink, keys, ("phone_hash", "account_hash", "room_id"))


def _boxes(
    session: Session, rows: Iterable[Row], sheets: dict[object, BallotRules]
) -> tuple[dict[uuid.UUID, Box], set[uuid.UUID]]:
    boxes: dict[uuid.UUID, Box] = {}
    closed: set[uuid.UUID] = set()
    for row in rows:
        round_id, state = as_key(row["id"]), row["state"]
        if state in ("closed", "revealed"):
            closed.add(round_id)
            sheets.pop(round_id, None)
            continue
        sheet = sheets.get(round_id) or read_sheet(session, round_id)
        if state == "open":
            sheets[round_id] = sheet
        boxes[round_id] = Box(sheet, state == "open", row["entries"], row["chain_head"])
    return boxes, closed


def read_sheet(session: Session, round_id: uuid.UUID) -> BallotRules:
    """Read the rules for ballots of a round. Three statements."""
    found = session.execute(
        select(VoteRound.project_id, VoteRound.method, VoteRound.budget, VoteRound.by_slip).where(
            VoteRound.id == round_id
        )
    ).one()
    prototypes = session.scalars(
        select(VoteOption.prototype_id).where(VoteOption.round_id == round_id).order_by(VoteOption.place)
    )
    groups = session.scalars(select(VoteGroup.group_name).where(VoteGroup.round_id == round_id))
    return BallotRules(
        round_id,
        found.project_id,
        found.method,
        found.budget,
        tuple(prototypes),
        tuple(groups),
        found.by_slip,
    )


class _Joins:
    """The joins that a batch concerns, as rows: read once, written once."""

    def __init__(self, found: Iterable[Row], links: Sequence[Row]) -> None:
        self._known = {row["token_hash"]: row for row in found}
        self._changed: dict[str, Row] = {}
        self._links = {row["phone_hash"]: row for row in links}
        self.new_links: list[Row] = []
        self._dropped: list[tuple[uuid.UUID, str]] = []
        self._withdrawn: list[tuple[uuid.UUID, uuid.UUID]] = []

    def know(self, connection: Connection) -> None:
        """Read the joins of accounts that took part on these phones, if any did."""
        keys = [
            {"round_id": as_key(row["room_id"]), "token_hash": row["account_hash"]}
            for row in self._links.values()
            if row["account_hash"] not in self._known
        ]
        (found,) = read_rows(connection, Wanted(VoteJoin, keys, _JOIN))
        self._known |= {row["token_hash"]: row for row in found}

    def is_of_an_account(self, each: BallotIn) -> bool:
        """Whether this phone, now without an account, has voted under one."""
        link = None if each.phone_hash else self._links.get(each.token_hash)
        join = self._known.get(link["account_hash"]) if link else None
        return join is not None and join["receipt"] is not None

    def has_voted(self, each: BallotIn) -> bool:
        """Whether a ballot of this voter is in."""
        known = self._known.get(each.token_hash)
        return known is not None and known["receipt"] is not None

    def settle(self, each: BallotIn) -> uuid.UUID | None:
        """Make what came from an account's phone the account's own. Returns the voter whose ballot the
        account's next one replaces beside its own, if both have voted."""
        phone = each.phone_hash
        link = self._links.get(phone or "")
        if phone is None or (link is not None and link["account_hash"] != each.token_hash):
            return None
        own, from_phone = self._known.get(each.token_hash), self._known.get(phone)
        both = bool(own and own["receipt"] and from_phone and from_phone["receipt"])
        if both and (
            each.marks is None or not (own and own["voter_id"] and from_phone and from_phone["voter_id"])
        ):
            return None
        if link is None:
            self._links[phone] = {
                "phone_hash": phone, "account_hash": each.token_hash, "room_id": each.round_id
            }  # fmt: skip
            self.new_links.append(self._links[phone])
        if from_phone is None:
            return None
        del self._known[phone]
        self._changed.pop(phone, None)
        self._dropped.append((each.round_id, phone))
        if both:
            replaced = as_key(from_phone["voter_id"])
            self._withdrawn.append((each.round_id, replaced))
            return replaced
        if own is None or from_phone["receipt"]:
            mine = {"token_hash": each.token_hash, "stakeholder_id": each.stakeholder_id}
            self._known[each.token_hash] = self._changed[each.token_hash] = from_phone | mine
        return None

    def drop_phones(self, session: Session) -> None:
        """Delete the joins that have become an account's, and the ballots that another one replaces."""
        if self._dropped:
            key = tuple_(VoteJoin.round_id, VoteJoin.token_hash)
            session.execute(delete(VoteJoin).where(key.in_(self._dropped)))
        if self._withdrawn:
            key = tuple_(Ballot.round_id, Ballot.voter_id)
            session.execute(delete(Ballot).where(key.in_(self._withdrawn)))

    def joined(self, each: BallotIn, group: str | None) -> Row:
        row = self._known.get(each.token_hash)
        if row is None:
            row = {
                "round_id": each.round_id,
                "token_hash": each.token_hash,
                "voter_id": chance.anonymous_key(),
                "group_name": group,
                "stakeholder_id": each.stakeholder_id,
                "receipt": None,
            }
            self._known[each.token_hash] = self._changed[each.token_hash] = row
        elif group is not None and row["group_name"] != group:
            row["group_name"] = group
            self._changed[each.token_hash] = row
        return row

    def voting(self, each: BallotIn, group: str | None) -> tuple[uuid.UUID, str, bool]:
        """The voter's id and receipt, and whether they voted before."""
        known = self._known.get(each.token_hash)
        if known is not None and known["receipt"] and known["voter_id"] is None:
            raise WrongTransition(UNLINKED)
        row = self.joined(each, group)
        again = row["receipt"] is not None
        if not again:
            row["receipt"] = chance.letters(rules.ALPHABET, rules.RECEIPT_LENGTH)
            self._changed[each.token_hash] = row
        return as_key(row["voter_id"]), row["receipt"], again

    def changed(self) -> list[Row]:
        """The rows that are new or not as they were."""
        return list(self._changed.values())


def _write_worries(session: Session, worries: Mapping[uuid.UUID, _Worry], now: dt.datetime) -> None:
    """Insert or update foreseen risks. One that the lab has looked into is not changed."""
    if not worries:
        return
    known = {row.id: row for row in session.scalars(select(ForeseenRisk).where(ForeseenRisk.id.in_(worries)))}
    for key, worry in worries.items():
        row = known.get(key)
        if row is None and worry.statement:
            row = ForeseenRisk(
                    id=key, project_id=worry.sheet.project_id, prototype_id=worry.prototype_id,
                    round_id=worry.sheet.round_id, statement=worry.statement,
                    raised_on=clock.today(session, now),
            )  # fmt: skip
            session.add(row)
            remember(
                session, None, row, "raised", now=now, to_state="untested", round=str(worry.sheet.round_id)
            )
        elif row is not None and row.finding == "untested":
            if worry.statement:
                row.statement = worry.statement
            else:
                session.delete(row)
                remember(
                    session,
                    None,
                    row,
                    "taken_back",
                    now=now,
                    from_state="untested",
                    round=str(worry.sheet.round_id),
                )
