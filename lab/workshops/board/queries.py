"""What lies on a workshop's board: all of it, or what has changed since a revision somebody has seen."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Cluster,
    Engagement,
    Note,
    NoteDots,
    Prototype,
    Workshop,
    WorkshopBlock,
    WorkshopJoin,
)
from lab.access.rights import Actor, require
from lab.foundation.disclosure import named_groups
from lab.foundation.errors import NotFound
from lab.workshops.plan.rules import TAKES


@dataclass(frozen=True, slots=True)
class BoardCluster:
    """A heading, or one that has been dropped."""

    id: uuid.UUID
    title: str
    place: int
    dropped: bool


@dataclass(frozen=True, slots=True)
class BoardNote:
    """A note as a host sees it."""

    id: uuid.UUID
    text: str
    kind: str
    cluster: uuid.UUID | None
    """Nothing while it lies among the new notes."""
    position: float
    group: str | None
    source: str
    chosen: bool
    dots: int
    """Of this voice alone."""
    merged_into: uuid.UUID | None
    waits: bool
    """For a host to let it on the wall."""
    hidden_at: dt.datetime | None
    hidden_by: str | None
    hidden_why: str
    importance: int | None
    within_power: str | None
    said_back: str | None
    promised_by: str
    promised_for: dt.date | None
    prototype: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class PublicNote:
    """A note on the wall: without its author, and with the group only if that is large enough."""

    id: uuid.UUID
    text: str
    kind: str
    cluster: uuid.UUID | None
    position: float
    group: str | None
    chosen: bool
    dots: int
    """Of all voices it stands for."""
    voices: int


@dataclass(frozen=True, slots=True)
class PublicBoard:
    """What has changed since `after`, or everything where that is 0."""

    after: int
    revision: int
    clusters: tuple[BoardCluster, ...]
    notes: tuple[PublicNote, ...]
    gone: tuple[uuid.UUID, ...]
    """Notes that are not to be seen: hidden, waiting for a host, or merged into another."""


@dataclass(frozen=True, slots=True)
class Board:
    """What has changed since `after`, or everything where that is 0."""

    after: int
    revision: int
    state: str
    clusters: tuple[BoardCluster, ...]
    notes: tuple[BoardNote, ...]
    prototypes: tuple[tuple[uuid.UUID, str], ...]
    """What a worry can be about, by title; told only with the whole."""


def board_revision(session: Session, workshop_id: uuid.UUID) -> int | None:
    """A board's revision, or None if there is no such workshop. One statement."""
    return session.scalar(select(Workshop.board_revision).where(Workshop.id == workshop_id))


def workshop_of_code(session: Session, code: str) -> uuid.UUID | None:
    """The workshop that a join code leads to."""
    return session.scalar(select(Workshop.id).where(Workshop.code == code))


def board(session: Session, actor: Actor, workshop_id: uuid.UUID, *, after: int = 0) -> Board:
    """The board for its hosts. At most five statements, one where nothing has changed."""
    require(actor, "workshop.run")
    row = _workshop(session, workshop_id)
    since = _since(after, row)
    if since == row.board_revision > 0:
        return Board(since, row.board_revision, row.state, (), (), ())
    dots = dots_of(session, workshop_id, by_standing_note=False)
    notes = session.execute(
        select(Note, Account.name)
        .outerjoin(Account, Account.id == Note.hidden_by)
        .where(Note.workshop_id == workshop_id, Note.revision > since)
    )
    return Board(
        since,
        row.board_revision,
        row.state,
        _clusters(session, workshop_id, since),
        tuple(_host_note(note, name, dots.get(note.id, 0)) for note, name in notes),
        _prototypes(session, row.project_id) if since == 0 else (),
    )


def texts_on_board(session: Session, actor: Actor, workshop_id: uuid.UUID) -> list[str]:
    """The words of all notes that are not hidden. One statement."""
    require(actor, "workshop.run")
    return list(
        session.scalars(select(Note.text).where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None)))
    )


