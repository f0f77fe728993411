"""Taking ballots into the records: many at once, each once, in the order of their sequence numbers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.models import Ballot, BallotEntry, ForeseenRisk, VoteGroup, VoteJoin, VoteOption, VoteRound
from lab.foundation import chance, text
from lab.foundation.errors import Invalid, LabError, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.voting import rules
from lab.voting.methods import validate

NOT_OPEN: Final = "The vote has not opened yet. Your choices are kept."
CLOSED: Final = "The vote is closed. Ballots that came in before the close are counted."

# Made once, and run without the ORM: a batch of one ballot, as between two busy moments, takes half as long.
_ROUNDS: Final = (
    select(VoteRound.id, VoteRound.state, VoteRound.entries, VoteRound.chain_head)
    .where(VoteRound.id.in_(bindparam("ids", expanding=True)))
    .order_by(VoteRound.id)
    .with_for_update()
)
_JOINS: Final = select(
    VoteJoin.round_id,
    VoteJoin.token_hash,
    VoteJoin.voter_id,
    VoteJoin.group_name,
    VoteJoin.stakeholder_id,
    VoteJoin.receipt,
).where(
    VoteJoin.round_id.in_(bindparam("rounds", expanding=True)),
    VoteJoin.token_hash.in_(bindparam("tokens", expanding=True)),
)
_REPLACE: Final = (
    update(Ballot.__table__)  # type: ignore[arg-type]
    .where(Ballot.round_id == bindparam("new_round_id"), Ballot.voter_id == bindparam("new_voter_id"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("marks", "group_name", "source", "weight", "seq", "salt")
        }
    )
)
_CHAIN: Final = (
    update(VoteRound)
    .where(VoteRound.id == bindparam("round"))
    .values(entries=bindparam("entries"), chain_head=bindparam("head"))
)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A ballot on its way to the records, or, without marks, somebody joining."""

    round_id: uuid.UUID
    token_hash: str
    marks: tuple[int, ...] | None = None
    group: str | None = None
    worries: Mapping[int, str] = field(default_factory=dict)
    """What the voter fears, by the place of the option."""
    source: str = "phone"
    stakeholder_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a ballot of an open round must fit; it does not change while the round is open."""

    round_id: uuid.UUID
    project_id: uuid.UUID
    method: str
    budget: int
    prototypes: tuple[uuid.UUID, ...]
    groups: tuple[str, ...]

    def checked(self, marks: Sequence[int]) -> tuple[int, ...]:
        """The marks as they are counted. Raises `Invalid` for a ballot that this round cannot take."""
        return validate(self.method, dict(enumerate(marks)), range(len(self.prototypes)), budget=self.budget)


@dataclass(slots=True)
class Box:
    """A round that is not over, locked, while ballots are taken in."""

    sheet: Sheet
    is_open: bool
    entries: int
    head: str
    rows: list[dict[str, Any]] = field(default_factory=list)

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

    def write(self, session: Session) -> None:
        """Store the entries that were added, and where the chain now ends."""
        if self.rows:
            _insert(session, BallotEntry, self.rows)
            session.connection().execute(
                _CHAIN, {"round": self.sheet.round_id, "entries": self.entries, "head": self.head}
            )
            self.rows.clear()


def box_of(session: Session, round_id: uuid.UUID) -> Box:
    """An open round, locked until the transaction ends.

    Raises:
        NotFound: there is none. WrongTransition: it is not open.
    """
    boxes, closed = _boxes(session, {round_id}, {})
    if round_id in closed:
        raise WrongTransition(CLOSED)
    if round_id not in boxes:
        raise NotFound("This round does not exist (any more).")
    if not boxes[round_id].is_open:
        raise WrongTransition("This round has not been opened yet.")
    return boxes[round_id]


def take_ballots(
    session: Session,
    handed_in: Sequence[HandedIn],
    *,
    now: dt.datetime,
    sheets: dict[object, Sheet] | None = None,
) -> list[str | LabError]:
    """Take a batch in; for each its receipt (empty for somebody who only joined) or why it was refused.

    The code of an open round is the right to vote in it: whoever holds it needs no account. The same
    token replaces its ballot. The rounds stay locked until the transaction ends, so nothing is counted
    after a close. `sheets` is kept between batches.
    """
    known = {} if sheets is None else sheets
    boxes, closed = _boxes(session, {each.round_id for each in handed_in}, known)
    joins = _Joins(session, handed_in)
    ballots: dict[tuple[uuid.UUID, uuid.UUID], dict[str, Any]] = {}
    worries: dict[uuid.UUID, dict[str, Any]] = {}
    answers: list[str | LabError] = []
    for each in handed_in:
        box = boxes.get(each.round_id)
        if box is None:
            answers.append(
                WrongTransition(CLOSED)
                if each.round_id in closed
                else NotFound("There is no vote with this code.")
            )
            continue
        try:
            answers.append(_take(box, each, joins, ballots, worries, now))
        except LabError as refusal:
            answers.append(refusal)
    joins.write()
    _write_ballots(session, ballots, joins.had_voted)
    for box in boxes.values():
        box.write(session)
    _write_worries(session, worries, now)
    return answers


def _take(
    box: Box,
    each: HandedIn,
    joins: _Joins,
    ballots: dict[tuple[uuid.UUID, uuid.UUID], dict[str, Any]],
    worries: dict[uuid.UUID, dict[str, Any]],
    now: dt.datetime,
) -> str:
    sheet = box.sheet
    if each.marks is None:
        joins.joined(each, each.group if each.group in sheet.groups else None)
        return ""
    if not box.is_open:
        raise WrongTransition(NOT_OPEN)
    group = rules.guard_group(each.group, sheet.groups)
    marks = sheet.checked(each.marks)
    said = {place: _worry(sheet, place, words) for place, words in each.worries.items() if words.strip()}
    voter_id, receipt = joins.voting(each, group)
    ballots[(sheet.round_id, voter_id)] = ballot_row(box, voter_id, marks, group, each.source, 1)
    for place, statement in said.items():
        key = worry_key(voter_id, place)
        worries[key] = {
            "id": key,
            "project_id": sheet.project_id,
            "prototype_id": sheet.prototypes[place],
            "round_id": sheet.round_id,
            "statement": statement,
            "finding": "untested",
            "finding_note": "",
            "raised_on": now.date(),
            "version": 1,
        }
    return receipt


def worry_key(voter_id: uuid.UUID, place: int) -> uuid.UUID:
    """The key of a voter's worry about an option: sent twice it is one. It leads nowhere once the close
    has erased the voter's id."""
    return uuid.uuid5(voter_id, str(place))


