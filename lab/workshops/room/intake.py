"""Take in what phones send during a workshop: in batches, each item judged alone, each stored once.

The code of a workshop is the right to take part in it: whoever holds it needs no account.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import (
    Note,
    NoteDots,
    Pulse,
    WorkshopJoin,
)
from db.words import REACTIONS
from lab.engagements.rules import pulse
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, LabError, NotAllowed, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import change
from lab.workshops.board.changing import next_revision
from lab.workshops.board.rules import LONGEST_NOTE, MOST_NOTES, TAKEN_BACK
from lab.workshops.plan.rules import TAKES
from lab.workshops.room.batch import (
    Joined,
    LockedRoom,
    NoteOfBatch,
    joins_of,
    locked_rooms,
    notes_of,
    open_notes,
    projects_of_prototypes,
)
from lab.workshops.room.handed_in import (
    HELD,
    MOVED_ON,
    NO_ROOM,
    NOT_BEGUN,
    OTHER_ROOM,
    PULSE_OVER,
    REACTED_LATE,
    TAKES_NONE,
    ChangeIn,
    DotsIn,
    HandedIn,
    JoinIn,
    NoteIn,
    PulseIn,
    ReactionIn,
)
from lab.workshops.room.one_person import as_one_person, one_answer
from lab.workshops.room.reactions import count_reactions
from lab.workshops.room.rules import MOST_NOTES_OF_ONE, holds_notes, note_key, takes_pulse


def take_in(session: Session, batch: Sequence[HandedIn], *, now: dt.datetime) -> list[str | LabError]:
    """Take a batch in; for each the key of what it became (empty for a join or dots) or why it was refused.

    The workshops stay locked until the transaction ends, so a workshop that has ended takes nothing more
    in. The number of statements does not grow with the batch, save one for each workshop in it and one
    for each new pulse.
    """
    session.flush()  # what follows goes past the ORM
    batch = as_one_person(session, batch, now=now)
    taking = _Taking(session, batch, now)
    answers: list[str | LabError] = []
    for each in batch:
        try:
            answers.append(taking.take(each))
        except LabError as refusal:
            answers.append(refusal)
    taking.write()
    return answers


Dots = dict[tuple[uuid.UUID, uuid.UUID], Mapping[uuid.UUID, int]]


class _Taking:
    """A batch, with what it concerns: read once, judged one by one, written once."""

    def __init__(self, session: Session, batch: Sequence[HandedIn], now: dt.datetime) -> None:
        self._session, self._now = session, now
        self._rooms = locked_rooms(session, {each.workshop_id for each in batch})
        self._joins = joins_of(session, batch)
        self._notes = notes_of(session, self._rooms, batch)
        self._open_notes = open_notes(session, batch)
        self._prototypes = projects_of_prototypes(session, batch)
        self._dots: Dots = {}
        self._pulses: dict[uuid.UUID, dict[str, Any]] = {}
        self._reactions: Counter[tuple[uuid.UUID, str]] = Counter()
        self._ways: dict[type[HandedIn], Callable[[LockedRoom, Any], str]] = {
            JoinIn: self._join_in, NoteIn: self._note_in, ChangeIn: self._change_in,
            DotsIn: self._dots_in, PulseIn: self._pulse_in, ReactionIn: self._reaction_in,
        }  # fmt: skip

    def take(self, each: HandedIn) -> str:
        room = self._rooms.get(each.workshop_id)
        if room is None:
            raise NotFound(NO_ROOM)
        return self._ways[type(each)](room, each)

    def _join_in(self, room: LockedRoom, each: JoinIn) -> str:
        if room.state not in ("planned", "running"):
            raise WrongTransition("The workshop is over.")
        group = each.group or None
        if each.says_group and group is not None and group not in room.groups:
            raise Invalid("Please choose one of the groups shown.", field="group")
        join = self._joined(room, each)
        if each.says_group and join.group != group:
            join.group, join.changed = group, True
        return ""

    def _joined(self, room: LockedRoom, each: HandedIn) -> Joined:
        """Whoever hands something in has joined."""
        key = (each.workshop_id, each.token_hash)
        join = self._joins.get(key)
        if join is None:
            group = each.group if each.stakeholder_id or isinstance(each, JoinIn) else None
            join = self._joins[key] = Joined(new_key(), group or None)
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

    def _note_in(self, room: LockedRoom, each: NoteIn) -> str:
        room.guard_running()
        block = room.block(each.block_id)
        kind = TAKES.get(block.kind)
        if kind is None:
            raise WrongTransition(TAKES_NONE)
        if not each.form_key:
            raise Invalid(OTHER_ROOM)
        words = text.paragraph(each.words, "Your note", limit=LONGEST_NOTE)
        key = note_key(each.token_hash, each.form_key)
        if each.phone_hash and note_key(each.phone_hash, each.form_key) in self._notes:
            key = note_key(each.phone_hash, each.form_key)  # sent before signing in
        if key in self._notes:
            return self._sent_again(self._notes[key], key, words)
        importance = self._importance(each, kind)
        about = self._about(room, each, kind)
        join = self._joined(room, each)
        if room.notes >= MOST_NOTES:
            raise Invalid(f"The board is full: it holds {MOST_NOTES:,} notes. Please tell a host.")
        if join.notes >= MOST_NOTES_OF_ONE:
            raise Invalid(f"You have written {MOST_NOTES_OF_ONE} notes, the most that one phone may.")
        room.notes += 1
        join.notes += 1
        values = {
            "id": key, "workshop_id": room.id, "block_id": block.id, "kind": kind, "text": words,
            "join_id": join.id, "group_name": join.group, "written_at": self._now,
            "source": "account" if each.stakeholder_id else "phone",
            "importance": importance, "prototype_id": about, "hidden_at": None, "hidden_why": "",
            "waits": holds_notes(room.holds, room.people),
        }  # fmt: skip
        self._notes[key] = NoteOfBatch(room.id, each.token_hash, False, values, is_new=True)
        return str(key)

    def _sent_again(self, note: NoteOfBatch, key: uuid.UUID, words: str) -> str:
        if note.values["text"] != words and note.values["hidden_why"] != TAKEN_BACK:
            self._reword(note, words)
        return str(key)

    def _importance(self, each: NoteIn, kind: str) -> int | None:
        if kind != "expectation" or each.importance is None:
            return None
        return text.number(each.importance, "How much it matters", 1, 5)

    def _about(self, room: LockedRoom, each: NoteIn, kind: str) -> uuid.UUID | None:
        if kind != "worry" or each.prototype_id is None:
            return None
        if self._prototypes.get(each.prototype_id) != room.project_id:
            raise Invalid("Please choose one of the prototypes shown.", field="prototype")
        return each.prototype_id

    def _change_in(self, room: LockedRoom, each: ChangeIn) -> str:
        room.guard_running(open_phones=each.words is not None)
        note = self._notes.get(each.note_id)
        if note is None or note.workshop_id != room.id or note.token_hash != each.token_hash:
            raise NotAllowed("This note is not one of yours.")
        if each.words is not None:
            words = text.paragraph(each.words, "Your note", limit=LONGEST_NOTE)
            if words != note.values["text"]:
                self._reword(note, words)
        elif note.values["hidden_why"] != TAKEN_BACK:
            self._guard_free(note)
            note.values |= {"text": "", "hidden_at": self._now, "hidden_why": TAKEN_BACK}
            note.changed = True
        return str(each.note_id)

    def _reword(self, note: NoteOfBatch, words: str) -> None:
        self._guard_free(note)
        note.values["text"] = words
        note.changed = True

    def _guard_free(self, note: NoteOfBatch) -> None:
        if note.is_held or note.values["hidden_at"] is not None:
            raise WrongTransition(HELD)

    def _dots_in(self, room: LockedRoom, each: DotsIn) -> str:
        room.guard_running()
        block = room.block(each.block_id)
        if block.kind != "dots" or block.place != room.current_place:
            raise WrongTransition(MOVED_ON)
        dots = {note: number for note, number in each.dots.items() if number}
        if any(number < 0 for number in dots.values()) or sum(dots.values()) > block.dots:
            raise Invalid(
                f"You have {text.quantity(block.dots, 'dot')} in all. Please take some back.", field="dots"
            )
        for note in dots:
            if self._open_notes.get(note) != room.id:
                raise Invalid("A note you chose is no longer on the board. Please look at the notes again.")
        self._dots[(block.id, self._joined(room, each).id)] = dots
        return ""

    def _pulse_in(self, room: LockedRoom, each: PulseIn) -> str:
        if room.state == "planned":
            raise WrongTransition(NOT_BEGUN)
        if each.block_id is not None:
            if room.block(each.block_id).kind != "pulse":
                raise Invalid(OTHER_ROOM)
        elif room.ended_at is None:
            raise WrongTransition("These two questions come at the end of the workshop.")
        if room.ended_at is not None and not takes_pulse(room.ended_at, self._now):
            raise WrongTransition(PULSE_OVER)
        key = one_answer(
            self._session,
            room.id,
            each.token_hash,
            each.phone_hash,
            str(each.block_id or "after"),
            now=self._now,
        )
        self._pulses[key] = {
            "id": key,
            "project_id": room.project_id,
            "engagement_id": room.id,
            "stakeholder_id": each.stakeholder_id,
            "answered_on": clock.today(self._session, self._now),
            **pulse(each.trust, each.difference, each.comment),
        }
        return str(key)

    def _reaction_in(self, room: LockedRoom, each: ReactionIn) -> str:
        room.guard_running()
        block = room.block(each.block_id)
        if block.place != room.current_place:
            raise WrongTransition(REACTED_LATE)
        self._joined(room, each)
        self._reactions[(block.id, text.chosen(each.word, REACTIONS, "Reaction"))] += 1
        return ""

    def write(self) -> None:
        """Store what was taken, joins first."""
        self._write_joins()
        self._write_notes()
        self._write_dots()
        self._write_pulses()
        count_reactions(self._session, self._reactions, self._now)

    def _write_joins(self) -> None:
        new = [join.row | {"group_name": join.group} for join in self._joins.values() if join.row]
        if new:
            self._session.execute(insert(WorkshopJoin), new)
        regrouped = [join for join in self._joins.values() if join.changed and not join.row]
        for join in regrouped:
            # rare: a group named later holds for earlier notes, too
            self._session.execute(
                update(WorkshopJoin).where(WorkshopJoin.id == join.id).values(group_name=join.group)
            )
            self._regroup(join)

    def _regroup(self, join: Joined) -> None:
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
        by_room: dict[uuid.UUID, list[NoteOfBatch]] = {}
        for note in touched:
            by_room.setdefault(note.workshop_id, []).append(note)
        for workshop_id, notes in by_room.items():
            revision = next_revision(self._session, workshop_id)
            for index, note in enumerate(notes):
                note.values["revision"] = revision
                if note.is_new:
                    note.values["position"] = revision + index / len(notes)
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
        """Give these notes a new revision, so that open boards show their dots."""
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
        known = {
            row.id: row for row in self._session.scalars(select(Pulse).where(Pulse.id.in_(self._pulses)))
        }
        for key, answered in known.items():
            if before := change(answered, **self._pulses[key]):
                before.pop("comment", None)  # words that somebody replaced are gone
                remember(self._session, None, answered, "edited", now=self._now, before=before)
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