def public_board(session: Session, workshop_id: uuid.UUID, *, after: int = 0) -> PublicBoard:
    """The board for the wall and for anybody with the code. At most six statements, one where nothing has
    changed."""
    row = _workshop(session, workshop_id)
    since = _since(after, row)
    if since == row.board_revision > 0:
        return PublicBoard(since, row.board_revision, (), (), ())
    dots = {} if row.is_dotting else dots_of(session, workshop_id, by_standing_note=True)
    merged = _merged(session, workshop_id)
    named = _named_groups(session, workshop_id)
    is_gone = Note.hidden_at.is_not(None) | Note.merged_into.is_not(None) | Note.waits
    rows = session.execute(
        select(
            Note.id, Note.text, Note.kind, Note.cluster_id, Note.position, Note.group_name, Note.chosen,
            is_gone.label("is_gone"),
        ).where(Note.workshop_id == workshop_id, Note.revision > since)
    ).all()  # fmt: skip
    return PublicBoard(
        since,
        row.board_revision,
        _clusters(session, workshop_id, since),
        tuple(
            PublicNote(
                each.id, each.text, each.kind, each.cluster_id, each.position,
                each.group_name if each.group_name in named else None, each.chosen,
                dots.get(each.id, 0), 1 + merged.get(each.id, 0),
            )
            for each in rows
            if not each.is_gone
        ),
        tuple(each.id for each in rows if each.is_gone) if since else (),
    )  # fmt: skip


def _workshop(session: Session, workshop_id: uuid.UUID) -> Row[str, int, uuid.UUID, bool]:
    """With whether dots are being put on notes: until the phones are closed, the wall does not show them."""
    at_dots = exists().where(
        WorkshopBlock.workshop_id == Workshop.id,
        WorkshopBlock.place == Workshop.current_place,
        WorkshopBlock.kind == "dots",
    )
    is_dotting = (at_dots & Workshop.phones_open).label("is_dotting")
    row = session.execute(
        select(Workshop.state, Workshop.board_revision, Engagement.project_id, is_dotting)
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.id == workshop_id)
    ).one_or_none()
    if row is None:
        raise NotFound("This workshop does not exist (any more).")
    return row


def _since(after: int, row: Row[str, int, uuid.UUID, bool]) -> int:
    """What is told comes after this revision: everything, where the asker has seen one that never was, as
    after a backup has been put back."""
    return after if 0 <= after <= row.board_revision else 0


def _clusters(session: Session, workshop_id: uuid.UUID, since: int) -> tuple[BoardCluster, ...]:
    rows = session.execute(
        select(Cluster.id, Cluster.title, Cluster.place, Cluster.is_dropped)
        .where(Cluster.workshop_id == workshop_id, Cluster.revision > since)
        .order_by(Cluster.place, Cluster.id)
    )
    return tuple(
        BoardCluster(each.id, "" if each.is_dropped else each.title, each.place, each.is_dropped)
        for each in rows
    )


def dots_of(session: Session, workshop_id: uuid.UUID, *, by_standing_note: bool) -> dict[uuid.UUID, int]:
    """The dots put on each note of a workshop, all its blocks together; by standing note, those on the notes
    merged into it count for it. One statement."""
    key = func.coalesce(Note.merged_into, Note.id) if by_standing_note else Note.id
    rows = session.execute(
        select(key, func.sum(NoteDots.dots))
        .join(Note, Note.id == NoteDots.note_id)
        .where(Note.workshop_id == workshop_id)
        .group_by(key)
    )
    return {note_id: int(dots) for note_id, dots in rows}


def _merged(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID, int]:
    rows = session.execute(
        select(Note.merged_into, func.count())
        .where(Note.workshop_id == workshop_id, Note.merged_into.is_not(None))
        .group_by(Note.merged_into)
    )
    return {standing: count for standing, count in rows if standing is not None}


def _named_groups(session: Session, workshop_id: uuid.UUID) -> frozenset[str]:
    """The groups in the room that are large enough to be named."""
    rows = session.execute(
        select(WorkshopJoin.group_name, func.sum(WorkshopJoin.people))
        .where(WorkshopJoin.workshop_id == workshop_id)
        .group_by(WorkshopJoin.group_name)
    )
    return named_groups({group: int(people) for group, people in rows})


def _prototypes(session: Session, project_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    rows = session.execute(
        select(Prototype.id, Prototype.title)
        .where(Prototype.project_id == project_id)
        .order_by(func.lower(Prototype.title))
        .limit(200)
    )
    return tuple((each.id, each.title) for each in rows)


def _host_note(note: Note, hidden_by: str | None, dots: int) -> BoardNote:
    return BoardNote(
        note.id, note.text, note.kind, note.cluster_id, note.position, note.group_name, note.source,
        note.chosen, dots, note.merged_into, note.waits, note.hidden_at, hidden_by, note.hidden_why,
        note.importance, note.within_power, note.said_back, note.promised_by, note.promised_for,
        note.prototype_id,
    )  # fmt: skip


def is_held(note: Note, block_kind: str) -> bool:
    """Whether a host has moved, marked or merged a note: then its author can no longer change it."""
    return bool(
        note.cluster_id or note.merged_into or note.chosen or note.contribution_id or note.within_power
        or note.said_back or note.promised_by or note.kind != TAKES.get(block_kind)
    )  # fmt: skip
