"""After the room has gone: what is proposed to be kept of a workshop, and keeping it, all at once or nothing.

Every note that was not hidden becomes a contribution, under its cluster and its group. What a note was marked
to be becomes that too: an expectation, a foreseen risk, an idea that was chosen, or a promise. A promise is
a recommendation to whoever made it: promised in the room it is accepted already, with its date; otherwise it
is a draft of what the lab will ask. So it stalls, counts and is replied to like all that was promised. The
report is a reply to those who took part, and names the day by which they hear more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Attendance,
    Cluster,
    Engagement,
    ForeseenRisk,
    Note,
    NoteDots,
    Project,
    Prototype,
    Recommendation,
    Sponsor,
    Stakeholder,
    Workshop,
    WorkshopInvitation,
    WorkshopJoin,
)
from db.words import GROUPS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor, require
from lab.engagements.commands import (
    add_contribution,
    choose_contribution,
    count_groups,
    edit_engagement,
)
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    record_expectation,
    reply_to_people,
    send_recommendation,
)
from lab.foundation import text
from lab.foundation.errors import Invalid, NotFound, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import fetch
from lab.projects.commands import name_sponsor
from lab.prototypes.commands import foresee_risk
from lab.stakeholders.commands import add_stakeholder
from lab.workshops import board, rules, words

IMPORTANCE: Final = 3
"""Of an expectation for which nobody said one."""
HEAR_WITHIN: Final = 28
"""Days after a workshop within which people are proposed to hear what became of it."""
DECISIONS: Final = "Decisions"
"""The cluster of decisions that lay in none."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One note as it lies on the board, with how it was marked."""

    note_id: uuid.UUID
    text: str
    kind: str
    cluster: str
    group: str | None
    chosen: bool
    dots: int
    importance: int | None
    within_power: str | None
    said_back: str | None
    prototype_id: uuid.UUID | None
    promised_by: str
    promised_for: dt.date | None
    merged_into: uuid.UUID | None

    @property
    def stands(self) -> bool:
        """Whether it stands for itself, and for those merged into it."""
        return self.merged_into is None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a workshop would leave behind, as far as its board says."""

    workshop_id: uuid.UUID
    project_id: uuid.UUID
    title: str
    held_on: dt.date
    code: str
    state: str
    voices: tuple[Voice, ...]
    """Every note that is not hidden, in the order of the board."""
    hidden: int
    joined: Mapping[str, int]
    """People by group, as far as they said which: phones, accounts, and those counted in on paper."""
    joined_without_group: int
    hoped_for: Mapping[str, int]
    came: Mapping[uuid.UUID, bool]
    """Stakeholders known by pseudonym: whether they joined by account, or were recorded already."""
    known: tuple[tuple[uuid.UUID, str], ...]
    """Stakeholders of the project who may have come, with their pseudonym."""
    prototypes: tuple[tuple[uuid.UUID, str], ...]
    sponsor: str
    """The project's, who is proposed as the one who promised."""
    chaired_by: str
    sponsor_present: bool | None
    declared_influence: str | None
    actual_influence: str | None
    heard: str
    what_next: str
    hear_by: dt.date

    def of_kind(self, kind: str) -> tuple[Voice, ...]:
        """The notes of a kind that stand for themselves."""
        return tuple(each for each in self.voices if each.kind == kind and each.stands)

    def voices_of(self, note_id: uuid.UUID) -> int:
        """How many notes one stands for, itself included."""
        return 1 + sum(each.merged_into == note_id for each in self.voices)


@dataclass(frozen=True, slots=True)
class KeptExpectation:
    """An expectation that is confirmed, and what was said back."""

    note_id: uuid.UUID
    within_power: str
    importance: int = IMPORTANCE
    said_back: str | None = None
    hoped_for: dt.date | None = None


@dataclass(frozen=True, slots=True)
class KeptWorry:
    """A worry, and the prototype that it is about."""

    note_id: uuid.UUID
    prototype_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class KeptPromise:
    """A promise: by whom, for when, and whether it was given in the room or is to be asked for."""

    note_id: uuid.UUID
    promised_by: str
    promised_for: dt.date | None
    was_given: bool = True


