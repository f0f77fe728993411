"""What is kept of a workshop: every visible note becomes a contribution, and what else it was marked to be.

A promise is kept as what it is. With a name and a day it is a recommendation that whoever is named has
accepted, due that day. With a name alone it is still to be asked: a draft. The lab's own is something
people were led to expect: an expectation within its power, of which it was said that it will be done.
A worry about no prototype stays a contribution, and can be seen there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import (
    Attendance,
    Cluster,
    Contribution,
    Engagement,
    Expectation,
    ForeseenRisk,
    GroupAttendance,
    Note,
    Project,
    Prototype,
    Recommendation,
    Sponsor,
    Stakeholder,
    Workshop,
    WorkshopJoin,
)
from db.words import GROUPS, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor, require
from lab.engagements.commands import edit_engagement
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    record_expectation,
    send_recommendation,
)
from lab.foundation import text
from lab.foundation.errors import Invalid, NotFound
from lab.foundation.events import remember
from lab.foundation.language import label
from lab.foundation.records import fetch
from lab.projects.commands import name_sponsor
from lab.prototypes.commands import foresee_risk
from lab.stakeholders.commands import add_stakeholder
from lab.workshops import rules

USUAL_IMPORTANCE: Final = 3
NEWS_DAYS: Final = 14
"""Days within which the screen proposes that people hear from the lab. Our own default."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one note is to become. `day` is when it is hoped for, or was promised for."""

    kind: str
    chosen: bool = False
    importance: int | None = None
    within_power: str | None = None
    said_back: str | None = None
    prototype_id: uuid.UUID | None = None
    promised_by: str = ""
    """Of a promise: who made it; empty where the lab did."""
    day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A visible note that stands for itself and those merged into it."""

    id: uuid.UUID
    text: str
    cluster: str
    group: str | None
    voices: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Proposal:
    """What there is to keep of a workshop, with what can be said already."""

    project_id: uuid.UUID
    title: str
    code: str
    state: str
    held_on: dt.date
    engagement_version: int
    notes: tuple[Proposed, ...]
    hidden: int
    people: Mapping[str, int]
    """People by group, as they joined."""
    known: tuple[tuple[uuid.UUID, str], ...]
    """Active stakeholders of the project by pseudonym."""
    came: frozenset[uuid.UUID]
    prototypes: tuple[tuple[uuid.UUID, str], ...]
    sponsors: tuple[str, ...]
    """Of the whole lab by name, the project's own first."""
    sponsor_present: bool | None
    chaired_by: str
    declared_influence: str | None
    actual_influence: str | None
    heard: str
    what_next: str
    hear_by: dt.date | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the hosts decided to keep. A note without a mark here keeps the one of the board."""

    hear_by: dt.date | None
    heard: str = ""
    what_next: str = ""
    marks: Mapping[uuid.UUID, Mark] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    came: Mapping[uuid.UUID, bool] = field(default_factory=dict)
    sponsor_present: bool | None = None
    chaired_by: str = ""
    actual_influence: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that a workshop's notes became."""

    kind: str
    id: uuid.UUID
    words: str


