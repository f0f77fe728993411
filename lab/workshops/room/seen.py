"""What phones and walls see of a workshop. Nothing here says who wrote which note."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.models import (
    Cluster,
    Note,
    NoteDots,
    Prototype,
    Pulse,
    SigningKey,
    VoteRound,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
    WorkshopJoin,
)
from lab.access.phone_links import linked_accounts
from lab.workshops.board.queries import is_held
from lab.workshops.board.rules import TAKEN_BACK
from lab.workshops.plan.queries import whole
from lab.workshops.plan.rules import TAKES
from lab.workshops.room.one_person import answered_under
from lab.workshops.room.rules import seconds_left, takes_pulse

MOST_PROTOTYPES = 30
"""Prototypes among which a worry may choose: the newest."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """An item of the agenda."""

    id: uuid.UUID
    place: int
    kind: str
    title: str
    prompt: str
    minutes: int
    dots: int
    round_id: uuid.UUID | None

    @property
    def takes(self) -> str | None:
        """The kind of note that is written in it, if any."""
        return TAKES.get(self.kind)


@dataclass(frozen=True, slots=True)
class WorkshopView:
    """A workshop as everybody in its room may know it."""

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
    influence: str | None
    """The declared influence."""
    state: str
    phones_open: bool
    wall_blank: bool
    wall_words: bool
    signals_end: bool
    revision: int
    current_place: int | None
    block_began_at: dt.datetime | None
    paused_at: dt.datetime | None
    extra_seconds: int
    ended_at: dt.datetime | None
    vote_state: str | None
    """Of the round that the present block runs."""
    groups: tuple[str, ...]
    blocks: tuple[BlockView, ...]
    prototypes: tuple[tuple[uuid.UUID, str], ...]

    @property
    def block(self) -> BlockView | None:
        """Where the room is, while the workshop runs."""
        return next((each for each in self.blocks if each.place == self.current_place), None)

    @property
    def stamp(self) -> str:
        """Changes whenever phones and walls must reload."""
        return stamp(self.revision, self.vote_state)

    def block_of(self, key: uuid.UUID | None) -> BlockView | None:
        """A block of the agenda."""
        return next((each for each in self.blocks if each.id == key), None)

    def seconds_left(self, now: dt.datetime) -> int | None:
        """Of the present block; negative once it runs over."""
        block = self.block
        if block is None or self.block_began_at is None:
            return None
        return seconds_left(block.minutes, self.extra_seconds, self.block_began_at, self.paused_at, now)

    def takes_pulse(self, now: dt.datetime) -> bool:
        """Whether those who took part are still asked how it was."""
        return self.ended_at is not None and takes_pulse(self.ended_at, now)


@dataclass(frozen=True, slots=True)
class Turnout:
    """How many are here, and how many notes came in, hidden ones included."""

    here: int
    notes: int
    in_block: int


@dataclass(frozen=True, slots=True)
class OwnNote:
    """A note as its author sees it."""

    id: uuid.UUID
    text: str
    block_id: uuid.UUID
    is_held: bool
    waits: bool = False
    """For a host to let it on the wall."""
    hidden_why: str = ""
    """Why a host took it off the wall; nothing while it is there."""


@dataclass(frozen=True, slots=True)
class Own:
    """What the holder of a token may see of their own."""

    has_joined: bool = False
    group: str | None = None
    notes: tuple[OwnNote, ...] = ()
    """The latest first."""
    dots: tuple[tuple[uuid.UUID, int], ...] = ()
    pulse: tuple[int, int, str] | None = None


@dataclass(frozen=True, slots=True)
class StandingNote:
    """A note on the board, under the heading of its cluster; the dots are those of everybody."""

    id: uuid.UUID
    text: str
    cluster: str
    dots: int = 0


def stamp(revision: int, vote_state: str | None) -> str:
    """What phones and walls compare to know whether anything has changed."""
    return f"{revision}.{vote_state}" if vote_state else str(revision)


def stamp_of(session: Session, workshop_id: uuid.UUID) -> str:
    """The present stamp of a workshop; nothing once it has been called off. One statement."""
    return wall_stamp_of(session, workshop_id).partition(" ")[0]


def wall_stamp_of(session: Session, workshop_id: uuid.UUID) -> str:
    """The same, a blank, and the board's revision: what a wall follows. One statement."""
    found = session.execute(
        select(Workshop.revision, VoteRound.state, Workshop.board_revision)
        .outerjoin(
            WorkshopBlock,
            (WorkshopBlock.workshop_id == Workshop.id) & (WorkshopBlock.place == Workshop.current_place),
        )
        .outerjoin(VoteRound, VoteRound.id == WorkshopBlock.round_id)
        .where(Workshop.id == workshop_id)
    ).first()
    return f"{stamp(found[0], found[1])} {found[2]}" if found else ""


