"""What phones hand in during a workshop: many at once, each refused alone, each once.

The code of a workshop is the right to take part in it: whoever holds it needs no account.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import (
    Engagement,
    Note,
    NoteDots,
    Prototype,
    Pulse,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
    WorkshopJoin,
)
from lab.engagements.rules import pulse
from lab.foundation import text
from lab.foundation.errors import Invalid, LabError, NotAllowed, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.workshops import rules
from lab.workshops.board import next_revision

NO_ROOM: Final = "There is no workshop with this code."
NOT_BEGUN: Final = "The workshop has not begun yet. What you wrote is kept on this page."
OVER: Final = "The workshop is over, so the board takes no more. What you wrote is kept on this page."
CLOSED: Final = (
    "The hosts have closed the phones for now. What you wrote is kept; send it when they are open."
)
AHEAD: Final = "The room is not there yet. Please send this when it is."
OTHER_ROOM: Final = "This page belongs to another agenda. Please reload it; what you wrote is kept."
TAKES_NONE: Final = "No notes are taken in this part of the workshop."
HELD: Final = "The hosts are working with this note already, so it stays as it is. You may write another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """Something on its way to the records, and from whom; the group is that of an account's stakeholder."""

    workshop_id: uuid.UUID
    token_hash: str
    stakeholder_id: uuid.UUID | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinIn(HandedIn):
    """A phone in the room; with `says_group` it says for which group, or that it would rather not."""

    says_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIn(HandedIn):
    """A note for a block that the room is in, or was in. The same `form_key` again is the same note."""

    block_id: uuid.UUID
    form_key: str
    words: str
    importance: int | None = None
    """Of an expectation, from 1 to 5."""
    prototype_id: uuid.UUID | None = None
    """What a worry is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIn(HandedIn):
    """Other words for one's own note, or, without any, taking it back."""

    note_id: uuid.UUID
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DotsIn(HandedIn):
    """All the dots a person puts in a block, by note: they replace those put before."""

    block_id: uuid.UUID
    dots: Mapping[uuid.UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseIn(HandedIn):
    """Two answers from 1 to 5, in a block or, without one, after the workshop."""

    trust: int
    difference: int
    comment: str = ""
    block_id: uuid.UUID | None = None


def take_in(session: Session, batch: Sequence[HandedIn], *, now: dt.datetime) -> list[str | LabError]:
    """Take a batch in; for each the key of what it became (empty for a join or dots) or why it was refused.

    The workshops stay locked until the transaction ends, so a workshop that has ended takes nothing more
    in. The number of statements does not grow with the batch, save one for each workshop in it and one
    for each new pulse.
    """
    session.flush()  # what follows goes past the ORM
    taking = _Taking(session, batch, now)
    answers: list[str | LabError] = []
    for each in batch:
        try:
            answers.append(taking.take(each))
        except LabError as refusal:
            answers.append(refusal)
    taking.write()
    return answers


def is_held(note: Note, block_kind: str) -> bool:
    """Whether a host has done something with a note, so that its writer can no longer change it."""
    return bool(
        note.cluster_id or note.merged_into or note.chosen or note.contribution_id or note.within_power
        or note.said_back or note.promised_by or note.kind != rules.TAKES.get(block_kind)
    )  # fmt: skip


@dataclass(slots=True)
class _Room:
    """A locked workshop."""

    id: uuid.UUID
    project_id: uuid.UUID
    state: str
    current_place: int | None
    phones_open: bool
    ended_at: dt.datetime | None
    notes: int = 0
    blocks: dict[uuid.UUID, Any] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)

    def block(self, key: uuid.UUID) -> Any:
        """A block that the room is in or was in."""
        if key not in self.blocks:
            raise Invalid(OTHER_ROOM)
        found = self.blocks[key]
        if self.current_place is not None and found.place > self.current_place:
            raise WrongTransition(AHEAD)
        return found

    def guard_running(self, *, open_phones: bool = True) -> None:
        """Refuse what comes before the beginning, after the end, or while the phones are closed."""
        if self.state == "planned":
            raise WrongTransition(NOT_BEGUN)
        if self.state != "running":
            raise WrongTransition(OVER)
        if open_phones and not self.phones_open:
            raise WrongTransition(CLOSED)