def proposal(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Proposal:
    """What there is to keep of a workshop. Ten statements, however many notes.

    Raises:
        NotFound: there is no such workshop.
    """
    require(actor, "workshop.run")
    workshop = session.get(Workshop, workshop_id)
    if workshop is None:
        raise NotFound("This workshop does not exist (any more).")
    engagement = session.get_one(Engagement, workshop_id)
    notes = _visible(session, workshop_id)
    clusters = _cluster_titles(session, workshop_id)
    voices: dict[uuid.UUID, int] = defaultdict(int)
    for note in notes:
        voices[note.merged_into or note.id] += 1
    hidden = select(func.count()).where(Note.workshop_id == workshop_id, Note.hidden_at.is_not(None))
    known = session.execute(
        select(Stakeholder.id, Stakeholder.pseudonym)
        .where(
            Stakeholder.project_id == engagement.project_id,
            Stakeholder.status == "active",
            Stakeholder.pseudonym.not_in([group_pseudonym(group) for group in GROUPS]),
        )
        .order_by(Stakeholder.pseudonym)
    )
    prototypes = session.execute(
        select(Prototype.id, Prototype.title)
        .where(Prototype.project_id == engagement.project_id)
        .order_by(Prototype.made_on.desc(), Prototype.id)
    )
    return Proposal(
        project_id=engagement.project_id,
        title=engagement.title,
        code=workshop.code,
        state=workshop.state,
        held_on=engagement.held_on,
        engagement_version=engagement.version,
        notes=tuple(
            Proposed(
                note.id, note.text, clusters.get(note.cluster_id, ""), note.group_name, voices[note.id],
                _marked(note),
            )
            for note in notes
            if note.merged_into is None
        ),
        hidden=session.scalar(hidden) or 0,
        people=_people(session, workshop_id),
        known=tuple((row.id, row.pseudonym) for row in known),
        came=_came(session, workshop_id),
        prototypes=tuple((row.id, row.title) for row in prototypes),
        sponsors=_sponsors(session, engagement.project_id),
        sponsor_present=engagement.sponsor_present,
        chaired_by=engagement.chaired_by,
        declared_influence=engagement.declared_influence,
        actual_influence=engagement.actual_influence,
        heard=workshop.heard,
        what_next=workshop.what_next,
        hear_by=workshop.hear_by,
    )  # fmt: skip


def keep_draft(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: Choices, *, now: dt.datetime
) -> None:
    """Keep what has been typed so far: the marks and words for the hosts alone, until it is confirmed; who
    came and how it was, as what is known of the engagement."""
    require(actor, "workshop.run")
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    rules.guard_step(workshop.state, "wrapped_up")
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    _set_words(workshop, choices, now)
    _guard_prototypes(session, engagement.project_id, choices.marks)
    for note in _visible(session, workshop_id):
        if mark := choices.marks.get(note.id):
            _set_mark(note, mark)
    _set_attendance(session, actor, engagement, choices, choices.came, now)


def confirm(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: Choices, *, now: dt.datetime
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
    rules.guard_step(workshop.state, "wrapped_up")
    if choices.hear_by is None:
        raise Invalid("Say by when those who took part will hear from you.", field="hear_by")
    _set_words(workshop, choices, now)
    _guard_prototypes(session, engagement.project_id, choices.marks)
    keeping = _Keeping(session, actor, engagement, choices, now)
    notes = _visible(session, workshop_id)
    keeping.contributions(notes)
    keeping.records(notes)
    came = {**choices.came, **keeping.groups_that_came}
    _set_attendance(session, actor, engagement, choices, came, now)
    workshop.state, workshop.wrapped_up_at = "wrapped_up", now
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
    )
    session.flush()
    return engagement.project_id


def kept(session: Session, actor: Actor, workshop_id: uuid.UUID) -> tuple[Kept, ...]:
    """What a workshop's notes became: expectations, foreseen risks, recommendations, chosen ideas. Four
    statements."""
    require(actor, "project.read")
    own = select(Note.contribution_id).where(
        Note.workshop_id == workshop_id, Note.contribution_id.is_not(None)
    )
    ideas = select(Contribution.id, Contribution.text).where(Contribution.id.in_(own), Contribution.chosen)
    found = [Kept("contribution", *row) for row in session.execute(ideas.order_by(Contribution.id))]
    expected = select(Expectation.id, Expectation.statement).where(Expectation.contribution_id.in_(own))
    feared = select(ForeseenRisk.id, ForeseenRisk.statement).where(ForeseenRisk.contribution_id.in_(own))
    asked = select(Recommendation.id, Recommendation.title).where(Recommendation.contribution_id.in_(own))
    found += [Kept("expectation", *row) for row in session.execute(expected.order_by(Expectation.id))]
    found += [Kept("foreseen_risk", *row) for row in session.execute(feared.order_by(ForeseenRisk.id))]
    found += [Kept("recommendation", *row) for row in session.execute(asked.order_by(Recommendation.id))]
    return tuple(found)


class _Keeping:
    """Turns the notes of one workshop into the project's records."""

    def __init__(
        self, session: Session, actor: Actor, engagement: Engagement, choices: Choices, now: dt.datetime
    ) -> None:
        self.session, self.actor, self.choices, self.now = session, actor, choices, now
        self.project_id, self.workshop_id, self.day = engagement.project_id, engagement.id, engagement.held_on
        self.clusters = _cluster_titles(session, engagement.id)
        self.voices: dict[uuid.UUID, dict[uuid.UUID | None, Note]] = defaultdict(dict)
        """Of each note that stands for several: by who said it, the first note in which they did."""
        self.groups_that_came: dict[uuid.UUID, bool] = {}
        """The stakeholders that stand for groups, and whether anybody of them came."""

    def contributions(self, notes: Sequence[Note]) -> None:
        """Every voice is kept, also those that were merged."""
        people = self._stakeholders(notes)
        rows = []
        for note in notes:
            if mark := self.choices.marks.get(note.id):
                _set_mark(note, mark)
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
                    said_on=self.day,
                )
            )
        self.session.add_all(rows)
        self.session.flush()
        for row in rows:
            remember(self.session, self.actor, row, "said", now=self.now, on=self.day)
            if row.chosen:
                remember(self.session, self.actor, row, "chosen", now=self.now)
        self.session.flush()

    def records(self, notes: Sequence[Note]) -> None:
        """What else each note is. Of notes that say the same there is one record for each who said it."""
        for note in notes:
            if note.merged_into is not None:
                continue
            mark = self.choices.marks.get(note.id) or _marked(note)
            if mark.kind == "expectation":
                self._expectation(note, mark)
            elif mark.kind == "worry" and mark.prototype_id:
                self._worry(note, mark.prototype_id)
            elif mark.kind == "promise":
                self._promise(note, mark)

    def _expectation(self, note: Note, mark: Mark) -> None:
        if mark.within_power is None:
            raise Invalid(f"Say whether this is within our power: “{text.shortened(note.text)}”")
        for whose, voice in self.voices[note.id].items():
            record_expectation(
                self.session,
                self.actor,
                self.project_id,
                statement=voice.text,
                importance=mark.importance or USUAL_IMPORTANCE,
                within_power=mark.within_power,
                said_back=mark.said_back,
                hoped_for=mark.day,
                stakeholder_id=whose,
                contribution_id=voice.contribution_id,
                recorded_on=self.day,
                now=self.now,
            )

    def _worry(self, note: Note, prototype_id: uuid.UUID) -> None:
        for whose, voice in self.voices[note.id].items():
            risk_id = foresee_risk(
                self.session,
                self.actor,
                prototype_id,
                statement=voice.text,
                stakeholder_id=whose,
                raised_on=self.day,
                now=self.now,
            )
            risk = fetch(self.session, ForeseenRisk, risk_id, "foreseen risk")
            risk.contribution_id = voice.contribution_id

    def _promise(self, note: Note, mark: Mark) -> None:
        if not mark.promised_by.strip():
            own = Mark("expectation", False, mark.importance, "yes", "will", day=mark.day)
            self._expectation(note, own)
            return
        key = draft_recommendation(
            self.session,
            self.actor,
            self.project_id,
            title=text.shortened(note.text, 120),
            words=note.text,
            sponsor_id=name_sponsor(self.session, self.actor, mark.promised_by, self.now),
            importance=mark.importance or USUAL_IMPORTANCE,
            due=mark.day,
            recorded_on=self.day,
            now=self.now,
        )
        fetch(self.session, Recommendation, key, "recommendation").contribution_id = note.contribution_id
        if mark.day is None:
            return
        send_recommendation(self.session, self.actor, key, on=self.day, now=self.now)
        answer_recommendation(
            self.session, self.actor, key, answer="accepted", reason="Promised in the workshop",
            on=self.day, due=mark.day, now=self.now,
        )  # fmt: skip

    def _stakeholders(self, notes: Sequence[Note]) -> dict[uuid.UUID, uuid.UUID | None]:
        """Whose each note is: of an account, its stakeholder; else of the group in this workshop."""
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
                if row is not None:
                    row.people = max(row.people, people)
                found[group] = row.id if row else self._new_group(group, people)
                self.groups_that_came[found[group]] = True
            elif row is not None and row.status == "active":
                self.groups_that_came[row.id] = False
        return found

    def _new_group(self, group: str, people: int) -> uuid.UUID:
        return add_stakeholder(
            self.session, self.actor, self.project_id,
            pseudonym=group_pseudonym(group), group=group, people=max(1, people),
            joined_on=self.day, now=self.now,
        )  # fmt: skip


