"""What screens, phones and the public ask about votes. Nothing here says who cast which ballot."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.models import (
    Ballot,
    ForeseenRisk,
    Lab,
    Picture,
    Project,
    SigningKey,
    Stakeholder,
    VoteGroup,
    VoteJoin,
    VoteOption,
    VoteRound,
)
from lab.access.phone_links import linked_accounts
from lab.access.rights import Actor, require
from lab.foundation import clock
from lab.foundation.errors import NotFound
from lab.voting.intake.ballots import worry_key
from lab.voting.record import Cast, RoundFacts, published_record, record_digest
from lab.voting.results import Result, result_of

SHOWN: Final = 100
"""How many rounds of a project are listed, newest first."""


@dataclass(frozen=True, slots=True)
class RoundTurnout:
    """How many take part in a round, and how many of them have voted, phones and paper together."""

    joined: int
    voted: int
    by_source: tuple[tuple[str, int], ...] = ()

    def of(self, source: str) -> int:
        """Ballots from this source."""
        return dict(self.by_source).get(source, 0)


@dataclass(frozen=True, slots=True)
class Option:
    """An option as voters see it; the picture's width and height are in pixels."""

    place: int
    prototype_id: uuid.UUID | None
    """Nothing in a quick poll."""
    title: str
    summary: str
    picture_id: uuid.UUID | None
    picture_words: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RoundView:
    """What everybody in the room may know about a round."""

    round_id: uuid.UUID
    project_id: uuid.UUID
    project: str
    lab: str
    code: str
    question: str
    method: str
    blank_means: str
    budget: int
    reveal: str
    option_order: str
    anonymity: str
    groups: tuple[str, ...]
    decides_next: str
    hear_by: dt.date | None
    state: str
    version: int
    made_at: dt.datetime
    opened_at: dt.datetime | None
    closed_on: dt.date | None
    digest: str | None
    by_slip: bool
    options: tuple[Option, ...]
    workshop_id: uuid.UUID | None = None
    """The workshop whose code was used, if it was reached through one."""
    block: int | None = None
    """The stamp of that workshop's state."""


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """A round in a list."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    code: str
    question: str
    method: str
    state: str
    made_on: dt.date
    ballots: int


@dataclass(frozen=True, slots=True)
class Entered:
    """A paper ballot, or raised hands, that a facilitator entered."""

    voter_id: uuid.UUID
    source: str
    marks: tuple[int, ...]
    group: str | None
    weight: int


@dataclass(frozen=True, slots=True)
class OwnBallot:
    """A voter's own ballot, as their phone may show it. It has marks only while the round is open."""

    group: str | None
    receipt: str | None
    marks: tuple[int, ...] | None
    worries: tuple[tuple[int, str], ...]
    is_of_an_account: bool = False
    """Whether this phone has voted under an account that is signed in no more."""


def rounds_of(session: Session, actor: Actor, project_id: uuid.UUID) -> list[RoundSummary]:
    """The rounds of a project, the newest first."""
    require(actor, "project.read")
    return _summaries(session, _listed().where(VoteRound.project_id == project_id))


def newest_rounds(session: Session, actor: Actor) -> list[RoundSummary]:
    """The lab's newest rounds, those still open first."""
    require(actor, "project.read")
    return sorted(_summaries(session, _listed()), key=lambda each: each.state != "open")


def open_rounds_for(session: Session, actor: Actor) -> list[RoundSummary]:
    """The open rounds in which a stakeholder with an account may vote."""
    require(actor, "vote.cast")
    asked = select(VoteGroup.group_name).where(VoteGroup.round_id == VoteRound.id)
    statement = (
        _listed()
        .join(Stakeholder, Stakeholder.project_id == VoteRound.project_id)
        .where(
            VoteRound.state == "open",
            Stakeholder.account_id == actor.account_id,
            Stakeholder.status == "active",
            ~asked.exists() | Stakeholder.group_name.in_(asked),
        )
    )
    return _summaries(session, statement)


