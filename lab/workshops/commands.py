"""What a facilitator can do with a workshop: plan it, begin it, lead it from block to block, end it.

Where the room stands is kept on the workshop itself. Leading it on, its clock and the phones leave no events:
nothing that is asked of the past rests on them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Engagement, Note, VoteRound, Workshop, WorkshopBlock, WorkshopInvitation
from db.words import AGENDA_SETTERS, BLOCK_KINDS, GROUPS, INFLUENCES
from lab.access.rights import Actor, require
from lab.engagements.commands import record_engagement
from lab.foundation import text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch, guard_version
from lab.voting.commands import new_code
from lab.workshops import rules
from lab.workshops.agendas import Block


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
    invited: Mapping[str, int] | None = None,
    agenda_set_by: str = "lab",
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
        held_on=text.planned(held_on, now.date(), "The day of the workshop"),
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
    invited: Mapping[str, int],
    agenda_set_by: str,
    declared_influence: str | None,
    now: dt.datetime,
) -> None:
    """Change what is planned. Once it has begun, what was declared before it stays as it was."""
    require(actor, "workshop.run")
    workshop, engagement = _both(session, workshop_id)
    if workshop.state != "planned":
        raise WrongTransition("This workshop has begun: what people were told before it stays as it was.")
    guard_version(workshop, version)
    before = change(
        engagement,
        title=text.line(title, "Title"),
        held_on=text.planned(held_on, now.date(), "The day of the workshop"),
        agenda_set_by=text.chosen(agenda_set_by, AGENDA_SETTERS, "Agenda"),
        declared_influence=text.chosen_or_none(declared_influence, INFLUENCES, "Declared influence"),
    )
    engagement.version += bool(before)
    _set(workshop, begins=begins, place=place, hosts=hosts)
    _set_invited(session, workshop_id, invited)
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
    """Put another agenda in place: the whole while planned; while running what follows the present block.

    `blocks` is the whole agenda. Of a running workshop, the blocks up to the present one stay as they are.
    """
    require(actor, "workshop.run")
    workshop, engagement = _both(session, workshop_id)
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
    workshop, engagement = _both(session, workshop_id)
    if workshop.state != "planned":
        raise WrongTransition("This workshop has begun, so it stays on record.")
    remember(session, actor, workshop, "called_off", now=now, from_state="planned")
    for table in (WorkshopInvitation, WorkshopBlock):
        session.execute(delete(table).where(table.workshop_id == workshop_id))
    session.delete(workshop)
    session.flush()
    session.delete(engagement)


def begin(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Begin with the first block. A workshop planned for another day is held today."""
    require(actor, "workshop.run")
    workshop, engagement = _both(session, workshop_id)
    rules.guard_step(workshop.state, "running")
    if _blocks(session, workshop_id) == 0:
        raise Invalid("This workshop has no agenda yet. Give it at least one block.")
    before = change(engagement, held_on=now.date())
    workshop.state, workshop.began_at = "running", now
    _enter(workshop, 0, now)
    remember(
        session, actor, workshop, "began", now=now, from_state="planned", to_state="running", before=before
    )


def choose_vote(
    session: Session, actor: Actor, workshop_id: uuid.UUID, round_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Hold a vote of the project in the present block, for which none was chosen when it was planned."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    block = session.scalars(
        select(WorkshopBlock).where(
            WorkshopBlock.workshop_id == workshop_id, WorkshopBlock.place == workshop.current_place
        )
    ).one()
    if block.kind != "vote":
        raise WrongTransition("The room is not at a vote. Lead it to one first.")
    if block.round_id not in (None, round_id):
        raise WrongTransition("A vote has been chosen for this part already.")
    project_id = session.get_one(Engagement, workshop_id).project_id
    _guard_rounds(session, project_id, {round_id})
    block.round_id = round_id
    workshop.revision += 1
    remember(session, actor, workshop, "vote_chosen", now=now)


