"""What the console asks: where the room stands, and which notes and sheets of dots there are.

The number of statements never grows with blocks, notes or phones.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Event,
    Note,
    NoteDots,
    Pulse,
    Workshop,
    WorkshopBlock,
    WorkshopJoin,
)
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.workshops.board.rules import MOST_NOTES
from lab.workshops.room.rules import holds_notes, time_left
from lab.workshops.room.seen import dotted_notes

SHOWN: Final = 100
"""Sheets of dots in a list."""
MOST_STANDING: Final = 10
"""Notes shown in the standing after dots were put on them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a running room stands. `joined` is (group, source, people), nobody by name."""

    state: str
    version: int
    place: int | None
    block_began_at: dt.datetime | None
    paused_at: dt.datetime | None
    minutes: int
    extra_seconds: int
    phones_open: bool
    wall_blank: bool
    wall_words: bool
    signals_end: bool
    holds_said: bool | None
    """Whether notes wait for a host, where a host has said."""
    joined: tuple[tuple[str | None, str, int], ...]
    notes: int
    """In the present block, hidden ones left out."""
    answered: int = 0
    """Pulse answers, on phones and paper together."""
    answered_on_paper: int = 0
    dots: tuple[tuple[str, int], ...] = ()
    """Notes with the dots put on them, the most first; only once phones are closed."""

    @property
    def people(self) -> int:
        """How many are in the room."""
        return sum(people for _, _, people in self.joined)

    @property
    def holds_notes(self) -> bool:
        """Whether notes from phones wait for a host."""
        return holds_notes(self.holds_said, self.people)

    def of(self, group: str | None) -> int:
        """How many of a stakeholder group are in the room."""
        return sum(people for each, _, people in self.joined if each == group)

    def by(self, source: str) -> int:
        """How many came in this way."""
        return sum(people for _, each, people in self.joined if each == source)

    def left(self, now: dt.datetime) -> dt.timedelta:
        """What the present block still has; negative once it runs over."""
        if self.block_began_at is None:
            return dt.timedelta()
        return time_left(self.minutes, self.extra_seconds, self.block_began_at, self.paused_at, now)


def standing(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Standing:
    """Where the room stands now; asked every other second. At most five statements.

    Raises:
        NotFound: there is no such workshop.
    """
    require(actor, "workshop.run")
    found = session.execute(
        select(Workshop, WorkshopBlock)
        .outerjoin(
            WorkshopBlock,
            (WorkshopBlock.workshop_id == Workshop.id) & (WorkshopBlock.place == Workshop.current_place),
        )
        .where(Workshop.id == workshop_id)
    ).one_or_none()
    if found is None:
        raise NotFound("This workshop does not exist (any more).")
    workshop, block = found
    block_id, kind = (block.id, block.kind) if block else (None, "")
    here = Note.block_id == block_id, Note.hidden_at.is_(None)
    is_counted = block is not None and kind == "dots" and not workshop.phones_open
    dotted = dotted_notes(session, block.id, MOST_STANDING) if is_counted else ()
    answered, on_paper = _answered(session, workshop_id) if kind == "pulse" else (0, 0)
    return Standing(
        state=workshop.state,
        version=workshop.version,
        place=workshop.current_place,
        block_began_at=workshop.block_began_at,
        paused_at=workshop.paused_at,
        minutes=block.minutes if block else 0,
        extra_seconds=workshop.extra_seconds,
        phones_open=workshop.phones_open,
        wall_blank=workshop.wall_blank,
        wall_words=workshop.wall_words,
        signals_end=workshop.signals_end,
        holds_said=workshop.holds_notes,
        joined=_joined(session, workshop_id),
        notes=session.scalar(select(func.count()).select_from(Note).where(*here)) or 0,
        answered=answered,
        answered_on_paper=on_paper,
        dots=tuple((each.text, each.dots) for each in dotted),
    )


def _joined(session: Session, workshop_id: uuid.UUID) -> tuple[tuple[str | None, str, int], ...]:
    rows = session.execute(
        select(WorkshopJoin.group_name, WorkshopJoin.source, func.sum(WorkshopJoin.people))
        .where(WorkshopJoin.workshop_id == workshop_id)
        .group_by(WorkshopJoin.group_name, WorkshopJoin.source)
    )
    return tuple((group, source, int(people)) for group, source, people in rows)


def _answered(session: Session, workshop_id: uuid.UUID) -> tuple[int, int]:
    on_paper = (
        select(func.count())
        .where(
            Event.subject_type == "workshop", Event.subject_id == workshop_id, Event.verb == "pulse_on_paper"
        )
        .scalar_subquery()
    )
    row = session.execute(select(func.count(), on_paper).where(Pulse.engagement_id == workshop_id)).one()
    return int(row[0]), int(row[1])


def notes_to_choose(session: Session, actor: Actor, workshop_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """The notes that people without a phone can put dots on, as the board orders them."""
    require(actor, "workshop.run")
    rows = session.execute(
        select(Note.id, Note.text)
        .where(
            Note.workshop_id == workshop_id, Note.hidden_at.is_(None), Note.merged_into.is_(None), ~Note.waits
        )
        .order_by(Note.position, Note.id)
        .limit(MOST_NOTES)
    )
    return [(key, text) for key, text in rows]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One person's dots from paper."""

    join_id: uuid.UUID
    group: str | None
    dots: int


def sheets_of(session: Session, actor: Actor, block_id: uuid.UUID) -> list[Sheet]:
    """The sheets of dots entered from paper in a block, the latest first, so that a slip can be undone."""
    require(actor, "workshop.run")
    rows = session.execute(
        select(WorkshopJoin.id, WorkshopJoin.group_name, func.sum(NoteDots.dots))
        .join(NoteDots, NoteDots.join_id == WorkshopJoin.id)
        .where(NoteDots.block_id == block_id, WorkshopJoin.source == "paper")
        .group_by(WorkshopJoin.id, WorkshopJoin.group_name)
        .order_by(WorkshopJoin.id.desc())
        .limit(SHOWN)
    )
    return [Sheet(key, group, int(dots)) for key, group, dots in rows]