def _listed() -> Select[Any]:
    ballots = (
        select(func.coalesce(func.sum(Ballot.weight), 0))
        .where(Ballot.round_id == VoteRound.id)
        .scalar_subquery()
    )
    return (
        select(
            VoteRound.id, VoteRound.project_id, Project.title, VoteRound.code, VoteRound.question,
            VoteRound.method, VoteRound.state, VoteRound.made_at, ballots,
        )
        .join(Project, Project.id == VoteRound.project_id)
        .order_by(VoteRound.id.desc())
        .limit(SHOWN)
    )  # fmt: skip


def _summaries(session: Session, statement: Select[Any]) -> list[RoundSummary]:
    zone = clock.zone(session)
    rows = session.execute(statement).all()
    facts = ((*row[:7], clock.day_in(zone, row.made_at), row[8]) for row in rows)
    return [RoundSummary(*each) for each in facts]


def room_of_code(session: Session, code: str) -> RoundView | None:
    """The round behind a join code; None for a wrong code."""
    return _room(session, VoteRound.code == code)


def room_of_round(session: Session, actor: Actor, round_id: uuid.UUID) -> RoundView:
    """A round for the people who run it. Raises: NotFound: there is none."""
    require(actor, "project.read")
    room = _room(session, VoteRound.id == round_id)
    if room is None:
        raise NotFound("This round does not exist (any more).")
    return room


def room_in_workshop(
    session: Session, round_id: uuid.UUID, *, workshop_id: uuid.UUID, block: int | None, code: str
) -> RoundView | None:
    """A round as it is voted in under the code of a workshop."""
    room = _room(session, VoteRound.id == round_id)
    return replace(room, code=code, workshop_id=workshop_id, block=block) if room else None


def revealed_room(session: Session, round_id: uuid.UUID) -> RoundView | None:
    """A round whose result anybody may see, or None."""
    room = _room(session, VoteRound.id == round_id)
    return room if room is not None and room.state == "revealed" else None


def _room(session: Session, where: Any) -> RoundView | None:
    found = session.execute(
        select(VoteRound, Project.title, Lab.name)
        .join(Project, Project.id == VoteRound.project_id)
        .outerjoin(Lab, Lab.id == 1)
        .where(where)
    ).one_or_none()
    if found is None:
        return None
    row, project, lab = found
    groups = session.scalars(
        select(VoteGroup.group_name).where(VoteGroup.round_id == row.id).order_by(VoteGroup.group_name)
    )
    return RoundView(
        round_id=row.id,
        project_id=row.project_id,
        project=project,
        lab=lab or "",
        code=row.code,
        question=row.question,
        method=row.method,
        blank_means=row.blank_means,
        budget=row.budget,
        reveal=row.reveal,
        option_order=row.option_order,
        anonymity=row.anonymity,
        groups=tuple(groups),
        decides_next=row.decides_next,
        hear_by=row.hear_by,
        state=row.state,
        version=row.version,
        made_at=row.made_at,
        opened_at=row.opened_at,
        closed_on=row.closed_on,
        digest=row.digest,
        by_slip=row.by_slip,
        options=_options(session, row.id),
    )


def _options(session: Session, round_id: uuid.UUID) -> tuple[Option, ...]:
    first = (
        select(Picture.id)
        .where(Picture.prototype_id == VoteOption.prototype_id)
        .order_by(Picture.id)
        .limit(1)
        .correlate(VoteOption)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            VoteOption.place,
            VoteOption.prototype_id,
            VoteOption.title,
            VoteOption.summary,
            Picture.id,
            Picture.description,
            Picture.thumbnail_width,
            Picture.thumbnail_height,
        )
        .outerjoin(Picture, Picture.id == first)
        .where(VoteOption.round_id == round_id)
        .order_by(VoteOption.place)
    )
    return tuple(
        Option(place, prototype, title, summary, picture, words or "", width or 0, height or 0)
        for place, prototype, title, summary, picture, words, width, height in rows
    )


