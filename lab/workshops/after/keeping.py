"""Turn a workshop's notes into records: each visible note becomes a contribution, and what it is marked as.

A promise with a name and a day becomes an accepted recommendation to that person or body, due that day.
With a name alone it becomes a draft, still to be sent. Without a name the lab made it: it becomes an
expectation that was answered "will". A worry becomes a foreseen risk: of the project as a whole where it
names no prototype.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from db.keys import new_key
from db.models import (
    Contribution,
    Engagement,
    Note,
    NoteDots,
    Response,
    Sponsor,
    Stakeholder,
    WorkshopJoin,
)
from db.words import GROUPS, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    record_expectation,
    send_recommendation,
)
from lab.foundation import text
from lab.foundation.events import Subject, remember
from lab.foundation.records import change
from lab.projects.commands import name_sponsor
from lab.prototypes.commands import foresee_risk
from lab.stakeholders.commands import add_stakeholder, count_people
from lab.workshops.after.proposal import Mark, WrapUpChoices, cluster_titles, group_pseudonym, marked
from lab.workshops.board.marks import loggable
from lab.workshops.board.queries import dots_of


class Keeping:
    """Turns the notes of one workshop into the project's records."""

    def __init__(
        self, session: Session, actor: Actor, engagement: Engagement, choices: WrapUpChoices, now: dt.datetime
    ) -> None:
        self.session, self.actor, self.choices, self.now = session, actor, choices, now
        self.project_id, self.workshop_id, self.day = engagement.project_id, engagement.id, engagement.held_on
        self.clusters = cluster_titles(session, engagement.id)
        self.voices: dict[uuid.UUID, dict[uuid.UUID | None, Note]] = defaultdict(dict)
        """By standing note: each author's first note among those merged into it."""
        self.is_counted = any(choices.people.values())
        """Whether attendance was counted: only then did a group without a number stay away."""
        self.groups_that_came: dict[uuid.UUID, bool] = {}
        """Stakeholders that stand for groups, and whether anyone of the group came."""
        self.made: dict[str, list[uuid.UUID]] = defaultdict(list)
        """The keys of the records made, by table: an undo takes these back."""
        self.stood_for: dict[str, int] = {}
        """How many people a stakeholder stood for that now stands for more."""

    def contributions(self, notes: Sequence[Note]) -> None:
        """One contribution for each note, merged ones included."""
        people = self._stakeholders(notes)
        dots = dots_of(self.session, self.workshop_id, by_standing_note=True)
        rows = []
        for note in notes:
            if mark := self.choices.marks.get(note.id):
                set_mark(self.session, self.actor, self.project_id, note, mark, now=self.now)
            note.contribution_id = new_key()
            whose = people[note.id]
            self.voices[note.merged_into or note.id].setdefault(whose, note)
            rows.append(
                Contribution(
                    id=note.contribution_id,
                    project_id=self.project_id,
                    engagement_id=self.workshop_id,
                    stakeholder_id=whose,
                    text=note.text,
                    cluster=self.clusters.get(note.cluster_id, ""),
                    chosen=note.chosen and note.merged_into is None,
                    dots=dots.get(note.id),
                    said_on=self.day,
                )
            )
        self.session.add_all(rows)
        self.session.flush()
        self.made["contribution"] = [row.id for row in rows]
        for note, row in zip(notes, rows, strict=True):
            remember(self.session, self.actor, row, "said", now=self.now, on=self.day, note=str(note.id))
            if row.chosen:
                remember(self.session, self.actor, row, "chosen", now=self.now)
        self.session.flush()

    def records(self, notes: Sequence[Note]) -> None:
        """The expectation, worry or promise behind each note; merged notes give one for each author."""
        for note in notes:
            if note.merged_into is not None:
                continue
            mark = self.choices.marks.get(note.id) or marked(note)
            if mark.kind == "expectation":
                self._expectation(note, mark)
            elif mark.kind == "worry":
                self._worry(note, mark.prototype_id)
            elif mark.kind == "promise":
                self._promise(note, mark)

    def all_made(self) -> dict[str, list[str]]:
        """The keys of the records made, by table, as the event log keeps them."""
        answers = select(Response.id).where(Response.recommendation_id.in_(self.made["recommendation"]))
        made = {**self.made, "response": self.session.scalars(answers).all()}
        return {table: [str(key) for key in keys] for table, keys in made.items()}

    def _expectation(self, note: Note, mark: Mark) -> None:
        for whose, voice in self.voices[note.id].items():
            key = record_expectation(
                self.session,
                self.actor,
                self.project_id,
                statement=voice.text,
                importance=mark.importance,
                within_power=mark.within_power,
                said_back=mark.said_back,
                hoped_for=mark.day,
                stakeholder_id=whose,
                contribution_id=voice.contribution_id,
                recorded_on=self.day,
                now=self.now,
            )
            self.made["expectation"].append(key)

    def _worry(self, note: Note, prototype_id: uuid.UUID | None) -> None:
        for whose, voice in self.voices[note.id].items():
            key = foresee_risk(
                self.session,
                self.actor,
                self.project_id,
                prototype_id=prototype_id,
                statement=voice.text,
                stakeholder_id=whose,
                contribution_id=voice.contribution_id,
                raised_on=self.day,
                now=self.now,
            )
            self.made["foreseen_risk"].append(key)

    def _promise(self, note: Note, mark: Mark) -> None:
        if not mark.promised_by.strip():
            own = replace(mark, kind="expectation", said_back="will")
            self._expectation(note, own)
            return
        key = draft_recommendation(
            self.session,
            self.actor,
            self.project_id,
            title=text.shortened(note.text, 120),
            words=note.text,
            sponsor_id=self._sponsor(mark.promised_by),
            importance=mark.importance,
            due=mark.day,
            contribution_id=note.contribution_id,
            recorded_on=self.day,
            now=self.now,
        )
        self.made["recommendation"].append(key)
        if mark.day is None:
            return
        send_recommendation(self.session, self.actor, key, on=self.day, now=self.now)
        answer_recommendation(
            self.session, self.actor, key, answer="accepted", reason="Promised in the workshop",
            on=self.day, due=mark.day, now=self.now,
        )  # fmt: skip

    def _sponsor(self, name: str) -> uuid.UUID:
        known = self.session.scalars(select(Sponsor.id)).all()
        key = name_sponsor(self.session, self.actor, name, self.now)
        if key not in known:
            self.made["sponsor"].append(key)
        return key

    def _stakeholders(self, notes: Sequence[Note]) -> dict[uuid.UUID, uuid.UUID | None]:
        """Each note's stakeholder: the account's, else the one that stands for the author's group."""
        own = {
            row.id: row.stakeholder_id
            for row in self.session.execute(
                select(WorkshopJoin.id, WorkshopJoin.stakeholder_id).where(
                    WorkshopJoin.workshop_id == self.workshop_id, WorkshopJoin.stakeholder_id.is_not(None)
                )
            )
        }
        spoke = {note.group_name for note in notes if note.group_name and note.join_id not in own}
        of_group = self._groups(spoke)
        return {
            note.id: (own.get(note.join_id) if note.join_id else None) or of_group.get(note.group_name or "")
            for note in notes
        }

    def _groups(self, spoke: set[str]) -> dict[str, uuid.UUID]:
        """The stakeholders that stand for groups in the project's workshops: one for each, made when it first
        comes, so that the same people are not counted again with every workshop."""
        standing = {
            row.pseudonym: row
            for row in self.session.scalars(
                select(Stakeholder).where(
                    Stakeholder.project_id == self.project_id,
                    Stakeholder.pseudonym.in_([group_pseudonym(group) for group in GROUPS]),
                )
            )
        }
        found: dict[str, uuid.UUID] = {}
        for group in GROUPS:
            row, people = standing.get(group_pseudonym(group)), self.choices.people.get(group, 0)
            if group in spoke or people:
                if row is not None and people > row.people:
                    self.stood_for[str(row.id)] = row.people
                    count_people(self.session, self.actor, row.id, people=people, now=self.now)
                found[group] = row.id if row else self._new_group(group, people)
                self.groups_that_came[found[group]] = True
            elif row is not None and row.status == "active" and self.is_counted:
                self.groups_that_came[row.id] = False
        return found

    def _new_group(self, group: str, people: int) -> uuid.UUID:
        key = add_stakeholder(
            self.session, self.actor, self.project_id,
            pseudonym=group_pseudonym(group), group=group, people=max(1, people),
            joined_on=self.day, now=self.now,
        )  # fmt: skip
        self.made["stakeholder"].append(key)
        return key