def room_of_code(session: Session, code: str) -> WorkshopView | None:
    """The workshop behind a code, or None. Five statements at most."""
    found = session.execute(whole().where(Workshop.code == code)).one_or_none()
    if found is None:
        return None
    workshop, engagement, project, lab = found
    blocks = _blocks(session, workshop.id)
    present = next((each for each in blocks if each.place == workshop.current_place), None)
    vote_state = None
    if present is not None and present.round_id is not None:
        vote_state = session.scalar(select(VoteRound.state).where(VoteRound.id == present.round_id))
    groups = session.scalars(
        select(WorkshopInvitation.group_name)
        .where(WorkshopInvitation.workshop_id == workshop.id)
        .order_by(WorkshopInvitation.group_name)
    )
    return WorkshopView(
        id=workshop.id,
        project_id=engagement.project_id,
        project=project.title,
        lab=lab or "",
        code=workshop.code,
        title=engagement.title,
        held_on=engagement.held_on,
        begins=workshop.begins,
        place=workshop.place,
        hosts=workshop.hosts,
        influence=engagement.declared_influence,
        state=workshop.state,
        phones_open=workshop.phones_open,
        wall_blank=workshop.wall_blank,
        wall_words=workshop.wall_words,
        signals_end=workshop.signals_end,
        revision=workshop.revision,
        current_place=workshop.current_place,
        block_began_at=workshop.block_began_at,
        paused_at=workshop.paused_at,
        extra_seconds=workshop.extra_seconds,
        ended_at=workshop.ended_at,
        vote_state=vote_state,
        groups=tuple(groups),
        blocks=blocks,
        prototypes=_prototypes(session, engagement.project_id),
    )


def _blocks(session: Session, workshop_id: uuid.UUID) -> tuple[BlockView, ...]:
    rows = session.execute(
        select(
            WorkshopBlock.id, WorkshopBlock.place, WorkshopBlock.kind, WorkshopBlock.title,
            WorkshopBlock.prompt, WorkshopBlock.minutes, WorkshopBlock.dots, WorkshopBlock.round_id,
        )
        .where(WorkshopBlock.workshop_id == workshop_id)
        .order_by(WorkshopBlock.place)
    )  # fmt: skip
    return tuple(BlockView(*row) for row in rows)


