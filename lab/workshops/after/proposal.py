"""The wrap-up's proposal: a workshop's notes and attendance, filled in as far as they are known."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Attendance,
    Cluster,
    Engagement,
    GroupAttendance,
    Note,
    Project,
    Prototype,
    Sponsor,
    Stakeholder,
    Workshop,
    WorkshopJoin,
)
from db.words import GROUP_NOT_SAID, GROUPS
from lab.access.rights import Actor, require
from lab.foundation.errors import NotFound
from lab.foundation.language import label
from lab.workshops.after.votes import ReportedVote, votes_of
from lab.workshops.board.queries import dots_of


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
    """Who made a promise; empty if the lab did."""
    day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A visible note, with the notes merged into it."""

    id: uuid.UUID
    text: str
    cluster: str
    group: str | None
    voices: int
    mark: Mark
    dots: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What there is to keep of a workshop, with what can be said already."""

    project_id: uuid.UUID
    title: str
    code: str
    state: str
    held_on: dt.date
    notes: tuple[Proposed, ...]
    """Those with the most dots first, the others as they lie on the board."""
    hidden: int
    people: Mapping[str, int]
    """People by group, as they joined; those who named none too."""
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
    votes: tuple[ReportedVote, ...]
    what_next: str
    hear_by: dt.date | None
    wrapped_up_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class WrapUpChoices:
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
    shown: frozenset[uuid.UUID] | None = None
    """The notes that were shown with it, merged ones left out; others on the board are not kept unseen."""


def proposal(session: Session, actor: Actor, workshop_id: uuid.UUID) -> Proposal:
    """What there is to keep of a workshop. Twelve statements and five for each vote, however
    many notes.

    Raises:
        NotFound: there is no such workshop.
    """
    require(actor, "workshop.run")
    workshop = session.get(Workshop, workshop_id)
    if workshop is None:
        raise NotFound("This workshop does not exist (any more).")
    engagement = session.get_one(Engagement, workshop_id)
    notes = visible_notes(session, workshop_id)
    clusters = cluster_titles(session, workshop_id)
    voices: dict[uuid.UUID, int] = defaultdict(int)
    for note in notes:
        voices[note.merged_into or note.id] += 1
    dots = dots_of(session, workshop_id, by_standing_note=True)
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
        notes=tuple(
            Proposed(
                note.id, note.text, clusters.get(note.cluster_id, ""), note.group_name, voices[note.id],
                marked(note), dots.get(note.id, 0),
            )
            for note in sorted(notes, key=lambda note: -dots.get(note.id, 0))
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
        votes=votes_of(session, workshop_id),
        what_next=workshop.what_next,
        hear_by=workshop.hear_by,
        wrapped_up_at=workshop.wrapped_up_at,
    )  # fmt: skip


def group_pseudonym(group: str) -> str:
    """The pseudonym under which a stakeholder group is known from workshops."""
    return f"{label(group)}, in workshops"


def marked(note: Note) -> Mark:
    """How a note is marked on the board."""
    return Mark(
        kind=note.kind,
        chosen=note.chosen,
        importance=note.importance,
        within_power=note.within_power,
        said_back=note.said_back,
        prototype_id=note.prototype_id,
        promised_by=note.promised_by,
        day=note.promised_for,
    )


def visible_notes(session: Session, workshop_id: uuid.UUID) -> Sequence[Note]:
    return session.scalars(
        select(Note)
        .outerjoin(Cluster, Cluster.id == Note.cluster_id)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None))
        .order_by(Cluster.place.is_(None), Cluster.place, Note.position, Note.id)
    ).all()


def cluster_titles(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID | None, str]:
    rows = session.execute(select(Cluster.id, Cluster.title).where(Cluster.workshop_id == workshop_id))
    return {key: title for key, title in rows}


def _sponsors(session: Session, project_id: uuid.UUID) -> tuple[str, ...]:
    own = select(Project.sponsor_id).where(Project.id == project_id).scalar_subquery()
    return tuple(session.scalars(select(Sponsor.name).order_by(Sponsor.id != own, Sponsor.name)))


def _people(session: Session, workshop_id: uuid.UUID) -> dict[str, int]:
    """How many of each group came: as the hosts counted, else as they joined."""
    joined = (
        select(WorkshopJoin.group_name, func.sum(WorkshopJoin.people))
        .where(WorkshopJoin.workshop_id == workshop_id)
        .group_by(WorkshopJoin.group_name)
    )
    return counted_people(session, workshop_id) or {
        group or GROUP_NOT_SAID: int(people) for group, people in session.execute(joined)
    }


def counted_people(session: Session, workshop_id: uuid.UUID) -> dict[str, int]:
    rows = select(GroupAttendance.group_name, GroupAttendance.people).where(
        GroupAttendance.engagement_id == workshop_id
    )
    return {group: people for group, people in session.execute(rows)}


def _came(session: Session, workshop_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Who came of those the lab knows: as the hosts said, else those who joined as themselves."""
    recorded = attendance(session, workshop_id)
    if recorded:
        return frozenset(key for key, was_there in recorded.items() if was_there)
    joined = select(WorkshopJoin.stakeholder_id).where(
        WorkshopJoin.workshop_id == workshop_id, WorkshopJoin.stakeholder_id.is_not(None)
    )
    return frozenset(key for key in session.scalars(joined) if key is not None)


def attendance(session: Session, workshop_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    rows = select(Attendance.stakeholder_id, Attendance.attended).where(
        Attendance.engagement_id == workshop_id
    )
    return {key: was_there for key, was_there in session.execute(rows)}