def go_to(session: Session, actor: Actor, workshop_id: uuid.UUID, *, place: int, now: dt.datetime) -> None:
    """Lead the room to a block, forward or back. Asked twice, by two hosts at once, it is done once."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    text.number(place, "The block", 0, _blocks(session, workshop_id) - 1)
    if workshop.current_place != place:
        _enter(workshop, place, now)


def pause(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Stop the block's clock."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    if workshop.paused_at is None:
        workshop.paused_at = now
        workshop.revision += 1


def resume(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Let the block's clock go on from where it stood."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    if workshop.paused_at is not None:
        workshop.extra_seconds += round((now - workshop.paused_at).total_seconds())
        workshop.paused_at = None
        workshop.revision += 1


def add_minutes(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, minutes: int, now: dt.datetime
) -> None:
    """Give the present block more time, or less."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    text.number(minutes, "Minutes", -rules.MOST_EXTRA, rules.MOST_EXTRA)
    workshop.extra_seconds += 60 * minutes
    workshop.revision += 1


def open_phones(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, are_open: bool, now: dt.datetime
) -> None:
    """Let phones hand something in during the present block, or not."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    if workshop.phones_open != are_open:
        workshop.phones_open = are_open
        workshop.revision += 1


def end_workshop(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Send the room home. What was said waits for the wrap-up."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    rules.guard_step(workshop.state, "ended")
    workshop.state, workshop.ended_at = "ended", now
    workshop.current_place = workshop.block_began_at = workshop.paused_at = None
    workshop.revision += 1
    workshop.version += 1
    remember(session, actor, workshop, "ended", now=now, from_state="running", to_state="ended")


def _enter(workshop: Workshop, place: int, now: dt.datetime) -> None:
    workshop.current_place, workshop.block_began_at = place, now
    workshop.paused_at, workshop.extra_seconds, workshop.phones_open = None, 0, True
    workshop.revision += 1
    workshop.version += 1


def _both(session: Session, workshop_id: uuid.UUID) -> tuple[Workshop, Engagement]:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    return workshop, fetch(session, Engagement, workshop_id, "workshop")


def _running(session: Session, workshop_id: uuid.UUID) -> Workshop:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    if workshop.state != "running":
        raise WrongTransition("This workshop is not running.")
    return workshop


def _blocks(session: Session, workshop_id: uuid.UUID) -> int:
    return session.scalar(select(func.count()).where(WorkshopBlock.workshop_id == workshop_id)) or 0


def _set(workshop: Workshop, *, begins: str, place: str, hosts: str) -> None:
    workshop.begins = rules.time_of_day(begins)
    workshop.place = text.line(place, "Place", required=False)
    workshop.hosts = text.line(hosts, "Hosts", required=False)


def _set_invited(session: Session, workshop_id: uuid.UUID, invited: Mapping[str, int]) -> None:
    session.execute(delete(WorkshopInvitation).where(WorkshopInvitation.workshop_id == workshop_id))
    rows = [
        {
            "workshop_id": workshop_id,
            "group_name": text.chosen(group, GROUPS, "Group"),
            "hoped_for": text.number(hoped_for, "Hoped for", 0, 100_000),
        }
        for group, hoped_for in invited.items()
    ]
    if rows:
        session.execute(insert(WorkshopInvitation), rows)


def _set_blocks(
    session: Session, workshop_id: uuid.UUID, project_id: uuid.UUID, blocks: Sequence[Block], *, first: int
) -> None:
    if first + len(blocks) > rules.MOST_BLOCKS:
        raise Invalid(f"An agenda has at most {rules.MOST_BLOCKS} blocks.")
    _guard_rounds(
        session, project_id, {block.round_id for block in blocks if block.round_id and block.kind == "vote"}
    )
    rows = [
        {
            "id": new_key(),
            "workshop_id": workshop_id,
            "place": place,
            "kind": text.chosen(block.kind, BLOCK_KINDS, "Kind of block"),
            "title": text.line(block.title, "Title of the block"),
            "prompt": text.line(block.prompt, "What the room is asked", required=False),
            "minutes": text.number(block.minutes, "Minutes", 1, rules.LONGEST_BLOCK),
            "raised_by": text.chosen(block.raised_by, AGENDA_SETTERS, "Raised by"),
            "round_id": block.round_id if block.kind == "vote" else None,
            "dots": text.number(block.dots, "Dots", 1, 20),
        }
        for place, block in enumerate(blocks, first)
    ]
    if rows:
        session.execute(insert(WorkshopBlock), rows)


def _guard_rounds(session: Session, project_id: uuid.UUID, rounds: set[uuid.UUID]) -> None:
    known = session.scalars(
        select(VoteRound.id).where(VoteRound.id.in_(rounds), VoteRound.project_id == project_id)
    )
    if rounds != set(known):
        raise Invalid("Choose a vote of the same project.", field="round")