def _worry(sheet: Sheet, place: int, words: str) -> str:
    if not 0 <= place < len(sheet.prototypes):
        raise Invalid("This worry is about something that is not in the vote. Please reload the page.")
    return text.paragraph(words, "Your worry", limit=rules.LONGEST_WORRY)


def ballot_row(
    box: Box, voter_id: uuid.UUID, marks: Sequence[int], group: str | None, source: str, weight: int
) -> dict[str, Any]:
    """A ballot's row, and its entry appended to the chain."""
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


def _boxes(
    session: Session, ids: set[uuid.UUID], sheets: dict[object, Sheet]
) -> tuple[dict[uuid.UUID, Box], set[uuid.UUID]]:
    boxes: dict[uuid.UUID, Box] = {}
    closed: set[uuid.UUID] = set()
    session.flush()  # what follows goes past the ORM
    rows = session.connection().execute(_ROUNDS, {"ids": sorted(ids)}).all()
    for row in rows:
        if row.state in ("closed", "revealed"):
            closed.add(row.id)
            sheets.pop(row.id, None)
            continue
        sheet = sheets.get(row.id) or read_sheet(session, row.id)
        if row.state == "open":
            sheets[row.id] = sheet
        boxes[row.id] = Box(sheet, row.state == "open", row.entries, row.chain_head)
    return boxes, closed


def read_sheet(session: Session, round_id: uuid.UUID) -> Sheet:
    """What a ballot of this round must fit. Three statements."""
    found = session.execute(
        select(VoteRound.project_id, VoteRound.method, VoteRound.budget).where(VoteRound.id == round_id)
    ).one()
    prototypes = session.scalars(
        select(VoteOption.prototype_id).where(VoteOption.round_id == round_id).order_by(VoteOption.place)
    )
    groups = session.scalars(select(VoteGroup.group_name).where(VoteGroup.round_id == round_id))
    return Sheet(round_id, found.project_id, found.method, found.budget, tuple(prototypes), tuple(groups))