def _prototypes(session: Session, project_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    rows = session.execute(
        select(Prototype.id, Prototype.title)
        .where(Prototype.project_id == project_id)
        .order_by(Prototype.id.desc())
        .limit(MOST_PROTOTYPES)
    )
    return tuple((key, title) for key, title in rows)


def was_here_before_signing(session: Session, workshop_id: uuid.UUID, token_hash: str) -> bool:
    """Whether a phone joined the workshop while tokens were not signed. One statement."""
    found = session.execute(
        select(WorkshopJoin.id).where(
            WorkshopJoin.workshop_id == workshop_id,
            WorkshopJoin.token_hash == token_hash,
            WorkshopJoin.stakeholder_id.is_(None),
            WorkshopJoin.joined_at < select(SigningKey.made_at).scalar_subquery(),
        )
    )
    return found.first() is not None


def group_of(session: Session, workshop_id: uuid.UUID, token_hash: str) -> str | None:
    """The group somebody named when they joined."""
    return session.scalar(
        select(WorkshopJoin.group_name).where(
            WorkshopJoin.workshop_id == workshop_id, WorkshopJoin.token_hash == token_hash
        )
    )


def own_of(session: Session, room: WorkshopView, token_hash: str, phone_hash: str | None = None) -> Own:
    """What the holder of a token has handed in so far; `phone_hash` is of the phone on which an account is
    signed in. A phone that an account has signed out from shows its notes and dots, and no answers. Eight
    statements at most."""
    occasion = str(room.block.id) if room.block else "after"
    account = linked_accounts(session, [phone_hash or token_hash]).get(phone_hash or token_hash)
    is_own = phone_hash if account == token_hash else None
    pulse = session.execute(
        select(Pulse.trust, Pulse.difference, Pulse.comment).where(
            Pulse.id == answered_under(session, room.id, token_hash, is_own, occasion)
        )
    ).first()
    token_hash = token_hash if phone_hash or account is None else account
    answered = (pulse.trust, pulse.difference, pulse.comment) if pulse else None
    join = session.execute(
        select(WorkshopJoin.id, WorkshopJoin.group_name).where(
            WorkshopJoin.workshop_id == room.id, WorkshopJoin.token_hash == token_hash
        )
    ).first()
    if join is None:
        return Own(pulse=answered)
    dots: tuple[tuple[uuid.UUID, int], ...] = ()
    if room.block is not None and room.block.kind == "dots":
        rows = session.execute(
            select(NoteDots.note_id, NoteDots.dots).where(
                NoteDots.block_id == room.block.id, NoteDots.join_id == join.id
            )
        )
        dots = tuple((note, number) for note, number in rows)
    return Own(True, join.group_name, _own_notes(session, room, join.id), dots, answered)


def _own_notes(session: Session, room: WorkshopView, join_id: uuid.UUID) -> tuple[OwnNote, ...]:
    kinds = {block.id: block.kind for block in room.blocks}
    rows = session.scalars(
        select(Note)
        .where(Note.join_id == join_id, Note.hidden_why != TAKEN_BACK)
        .order_by(Note.written_at.desc(), Note.position.desc())
    )
    return tuple(
        OwnNote(
            note.id,
            note.text,
            note.block_id,
            note.hidden_at is not None or is_held(note, kinds.get(note.block_id, "")),
            note.waits,
            note.hidden_why,
        )
        for note in rows
    )


def turnout_of(session: Session, workshop_id: uuid.UUID) -> Turnout:
    """How many are here and how much came in. Two statements."""
    here = session.scalar(
        select(func.coalesce(func.sum(WorkshopJoin.people), 0)).where(WorkshopJoin.workshop_id == workshop_id)
    )
    present = (
        select(WorkshopBlock.id)
        .join(Workshop, Workshop.id == WorkshopBlock.workshop_id)
        .where(Workshop.id == workshop_id, WorkshopBlock.place == Workshop.current_place)
        .scalar_subquery()
    )
    notes, in_block = session.execute(
        select(func.count(), func.count().filter(Note.block_id == present)).where(
            Note.workshop_id == workshop_id, Note.hidden_why != TAKEN_BACK
        )
    ).one()
    return Turnout(here or 0, notes, in_block)


def standing_notes(session: Session, workshop_id: uuid.UUID) -> tuple[StandingNote, ...]:
    """The notes on which dots can be put, as they lie on the board: the ideas, or all where there is none.
    One statement."""
    rows = session.execute(
        select(Note.kind, Note.id, Note.text, func.coalesce(Cluster.title, ""))
        .outerjoin(Cluster, (Cluster.id == Note.cluster_id) & Cluster.is_dropped.is_(False))
        .where(
            Note.workshop_id == workshop_id, Note.hidden_at.is_(None), Note.merged_into.is_(None), ~Note.waits
        )
        .order_by(Cluster.id.is_(None), Cluster.place, Cluster.id, Note.position, Note.id)
    ).all()
    ideas = [row for row in rows if row.kind == "idea"]
    return tuple(StandingNote(key, words, cluster) for _, key, words, cluster in ideas or rows)


def texts_of_block(session: Session, block_id: uuid.UUID) -> tuple[str, ...]:
    """What was written in a block and is on the wall, merged notes with their own words. One statement."""
    rows = session.scalars(
        select(Note.text)
        .where(Note.block_id == block_id, Note.hidden_at.is_(None), ~Note.waits)
        .order_by(Note.written_at, Note.id)
    )
    return tuple(rows)


def dotted_notes(session: Session, block_id: uuid.UUID, most: int) -> tuple[StandingNote, ...]:
    """The notes with the most dots in a block, those first. Dots on a note that was merged into another count
    for that one; hidden notes are left out. One statement."""
    total, standing = func.sum(NoteDots.dots), aliased(Note)
    rows = session.execute(
        select(standing.id, standing.text, func.coalesce(Cluster.title, ""), total)
        .select_from(NoteDots)
        .join(Note, Note.id == NoteDots.note_id)
        .join(standing, standing.id == func.coalesce(Note.merged_into, Note.id))
        .outerjoin(Cluster, Cluster.id == standing.cluster_id)
        .where(NoteDots.block_id == block_id, standing.hidden_at.is_(None))
        .group_by(standing.id, standing.text, Cluster.title)
        .order_by(total.desc(), standing.id)
        .limit(most)
    )
    return tuple(StandingNote(key, words, cluster, int(number)) for key, words, cluster, number in rows)
