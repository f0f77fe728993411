"""What never leaves with an export: results before they are revealed, and who handed in what.

A round leaves with its ballots once its result is revealed. Until then it leaves as a draft, without joins,
ballots and chain, as if it had not been opened: that is also how it comes back. A workshop that still runs
leaves without joins, dots and answers, and its notes without their authors. Who a phone was never leaves:
a join keeps its place in the list, and its token and account stay behind.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select
from sqlalchemy.orm import Session

from db.base import Base
from db.models import (
    Ballot,
    BallotEntry,
    Engagement,
    Event,
    NoteDots,
    Pulse,
    VoteJoin,
    VoteRound,
    VoteSlip,
    Workshop,
    WorkshopBlock,
    WorkshopJoin,
)
from lab.access.rights import Actor, require

Row = dict[str, Any]

AS_A_DRAFT: Final[Row] = {
    "state": "draft",
    "opened_at": None,
    "closed_at": None,
    "closed_on": None,
    "revealed_at": None,
    "entries": 0,
    "chain_head": "",
    "digest": None,
}
"""What a round that is not revealed says of itself."""
UNREVEALED: Final = select(VoteRound.id).where(VoteRound.state.in_(("open", "closed")))
REVEALED: Final = select(VoteRound.id).where(VoteRound.state == "revealed")
RUNNING: Final = select(Workshop.id).where(Workshop.state == "running")
TOKEN_LEFT_BEHIND: Final = "exported-"
"""How the token of a join begins that came from an export; no phone's hash does."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """The rounds and workshops that leave without what was handed in, by title."""

    rounds: tuple[tuple[uuid.UUID, str], ...]
    workshops: tuple[tuple[uuid.UUID, str], ...]

    def __bool__(self) -> bool:
        return bool(self.rounds or self.workshops)

    def sentences(self) -> list[str]:
        """What is missing from the export, and what to do about it."""
        said = []
        if self.rounds:
            said.append(
                f"{_counted(len(self.rounds), 'vote is', 'votes are')} not revealed, and in the export a "
                "draft without ballots, because nothing may show a result early or who voted how. "
                f"Reveal first what should be in it: {_named(self.rounds)}."
            )
        if self.workshops:
            said.append(
                f"{_counted(len(self.workshops), 'workshop', 'workshops')} running now: without dots, "
                "answers and who is there, and notes without their authors. End first what should be in it: "
                f"{_named(self.workshops)}."
            )
        return said


def kept_back(session: Session, actor: Actor) -> Withheld:
    """What an export made now would leave out. Two statements."""
    require(actor, "lab.administer")
    rounds = select(VoteRound.id, VoteRound.question).where(VoteRound.id.in_(UNREVEALED))
    workshops = select(Workshop.id, Engagement.title).join(Engagement, Engagement.id == Workshop.id)
    return Withheld(
        rounds=tuple((key, words) for key, words in session.execute(rounds.order_by(VoteRound.id))),
        workshops=tuple(
            (key, words)
            for key, words in session.execute(workshops.where(Workshop.id.in_(RUNNING)).order_by(Workshop.id))
        ),
    )


def leaving(table: Table, rows: Select[Any]) -> Select[Any]:
    """Of these rows of a table: those that leave."""
    condition = _LEAVES.get(table.name)
    return rows if condition is None else rows.where(condition)


class Changed:
    """Changes rows of a table into what leaves of them, in the order of the export."""

    def __init__(self, table: Table, kept_back: Withheld) -> None:
        self._rounds = {key for key, _ in kept_back.rounds}
        self._workshops = {key for key, _ in kept_back.workshops}
        self._numbers: dict[uuid.UUID, int] = {}
        changes: dict[str, Callable[[Row], Row]] = {
            "vote_round": self._round,
            "vote_join": self._join,
            "vote_slip": self._slip,
            "workshop_join": self._workshop_join,
            "note": self._note,
            "account": _without_one_click,
        }
        self.row = changes.get(table.name, _unchanged)

    def _round(self, row: Row) -> Row:
        return row | AS_A_DRAFT if row["id"] in self._rounds else row

    def _join(self, row: Row) -> Row:
        number = self._numbers[row["round_id"]] = self._numbers.get(row["round_id"], 0) + 1
        return row | {"token_hash": f"{TOKEN_LEFT_BEHIND}{number:07}", "voter_id": None}

    def _slip(self, row: Row) -> Row:
        number = self._numbers[row["round_id"]] = self._numbers.get(row["round_id"], 0) + 1
        return row | {"code_hash": f"{TOKEN_LEFT_BEHIND}{number:07}", "used_by": None}

    def _workshop_join(self, row: Row) -> Row:
        return row | {"token_hash": f"{TOKEN_LEFT_BEHIND}{row['id'].hex}", "stakeholder_id": None}

    def _note(self, row: Row) -> Row:
        return row | {"join_id": None} if row["workshop_id"] in self._workshops else row


def _unchanged(row: Row) -> Row:
    return row


def _without_one_click(row: Row) -> Row:
    """People of a demo lab sign in with one click only where it was filled."""
    return row | {"is_demo": False}


def _column(model: type[Base], name: str) -> ColumnElement[Any]:
    return model.__table__.c[name]


_PULSES: Final = select(_column(Pulse, "id")).where(_column(Pulse, "engagement_id").in_(RUNNING))
_LEAVES: Final[dict[str, ColumnElement[bool]]] = {
    **{
        model.__tablename__: _column(model, "round_id").in_(REVEALED)
        for model in (VoteJoin, VoteSlip, Ballot, BallotEntry)
    },
    WorkshopJoin.__tablename__: _column(WorkshopJoin, "workshop_id").not_in(RUNNING),
    NoteDots.__tablename__: _column(NoteDots, "block_id").not_in(
        select(WorkshopBlock.id).where(WorkshopBlock.workshop_id.in_(RUNNING))
    ),
    Pulse.__tablename__: or_(
        _column(Pulse, "engagement_id").is_(None), _column(Pulse, "engagement_id").not_in(RUNNING)
    ),
    # the steps of a round that leaves as a draft, and the answers that do not leave
    Event.__tablename__: ~or_(
        and_(
            _column(Event, "subject_type") == VoteRound.__tablename__,
            _column(Event, "verb").in_(("opened", "closed")),
            _column(Event, "subject_id").in_(UNREVEALED),
        ),
        and_(
            _column(Event, "subject_type") == Pulse.__tablename__,
            _column(Event, "subject_id").in_(_PULSES),
        ),
    ),
}


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _named(items: tuple[tuple[uuid.UUID, str], ...], most: int = 5) -> str:
    listed = ", ".join(f"“{words}”" for _, words in items[:most])
    return listed if len(items) <= most else f"{listed} and {len(items) - most} more"
