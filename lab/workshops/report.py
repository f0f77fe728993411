"""What those who took part are told: what the lab heard, what it promised, and what became of it since.

It is read afresh each time, so the same address stays true. Before the wrap-up it says only that it comes.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Cluster,
    Engagement,
    Expectation,
    GroupAttendance,
    Lab,
    Note,
    Project,
    Pulse,
    Recommendation,
    Reply,
    Sponsor,
    VoteRound,
    Workshop,
    WorkshopBlock,
    WorkshopPhoto,
)
from lab.foundation.language import label
from lab.foundation.text import spoken

SMALLEST_SHOWN: Final = 5
"""Groups and pulse answers of fewer people are never shown alone."""
_MARKED: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@/])")


@dataclass(frozen=True, slots=True)
class Hoped:
    """What people hope, what was said back, and where it stands."""

    statement: str
    said_back: str | None
    hoped_for: dt.date | None
    state: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Promised:
    """What a sponsor promised or is to be asked, and where it stands."""

    title: str
    sponsor: str
    status: str
    due: dt.date | None


@dataclass(frozen=True, slots=True)
class Told:
    """A reply since."""

    on: dt.date
    what_happened: str
    why: str
    what_next: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a flipchart; sizes in pixels."""

    id: uuid.UUID
    description: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Report:
    """A workshop as those who took part may read of it."""

    lab: str
    project: str
    code: str
    title: str
    held_on: dt.date
    is_wrapped_up: bool
    slug: str | None
    """The address of the project's public story, if it has one."""
    hear_by: dt.date | None = None
    heard: str = ""
    what_next: str = ""
    said: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The notes by cluster."""
    decisions: tuple[str, ...] = ()
    hoped: tuple[Hoped, ...] = ()
    promised: tuple[Promised, ...] = ()
    photos: tuple[Photo, ...] = ()
    votes: tuple[tuple[uuid.UUID, str], ...] = ()
    people: tuple[tuple[str, int], ...] = ()
    """Groups, those of fewer than five people taken together, and how many came."""
    pulse: tuple[int, float, float] | None = None
    """Answers and the means of trust and difference, of at least five people."""
    told: tuple[Told, ...] = ()


def report_of(session: Session, code: str) -> Report | None:
    """The report of the workshop with this code; None where there is none. Eleven statements at most."""
    row = session.execute(
        select(Workshop, Engagement, Project, Lab.name)
        .join(Engagement, Engagement.id == Workshop.id)
        .join(Project, Project.id == Engagement.project_id)
        .outerjoin(Lab, Lab.id == 1)
        .where(Workshop.code == code)
    ).one_or_none()
    if row is None:
        return None
    workshop, engagement, project, lab = row
    head = Report(
        lab=lab or "",
        project=project.title,
        code=code,
        title=engagement.title,
        held_on=engagement.held_on,
        is_wrapped_up=workshop.wrapped_up_at is not None,
        slug=project.slug if project.is_public else None,
    )
    if workshop.wrapped_up_at is None:
        return head
    notes = _notes(session, workshop.id)
    return replace(
        head,
        hear_by=workshop.hear_by,
        heard=workshop.heard,
        what_next=workshop.what_next,
        said=_by_cluster([(cluster, words) for cluster, words, kind in notes if kind != "decision"]),
        decisions=tuple(words for _, words, kind in notes if kind == "decision"),
        hoped=_hoped(session, workshop.id),
        promised=_promised(session, workshop.id),
        photos=_photos(session, workshop.id),
        votes=_votes(session, workshop.id),
        people=_people(session, workshop.id),
        pulse=_pulse(session, workshop.id),
        told=_told(session, project.id, workshop.wrapped_up_at.date()),
    )


def _notes(session: Session, workshop_id: uuid.UUID) -> list[tuple[str, str, str]]:
    rows = session.execute(
        select(Cluster.title, Note.text, Note.kind)
        .outerjoin(Cluster, Cluster.id == Note.cluster_id)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None))
        .order_by(Cluster.place.is_(None), Cluster.place, Note.position, Note.id)
    )
    return [(title or "", words, kind) for title, words, kind in rows]


def _by_cluster(said: Sequence[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    clusters: dict[str, list[str]] = {}
    for cluster, words in said:
        clusters.setdefault(cluster, []).append(words)
    return tuple((cluster, tuple(words)) for cluster, words in clusters.items())


def _hoped(session: Session, workshop_id: uuid.UUID) -> tuple[Hoped, ...]:
    rows = session.execute(
        select(
            Expectation.statement,
            Expectation.said_back,
            Expectation.hoped_for,
            Expectation.state,
            Expectation.verdict,
        )
        .join(Note, Note.contribution_id == Expectation.contribution_id)
        .where(Note.workshop_id == workshop_id)
        .order_by(Expectation.importance.desc(), Expectation.id)
    )
    return tuple(Hoped(*row) for row in rows)


def _promised(session: Session, workshop_id: uuid.UUID) -> tuple[Promised, ...]:
    rows = session.execute(
        select(Recommendation.title, Sponsor.name, Recommendation.status, Recommendation.due)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .join(Note, Note.contribution_id == Recommendation.contribution_id)
        .where(Note.workshop_id == workshop_id)
        .order_by(Recommendation.due, Recommendation.id)
    )
    return tuple(Promised(*row) for row in rows)


def _photos(session: Session, workshop_id: uuid.UUID) -> tuple[Photo, ...]:
    rows = session.execute(
        select(
            WorkshopPhoto.id,
            WorkshopPhoto.description,
            WorkshopPhoto.screen_width,
            WorkshopPhoto.screen_height,
        )
        .where(WorkshopPhoto.workshop_id == workshop_id)
        .order_by(WorkshopPhoto.added_at, WorkshopPhoto.id)
    )
    return tuple(Photo(*row) for row in rows)


def _votes(session: Session, workshop_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    rows = session.execute(
        select(VoteRound.id, VoteRound.question)
        .join(WorkshopBlock, WorkshopBlock.round_id == VoteRound.id)
        .where(WorkshopBlock.workshop_id == workshop_id, VoteRound.state == "revealed")
        .order_by(WorkshopBlock.place)
    )
    return tuple((row.id, row.question) for row in rows)


def _people(session: Session, workshop_id: uuid.UUID) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(GroupAttendance.group_name, GroupAttendance.people)
        .where(GroupAttendance.engagement_id == workshop_id)
        .order_by(GroupAttendance.people.desc(), GroupAttendance.group_name)
    ).all()
    large = [(label(group), people) for group, people in rows if people >= SMALLEST_SHOWN]
    small = [people for _, people in rows if 0 < people < SMALLEST_SHOWN]
    if small and sum(small) < SMALLEST_SHOWN and large:
        # shown alone the rest would still be fewer than five
        *large, (_, least) = large
        small.append(least)
    if not small:
        return tuple(large)
    return (*large, ("Others", sum(small))) if sum(small) >= SMALLEST_SHOWN else ()


def _pulse(session: Session, workshop_id: uuid.UUID) -> tuple[int, float, float] | None:
    answers, trust, difference = session.execute(
        select(func.count(), func.avg(Pulse.trust), func.avg(Pulse.difference)).where(
            Pulse.engagement_id == workshop_id
        )
    ).one()
    return (answers, float(trust), float(difference)) if answers >= SMALLEST_SHOWN else None


def _told(session: Session, project_id: uuid.UUID, since: dt.date) -> tuple[Told, ...]:
    rows = session.execute(
        select(Reply.told_on, Reply.what_happened, Reply.why, Reply.what_next)
        .where(Reply.project_id == project_id, Reply.is_public, Reply.told_on > since)
        .order_by(Reply.told_on, Reply.id)
    )
    return tuple(Told(*row) for row in rows)


def as_markdown(report: Report) -> str:
    """The report as Markdown. What people wrote can neither link anywhere nor break out of its line."""
    lines = [f"# {plain(report.title)}", "", f"{plain(report.lab)} · {spoken(report.held_on)}"]
    if not report.is_wrapped_up:
        return "\n".join(
            [*lines, "", "This workshop has not been wrapped up yet. The report comes here.", ""]
        )
    said_back = [
        f"{each.statement} · we said: {label(each.said_back)} · now: {label(each.state)}"
        for each in report.hoped
    ]
    promised = [
        f"{each.title} · {each.sponsor} · {label(each.status)}"
        + (f" · by {spoken(each.due)}" if each.due else "")
        for each in report.promised
    ]
    _section(lines, "What we heard", [report.heard] if report.heard else [])
    for cluster, notes in report.said:
        _section(lines, cluster or "Further notes", notes, level="###")
    _section(lines, "What people hope, and what we said", said_back)
    _section(lines, "Decided", report.decisions)
    _section(lines, "Promised", promised)
    _section(lines, "Who took part", [f"{name}: {people}" for name, people in report.people])
    _section(lines, "What happens next", [report.what_next] if report.what_next else [])
    if report.hear_by:
        lines += ["", f"You will hear from us by {spoken(report.hear_by)}."]
    _section(lines, "What became of it", [f"{spoken(each.on)}: {each.what_happened}" for each in report.told])
    return "\n".join([*lines, ""])


def _section(lines: list[str], heading: str, entries: Sequence[str], level: str = "##") -> None:
    if entries:
        lines += ["", f"{level} {plain(heading)}", "", *(f"- {plain(each)}" for each in entries)]


def plain(words: str) -> str:
    """Words on one line, in which nothing is a mark, a link or HTML."""
    return _MARKED.sub(r"\\\1", " ".join(words.split()))