def group_pseudonym(group: str) -> str:
    """The pseudonym under which a stakeholder group is known from workshops."""
    return f"{label(group)}, in workshops"


def _set_words(workshop: Workshop, choices: Choices, now: dt.datetime) -> None:
    workshop.heard = text.paragraph(choices.heard, "What we heard", required=False)
    workshop.what_next = text.paragraph(choices.what_next, "What happens next", required=False)
    day = choices.hear_by
    workshop.hear_by = text.planned(day, now.date(), "You will hear from us by") if day else None


def _set_attendance(
    session: Session,
    actor: Actor,
    engagement: Engagement,
    choices: Choices,
    came: Mapping[uuid.UUID, bool],
    now: dt.datetime,
) -> None:
    """Who came and how it was, where that differs from what is known."""
    people = {group: number for group, number in choices.people.items() if number}
    known = (engagement.chaired_by, engagement.sponsor_present, engagement.actual_influence)
    said = (choices.chaired_by, choices.sponsor_present, choices.actual_influence)
    recorded = (known, _attendance(session, engagement.id), _counted(session, engagement.id))
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


def _marked(note: Note) -> Mark:
    """What the board says that a note is."""
    return Mark(
        kind=note.kind,
        chosen=note.chosen,
        importance=note.importance,
        within_power=note.within_power or ("partly" if note.kind == "expectation" else None),
        said_back=note.said_back,
        prototype_id=note.prototype_id,
        promised_by=note.promised_by,
        day=note.promised_for,
    )


