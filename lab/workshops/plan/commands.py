"""Plan a workshop: its agenda and who is invited."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Engagement, Note, VoteRound, Workshop, WorkshopBlock, WorkshopInvitation
from db.words import AGENDA_SETTERS, BLOCK_KINDS, GROUPS, INFLUENCES
from lab.access.rights import Actor, require
from lab.engagements.commands import record_engagement
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version
from lab.projects.commands import start_project
from lab.voting.commands import new_code
from lab.workshops.plan.agendas import TEMPLATES, Block
from lab.workshops.plan.queries import agenda_of
from lab.workshops.plan.rules import LONGEST_BLOCK, MOST_BLOCKS, MOST_DOTS, time_of_day


def plan_workshop(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    title: str,
    held_on: dt.date,
    blocks: Sequence[Block],
    now: dt.datetime,
    begins: str = "",
    place: str = "",
    hosts: str = "",
    invited: Mapping[str, int | None] | None = None,
    agenda_set_by: str | None = None,
    declared_influence: str | None = None,
) -> uuid.UUID:
    """Plan a workshop of a project; its code is good from now on. `invited` says how many of each
    stakeholder group are hoped for."""
    require(actor, "workshop.run")
    workshop_id = record_engagement(
        session,
        actor,
        project_id,
        kind="workshop",
        title=title,
        held_on=text.planned(held_on, clock.today(session, now), "The day of the workshop"),
        now=now,
        agenda_set_by=agenda_set_by,
        declared_influence=declared_influence,
    )
    workshop = Workshop(id=workshop_id, code=new_code(session))
    _set(workshop, begins=begins, place=place, hosts=hosts)
    session.add(workshop)
    session.flush()
    _set_invited(session, workshop_id, invited or {})
    _set_blocks(session, workshop_id, project_id, blocks, first=0)
    remember(session, actor, workshop, "planned", now=now, to_state="planned")
    return workshop_id


def plan_workshop_as(
    session: Session,
    actor: Actor,
    project_id: uuid.UUID,
    *,
    start: str | uuid.UUID,
    now: dt.datetime,
    **facts: Any,
) -> uuid.UUID:
    """Plan a workshop whose agenda starts as a template's, by its name, or as an earlier workshop's, by its
    id. The facts are those of `plan_workshop`."""
    require(actor, "workshop.run")
    blocks = agenda_of(session, actor, start) if isinstance(start, uuid.UUID) else TEMPLATES[start].blocks
    return plan_workshop(session, actor, project_id, blocks=blocks, now=now, **facts)


@dataclass(frozen=True, slots=True)
class FirstWorkshop:
    """A new project and the workshop planned for it."""

    project_id: uuid.UUID
    workshop_id: uuid.UUID


def plan_in_new_project(
    session: Session, actor: Actor, *, project: str, start: str | uuid.UUID, now: dt.datetime, **facts: Any
) -> FirstWorkshop:
    """Start a project, of which nothing is known but its title, and plan a workshop for it."""
    require(actor, "workshop.run")
    project_id = start_project(session, actor, title=project, now=now)
    workshop_id = plan_workshop_as(session, actor, project_id, start=start, now=now, **facts)
    return FirstWorkshop(project_id, workshop_id)


def edit_workshop(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    version: int,
    title: str,
    held_on: dt.date,
    begins: str,
    place: str,
    hosts: str,
    invited: Mapping[str, int | None],
    agenda_set_by: str | None,
    declared_influence: str | None,
    now: dt.datetime,
) -> None:
    """Change what is planned, until it begins."""
    require(actor, "workshop.run")
    workshop, engagement = both_records(session, workshop_id)
    if workshop.state != "planned":
        raise WrongTransition("This workshop has begun, so its plan can't be changed any more.")
    guard_version(workshop, version)
    before = change(
        engagement,
        title=text.line(title, "Title"),
        held_on=text.planned(held_on, clock.today(session, now), "The day of the workshop"),
        agenda_set_by=text.chosen_or_none(agenda_set_by, AGENDA_SETTERS, "Agenda"),
        declared_influence=text.chosen_or_none(declared_influence, INFLUENCES, "Declared influence"),
    )
    if before:
        engagement.version += 1
        remember(session, actor, engagement, "edited", now=now, before=before)
    planned = _set(workshop, begins=begins, place=place, hosts=hosts)
    if (asked := _invited(session, workshop_id)) != dict(invited):
        planned["invited"] = asked
    _set_invited(session, workshop_id, invited)
    remember(session, actor, workshop, "edited", now=now, before=planned)


def say_when(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, version: int, begins: str, now: dt.datetime
) -> None:
    """Say at what time a planned workshop begins, which had none."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    if workshop.state != "planned":
        raise WrongTransition("This workshop has begun, so its plan can't be changed any more.")
    guard_version(workshop, version)
    if not begins:
        raise Invalid("Say at what time it begins.", field="begins")
    before = _set(workshop, begins=begins, place=workshop.place, hosts=workshop.hosts)
    remember(session, actor, workshop, "edited", now=now, before=before)


