"""Wrap a workshop up: keep a draft, or confirm it and write the records down."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    Engagement,
    Note,
    Prototype,
    Workshop,
)
from lab.access.rights import Actor, require
from lab.engagements.commands import edit_engagement
from lab.foundation import clock, text
from lab.foundation.errors import Conflict, Invalid
from lab.foundation.events import remember
from lab.foundation.records import change, fetch
from lab.workshops.after.keeping import Keeping, set_mark
from lab.workshops.after.proposal import Mark, WrapUpChoices, attendance, counted_people, visible_notes
from lab.workshops.board.commands import write_note
from lab.workshops.plan.rules import guard_step


def keep_draft(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: WrapUpChoices, *, now: dt.datetime
) -> None:
    """Keep what has been typed so far: the marks and words for the hosts alone, until it is confirmed; who
    came and how it was, as what is known of the engagement."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    guard_step(workshop.state, "wrapped_up")
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    if before := _set_words(workshop, choices, clock.today(session, now)):
        remember(session, actor, workshop, "edited", now=now, before=before, derived=True)
    _guard_prototypes(session, engagement.project_id, choices.marks)
    for note in visible_notes(session, workshop_id):
        if mark := choices.marks.get(note.id):
            set_mark(session, actor, engagement.project_id, note, mark, now=now)
    _set_attendance(session, actor, engagement, choices, choices.came, now)


def add_promise(
    session: Session,
    actor: Actor,
    workshop_id: uuid.UUID,
    *,
    who: str,
    what: str,
    by: dt.date | None,
    now: dt.datetime,
) -> uuid.UUID:
    """Write down a promise that nobody put on the board: who does what by when. It stands there as a note of
    the hosts, and is kept with the others; without a name the lab made it."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    guard_step(workshop.state, "wrapped_up")
    key = write_note(session, actor, workshop_id, words=what, kind="promise", now=now)
    project = fetch(session, Engagement, workshop_id, "workshop").project_id
    note = session.get_one(Note, key)
    set_mark(session, actor, project, note, Mark("promise", promised_by=who, day=by), now=now)
    session.flush()
    return key


def confirm(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: WrapUpChoices, *, now: dt.datetime
) -> uuid.UUID:
    """Write down all that is kept, in the caller's one transaction; returns the project. Confirmed again, by
    another host, it changes nothing.

    Raises:
        WrongTransition: the workshop has not ended.
        Invalid: something cannot be kept as it stands; then nothing of it may be committed.
    """
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    if workshop.state == "wrapped_up":
        return engagement.project_id
    guard_step(workshop.state, "wrapped_up")
    if choices.hear_by is None:
        raise Invalid("Say by when those who took part will hear from you.", field="hear_by")
    notes = visible_notes(session, workshop_id)
    _guard_shown(notes, choices.shown)
    before = _set_words(workshop, choices, clock.today(session, now))
    _guard_prototypes(session, engagement.project_id, choices.marks)
    was = {
        "engagement": {
            "chaired_by": engagement.chaired_by,
            "sponsor_present": engagement.sponsor_present,
            "actual_influence": engagement.actual_influence,
            "people": counted_people(session, workshop_id),
        },
        "attended": {str(key): came for key, came in attendance(session, workshop_id).items()},
    }
    keeping = Keeping(session, actor, engagement, choices, now)
    keeping.contributions(notes)
    keeping.records(notes)
    came = {**choices.came, **keeping.groups_that_came}
    _set_attendance(session, actor, engagement, choices, came, now)
    workshop.state, workshop.wrapped_up_at = "wrapped_up", now
    workshop.wrapped_up_on = clock.today(session, now)
    workshop.revision += 1
    workshop.board_revision += 1  # boards that are still open hear that they are closed
    workshop.version += 1
    remember(
        session,
        actor,
        workshop,
        "wrapped_up",
        now=now,
        from_state="ended",
        to_state="wrapped_up",
        hear_by=choices.hear_by.isoformat(),
        before=before,
        wrote={"made": keeping.all_made(), "before": {**was, "stood_for": keeping.stood_for}},
    )
    session.flush()
    return engagement.project_id


def _set_words(workshop: Workshop, choices: WrapUpChoices, today: dt.date) -> dict[str, Any]:
    """Keep the words, and the day of the promise; returns that day before, where it differs."""
    workshop.heard = text.paragraph(choices.heard, "What we heard", required=False)
    workshop.what_next = text.paragraph(choices.what_next, "What happens next", required=False)
    day = choices.hear_by
    return change(workshop, hear_by=text.planned(day, today, "You will hear from us by") if day else None)


def _set_attendance(
    session: Session,
    actor: Actor,
    engagement: Engagement,
    choices: WrapUpChoices,
    came: Mapping[uuid.UUID, bool],
    now: dt.datetime,
) -> None:
    """Who came and how it was, where that differs from what is known."""
    people = {group: number for group, number in choices.people.items() if number}
    known = (engagement.chaired_by, engagement.sponsor_present, engagement.actual_influence)
    said = (choices.chaired_by, choices.sponsor_present, choices.actual_influence)
    recorded = (known, attendance(session, engagement.id), counted_people(session, engagement.id))
    if (said, dict(came), people) != recorded:
        edit_engagement(
            session,
            actor,
            engagement.id,
            version=engagement.version,
            title=engagement.title,
            chaired_by=choices.chaired_by,
            sponsor_present=choices.sponsor_present,
            actual_influence=choices.actual_influence,
            attended=came,
            people=people,
            now=now,
        )


def _guard_shown(notes: Sequence[Note], shown: frozenset[uuid.UUID] | None) -> None:
    """Refuse to keep a board that is another one than its host saw."""
    if shown is not None and shown != {note.id for note in notes if note.merged_into is None}:
        raise Conflict(
            "The board has changed since it was shown here. Nothing is kept yet: look at what is new, "
            "then keep it."
        )


def _guard_prototypes(session: Session, project_id: uuid.UUID, marks: Mapping[uuid.UUID, Mark]) -> None:
    named = {mark.prototype_id for mark in marks.values() if mark.prototype_id}
    own = select(Prototype.id).where(Prototype.project_id == project_id)
    if named and not named <= set(session.scalars(own)):
        raise Invalid("Choose a prototype of the same project.")