@dataclass(frozen=True, slots=True)
class Choices:
    """What a host keeps of a proposal."""

    expectations: Sequence[KeptExpectation] = ()
    chosen: frozenset[uuid.UUID] = frozenset()
    worries: Sequence[KeptWorry] = ()
    promises: Sequence[KeptPromise] = ()
    people: Mapping[str, int] = field(default_factory=dict)
    """How many of each group came."""
    came: Mapping[uuid.UUID, bool] = field(default_factory=dict)
    chaired_by: str = ""
    sponsor_present: bool | None = None
    actual_influence: str | None = None
    heard: str = ""
    what_next: str = ""
    hear_by: dt.date | None = None


def proposal(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Proposal:
    """What there is to keep of a workshop. Ten statements, however many notes there are."""
    require(actor, "workshop.run")
    found = session.execute(
        select(Workshop, Engagement, Project, Sponsor.name)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(Workshop.id == workshop_id)
    ).first()
    if found is None:
        raise NotFound("This workshop does not exist (any more).")
    workshop, engagement, project, sponsor = found
    voices = _voices(session, workshop_id)
    hidden = session.scalar(
        select(func.count()).where(Note.workshop_id == workshop_id, Note.hidden_at.is_not(None))
    )
    joined = dict(
        session.execute(
            select(WorkshopJoin.group_name, func.sum(WorkshopJoin.people))
            .where(WorkshopJoin.workshop_id == workshop_id)
            .group_by(WorkshopJoin.group_name)
        ).all()
    )
    known = session.execute(
        select(Stakeholder.id, Stakeholder.pseudonym)
        .where(
            Stakeholder.project_id == project.id,
            Stakeholder.status == "active",
            Stakeholder.pseudonym.not_in([words.group_pseudonym(group) for group in GROUPS]),
        )
        .order_by(Stakeholder.pseudonym)
    ).all()
    return Proposal(
        workshop_id=workshop_id,
        project_id=project.id,
        title=engagement.title,
        held_on=engagement.held_on,
        code=workshop.code,
        state=workshop.state,
        voices=voices,
        hidden=hidden or 0,
        joined={group: joined[group] for group in GROUPS if group in joined},
        joined_without_group=joined.get(None, 0),
        hoped_for=dict(
            session.execute(
                select(WorkshopInvitation.group_name, WorkshopInvitation.hoped_for).where(
                    WorkshopInvitation.workshop_id == workshop_id
                )
            ).all()
        ),
        came=_came(session, workshop_id),
        known=tuple((key, pseudonym) for key, pseudonym in known),
        prototypes=tuple(
            (key, title)
            for key, title in session.execute(
                select(Prototype.id, Prototype.title)
                .where(Prototype.project_id == project.id)
                .order_by(Prototype.made_on.desc(), Prototype.id)
            )
        ),
        sponsor=sponsor or "",
        chaired_by=engagement.chaired_by,
        sponsor_present=engagement.sponsor_present,
        declared_influence=engagement.declared_influence,
        actual_influence=engagement.actual_influence,
        heard=workshop.heard or words.what_we_heard([(each.cluster, each.kind) for each in voices]),
        what_next=workshop.what_next,
        hear_by=workshop.hear_by or engagement.held_on + dt.timedelta(days=HEAR_WITHIN),
    )


def _voices(session: Session, workshop_id: uuid.UUID) -> tuple[Voice, ...]:
    dots = (
        select(NoteDots.note_id, func.sum(NoteDots.dots).label("dots"))
        .join(Note, Note.id == NoteDots.note_id)
        .where(Note.workshop_id == workshop_id)
        .group_by(NoteDots.note_id)
        .subquery()
    )
    rows = session.execute(
        select(Note, Cluster.title, func.coalesce(dots.c.dots, 0))
        .outerjoin(Cluster, Cluster.id == Note.cluster_id)
        .outerjoin(dots, dots.c.note_id == Note.id)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None))
        .order_by(func.coalesce(Cluster.place, -1), Note.position, Note.id)
    )
    return tuple(
        Voice(
            note_id=note.id,
            text=note.text,
            kind=note.kind,
            cluster=title or "",
            group=note.group_name,
            chosen=note.chosen,
            dots=dotted,
            importance=note.importance,
            within_power=note.within_power,
            said_back=note.said_back,
            prototype_id=note.prototype_id,
            promised_by=note.promised_by,
            promised_for=note.promised_for,
            merged_into=note.merged_into,
        )
        for note, title, dotted in rows
    )


