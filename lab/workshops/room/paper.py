"""People without a phone: counted in, and what they wrote, dotted and answered on paper typed in for them.

They count the same as anybody else, and stay told apart by their source. Each sheet of dots is one person,
taken from those counted of the group.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from db.models import Engagement, Note, NoteDots, Workshop, WorkshopBlock, WorkshopJoin
from db.words import GROUPS
from lab.access.rights import Actor, require
from lab.engagements.commands import record_pulse
from lab.foundation import chance, text
from lab.foundation.errors import Invalid
from lab.foundation.events import Subject, remember
from lab.foundation.records import fetch
from lab.workshops.board.changing import next_revision
from lab.workshops.board.rules import guard_board


def count_in(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    group: str | None,
    people: int | None,
    now: dt.datetime,
) -> None:
    """Say how many of a group are here without a phone, all of them; said again, it corrects the number."""
    require(actor, "workshop.run")
    _guard(session, workshop_id)
    group = text.chosen_or_none(group, GROUPS, "Group")
    people = text.number(people, "People without a phone", 0, 10_000)
    with_sheets = select(NoteDots.join_id)
    theirs = _paper_joins(workshop_id, group)
    pool = list(session.scalars(theirs.where(WorkshopJoin.id.not_in(with_sheets)).with_for_update()))
    sheets = len(list(session.scalars(theirs.where(WorkshopJoin.id.in_(with_sheets)))))
    if people < sheets:
        raise Invalid(
            f"{sheets} sheets with dots of this group are in, each from one person.", field="people"
        )
    for extra in pool[1:]:
        session.delete(extra)
    left = people - sheets
    if pool and left:
        pool[0].people = left
    elif pool:
        session.delete(pool[0])
    elif left:
        session.add(_join(workshop_id, group, left, now))


def enter_dots(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    block_id: uuid.UUID,
    group: str | None,
    dots: Mapping[uuid.UUID, int],
    now: dt.datetime,
) -> uuid.UUID:
    """One person's sheet: the dots they put on notes. Answers with the key under which it can be taken back.

    Raises:
        Invalid: more dots than each person has, none at all, or a note that is not on this board.
    """
    require(actor, "workshop.run")
    _guard(session, workshop_id)
    block = fetch(session, WorkshopBlock, block_id, "block")
    if block.workshop_id != workshop_id or block.kind != "dots":
        raise Invalid("Dots belong in a block of dots.")
    given = {note: text.number(number, "Dots", 1, 20) for note, number in dots.items() if number}
    if not given:
        raise Invalid("Put at least one dot on a note.")
    if sum(given.values()) > block.dots:
        raise Invalid(
            f"Each person has {text.quantity(block.dots, 'dot')}; this sheet has {sum(given.values())}."
        )
    known = session.scalar(
        select(func.count())
        .select_from(Note)
        .where(
            Note.id.in_(given),
            Note.workshop_id == workshop_id,
            Note.hidden_at.is_(None),
            Note.merged_into.is_(None),
        )
    )
    if known != len(given):
        raise Invalid("One of these notes is not on the board (any more).")
    group = text.chosen_or_none(group, GROUPS, "Group")
    join = _person_for_a_sheet(session, workshop_id, block_id, group, now)
    session.add_all(
        NoteDots(block_id=block_id, join_id=join.id, note_id=note, dots=number)
        for note, number in given.items()
    )
    _tell_of_dots(session, workshop_id, given)
    return join.id


def take_back_dots(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    block_id: uuid.UUID,
    join_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Undo a sheet that was entered by mistake; the person stays counted."""
    require(actor, "workshop.run")
    _guard(session, workshop_id)
    join = fetch(session, WorkshopJoin, join_id, "sheet")
    if join.workshop_id != workshop_id or join.source != "paper":
        raise Invalid("Only sheets from paper can be taken back here.")
    sheet = (NoteDots.join_id == join_id, NoteDots.block_id == block_id)
    dotted = session.scalars(select(NoteDots.note_id).where(*sheet)).all()
    session.execute(delete(NoteDots).where(*sheet))
    _tell_of_dots(session, workshop_id, dotted)


def _tell_of_dots(session: Session, workshop_id: uuid.UUID, notes: Iterable[uuid.UUID]) -> None:
    """Give these notes a new revision, so that open boards show their dots."""
    revision = next_revision(session, workshop_id)
    session.execute(update(Note).where(Note.id.in_(list(notes))).values(revision=revision))


def enter_pulse(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    trust: int,
    difference: int,
    comment: str = "",
    now: dt.datetime,
) -> None:
    """One person's two answers from paper, from 1 (not at all) to 5 (wholly). Nobody's in particular."""
    require(actor, "workshop.run")
    _guard(session, workshop_id)
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    record_pulse(
        session, actor, engagement.project_id, trust=trust, difference=difference, comment=comment,
        engagement_id=workshop_id, now=now,
    )  # fmt: skip
    subject = Subject("workshop", workshop_id, engagement.project_id)
    remember(session, actor, subject, "pulse_on_paper", now=now)


def _person_for_a_sheet(
    session: Session, workshop_id: uuid.UUID, block_id: uuid.UUID, group: str | None, now: dt.datetime
) -> WorkshopJoin:
    """A person counted on paper without a sheet in this block; a new one if all have theirs."""
    has_one = select(NoteDots.join_id).where(NoteDots.block_id == block_id)
    free = session.scalars(
        _paper_joins(workshop_id, group)
        .where(WorkshopJoin.id.not_in(has_one))
        .order_by(None)
        .order_by(WorkshopJoin.people, WorkshopJoin.id)
        .limit(1)
    ).first()
    if free is not None and free.people == 1:
        return free
    if free is not None:
        free.people -= 1
    person = _join(workshop_id, group, 1, now)
    session.add(person)
    session.flush()
    return person


def _join(workshop_id: uuid.UUID, group: str | None, people: int, now: dt.datetime) -> WorkshopJoin:
    return WorkshopJoin(
        workshop_id=workshop_id,
        token_hash=chance.salt() + chance.salt(),
        group_name=group,
        people=people,
        source="paper",
        joined_at=now,
    )


def _guard(session: Session, workshop_id: uuid.UUID) -> None:
    guard_board(fetch(session, Workshop, workshop_id, "workshop").state)


def _paper_joins(workshop_id: uuid.UUID, group: str | None) -> Select[WorkshopJoin]:
    return (
        select(WorkshopJoin)
        .where(
            WorkshopJoin.workshop_id == workshop_id,
            WorkshopJoin.source == "paper",
            WorkshopJoin.group_name.is_(None) if group is None else WorkshopJoin.group_name == group,
        )
        .order_by(WorkshopJoin.id)
    )