@dataclass(slots=True)
class _Join:
    id: uuid.UUID
    group: str | None
    notes: int = 0
    row: dict[str, Any] | None = None
    """Of somebody new."""
    changed: bool = False


@dataclass(slots=True)
class _Note:
    """A note that this batch writes or changes."""

    workshop_id: uuid.UUID
    token_hash: str
    is_held: bool
    """A host has moved, merged, chosen, hidden or answered it."""
    values: dict[str, Any]
    is_new: bool = False
    changed: bool = False


Dots = dict[tuple[uuid.UUID, uuid.UUID], Mapping[uuid.UUID, int]]


class _Taking:
    """A batch, with what it concerns: read once, judged one by one, written once."""

    def __init__(self, session: Session, batch: Sequence[HandedIn], now: dt.datetime) -> None:
        self._session, self._now = session, now
        self._rooms = _rooms(session, {each.workshop_id for each in batch})
        self._joins = _joins(session, batch)
        self._notes = _notes(session, self._rooms, batch)
        self._open_notes = _open_notes(session, batch)
        self._prototypes = _prototypes(session, batch)
        self._dots: Dots = {}
        self._pulses: dict[uuid.UUID, dict[str, Any]] = {}
        self._ways: dict[type[HandedIn], Callable[[_Room, Any], str]] = {
            JoinIn: self._join_in, NoteIn: self._note_in, ChangeIn: self._change_in,
            DotsIn: self._dots_in, PulseIn: self._pulse_in,
        }  # fmt: skip

    def take(self, each: HandedIn) -> str:
        room = self._rooms.get(each.workshop_id)
        if room is None:
            raise NotFound(NO_ROOM)
        return self._ways[type(each)](room, each)

    def _join_in(self, room: _Room, each: JoinIn) -> str:
        if room.state not in ("planned", "running"):
            raise WrongTransition("The workshop is over.")
        group = each.group or None
        if each.says_group and group is not None and group not in room.groups:
            raise Invalid("Please choose one of the groups shown.", field="group")
        join = self._joined(room, each)
        if each.says_group and join.group != group:
            join.group, join.changed = group, True
        return ""

    def _joined(self, room: _Room, each: HandedIn) -> _Join:
        """Whoever hands something in has joined."""
        key = (each.workshop_id, each.token_hash)
        join = self._joins.get(key)
        if join is None:
            group = each.group if each.stakeholder_id or isinstance(each, JoinIn) else None
            join = self._joins[key] = _Join(new_key(), group or None)
            join.row = {
                "id": join.id,
                "workshop_id": room.id,
                "token_hash": each.token_hash,
                "stakeholder_id": each.stakeholder_id,
                "people": 1,
                "source": "account" if each.stakeholder_id else "phone",
                "joined_at": self._now,
            }
        return join

    def _note_in(self, room: _Room, each: NoteIn) -> str:
        room.guard_running()
        block = room.block(each.block_id)
        kind = rules.TAKES.get(block.kind)
        if kind is None:
            raise WrongTransition(TAKES_NONE)
        if not each.form_key:
            raise Invalid(OTHER_ROOM)
        words = text.paragraph(each.words, "Your note", limit=rules.LONGEST_NOTE)
        key = rules.note_key(each.token_hash, each.form_key)
        if key in self._notes:
            return self._sent_again(self._notes[key], key, words)
        importance = self._importance(each, kind)
        about = self._about(room, each, kind)
        join = self._joined(room, each)
        if room.notes >= rules.MOST_NOTES:
            raise Invalid(f"The board is full: it holds {rules.MOST_NOTES:,} notes. Please tell a host.")
        if join.notes >= rules.MOST_NOTES_OF_ONE:
            raise Invalid(f"You have written {rules.MOST_NOTES_OF_ONE} notes, the most that one phone may.")
        room.notes += 1
        join.notes += 1
        values = {
            "id": key, "workshop_id": room.id, "block_id": block.id, "kind": kind, "text": words,
            "join_id": join.id, "group_name": join.group, "written_at": self._now,
            "source": "account" if each.stakeholder_id else "phone",
            "importance": importance, "prototype_id": about, "hidden_at": None, "hidden_why": "",
        }  # fmt: skip
        self._notes[key] = _Note(room.id, each.token_hash, False, values, is_new=True)
        return str(key)

    def _sent_again(self, note: _Note, key: uuid.UUID, words: str) -> str:
        if note.values["text"] != words and note.values["hidden_why"] != rules.TAKEN_BACK:
            self._reword(note, words)
        return str(key)

    def _importance(self, each: NoteIn, kind: str) -> int | None:
        if kind != "expectation" or each.importance is None:
            return None
        return text.number(each.importance, "How much it matters", 1, 5)

    def _about(self, room: _Room, each: NoteIn, kind: str) -> uuid.UUID | None:
        if kind != "worry" or each.prototype_id is None:
            return None
        if self._prototypes.get(each.prototype_id) != room.project_id:
            raise Invalid("Please choose one of the prototypes shown.", field="prototype")
        return each.prototype_id

    def _change_in(self, room: _Room, each: ChangeIn) -> str:
        room.guard_running(open_phones=each.words is not None)
        note = self._notes.get(each.note_id)
        if note is None or note.workshop_id != room.id or note.token_hash != each.token_hash:
            raise NotAllowed("This note is not one of yours.")
        if each.words is not None:
            words = text.paragraph(each.words, "Your note", limit=rules.LONGEST_NOTE)
            if words != note.values["text"]:
                self._reword(note, words)
        elif note.values["hidden_why"] != rules.TAKEN_BACK:
            self._guard_free(note)
            note.values |= {"text": "", "hidden_at": self._now, "hidden_why": rules.TAKEN_BACK}
            note.changed = True
        return str(each.note_id)

    def _reword(self, note: _Note, words: str) -> None:
        self._guard_free(note)
        note.values["text"] = words
        note.changed = True

    def _guard_free(self, note: _Note) -> None:
        if note.is_held or note.values["hidden_at"] is not None:
            raise WrongTransition(HELD)

    def _dots_in(self, room: _Room, each: DotsIn) -> str:
        room.guard_running()
        block = room.block(each.block_id)
        if block.kind != "dots" or block.place != room.current_place:
            raise WrongTransition("The dots are counted: the room has moved on.")
        dots = {note: number for note, number in each.dots.items() if number}
        if any(number < 0 for number in dots.values()) or sum(dots.values()) > block.dots:
            raise Invalid(f"You have {block.dots} dots in all. Please take some back.", field="dots")
        for note in dots:
            if self._open_notes.get(note) != room.id:
                raise Invalid("A note you chose is no longer on the board. Please look at the notes again.")
        self._dots[(block.id, self._joined(room, each).id)] = dots
        return ""

    def _pulse_in(self, room: _Room, each: PulseIn) -> str:
        if room.state == "planned":
            raise WrongTransition(NOT_BEGUN)
        if each.block_id is not None:
            if room.block(each.block_id).kind != "pulse":
                raise Invalid(OTHER_ROOM)
        elif room.ended_at is None:
            raise WrongTransition("These two questions come at the end of the workshop.")
        if room.ended_at is not None and not rules.takes_pulse(room.ended_at, self._now):
            raise WrongTransition("The time to answer this is over. Thank you all the same.")
        key = rules.pulse_key(each.token_hash, str(each.block_id or "after"))
        self._pulses[key] = {
            "id": key,
            "project_id": room.project_id,
            "engagement_id": room.id,
            "stakeholder_id": each.stakeholder_id,
            "answered_on": self._now.date(),
            **pulse(each.trust, each.difference, each.comment),
        }
        return str(key)

    def write(self) -> None:
        """Store what was taken, joins first."""
        self._write_joins()
        self._write_notes()
        self._write_dots()
        self._write_pulses()

    def _write_joins(self) -> None:
        new = [join.row | {"group_name": join.group} for join in self._joins.values() if join.row]
        if new:
            self._session.execute(insert(WorkshopJoin), new)
        regrouped = [join for join in self._joins.values() if join.changed and not join.row]
        for join in regrouped:
            # rare: whoever says later on for whom they speak has said so of what they wrote before
            self._session.execute(
                update(WorkshopJoin).where(WorkshopJoin.id == join.id).values(group_name=join.group)
            )
            self._regroup(join)

    def _regroup(self, join: _Join) -> None:
        own = select(Note.workshop_id).where(Note.join_id == join.id).limit(1)
        workshop_id = self._session.scalar(own)
        if workshop_id is not None:
            self._session.execute(
                update(Note)
                .where(Note.join_id == join.id)
                .values(group_name=join.group, revision=next_revision(self._session, workshop_id))
            )

    def _write_notes(self) -> None:
        touched = [note for note in self._notes.values() if note.is_new or note.changed]
        by_room: dict[uuid.UUID, list[_Note]] = {}
        for note in touched:
            by_room.setdefault(note.workshop_id, []).append(note)
        for workshop_id, notes in by_room.items():
            revision = next_revision(self._session, workshop_id)
            for place, note in enumerate(notes):
                note.values["revision"] = revision
                if note.is_new:
                    note.values["position"] = revision + place / len(notes)
        new = [note.values for note in touched if note.is_new]
        if new:
            self._session.execute(insert(Note), new)
        changed = [
            {f"new_{name}": note.values[name] for name in ("id", *_CHANGED)}
            for note in touched
            if not note.is_new
        ]
        if changed:
            self._session.connection().execute(_CHANGE, changed)

    def _write_dots(self) -> None:
        if not self._dots:
            return
        put_before = tuple_(NoteDots.block_id, NoteDots.join_id).in_(list(self._dots))
        touched = set(self._session.scalars(select(NoteDots.note_id).where(put_before)))
        self._session.execute(delete(NoteDots).where(put_before))
        rows = [
            {"block_id": block, "join_id": join, "note_id": note, "dots": number}
            for (block, join), dots in self._dots.items()
            for note, number in dots.items()
        ]
        if rows:
            self._session.execute(insert(NoteDots), rows)
        self._tell_of_dots(touched.union(*self._dots.values()))

    def _tell_of_dots(self, notes: set[uuid.UUID]) -> None:
        """Let whoever follows the boards see how many dots these notes have now."""
        dotted = {block for block, _ in self._dots}
        for room in self._rooms.values():
            if dotted.intersection(room.blocks):
                self._session.execute(
                    update(Note)
                    .where(Note.workshop_id == room.id, Note.id.in_(notes))
                    .values(revision=next_revision(self._session, room.id))
                )

    def _write_pulses(self) -> None:
        if not self._pulses:
            return
        known = set(self._session.scalars(select(Pulse.id).where(Pulse.id.in_(self._pulses))))
        for key, row in self._pulses.items():
            if key in known:
                self._session.execute(update(Pulse).where(Pulse.id == key).values(row))
        new = [row for key, row in self._pulses.items() if key not in known]
        if new:
            self._session.execute(insert(Pulse), new)
        for row in new:
            remember(self._session, None, Pulse(**row), "answered", now=self._now)