def keep_dots(session: Session) -> None:
    """Give contributions that were imported without their dots those of the notes that they came from. One
    statement."""
    standing = aliased(Note)
    put = (
        select(func.sum(NoteDots.dots))
        .join(Note, Note.id == NoteDots.note_id)
        .join(standing, standing.id == func.coalesce(Note.merged_into, Note.id))
        .where(standing.contribution_id == Contribution.id, standing.hidden_at.is_(None))
        .scalar_subquery()
    )
    came = select(Note.contribution_id).where(Note.contribution_id.is_not(None))
    session.execute(
        update(Contribution)
        .where(Contribution.dots.is_(None), Contribution.id.in_(came))
        .values(dots=put)
        .execution_options(synchronize_session=False)
    )


def set_mark(
    session: Session, actor: Actor, project_id: uuid.UUID, note: Note, mark: Mark, *, now: dt.datetime
) -> None:
    """Mark a note as the wrap-up says; the event log keeps the earlier marks."""
    marks = {
        "kind": text.chosen(mark.kind, NOTE_KINDS, "Kind"),
        "chosen": mark.chosen,
        "importance": mark.importance and text.number(mark.importance, "Importance", 1, 5),
        "within_power": text.chosen_or_none(mark.within_power, WITHIN_POWER, "Within our power"),
        "said_back": text.chosen_or_none(mark.said_back, SAID_BACK, "Said back"),
        "prototype_id": mark.prototype_id,
        "promised_by": text.line(mark.promised_by, "Promised by", required=False),
        "promised_for": mark.day,
    }
    if before := change(note, **marks):
        changed = {name: marks[name] for name in before}
        remember(
            session, actor, Subject("note", note.id, project_id), "marked", now=now, derived=True,
            before=loggable(before), marks=loggable(changed),
        )  # fmt: skip