def set_agenda(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    version: int,
    blocks: Sequence[Block],
    now: dt.datetime,
) -> None:
    """Replace the agenda: all of it while planned; once running, what follows the present block.

    `blocks` is the whole agenda. Of a running workshop, the blocks up to the present one stay as they are.
    """
    require(actor, "workshop.run")
    workshop, engagement = both_records(session, workshop_id)
    if workshop.state not in ("planned", "running"):
        raise WrongTransition("This workshop is over; its agenda is on record.")
    guard_version(workshop, version)
    kept = 0 if workshop.current_place is None else workshop.current_place + 1
    gone = select(WorkshopBlock.id).where(
        WorkshopBlock.workshop_id == workshop_id, WorkshopBlock.place >= kept
    )
    if session.scalar(select(Note.id).where(Note.block_id.in_(gone)).limit(1)):
        raise Invalid("A later block has notes already. Go through it, or leave it in the agenda.")
    session.execute(
        delete(WorkshopBlock).where(WorkshopBlock.workshop_id == workshop_id, WorkshopBlock.place >= kept)
    )
    _set_blocks(session, workshop_id, engagement.project_id, blocks[kept:], first=kept)
    workshop.revision += 1
    remember(session, actor, workshop, "agenda_set", now=now)


def drop_workshop(session: Session, actor: Actor, workshop_id: uuid.UUID, now: dt.datetime) -> None:
    """Call a planned workshop off. One that has begun stays on record."""
    require(actor, "workshop.run")
    workshop, engagement = both_records(session, workshop_id)
    if workshop.state != "planned":
        raise WrongTransition("This workshop has begun, so it stays on record.")
    remember(session, actor, workshop, "called_off", now=now, from_state="planned")
    remember(session, actor, engagement, "called_off", now=now)
    for table in (WorkshopInvitation, WorkshopBlock):
        session.execute(delete(table).where(table.workshop_id == workshop_id))
    session.delete(workshop)
    session.flush()
    session.delete(engagement)


def both_records(session: Session, workshop_id: uuid.UUID) -> tuple[Workshop, Engagement]:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    return workshop, fetch(session, Engagement, workshop_id, "workshop")


def _set(workshop: Workshop, *, begins: str, place: str, hosts: str) -> dict[str, Any]:
    return change(
        workshop,
        begins=time_of_day(begins),
        place=text.line(place, "Place", required=False),
        hosts=text.line(hosts, "Hosts", required=False),
    )


def _invited(session: Session, workshop_id: uuid.UUID) -> dict[str, int | None]:
    rows = session.execute(
        select(WorkshopInvitation.group_name, WorkshopInvitation.hoped_for).where(
            WorkshopInvitation.workshop_id == workshop_id
        )
    )
    return {group: hoped_for for group, hoped_for in rows}


def _set_invited(session: Session, workshop_id: uuid.UUID, invited: Mapping[str, int | None]) -> None:
    session.execute(delete(WorkshopInvitation).where(WorkshopInvitation.workshop_id == workshop_id))
    rows = [
        {
            "workshop_id": workshop_id,
            "group_name": text.chosen(group, GROUPS, "Group"),
            "hoped_for": text.number_or_none(hoped_for, "Hoped for", 0, 100_000),
        }
        for group, hoped_for in invited.items()
    ]
    if rows:
        session.execute(insert(WorkshopInvitation), rows)


def _set_blocks(
    session: Session, workshop_id: uuid.UUID, project_id: uuid.UUID, blocks: Sequence[Block], *, first: int
) -> None:
    if first + len(blocks) > MOST_BLOCKS:
        raise Invalid(f"An agenda has at most {MOST_BLOCKS} blocks.")
    guard_rounds(
        session, project_id, {block.round_id for block in blocks if block.round_id and block.kind == "vote"}
    )
    rows = [
        {
            "id": new_key(),
            "workshop_id": workshop_id,
            "place": index,
            "kind": text.chosen(block.kind, BLOCK_KINDS, "Kind of block"),
            "title": text.line(block.title, "Title of the block"),
            "prompt": text.line(block.prompt, "What the room is asked", required=False),
            "minutes": text.number(block.minutes, "Minutes", 1, LONGEST_BLOCK),
            "raised_by": text.chosen_or_none(block.raised_by, AGENDA_SETTERS, "Raised by"),
            "round_id": block.round_id if block.kind == "vote" else None,
            "dots": text.number(block.dots, "Dots", 1, MOST_DOTS),
        }
        for index, block in enumerate(blocks, first)
    ]
    if rows:
        session.execute(insert(WorkshopBlock), rows)


def guard_rounds(session: Session, project_id: uuid.UUID, rounds: set[uuid.UUID]) -> None:
    known = session.scalars(
        select(VoteRound.id).where(VoteRound.id.in_(rounds), VoteRound.project_id == project_id)
    )
    if rounds != set(known):
        raise Invalid("Choose a vote of the same project.", field="round")