@dataclass(slots=True)
class _Joined:
    round_id: uuid.UUID
    voter_id: uuid.UUID
    group_name: str | None
    stakeholder_id: uuid.UUID | None
    receipt: str | None
    is_new: bool = False
    changed: bool = False


class _Joins:
    """Who joined, as far as a batch concerns them: read once, written once."""

    def __init__(self, session: Session, handed_in: Iterable[HandedIn]) -> None:
        self._session = session
        handed_in = list(handed_in)
        asked = {
            "rounds": list({each.round_id for each in handed_in}),
            "tokens": list({each.token_hash for each in handed_in}),
        }
        rows = session.connection().execute(_JOINS, asked)
        self._known = {
            row.token_hash: _Joined(
                row.round_id,
                row.voter_id or chance.anonymous_key(),
                row.group_name,
                row.stakeholder_id,
                row.receipt,
            )
            for row in rows
        }
        self.had_voted = {(row.round_id, row.voter_id) for row in self._known.values() if row.receipt}

    def joined(self, each: HandedIn, group: str | None) -> _Joined:
        row = self._known.get(each.token_hash)
        if row is None:
            row = _Joined(
                each.round_id, chance.anonymous_key(), group, each.stakeholder_id, None, is_new=True
            )
            self._known[each.token_hash] = row
        elif group is not None and row.group_name != group:
            row.group_name, row.changed = group, True
        return row

    def voting(self, each: HandedIn, group: str | None) -> tuple[uuid.UUID, str]:
        row = self.joined(each, group)
        if row.receipt is None:
            row.receipt = chance.letters(rules.ALPHABET, rules.RECEIPT_LENGTH)
            row.changed = True
        return row.voter_id, row.receipt

    def write(self) -> None:
        new = [(token, row) for token, row in self._known.items() if row.is_new]
        if new:
            _insert(
                self._session,
                VoteJoin,
                [
                    {
                        "round_id": row.round_id,
                        "token_hash": token,
                        "voter_id": row.voter_id,
                        "group_name": row.group_name,
                        "stakeholder_id": row.stakeholder_id,
                        "receipt": row.receipt,
                    }
                    for token, row in new
                ],
            )
        changed = [(token, row) for token, row in self._known.items() if row.changed and not row.is_new]
        if changed:
            table = VoteJoin.__table__
            self._session.connection().execute(
                update(table)  # type: ignore[arg-type]
                .where(table.c.round_id == bindparam("of_round"), table.c.token_hash == bindparam("of_token"))
                .values(receipt=bindparam("new_receipt"), group_name=bindparam("new_group")),
                [
                    {
                        "of_round": row.round_id,
                        "of_token": token,
                        "new_receipt": row.receipt,
                        "new_group": row.group_name,
                    }
                    for token, row in changed
                ],
            )


def _insert(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows that nobody looks at again in this session: the ORM would take twice as long."""
    session.connection().execute(insert(table.__table__), rows)  # type: ignore[arg-type]


def _write_ballots(
    session: Session,
    ballots: Mapping[tuple[uuid.UUID, uuid.UUID], dict[str, Any]],
    had_voted: set[tuple[uuid.UUID, uuid.UUID]],
) -> None:
    new = [row for key, row in ballots.items() if key not in had_voted]
    if new:
        _insert(session, Ballot, new)
    replaced = [
        {f"new_{name}": value for name, value in row.items()}
        for key, row in ballots.items()
        if key in had_voted
    ]
    if replaced:
        session.connection().execute(_REPLACE, replaced)


def _write_worries(session: Session, worries: Mapping[uuid.UUID, dict[str, Any]], now: dt.datetime) -> None:
    if not worries:
        return
    known = set(session.scalars(select(ForeseenRisk.id).where(ForeseenRisk.id.in_(worries))))
    for key in known:
        session.execute(
            update(ForeseenRisk)
            .where(ForeseenRisk.id == key, ForeseenRisk.finding == "untested")
            .values(statement=worries[key]["statement"])
        )
    new = [row for key, row in worries.items() if key not in known]
    if new:
        session.execute(insert(ForeseenRisk), new)
    for row in new:
        remember(
            session, actor_id=None, project_id=row["project_id"], subject=("foreseen_risk", row["id"]),
            verb="raised", now=now, to_state="untested", round=str(row["round_id"]),
        )  # fmt: skip
