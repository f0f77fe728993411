"""What a facilitator's screens ask about workshops: the plan, where the room stands, who came, whose notes.

The number of statements never grows with blocks, notes or phones.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from db.models import (
    Contribution,
    Engagement,
    Event,
    GroupAttendance,
    Note,
    NoteDots,
    Project,
    Pulse,
    Stakeholder,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
    WorkshopJoin,
)
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.workshops import rules, seen
from lab.workshops.agendas import Block

SHOWN: Final = 100
"""Workshops in a list."""
LAST_NOTES: Final = 3
"""Notes of the present block that the console shows, the newest first."""
MOST_STANDING: Final = 10
"""Notes shown in the standing after dots were put on them."""
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
    """A block with its key, its place counted from 0, and the minutes of the agenda before it."""

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
    agenda_set_by: str
    declared_influence: str | None
    version: int
    invited: tuple[tuple[str, int], ...]
    blocks: tuple[PlannedBlock, ...]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return sum(each.block.minutes for each in self.blocks)


@dataclass(frozen=True, slots=True)
class LastNote:
    """A note that came in during the present block."""

    text: str
    kind: str
    group: str | None
    source: str


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
    joined: tuple[tuple[str | None, str, int], ...]
    notes: int
    """In the present block, hidden ones left out."""
    last_notes: tuple[LastNote, ...]
    answered: int = 0
    """Pulse answers, on phones and paper together."""
    answered_on_paper: int = 0
    dots: tuple[tuple[str, int], ...] = ()
    """Notes with the dots put on them, the most first; only once phones are closed."""

    @property
    def people(self) -> int:
        """How many are in the room."""
        return sum(people for _, _, people in self.joined)

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
        return rules.time_left(self.minutes, self.extra_seconds, self.block_began_at, self.paused_at, now)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who came to an engagement by group, whose words were kept, and who raised what was talked about."""

    came: tuple[tuple[str, int], ...] = ()
    words: tuple[tuple[str | None, int], ...] = ()
    """Notes or contributions by the group of those who said them; None for no group known."""
    items: int = 0
    """On the agenda; 0 where none was kept."""
    raised_by_participants: int = 0
    """Of these: raised by participants, alone or with the lab."""
    workshop_state: str | None = None


@dataclass(slots=True)
class _Counts:
    came: Counter[str] = field(default_factory=Counter)
    words: Counter[str | None] = field(default_factory=Counter)


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
    found = session.execute(seen.whole().where(where)).one_or_none()
    if found is None:
        return None
    workshop, engagement, project, lab = found
    invited = session.execute(
        select(WorkshopInvitation.group_name, WorkshopInvitation.hoped_for)
        .where(WorkshopInvitation.workshop_id == workshop.id)
        .order_by(WorkshopInvitation.hoped_for.desc(), WorkshopInvitation.group_name)
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
    dotted = seen.dotted_notes(session, block.id, MOST_STANDING) if is_counted else ()
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
        joined=_joined(session, workshop_id),
        notes=session.scalar(select(func.count()).select_from(Note).where(*here)) or 0,
        last_notes=tuple(
            LastNote(*row)
            for row in session.execute(
                select(Note.text, Note.kind, Note.group_name, Note.source)
                .where(*here)
                .order_by(Note.written_at.desc(), Note.id.desc())
                .limit(LAST_NOTES)
            )
        ),
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
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None), Note.merged_into.is_(None))
        .order_by(Note.position, Note.id)
        .limit(rules.MOST_NOTES)
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


def voices(session: Session, actor: Actor, project_id: uuid.UUID) -> Mapping[uuid.UUID, Voice]:
    """Attendance and voice of each engagement of a project. Six statements.

    Who came is what was counted for the record, or, until somebody did, the people who joined.
    """
    require(actor, "project.read")
    ours = select(Engagement.id).where(Engagement.project_id == project_id)
    counts: dict[uuid.UUID, _Counts] = defaultdict(_Counts)
    of_ours = select(Workshop.id, Workshop.state).where(Workshop.id.in_(ours))
    states = {key: state for key, state in session.execute(of_ours)}
    for key, group, people in _by_group(
        session, WorkshopJoin.workshop_id, WorkshopJoin.group_name, func.sum(WorkshopJoin.people), ours
    ):
        counts[key].came[group or ""] += people
    counted: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for key, group, people in _by_group(
        session, GroupAttendance.engagement_id, GroupAttendance.group_name,
        func.sum(GroupAttendance.people), ours,
    ):  # fmt: skip
        counted[key][group or ""] += people
    for key, came in counted.items():
        counts[key].came = came
    for key, group, number in _by_group(
        session, Note.workshop_id, Note.group_name, func.count(Note.id).filter(Note.hidden_at.is_(None)), ours
    ):
        counts[key].words[group] += number
    said = session.execute(
        select(Contribution.engagement_id, Stakeholder.group_name, func.count(Contribution.id))
        .outerjoin(Stakeholder, Stakeholder.id == Contribution.stakeholder_id)
        .where(Contribution.engagement_id.in_(ours), Contribution.engagement_id.not_in(select(Workshop.id)))
        .group_by(Contribution.engagement_id, Stakeholder.group_name)
    )
    for occasion, group, number in said:
        if occasion is not None:
            counts[occasion].words[group] += number
    items = {
        key: (total, raised)
        for key, total, raised in session.execute(
            select(
                WorkshopBlock.workshop_id,
                func.count(),
                func.sum(case((WorkshopBlock.raised_by == "lab", 0), else_=1)),
            )
            .where(WorkshopBlock.workshop_id.in_(ours))
            .group_by(WorkshopBlock.workshop_id)
        )
    }
    return {
        key: Voice(
            came=_most_first(counts[key].came),
            words=_most_first(counts[key].words),
            items=items.get(key, (0, 0))[0],
            raised_by_participants=int(items.get(key, (0, 0))[1]),
            workshop_state=states.get(key),
        )
        for key in {*counts, *items, *states}
    }


def _by_group(
    session: Session, key: Any, group: Any, number: Any, ours: Select[uuid.UUID]
) -> Sequence[tuple[uuid.UUID, str | None, int]]:
    rows = session.execute(select(key, group, number).where(key.in_(ours)).group_by(key, group))
    return [(occasion, name, int(found)) for occasion, name, found in rows]


def _most_first(counted: Counter[Any]) -> tuple[tuple[Any, int], ...]:
    return tuple((group, number) for group, number in counted.most_common() if number)
