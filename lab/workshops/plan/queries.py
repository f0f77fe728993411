"""What screens ask about planned workshops: lists of them, and the plan of one.

The number of statements never grows with blocks, notes or phones.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.models import (
    Engagement,
    Lab,
    Note,
    Project,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
)
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.workshops.plan.agendas import Block


def whole() -> Select[Workshop, Engagement, Project, str]:
    """A workshop with the engagement it is, its project, and the name of the lab."""
    return (
        select(Workshop, Engagement, Project, Lab.name)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .outerjoin(Lab, Lab.id == 1)
    )


SHOWN: Final = 100
"""Workshops in a list."""
ORDER: Final = ("running", "planned", "ended", "wrapped_up")


@dataclass(frozen=True, slots=True)
class WorkshopSummary:
    """A workshop in a list."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    title: str
    held_on: dt.date
    begins: str
    place: str
    code: str
    state: str
    minutes: int
    notes: int


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block with its key, its index in the agenda from 0, and the minutes before it."""

    id: uuid.UUID
    place: int
    minutes_before: int
    block: Block


@dataclass(frozen=True, slots=True)
class Plan:
    """A workshop as it is planned, and how far it has come; `invited` is (group, hoped for)."""

    id: uuid.UUID
    project_id: uuid.UUID
    project: str
    lab: str
    title: str
    held_on: dt.date
    begins: str
    place: str
    hosts: str
    code: str
    state: str
    agenda_set_by: str | None
    declared_influence: str | None
    version: int
    invited: tuple[tuple[str, int | None], ...]
    blocks: tuple[PlannedBlock, ...]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return sum(each.block.minutes for each in self.blocks)


def workshops_of(session: Session, actor: Actor, project_id: uuid.UUID) -> list[WorkshopSummary]:
    """A project's workshops: running, coming, waiting for their wrap-up, past."""
    require(actor, "project.read")
    return _summaries(session, _listed().where(Engagement.project_id == project_id))


def lab_workshops(session: Session, actor: Actor) -> list[WorkshopSummary]:
    """The lab's workshops in the same order; of the past ones the newest. Two statements."""
    require(actor, "project.read")
    return [
        *_summaries(session, _listed().where(Workshop.state != "wrapped_up")),
        *_summaries(session, _listed().where(Workshop.state == "wrapped_up")),
    ]


def _listed() -> Select[Any]:
    minutes = (
        select(func.coalesce(func.sum(WorkshopBlock.minutes), 0))
        .where(WorkshopBlock.workshop_id == Workshop.id)
        .scalar_subquery()
    )
    notes = (
        select(func.count())
        .select_from(Note)
        .where(Note.workshop_id == Workshop.id, Note.hidden_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Workshop.id, Engagement.project_id, Project.title, Engagement.title, Engagement.held_on,
            Workshop.begins, Workshop.place, Workshop.code, Workshop.state, minutes, notes,
        )
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .order_by(Engagement.held_on.desc(), Workshop.id.desc())
        .limit(SHOWN)
    )  # fmt: skip


def _summaries(session: Session, statement: Select[Any]) -> list[WorkshopSummary]:
    found = [WorkshopSummary(*row) for row in session.execute(statement)]
    coming = sorted(
        (each for each in found if each.state in ("running", "planned")),
        key=lambda each: (ORDER.index(each.state), each.held_on, each.begins),
    )
    over = sorted(
        (each for each in found if each.state in ("ended", "wrapped_up")),
        key=lambda each: ORDER.index(each.state),
    )
    return coming + over


def plan_of(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Plan:
    """A workshop's plan for those who run it. Three statements.

    Raises:
        NotFound: there is none.
    """
    require(actor, "workshop.run")
    plan = _plan(session, Workshop.id == workshop_id)
    if plan is None:
        raise NotFound("This workshop does not exist (any more).")
    return plan


def plan_of_code(session: Session, code: str) -> Plan | None:
    """The plan behind a join code, for those who are invited; None for a wrong code."""
    return _plan(session, Workshop.code == code)


def _plan(session: Session, where: Any) -> Plan | None:
    found = session.execute(whole().where(where)).one_or_none()
    if found is None:
        return None
    workshop, engagement, project, lab = found
    invited = session.execute(
        select(WorkshopInvitation.group_name, WorkshopInvitation.hoped_for)
        .where(WorkshopInvitation.workshop_id == workshop.id)
        .order_by(WorkshopInvitation.hoped_for.desc().nulls_last(), WorkshopInvitation.group_name)
    )
    return Plan(
        id=workshop.id,
        project_id=engagement.project_id,
        project=project.title,
        lab=lab or "",
        title=engagement.title,
        held_on=engagement.held_on,
        begins=workshop.begins,
        place=workshop.place,
        hosts=workshop.hosts,
        code=workshop.code,
        state=workshop.state,
        agenda_set_by=engagement.agenda_set_by,
        declared_influence=engagement.declared_influence,
        version=workshop.version,
        invited=tuple((group, number) for group, number in invited),
        blocks=_blocks(session, workshop.id),
    )


def agenda_of(session: Session, actor: Actor, workshop_id: uuid.UUID) -> tuple[Block, ...]:
    """An agenda to copy: as it was, without the rounds that were voted on."""
    require(actor, "workshop.run")
    return tuple(
        Block(row.block.kind, row.block.title, row.block.minutes, row.block.prompt, row.block.raised_by,
              None, row.block.dots)
        for row in _blocks(session, workshop_id)
    )  # fmt: skip


def _blocks(session: Session, workshop_id: uuid.UUID) -> tuple[PlannedBlock, ...]:
    rows = session.scalars(
        select(WorkshopBlock).where(WorkshopBlock.workshop_id == workshop_id).order_by(WorkshopBlock.place)
    )
    planned: list[PlannedBlock] = []
    before = 0
    for row in rows:
        block = Block(row.kind, row.title, row.minutes, row.prompt, row.raised_by, row.round_id, row.dots)
        planned.append(PlannedBlock(row.id, row.place, before, block))
        before += row.minutes
    return tuple(planned)