_CHANGED: Final = ("text", "hidden_at", "hidden_why", "revision")
_CHANGE: Final = (
    update(Note.__table__)  # type: ignore[arg-type]
    .where(Note.id == bindparam("new_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)


def _rooms(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, _Room]:
    """The workshops, locked, with their blocks, groups and numbers of notes. Four statements."""
    rows = session.execute(
        select(
            Workshop.id, Engagement.project_id, Workshop.state, Workshop.current_place,
            Workshop.phones_open, Workshop.ended_at,
        )
        .join(Engagement, Engagement.id == Workshop.id)
        .where(Workshop.id.in_(ids))
        .order_by(Workshop.id)
        .with_for_update(of=Workshop)
    )  # fmt: skip
    rooms = {row.id: _Room(*row) for row in rows}
    blocks = select(
        WorkshopBlock.id, WorkshopBlock.workshop_id, WorkshopBlock.place, WorkshopBlock.kind,
        WorkshopBlock.dots,
    ).where(WorkshopBlock.workshop_id.in_(rooms))  # fmt: skip
    for block in session.execute(blocks):
        rooms[block.workshop_id].blocks[block.id] = block
    invited = select(WorkshopInvitation.workshop_id, WorkshopInvitation.group_name)
    for workshop_id, group in session.execute(invited.where(WorkshopInvitation.workshop_id.in_(rooms))):
        rooms[workshop_id].groups.add(group)
    counted = select(Note.workshop_id, func.count()).where(Note.workshop_id.in_(rooms))
    for workshop_id, number in session.execute(counted.group_by(Note.workshop_id)):
        rooms[workshop_id].notes = number
    return rooms


def _joins(session: Session, batch: Iterable[HandedIn]) -> dict[tuple[uuid.UUID, str], _Join]:
    """Those of the batch who joined before, and how many notes they wrote."""
    rows = session.execute(
        select(
            WorkshopJoin.workshop_id, WorkshopJoin.token_hash, WorkshopJoin.id, WorkshopJoin.group_name,
            func.count(Note.id).label("notes"),
        )
        .outerjoin(Note, Note.join_id == WorkshopJoin.id)
        .where(
            WorkshopJoin.workshop_id.in_({each.workshop_id for each in batch}),
            WorkshopJoin.token_hash.in_({each.token_hash for each in batch}),
        )
        .group_by(
            WorkshopJoin.workshop_id, WorkshopJoin.token_hash, WorkshopJoin.id, WorkshopJoin.group_name
        )
    )  # fmt: skip
    return {(row.workshop_id, row.token_hash): _Join(row.id, row.group_name, row.notes) for row in rows}


def _notes(
    session: Session, rooms: Mapping[uuid.UUID, _Room], batch: Iterable[HandedIn]
) -> dict[uuid.UUID, _Note]:
    """The notes of the batch that exist already. At most two statements."""
    keys = {rules.note_key(each.token_hash, each.form_key) for each in batch if isinstance(each, NoteIn)}
    keys |= {each.note_id for each in batch if isinstance(each, ChangeIn)}
    if not keys:
        return {}
    rows = session.execute(
        select(Note, WorkshopJoin.token_hash)
        .join(WorkshopJoin, WorkshopJoin.id == Note.join_id)
        .where(Note.id.in_(keys))
    ).all()
    if not rows:
        return {}
    stand_for_two = set(session.scalars(select(Note.merged_into).where(Note.merged_into.in_(keys))))
    found = {}
    for note, token_hash in rows:
        block = rooms[note.workshop_id].blocks[note.block_id] if note.workshop_id in rooms else None
        found[note.id] = _Note(
            note.workshop_id,
            token_hash,
            note.id in stand_for_two or block is None or is_held(note, block.kind),
            {name: getattr(note, name) for name in ("id", "text", "hidden_at", "hidden_why")},
        )
    return found


def _open_notes(session: Session, batch: Iterable[HandedIn]) -> dict[uuid.UUID, uuid.UUID]:
    """Of the notes that are given dots those that stand on a board, and on which."""
    keys = {note for each in batch if isinstance(each, DotsIn) for note in each.dots}
    if not keys:
        return {}
    standing = select(Note.id, Note.workshop_id).where(
        Note.id.in_(keys), Note.hidden_at.is_(None), Note.merged_into.is_(None)
    )
    return {note: workshop for note, workshop in session.execute(standing)}


def _prototypes(session: Session, batch: Iterable[HandedIn]) -> dict[uuid.UUID, uuid.UUID]:
    """The projects of the prototypes that worries name."""
    keys = {each.prototype_id for each in batch if isinstance(each, NoteIn) and each.prototype_id}
    if not keys:
        return {}
    rows = session.execute(select(Prototype.id, Prototype.project_id).where(Prototype.id.in_(keys)))
    return {prototype: project for prototype, project in rows}