def turnout(session: Session, round_id: uuid.UUID) -> RoundTurnout:
    """How many joined and voted. Two statements."""
    joined = session.scalar(select(func.count()).select_from(VoteJoin).where(VoteJoin.round_id == round_id))
    sources: Counter[str] = Counter()
    for source, number in session.execute(
        select(Ballot.source, func.sum(Ballot.weight))
        .where(Ballot.round_id == round_id)
        .group_by(Ballot.source)
    ):
        sources[source] += int(number)
    entered = sources["paper"] + sources["hands"]
    return RoundTurnout((joined or 0) + entered, sources.total(), tuple(sorted(sources.items())))


def entered_by_hand(session: Session, actor: Actor, round_id: uuid.UUID) -> list[Entered]:
    """Paper ballots and raised hands of an open round, latest first, for correcting mistakes."""
    require(actor, "vote.run")
    rows = session.scalars(
        select(Ballot)
        .where(Ballot.round_id == round_id, Ballot.source.in_(("paper", "hands")), Ballot.seq.is_not(None))
        .order_by(Ballot.seq.desc())
        .limit(SHOWN)
    )
    return [Entered(row.voter_id, row.source, tuple(row.marks), row.group_name, row.weight) for row in rows]


def was_in_before_signing(session: Session, round_id: uuid.UUID, token_hash: str) -> bool:
    """Whether a phone joined the round while tokens were not signed. One statement."""
    found = session.execute(
        select(VoteJoin.round_id)
        .join(VoteRound, VoteRound.id == VoteJoin.round_id)
        .where(
            VoteJoin.round_id == round_id,
            VoteJoin.token_hash == token_hash,
            VoteJoin.stakeholder_id.is_(None),
            VoteRound.made_at < select(SigningKey.made_at).scalar_subquery(),
        )
    )
    return found.first() is not None


def own_ballot(
    session: Session, round_id: uuid.UUID, token_hash: str, phone_hash: str | None = None
) -> OwnBallot | None:
    """The ballot of a token's holder, or None before they joined. `phone_hash` is of the phone on which an
    account is signed in: what it voted before is the account's."""
    join = session.get(VoteJoin, (round_id, token_hash))
    if join is None or not join.receipt:
        owner = linked_accounts(session, [phone_hash or token_hash]).get(phone_hash or token_hash)
        other = session.get(VoteJoin, (round_id, owner or phone_hash or token_hash))
        if other is not None and other.receipt:
            if phone_hash is None:
                return OwnBallot(None, None, None, (), is_of_an_account=True)
            join = other if owner in (None, token_hash) else join
    if join is None:
        return None
    if join.voter_id is None or join.receipt is None:
        return OwnBallot(join.group_name, join.receipt, None, ())
    ballot = session.get(Ballot, (round_id, join.voter_id))
    places = range(
        session.scalar(select(func.count()).select_from(VoteOption).where(VoteOption.round_id == round_id))
        or 0
    )
    keys = {worry_key(join.voter_id, place): place for place in places}
    worries = session.execute(
        select(ForeseenRisk.id, ForeseenRisk.statement).where(ForeseenRisk.id.in_(keys))
    )
    return OwnBallot(
        group=join.group_name,
        receipt=join.receipt,
        marks=tuple(ballot.marks) if ballot else None,
        worries=tuple(sorted((keys[key], statement) for key, statement in worries)),
    )


def has_receipt(session: Session, round_id: uuid.UUID, receipt: str) -> bool:
    """Whether a ballot with this receipt is in the count."""
    return (
        session.scalar(
            select(VoteJoin.receipt).where(VoteJoin.round_id == round_id, VoteJoin.receipt == receipt)
        )
        is not None
    )