def _set_mark(note: Note, mark: Mark) -> None:
    note.kind = text.chosen(mark.kind, NOTE_KINDS, "Kind")
    note.chosen = mark.chosen
    note.importance = mark.importance and text.number(mark.importance, "Importance", 1, 5)
    note.within_power = text.chosen_or_none(mark.within_power, WITHIN_POWER, "Within our power")
    note.said_back = text.chosen_or_none(mark.said_back, SAID_BACK, "Said back")
    note.prototype_id = mark.prototype_id
    note.promised_by = text.line(mark.promised_by, "Promised by", required=False)
    note.promised_for = mark.day


def _guard_prototypes(session: Session, project_id: uuid.UUID, marks: Mapping[uuid.UUID, Mark]) -> None:
    named = {mark.prototype_id for mark in marks.values() if mark.prototype_id}
    own = select(Prototype.id).where(Prototype.project_id == project_id)
    if named and not named <= set(session.scalars(own)):
        raise Invalid("Choose a prototype of the same project.")


def _visible(session: Session, workshop_id: uuid.UUID) -> Sequence[Note]:
    return session.scalars(
        select(Note)
        .outerjoin(Cluster, Cluster.id == Note.cluster_id)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None))
        .order_by(Cluster.place.is_(None), Cluster.place, Note.position, Note.id)
    ).all()


def _cluster_titles(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID | None, str]:
    rows = session.execute(select(Cluster.id, Cluster.title).where(Cluster.workshop_id == workshop_id))
    return {key: title for key, title in rows}


def _sponsors(session: Session, project_id: uuid.UUID) -> tuple[str, ...]:
    own = select(Project.sponsor_id).where(Project.id == project_id).scalar_subquery()
    return tuple(session.scalars(select(Sponsor.name).order_by(Sponsor.id != own, Sponsor.name)))


def _people(session: Session, workshop_id: uuid.UUID) -> dict[str, int]:
    """How many of each group came: as the hosts counted, else as they joined."""
    joined = (
        select(WorkshopJoin.group_name, func.sum(WorkshopJoin.people))
        .where(WorkshopJoin.workshop_id == workshop_id, WorkshopJoin.group_name.is_not(None))
        .group_by(WorkshopJoin.group_name)
    )
    return _counted(session, workshop_id) or {
        str(group): int(people) for group, people in session.execute(joined)
    }


def _counted(session: Session, workshop_id: uuid.UUID) -> dict[str, int]:
    rows = select(GroupAttendance.group_name, GroupAttendance.people).where(
        GroupAttendance.engagement_id == workshop_id
    )
    return {group: people for group, people in session.execute(rows)}


def _came(session: Session, workshop_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Who came of those the lab knows: as the hosts said, else those who joined as themselves."""
    recorded = _attendance(session, workshop_id)
    if recorded:
        return frozenset(key for key, was_there in recorded.items() if was_there)
    joined = select(WorkshopJoin.stakeholder_id).where(
        WorkshopJoin.workshop_id == workshop_id, WorkshopJoin.stakeholder_id.is_not(None)
    )
    return frozenset(key for key in session.scalars(joined) if key is not None)


def _attendance(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    rows = select(Attendance.stakeholder_id, Attendance.attended).where(
        Attendance.engagement_id == workshop_id
    )
    return {key: was_there for key, was_there in session.execute(rows)}
