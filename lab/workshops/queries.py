"""What screens ask about workshops: what is planned, where the room stands, and which wait for something."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from db.models import (
    Engagement,
    Lab,
    Project,
    VoteRound,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
)
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.workshops import agendas

SHOWN: Final = 100
"""Workshops in a list."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A stakeholder group that is invited, and how many of it are hoped for."""

    group: str
    hoped_for: int


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """A block of an agenda as it stands; of a vote, also what is asked and how far it is."""

    id: uuid.UUID
    place: int
    kind: str
    title: str
    prompt: str
    minutes: int
    raised_by: str
    dots: int
    round_id: uuid.UUID | None
    round_question: str | None
    round_state: str | None

    @property
    def planned(self) -> agendas.Block:
        """The block as an agenda is planned with it."""
        return agendas.Block(
            self.kind, self.title, self.minutes, self.prompt, self.raised_by, self.round_id, self.dots
        )


@dataclass(frozen=True, slots=True)
class WorkshopFacts:
    """A workshop and the engagement it is; `begins` is local time as HH:MM, empty while not agreed."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    lab: str
    code: str
    title: str
    held_on: dt.date
    begins: str
    place: str
    hosts: str
    agenda_set_by: str
    chaired_by: str
    sponsor_present: bool | None
    declared_influence: str | None
    actual_influence: str | None
    state: str
    current_place: int | None
    block_began_at: dt.datetime | None
    paused_at: dt.datetime | None
    extra_seconds: int
    phones_open: bool
    revision: int
    board_revision: int
    began_at: dt.datetime | None
    ended_at: dt.datetime | None
    wrapped_up_at: dt.datetime | None
    hear_by: dt.date | None
    heard: str
    what_next: str
    version: int
    invited: tuple[Invited, ...]
    blocks: tuple[BlockFacts, ...]

    @property
    def block(self) -> BlockFacts | None:
        """The block that the room is in."""
        return None if self.current_place is None else self.blocks[self.current_place]

    @property
    def minutes(self) -> int:
        """How long the agenda takes."""
        return sum(block.minutes for block in self.blocks)


@dataclass(frozen=True, slots=True)
class WorkshopSummary:
    """A workshop in a list; `minutes` is how long its agenda takes."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    title: str
    held_on: dt.date
    begins: str
    place: str
    state: str
    code: str
    hear_by: dt.date | None
    minutes: int
    hoped_for: int


def workshop_of(session: Session, actor: Actor, workshop_id: uuid.UUID) -> WorkshopFacts:
    """A workshop with its invitations and agenda. Three statements.

    Raises:
        NotFound: there is none.
    """
    require(actor, "project.read")
    found = session.execute(
        select(Workshop, Engagement, Project.title, Lab.name)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .outerjoin(Lab, Lab.id == 1)
        .where(Workshop.id == workshop_id)
    ).one_or_none()
    if found is None:
        raise NotFound("This workshop does not exist (any more).")
    row, engagement, project, lab = found
    return WorkshopFacts(
        id=row.id,
        project_id=engagement.project_id,
        project=project,
        lab=lab or "",
        code=row.code,
        title=engagement.title,
        held_on=engagement.held_on,
        begins=row.begins,
        place=row.place,
        hosts=row.hosts,
        agenda_set_by=engagement.agenda_set_by,
        chaired_by=engagement.chaired_by,
        sponsor_present=engagement.sponsor_present,
        declared_influence=engagement.declared_influence,
        actual_influence=engagement.actual_influence,
        state=row.state,
        current_place=row.current_place,
        block_began_at=row.block_began_at,
        paused_at=row.paused_at,
        extra_seconds=row.extra_seconds,
        phones_open=row.phones_open,
        revision=row.revision,
        board_revision=row.board_revision,
        began_at=row.began_at,
        ended_at=row.ended_at,
        wrapped_up_at=row.wrapped_up_at,
        hear_by=row.hear_by,
        heard=row.heard,
        what_next=row.what_next,
        version=row.version,
        invited=_invited(session, workshop_id),
        blocks=_blocks(session, workshop_id),
    )


def agenda_of(session: Session, actor: Actor, workshop_id: uuid.UUID) -> tuple[agendas.Block, ...]:
    """A workshop's agenda as another can be planned with it."""
    require(actor, "project.read")
    return tuple(block.planned for block in _blocks(session, workshop_id))


def workshops_of(session: Session, actor: Actor, project_id: uuid.UUID) -> list[WorkshopSummary]:
    """The workshops of a project, the latest day first."""
    require(actor, "project.read")
    return _summaries(
        session,
        _listed()
        .where(Engagement.project_id == project_id)
        .order_by(Engagement.held_on.desc(), Workshop.id.desc()),
    )


def newest_workshops(session: Session, actor: Actor, as_of: dt.date) -> list[WorkshopSummary]:
    """The lab's workshops: running, then coming, then those that wait for their wrap-up or whose day went by
    without them, then past ones, the latest first."""
    require(actor, "project.read")
    waits = case(
        (Workshop.state == "running", 0),
        (and_(Workshop.state == "planned", Engagement.held_on >= as_of), 1),
        (Workshop.state == "wrapped_up", 3),
        else_=2,
    )
    soonest = case((Workshop.state != "wrapped_up", Engagement.held_on))
    return _summaries(
        session,
        _listed().order_by(waits, soonest, Workshop.begins, Engagement.held_on.desc(), Workshop.id),
    )


def _listed() -> Select[*tuple[Any, ...]]:
    minutes = (
        select(func.coalesce(func.sum(WorkshopBlock.minutes), 0))
        .where(WorkshopBlock.workshop_id == Workshop.id)
        .scalar_subquery()
    )
    hoped_for = (
        select(func.coalesce(func.sum(WorkshopInvitation.hoped_for), 0))
        .where(WorkshopInvitation.workshop_id == Workshop.id)
        .scalar_subquery()
    )
    return (
        select(
            Workshop.id, Engagement.project_id, Project.title, Engagement.title, Engagement.held_on,
            Workshop.begins, Workshop.place, Workshop.state, Workshop.code, Workshop.hear_by, minutes,
            hoped_for,
        )
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .limit(SHOWN)
    )  # fmt: skip


def _summaries(session: Session, statement: Select[*tuple[Any, ...]]) -> list[WorkshopSummary]:
    return [WorkshopSummary(*row) for row in session.execute(statement)]


def _invited(session: Session, workshop_id: uuid.UUID) -> tuple[Invited, ...]:
    rows = session.execute(
        select(WorkshopInvitation.group_name, WorkshopInvitation.hoped_for)
        .where(WorkshopInvitation.workshop_id == workshop_id)
        .order_by(WorkshopInvitation.hoped_for.desc(), WorkshopInvitation.group_name)
    )
    return tuple(Invited(*row) for row in rows)


def _blocks(session: Session, workshop_id: uuid.UUID) -> tuple[BlockFacts, ...]:
    rows = session.execute(
        select(
            WorkshopBlock.id, WorkshopBlock.place, WorkshopBlock.kind, WorkshopBlock.title,
            WorkshopBlock.prompt, WorkshopBlock.minutes, WorkshopBlock.raised_by, WorkshopBlock.dots,
            WorkshopBlock.round_id, VoteRound.question, VoteRound.state,
        )
        .outerjoin(VoteRound, VoteRound.id == WorkshopBlock.round_id)
        .where(WorkshopBlock.workshop_id == workshop_id)
        .order_by(WorkshopBlock.place)
    )  # fmt: skip
    return tuple(BlockFacts(*row) for row in rows)
