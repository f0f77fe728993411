"""Lead a workshop: begin it, go from block to block, end it.

Where the room stands is kept on the workshop itself. Leading it on, its clock and the phones leave no events:
nothing that is asked of the past rests on them.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.models import Engagement, Note, NoteDots, Workshop, WorkshopBlock
from lab.access.rights import Actor, require
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change, fetch
from lab.workshops.board.changing import next_revision
from lab.workshops.plan.commands import both_records, guard_rounds
from lab.workshops.plan.rules import guard_step
from lab.workshops.room.rules import MOST_EXTRA


def begin(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Begin with the first block. A workshop planned for another day is held today."""
    require(actor, "workshop.run")
    workshop, engagement = both_records(session, workshop_id)
    guard_step(workshop.state, "running")
    if _blocks(session, workshop_id) == 0:
        raise Invalid("This workshop has no agenda yet. Give it at least one block.")
    if before := change(engagement, held_on=clock.today(session, now)):
        remember(session, actor, engagement, "edited", now=now, before=before)
    workshop.state, workshop.began_at = "running", now
    _enter(workshop, 0, now)
    remember(session, actor, workshop, "began", now=now, from_state="planned", to_state="running")


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
    guard_rounds(session, project_id, {round_id})
    block.round_id = round_id
    workshop.revision += 1
    remember(session, actor, workshop, "vote_chosen", now=now)


def go_to(session: Session, actor: Actor, workshop_id: uuid.UUID, *, place: int, now: dt.datetime) -> None:
    """Go to a block, forward or back. Two hosts at once move the room once."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    text.number(place, "The block", 0, _blocks(session, workshop_id) - 1)
    if workshop.current_place != place:
        _show_dots(session, workshop)
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
    text.number(minutes, "Minutes", -MOST_EXTRA, MOST_EXTRA)
    workshop.extra_seconds += 60 * minutes
    workshop.revision += 1


def open_phones(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, are_open: bool, now: dt.datetime
) -> None:
    """Open or close the phones for the present block."""
    require(actor, "workshop.run")
    workshop = _running(session, workshop_id)
    if workshop.phones_open != are_open:
        _show_dots(session, workshop)
        workshop.phones_open = are_open
        workshop.revision += 1


def hold_notes(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, holds: bool, now: dt.datetime
) -> None:
    """Have notes from phones wait until a host lets them on the wall, or go there at once. Those that wait
    stay waiting."""
    require(actor, "workshop.run")
    _running(session, workshop_id).holds_notes = holds


def blank_wall(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, is_blank: bool, now: dt.datetime
) -> None:
    """Have the wall show the lab's name and nothing else, or show the room again."""
    require(actor, "workshop.run")
    _switch(_running(session, workshop_id), wall_blank=is_blank)


def show_words(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, shows: bool, now: dt.datetime
) -> None:
    """Have the wall show the words of the present block's notes, as a cloud and a list, or the notes again.
    The next block begins with its notes."""
    require(actor, "workshop.run")
    _switch(_running(session, workshop_id), wall_words=shows)


def signal_end(
    session: Session, actor: Actor, workshop_id: uuid.UUID, *, signals: bool, now: dt.datetime
) -> None:
    """Have the wall and the remote sound and change colour when a block's time ends, or leave it."""
    require(actor, "workshop.run")
    _switch(_running(session, workshop_id), signals_end=signals)


def end_workshop(session: Session, actor: Actor, workshop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Send the room home. What was said waits for the wrap-up."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    guard_step(workshop.state, "ended")
    _show_dots(session, workshop)
    workshop.state, workshop.ended_at, workshop.ended_on = "ended", now, clock.today(session, now)
    workshop.current_place = workshop.block_began_at = workshop.paused_at = None
    workshop.wall_blank = workshop.wall_words = False
    workshop.revision += 1
    workshop.version += 1
    remember(session, actor, workshop, "ended", now=now, from_state="running", to_state="ended")


def _switch(workshop: Workshop, **switch: bool) -> None:
    """Turn a switch of the room, and let phones, wall and remote know if it was not so already."""
    if change(workshop, **switch):
        workshop.revision += 1


def _enter(workshop: Workshop, place: int, now: dt.datetime) -> None:
    workshop.current_place, workshop.block_began_at = place, now
    workshop.paused_at, workshop.extra_seconds, workshop.phones_open = None, 0, True
    workshop.wall_words = False
    workshop.revision += 1
    workshop.version += 1


def _show_dots(session: Session, workshop: Workshop) -> None:
    """Have open walls read the notes of a block of dots anew: what they may show of the dots changes."""
    dotted = (
        select(func.coalesce(Note.merged_into, Note.id))
        .join(NoteDots, NoteDots.note_id == Note.id)
        .join(WorkshopBlock, WorkshopBlock.id == NoteDots.block_id)
        .where(WorkshopBlock.workshop_id == workshop.id, WorkshopBlock.place == workshop.current_place)
    )
    keys = set(session.scalars(dotted))
    if keys:
        revision = next_revision(session, workshop.id)
        session.execute(update(Note).where(Note.id.in_(keys)).values(revision=revision))


def _running(session: Session, workshop_id: uuid.UUID) -> Workshop:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    if workshop.state != "running":
        raise WrongTransition("This workshop is not running.")
    return workshop


def _blocks(session: Session, workshop_id: uuid.UUID) -> int:
    return session.scalar(select(func.count()).where(WorkshopBlock.workshop_id == workshop_id)) or 0