def voters_picture(session: Session, round_id: uuid.UUID, picture_id: uuid.UUID) -> tuple[bytes, str] | None:
    """The thumbnail of a picture in this round, and its media type."""
    found = session.execute(
        select(Picture.thumbnail, Picture.media_type)
        .join(VoteOption, VoteOption.prototype_id == Picture.prototype_id)
        .join(VoteRound, VoteRound.id == VoteOption.round_id)
        .where(VoteRound.id == round_id, VoteRound.state != "draft", Picture.id == picture_id)
    ).first()
    return (found.thumbnail, found.media_type) if found else None


def closed_ballots(session: Session, round_id: uuid.UUID) -> Sequence[Ballot]:
    """The ballots in the order of their random ids, in which they are published."""
    return session.scalars(select(Ballot).where(Ballot.round_id == round_id).order_by(Ballot.voter_id)).all()


def _casts(session: Session, round_id: uuid.UUID) -> list[Cast]:
    return [
        Cast(tuple(marks), group, source, weight)
        for marks, group, source, weight in session.execute(
            select(Ballot.marks, Ballot.group_name, Ballot.source, Ballot.weight)
            .where(Ballot.round_id == round_id)
            .order_by(Ballot.voter_id)
        )
    ]


def record_of(session: Session, row: VoteRound, *, closed_at: dt.datetime | None = None) -> dict[str, Any]:
    """The published record of a round that is closed or being closed. Three statements."""
    closed_at = closed_at or row.closed_at
    if row.opened_at is None or closed_at is None:
        raise NotFound("A round has a record once it is closed.")
    options = session.scalars(
        select(VoteOption.title).where(VoteOption.round_id == row.id).order_by(VoteOption.place)
    )
    receipts = session.scalars(
        select(VoteJoin.receipt)
        .where(VoteJoin.round_id == row.id, VoteJoin.receipt.is_not(None))
        .order_by(VoteJoin.receipt)
    )
    facts = RoundFacts(
        id=row.id,
        question=row.question,
        method=row.method,
        blank_means=row.blank_means,
        budget=row.budget,
        options=tuple(options),
        opened_at=row.opened_at,
        closed_at=closed_at.astimezone(dt.UTC),
        entries=row.entries,
        chain_head=row.chain_head,
    )
    return published_record(facts, _casts(session, row.id), [each for each in receipts if each])


def public_record(session: Session, round_id: uuid.UUID) -> dict[str, Any] | None:
    """The record of a revealed round with its digest, for anybody; None where there is none."""
    row = session.get(VoteRound, round_id)
    if row is None or row.state != "revealed":
        return None
    record = record_of(session, row)
    return record | {"digest": record_digest(record)}


def result_for_lab(session: Session, actor: Actor, round_id: uuid.UUID) -> Result | None:
    """The result for those who run the round; None while it is hidden or nobody has voted."""
    room = room_of_round(session, actor, round_id)
    return _result(session, room) if may_show(room) else None


def public_result(session: Session, room: RoundView) -> Result | None:
    """The result for the room; None while it is hidden or nobody has voted."""
    return _result(session, room) if room.state == "revealed" or _is_live(room) else None


def may_show(room: RoundView) -> bool:
    """Whether those who run the round may see its result yet."""
    return room.state in ("closed", "revealed") or _is_live(room)


def _is_live(room: RoundView) -> bool:
    return room.reveal == "live" and room.state != "draft"


def _result(session: Session, room: RoundView) -> Result | None:
    casts = tuple(_casts(session, room.round_id))
    titles = tuple(each.title for each in room.options)
    return _computed(room.method, room.blank_means, room.budget, titles, casts)


@lru_cache(maxsize=64)
def _computed(
    method: str, blank_means: str, budget: int, options: tuple[str, ...], casts: tuple[Cast, ...]
) -> Result | None:
    return result_of(method, budget, options, casts, blank_means=blank_means) if casts else None