def _came(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    recorded = dict(
        session.execute(
            select(Attendance.stakeholder_id, Attendance.attended).where(
                Attendance.engagement_id == workshop_id
            )
        ).all()
    )
    joined = session.scalars(
        select(WorkshopJoin.stakeholder_id).where(
            WorkshopJoin.workshop_id == workshop_id, WorkshopJoin.stakeholder_id.is_not(None)
        )
    )
    return recorded | {key: True for key in joined if key is not None}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A workshop that has ended and waits for its wrap-up."""

    workshop_id: uuid.UUID
    title: str
    project: str
    held_on: dt.date


def to_wrap_up(session: Session, actor: Actor) -> list[Waiting]:
    """Workshops that wait for their wrap-up, the longest first; at most ten. One statement."""
    require(actor, "workshop.run")
    rows = session.execute(
        select(Workshop.id, Engagement.title, Project.title, Engagement.held_on)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .where(Workshop.state == "ended")
        .order_by(Engagement.held_on, Workshop.id)
        .limit(10)
    )
    return [Waiting(*row) for row in rows]


def save_draft(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: Choices, *, now: dt.datetime
) -> None:
    """Keep how far a wrap-up has come: the marks on the notes, and the words of the report. Nothing of it is
    a record yet."""
    require(actor, "workshop.run")
    workshop = _to_wrap_up(session, workshop_id)
    notes = _open_notes(session, workshop_id)
    revision = board.next_revision(session, workshop_id)
    marked: set[uuid.UUID] = set()
    for expectation in choices.expectations:
        note = _note(notes, expectation.note_id)
        note.kind = "expectation"
        note.within_power = text.chosen(expectation.within_power, WITHIN_POWER, "Within our power")
        note.importance = text.number(expectation.importance, "Importance", 1, 5)
        note.said_back = text.chosen_or_none(expectation.said_back, SAID_BACK, "What was said back")
        marked.add(note.id)
    for worry in choices.worries:
        note = _note(notes, worry.note_id)
        note.kind, note.prototype_id = "worry", worry.prototype_id
        marked.add(note.id)
    for promise in choices.promises:
        note = _note(notes, promise.note_id)
        note.kind = "promise"
        note.promised_by = text.line(promise.promised_by, "Who promised", required=False)
        note.promised_for = promise.promised_for
        marked.add(note.id)
    for note in notes.values():
        if note.chosen != (note.id in choices.chosen) and note.merged_into is None:
            note.chosen = not note.chosen
            marked.add(note.id)
    for key in marked:
        notes[key].revision = revision
    workshop.heard = text.paragraph(choices.heard, "What we heard", required=False)
    workshop.what_next = text.paragraph(choices.what_next, "What happens next", required=False)
    workshop.hear_by = choices.hear_by
    session.flush()


def confirm(
    session: Session, actor: Actor, workshop_id: uuid.UUID, choices: Choices, *, now: dt.datetime
) -> None:
    """Keep it all, in the caller's transaction: a refusal of any part leaves nothing behind.

    Raises:
        Invalid: the day by which people hear is missing, or something that was chosen cannot be kept.
        WrongTransition: the workshop is still running, or somebody else has wrapped it up.
    """
    save_draft(session, actor, workshop_id, choices, now=now)
    workshop = _to_wrap_up(session, workshop_id)
    engagement = fetch(session, Engagement, workshop_id, "workshop")
    if choices.hear_by is None:
        raise Invalid(
            "Say by when people will hear from you: it is the promise they take home.", field="hear_by"
        )
    text.planned(choices.hear_by, engagement.held_on, "The day by which people hear")
    heard = text.paragraph(choices.heard, "What we heard")
    keeping = _Keeping(session, actor, engagement, choices, now)
    keeping.attendance()
    keeping.contributions()
    keeping.expectations()
    keeping.worries()
    keeping.promises()
    reply_to_people(
        session,
        actor,
        engagement.project_id,
        what_happened=heard,
        what_next=workshop.what_next,
        how=words.report_of(engagement.title),
        next_news_on=choices.hear_by,
        told_on=now.date(),
        now=now,
    )
    workshop.state, workshop.wrapped_up_at = "wrapped_up", now
    workshop.revision += 1
    workshop.version += 1
    remember(
        session,
        actor_id=actor.account_id,
        project_id=engagement.project_id,
        subject=("workshop", workshop_id),
        verb="wrapped_up",
        now=now,
        from_state="ended",
        to_state="wrapped_up",
        hear_by=choices.hear_by.isoformat(),
    )
    session.flush()


class _Keeping:
    """One workshop's notes on their way into the thread."""

    def __init__(
        self, session: Session, actor: Actor, engagement: Engagement, choices: Choices, now: dt.datetime
    ) -> None:
        self.session, self.actor, self.choices, self.now = session, actor, choices, now
        self.engagement = engagement
        self.project_id, self.held_on = engagement.project_id, engagement.held_on
        self.notes = _open_notes(session, engagement.id)
        self.clusters = dict(
            session.execute(
                select(Cluster.id, Cluster.title).where(Cluster.workshop_id == engagement.id)
            ).all()
        )
        joins = session.execute(
            select(WorkshopJoin.id, WorkshopJoin.stakeholder_id).where(
                WorkshopJoin.workshop_id == engagement.id, WorkshopJoin.stakeholder_id.is_not(None)
            )
        )
        self.stakeholder_of_join: dict[uuid.UUID, uuid.UUID] = {
            join: stakeholder for join, stakeholder in joins if stakeholder is not None
        }
        self.groups: dict[str, uuid.UUID] = {}

    def attendance(self) -> None:
        """Who came, by group and by pseudonym. A group of a workshop is a stakeholder: those who are told."""
        spoke = {note.group_name for note in self.notes.values() if note.group_name}
        came = {group: number for group, number in self.choices.people.items() if number}
        known = {
            pseudonym: row
            for row in self.session.scalars(
                select(Stakeholder).where(Stakeholder.project_id == self.project_id)
            )
            if (pseudonym := row.pseudonym)
        }
        attended = dict(self.choices.came)
        for group in GROUPS:
            row = known.get(words.group_pseudonym(group))
            if group in spoke or group in came:
                people = max(came.get(group, 0), 1)
                if row is None:
                    key = add_stakeholder(
                        self.session, self.actor, self.project_id,
                        pseudonym=words.group_pseudonym(group), group=group, people=people,
                        joined_on=self.held_on, now=self.now,
                    )  # fmt: skip
                else:
                    key, row.people = row.id, max(row.people, people)
                self.groups[group] = attended_key = key
                attended[attended_key] = True
            elif row is not None and row.status == "active":
                attended[row.id] = False
        edit_engagement(
            self.session, self.actor, self.engagement.id,
            version=self.engagement.version, title=self.engagement.title,
            chaired_by=self.choices.chaired_by, sponsor_present=self.choices.sponsor_present,
            actual_influence=self.choices.actual_influence, attended=attended, now=self.now,
        )  # fmt: skip
        count_groups(self.session, self.actor, self.engagement.id, people=came, now=self.now)

    def contributions(self) -> None:
        """Every note, in the words it was written in."""
        for note in sorted(self.notes.values(), key=lambda note: (note.written_at, note.id)):
            cluster = self.clusters.get(note.cluster_id, "") if note.cluster_id else ""
            note.contribution_id = add_contribution(
                self.session, self.actor, self.project_id,
                words=note.text, stakeholder_id=self._who(note), engagement_id=self.engagement.id,
                cluster=cluster or (DECISIONS if note.kind == "decision" else ""),
                said_on=self.held_on, now=self.now,
            )  # fmt: skip
            if note.chosen:
                choose_contribution(self.session, self.actor, note.contribution_id, chosen=True, now=self.now)

    def expectations(self) -> None:
        """Each that is confirmed; where several voices were merged, once for each group that asked."""
        for kept in self.choices.expectations:
            for note in self._one_of_each_group(kept.note_id):
                record_expectation(
                    self.session, self.actor, self.project_id,
                    statement=note.text, importance=kept.importance, within_power=kept.within_power,
                    said_back=kept.said_back, hoped_for=kept.hoped_for, stakeholder_id=self._who(note),
                    contribution_id=note.contribution_id, recorded_on=self.held_on, now=self.now,
                )  # fmt: skip

    def worries(self) -> None:
        """Each about a prototype becomes a foreseen risk of it."""
        for kept in self.choices.worries:
            prototype = fetch(self.session, Prototype, kept.prototype_id, "prototype")
            if prototype.project_id != self.project_id:
                raise Invalid("A worry can only be about a prototype of the same project.", field="worries")
            for note in self._one_of_each_group(kept.note_id):
                key = foresee_risk(
                    self.session, self.actor, kept.prototype_id,
                    statement=note.text, stakeholder_id=self._who(note), raised_on=self.held_on, now=self.now,
                )  # fmt: skip
                self.session.get_one(ForeseenRisk, key).contribution_id = note.contribution_id

    def promises(self) -> None:
        """Each becomes a recommendation to whoever promised it, accepted if it was given in the room."""
        for kept in self.choices.promises:
            note = _note(self.notes, kept.note_id)
            sponsor_id = name_sponsor(
                self.session, self.actor, text.line(kept.promised_by, "Who promised"), self.now
            )
            key = draft_recommendation(
                self.session, self.actor, self.project_id,
                title=text.shortened(note.text), words=note.text, sponsor_id=sponsor_id,
                due=kept.promised_for, recorded_on=self.held_on, now=self.now,
            )  # fmt: skip
            self.session.get_one(Recommendation, key).contribution_id = note.contribution_id
            if kept.was_given:
                send_recommendation(self.session, self.actor, key, on=self.held_on, now=self.now)
                answer_recommendation(
                    self.session, self.actor, key, answer="accepted",
                    reason=words.promised_in(self.engagement.title), on=self.held_on, now=self.now,
                )  # fmt: skip

    def _who(self, note: Note) -> uuid.UUID | None:
        """The stakeholder who wrote a note: who joined by account, or their group."""
        known = self.stakeholder_of_join.get(note.join_id) if note.join_id else None
        return known or self.groups.get(note.group_name or "")

    def _one_of_each_group(self, note_id: uuid.UUID) -> list[Note]:
        """The note, and of those merged into it one for each further person or group that said the same."""
        standing = _note(self.notes, note_id)
        voices = {self._who(standing): standing}
        for note in self.notes.values():
            if note.merged_into == note_id:
                voices.setdefault(self._who(note), note)
        return list(voices.values())


def _to_wrap_up(session: Session, workshop_id: uuid.UUID) -> Workshop:
    workshop = fetch(session, Workshop, workshop_id, "workshop")
    if workshop.state != "ended":
        rules.guard_step(workshop.state, "wrapped_up")
        raise WrongTransition("This workshop is still running.")
    return workshop


def _open_notes(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID, Note]:
    rows = session.scalars(select(Note).where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None)))
    return {note.id: note for note in rows}


def _note(notes: Mapping[uuid.UUID, Note], note_id: uuid.UUID) -> Note:
    if note_id not in notes:
        raise NotFound("A note that was to be kept is not on the board any more. Please look again.")
    return notes[note_id]
