"""Read everything a batch refers to, in a fixed number of statements, before judging it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Engagement,
    Note,
    Prototype,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
    WorkshopJoin,
)
from lab.foundation.errors import Invalid, WrongTransition
from lab.workshops.board.queries import is_held
from lab.workshops.room.handed_in import (
    AHEAD,
    CLOSED,
    NOT_BEGUN,
    OTHER_ROOM,
    OVER,
    ChangeIn,
    DotsIn,
    HandedIn,
    NoteIn,
)
from lab.workshops.room.rules import note_key


@dataclass(slots=True)
class LockedRoom:
    """A locked workshop."""

    id: uuid.UUID
    project_id: uuid.UUID
    state: str
    current_place: int | None
    phones_open: bool
    ended_at: dt.datetime | None
    holds: bool | None
    """Whether notes wait for a host, where a host has said."""
    people: int
    notes: int = 0
    blocks: dict[uuid.UUID, Any] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)

    def block(self, key: uuid.UUID) -> Any:
        """A block that the room is in or was in."""
        if key not in self.blocks:
            raise Invalid(OTHER_ROOM)
        found = self.blocks[key]
        if self.current_place is not None and found.place > self.current_place:
            raise WrongTransition(AHEAD)
        return found

    def guard_running(self, *, open_phones: bool = True) -> None:
        """Refuse what comes before the beginning, after the end, or while the phones are closed."""
        if self.state == "planned":
            raise WrongTransition(NOT_BEGUN)
        if self.state != "running":
            raise WrongTransition(OVER)
        if open_phones and not self.phones_open:
            raise WrongTransition(CLOSED)


@dataclass(slots=True)
class Joined:
    id: uuid.UUID
    group: str | None
    notes: int = 0
    row: dict[str, Any] | None = None
    """Of somebody new."""
    changed: bool = False


@dataclass(slots=True)
class NoteOfBatch:
    """A note that this batch writes or changes."""

    workshop_id: uuid.UUID
    token_hash: str
    is_held: bool
    """A host has moved, merged, chosen, hidden or answered it."""
    values: dict[str, Any]
    is_new: bool = False
    changed: bool = False


def locked_rooms(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, LockedRoom]:
    """The workshops, locked, with their blocks, groups and numbers of notes. Four statements."""
    people = (
        select(func.coalesce(func.sum(WorkshopJoin.people), 0))
        .where(WorkshopJoin.workshop_id == Workshop.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Workshop.id, Engagement.project_id, Workshop.state, Workshop.current_place,
            Workshop.phones_open, Workshop.ended_at, Workshop.holds_notes, people,
        )
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.id.in_(ids))
        .order_by(Workshop.id)
        .with_for_update(of=Workshop)
    )  # fmt: skip
    rooms = {row.id: LockedRoom(*row) for row in rows}
    blocks = select(
        WorkshopBlock.id, WorkshopBlock.workshop_id, WorkshopBlock.place, WorkshopBlock.kind,
        WorkshopBlock.dots,
    ).where(WorkshopBlock.workshop_id.in_(rooms))  # fmt: skip
    for block in session.execute(blocks):
        rooms[block.workshop_id].blocks[block.id] = block
    invited = select(WorkshopInvitation.workshop_id, WorkshopInvitation.group_name)
    for workshop_id, group in session.execute(invited.where(WorkshopInvitation.workshop_id.in_(rooms))):
        rooms[workshop_id].groups.add(group)
    counted = select(Note.workshop_id, func.count()).where(Note.workshop_id.in_(rooms))
    for workshop_id, number in session.execute(counted.group_by(Note.workshop_id)):
        rooms[workshop_id].notes = number
    return rooms


def joins_of(session: Session, batch: Iterable[HandedIn]) -> dict[tuple[uuid.UUID, str], Joined]:
    """Earlier joins of the batch's phones, with how many notes each wrote."""
    rows = session.execute(
        select(
            WorkshopJoin.workshop_id, WorkshopJoin.token_hash, WorkshopJoin.id, WorkshopJoin.group_name,
            func.count(Note.id).label("notes"),
        )
        .outerjoin(Note, Note.join_id == WorkshopJoin.id)
        .where(
            WorkshopJoin.workshop_id.in_({each.workshop_id for each in batch}),
            WorkshopJoin.token_hash.in_({each.token_hash for each in batch}),
        )
        .group_by(
            WorkshopJoin.workshop_id, WorkshopJoin.token_hash, WorkshopJoin.id, WorkshopJoin.group_name
        )
    )  # fmt: skip
    return {(row.workshop_id, row.token_hash): Joined(row.id, row.group_name, row.notes) for row in rows}


def notes_of(
    session: Session, rooms: Mapping[uuid.UUID, LockedRoom], batch: Iterable[HandedIn]
) -> dict[uuid.UUID, NoteOfBatch]:
    """The notes of the batch that exist already. At most two statements."""
    keys = {
        note_key(sender, each.form_key)
        for each in batch
        if isinstance(each, NoteIn)
        for sender in (each.token_hash, each.phone_hash)
        if sender
    }
    keys |= {each.note_id for each in batch if isinstance(each, ChangeIn)}
    if not keys:
        return {}
    rows = session.execute(
        select(Note, WorkshopJoin.token_hash)
        .join(WorkshopJoin, WorkshopJoin.id == Note.join_id)
        .where(Note.id.in_(keys))
    ).all()
    if not rows:
        return {}
    stand_for_two = set(session.scalars(select(Note.merged_into).where(Note.merged_into.in_(keys))))
    found = {}
    for note, token_hash in rows:
        block = rooms[note.workshop_id].blocks[note.block_id] if note.workshop_id in rooms else None
        found[note.id] = NoteOfBatch(
            note.workshop_id,
            token_hash,
            note.id in stand_for_two or block is None or is_held(note, block.kind),
            {name: getattr(note, name) for name in ("id", "text", "hidden_at", "hidden_why")},
        )
    return found


def open_notes(session: Session, batch: Iterable[HandedIn]) -> dict[uuid.UUID, uuid.UUID]:
    """Of the notes given dots: those still on a board, and on which."""
    keys = {note for each in batch if isinstance(each, DotsIn) for note in each.dots}
    if not keys:
        return {}
    standing = select(Note.id, Note.workshop_id).where(
        Note.id.in_(keys), Note.hidden_at.is_(None), Note.merged_into.is_(None), ~Note.waits
    )
    return {note: workshop for note, workshop in session.execute(standing)}


def projects_of_prototypes(session: Session, batch: Iterable[HandedIn]) -> dict[uuid.UUID, uuid.UUID]:
    """The projects of the prototypes that worries name."""
    keys = {each.prototype_id for each in batch if isinstance(each, NoteIn) and each.prototype_id}
    if not keys:
        return {}
    rows = session.execute(select(Prototype.id, Prototype.project_id).where(Prototype.id.in_(keys)))
    return {prototype: project for prototype, project in rows}
