"""Changing a board: lock it, number the change, find its notes and clusters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from db.models import Cluster, Engagement, Note, Workshop, WorkshopBlock
from lab.access.rights import Actor, require
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.events import Subject, remember
from lab.workshops.board.rules import guard_board
from lab.workshops.plan.rules import MOST_BLOCKS


@dataclass(frozen=True, slots=True)
class BoardChange:
    """A locked board and its new revision."""

    workshop_id: uuid.UUID
    project_id: uuid.UUID
    revision: int


def next_revision(session: Session, workshop_id: uuid.UUID) -> int:
    """The revision under which the next change of the board is written. Other writers of the same board
    wait until the transaction ends, so revisions become visible in their order."""
    revision: int | None = session.scalar(
        update(Workshop)
        .where(Workshop.id == workshop_id)
        .values(board_revision=Workshop.board_revision + 1)
        .returning(Workshop.board_revision)
    )
    if revision is None:
        raise NotFound("This workshop does not exist (any more).")
    return revision


def changing(session: Session, actor: Actor, workshop_id: uuid.UUID) -> BoardChange:
    """The board, locked for others until the transaction ends."""
    require(actor, "workshop.run")
    revision = next_revision(session, workshop_id)
    state, project_id = session.execute(
        select(Workshop.state, Engagement.project_id)
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.id == workshop_id)
    ).one()
    guard_board(state)
    return BoardChange(workshop_id, project_id, revision)


def note_of(session: Session, workshop_id: uuid.UUID, note_id: uuid.UUID) -> Note:
    note = session.get(Note, note_id)
    if note is None or note.workshop_id != workshop_id:
        raise NotFound("This note is not on the board (any more).")
    return note


def cluster_of(session: Session, workshop_id: uuid.UUID, cluster_id: uuid.UUID) -> Cluster:
    cluster = session.get(Cluster, cluster_id)
    if cluster is None or cluster.workshop_id != workshop_id or cluster.is_dropped:
        raise NotFound("This cluster is not on the board (any more).")
    return cluster


def clusters_of(session: Session, workshop_id: uuid.UUID) -> list[Cluster]:
    statement = select(Cluster).where(Cluster.workshop_id == workshop_id, ~Cluster.is_dropped)
    return list(session.scalars(statement.order_by(Cluster.place, Cluster.id)))


def guard_column(session: Session, workshop_id: uuid.UUID, cluster_id: uuid.UUID | None) -> None:
    if cluster_id is not None:
        cluster_of(session, workshop_id, cluster_id)


def is_known(
    session: Session, table: type[Note] | type[Cluster], key: uuid.UUID, workshop_id: uuid.UUID
) -> bool:
    found = session.scalar(select(table.workshop_id).where(table.id == key))
    if found not in (None, workshop_id):
        raise Invalid("This key is taken. Please try again.")
    return found is not None


def count_notes(session: Session, *which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Note).where(*which)) or 0


def block_of(session: Session, workshop_id: uuid.UUID, block_id: uuid.UUID | None) -> uuid.UUID:
    blocks = select(WorkshopBlock.id).where(WorkshopBlock.workshop_id == workshop_id)
    if block_id:
        found = session.scalar(blocks.where(WorkshopBlock.id == block_id))
    else:
        current = select(Workshop.current_place).where(Workshop.id == workshop_id).scalar_subquery()
        found = session.scalar(
            blocks.where(WorkshopBlock.place <= func.coalesce(current, MOST_BLOCKS))
            .order_by(WorkshopBlock.place.desc())
            .limit(1)
        )
    if found is None:
        raise Invalid("This block is not part of the workshop.")
    return found


def lay(
    session: Session, board: BoardChange, note_id: uuid.UUID, cluster_id: uuid.UUID | None, position: float
) -> None:
    """Lay a note, and those merged into it, at a place of the board."""
    session.execute(
        update(Note)
        .where(or_(Note.id == note_id, Note.merged_into == note_id))
        .values(cluster_id=cluster_id, position=position, revision=board.revision)
    )


def touch(session: Session, board: BoardChange, note_id: uuid.UUID | None) -> None:
    """Give a note the new revision, so that open boards reload it: its merged notes have changed."""
    if note_id:
        session.execute(update(Note).where(Note.id == note_id).values(revision=board.revision))


def remember_note(
    session: Session, actor: Actor, board: BoardChange, note_id: uuid.UUID, verb: str, **facts: Any
) -> None:
    """Log a change of a note. It changes no score: notes count only after the wrap-up."""
    remember(session, actor, Subject("note", note_id, board.project_id), verb, derived=True, **facts)
