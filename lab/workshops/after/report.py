"""The report to those who took part: what we heard, what happens next, and what has become of it since.

It is read afresh each time, so the same address stays true. Nothing in it leads to a person: notes carry no
group, groups of fewer than five people are counted together, and a pulse shows from five answers on.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Cluster,
    Expectation,
    ForeseenRisk,
    GroupAttendance,
    Note,
    Prototype,
    Pulse,
    Recommendation,
    Reply,
    Sponsor,
    Workshop,
    WorkshopPhoto,
)
from db.words import COUNTED_GROUPS
from lab.engagements.rules import COUNTING
from lab.foundation.disclosure import LEAST
from lab.foundation.language import label
from lab.foundation.text import quantity, spoken
from lab.past.news import news_of
from lab.workshops.after.votes import ReportedVote, votes_of
from lab.workshops.board.queries import dots_of
from lab.workshops.plan.queries import whole

WHOLE_PROJECT: Final = "the project as a whole"
"""What a worry is about that names no prototype."""
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@])")


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note in the words of each of its voices, and the dots put on all of them."""

    voices: tuple[str, ...]
    dots: int = 0


@dataclass(frozen=True, slots=True)
class HeardCluster:
    """A cluster of the board with its notes, those with the most dots first; merged notes stand together."""

    title: str
    notes: tuple[HeardNote, ...]


@dataclass(frozen=True, slots=True)
class ReportedIdea:
    """An idea that was chosen, with its dots and the prototypes made of it."""

    words: str
    dots: int
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedHope:
    """An expectation, what was said back, and where it stands today."""

    words: str
    within_power: str | None
    said_back: str | None
    state: str


@dataclass(frozen=True, slots=True)
class ReportedWorry:
    """A worry about a prototype or, without one, the project as a whole, and what was found."""

    words: str
    prototype: str | None
    finding: str
    note: str


@dataclass(frozen=True, slots=True)
class ReportedPromise:
    """Who promised what, for when, and where it stands today."""

    words: str
    who: str
    due: dt.date | None
    status: str


@dataclass(frozen=True, slots=True)
class ReportedPhoto:
    """A photo of a flipchart."""

    id: uuid.UUID
    description: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ReportedNews:
    """A reply since the workshop."""

    told_on: dt.date
    what_happened: str
    why: str
    what_next: str
    next_news_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the report page."""

    workshop_id: uuid.UUID
    code: str
    lab: str
    project: str
    public_page: str | None
    """The slug of the project's public page, if it has one."""
    title: str
    held_on: dt.date
    place: str
    is_ready: bool
    """Whether it has been wrapped up: before that nothing but its name is told."""
    heard: str = ""
    what_next: str = ""
    hear_by: dt.date | None = None
    """By when the project's people hear next, as it stands today."""
    clusters: tuple[HeardCluster, ...] = ()
    hopes: tuple[ReportedHope, ...] = ()
    ideas: tuple[ReportedIdea, ...] = ()
    """Those that were chosen, the most dots first."""
    worries: tuple[ReportedWorry, ...] = ()
    decisions: tuple[str, ...] = ()
    promises: tuple[ReportedPromise, ...] = ()
    votes: tuple[ReportedVote, ...] = ()
    photos: tuple[ReportedPhoto, ...] = ()
    people: tuple[tuple[str, int], ...] = ()
    pulse: tuple[int, float, float] | None = None
    """Answers, and the means of trust and of difference from 1 to 5; nothing below five answers."""
    news: tuple[ReportedNews, ...] = ()


def report_of_code(session: Session, code: str) -> Report | None:
    """The report behind a workshop's code, or None. Whoever holds the code took part. Fourteen
    statements and five for each vote, however much was said."""
    found = session.execute(whole().where(Workshop.code == code)).one_or_none()
    if found is None:
        return None
    workshop, engagement, project, lab = found
    report = Report(
        workshop_id=workshop.id,
        code=workshop.code,
        lab=lab,
        project=project.title,
        public_page=project.slug if project.is_public else None,
        title=engagement.title,
        held_on=engagement.held_on,
        place=workshop.place,
        is_ready=workshop.wrapped_up_on is not None,
    )
    if workshop.wrapped_up_on is None:
        return report
    key = workshop.id
    notes = _notes(session, key)
    dots = dots_of(session, key, by_standing_note=True)
    return replace(
        report,
        heard=workshop.heard,
        what_next=workshop.what_next,
        hear_by=news_of(session, project.id).by,
        clusters=_clusters(notes, dots),
        hopes=_hopes(session, key),
        ideas=_ideas(session, notes, dots),
        worries=_worries(session, key),
        decisions=tuple(note.text for note, _ in notes if note.kind == "decision"),
        promises=_promises(session, key),
        votes=votes_of(session, key),
        photos=_photos(session, key),
        people=_people(session, key),
        pulse=_pulse(session, key),
        news=_news(session, project.id, workshop.wrapped_up_on),
    )


def _notes(session: Session, workshop_id: uuid.UUID) -> list[tuple[Note, str]]:
    rows = session.execute(
        select(Note, Cluster.title)
        .outerjoin(Cluster, Cluster.id == Note.cluster_id)
        .where(Note.workshop_id == workshop_id, Note.hidden_at.is_(None))
        .order_by(func.coalesce(Cluster.place, 1000), Note.position, Note.written_at, Note.id)
    )
    return [(note, title or "") for note, title in rows]


def _clusters(notes: Iterable[tuple[Note, str]], dots: Mapping[uuid.UUID, int]) -> tuple[HeardCluster, ...]:
    """Clusters in the board's order; notes without a cluster last."""
    voices: dict[uuid.UUID, list[str]] = defaultdict(list)
    clusters: dict[str, list[uuid.UUID]] = defaultdict(list)
    for note, title in notes:
        stands = note.merged_into or note.id
        if note.merged_into is None:
            clusters[title].append(note.id)
            voices[stands].insert(0, note.text)
        else:
            voices[stands].append(note.text)
    return tuple(
        HeardCluster(
            title,
            tuple(
                HeardNote(tuple(dict.fromkeys(voices[key])), dots.get(key, 0))
                for key in sorted(keys, key=lambda key: -dots.get(key, 0))
            ),
        )
        for title, keys in clusters.items()
    )


def _hopes(session: Session, workshop_id: uuid.UUID) -> tuple[ReportedHope, ...]:
    rows = session.execute(
        select(Expectation.statement, Expectation.within_power, Expectation.said_back, Expectation.state)
        .join(Note, Note.contribution_id == Expectation.contribution_id)
        .where(Note.workshop_id == workshop_id)
        .order_by(Expectation.importance.desc().nulls_last(), Expectation.id)
    )
    return tuple(ReportedHope(*row) for row in rows)


def _ideas(
    session: Session, notes: Sequence[tuple[Note, str]], dots: Mapping[uuid.UUID, int]
) -> tuple[ReportedIdea, ...]:
    chosen = {note.contribution_id: note for note, _ in notes if note.chosen and note.merged_into is None}
    made: dict[uuid.UUID | None, list[str]] = defaultdict(list)
    for key, title in session.execute(
        select(Prototype.contribution_id, Prototype.title)
        .where(Prototype.contribution_id.in_([key for key in chosen if key]))
        .order_by(Prototype.made_on, Prototype.id)
    ):
        made[key].append(title)
    ideas = (ReportedIdea(note.text, dots.get(note.id, 0), tuple(made[key])) for key, note in chosen.items())
    return tuple(sorted(ideas, key=lambda idea: -idea.dots))


def _worries(session: Session, workshop_id: uuid.UUID) -> tuple[ReportedWorry, ...]:
    rows = session.execute(
        select(ForeseenRisk.statement, Prototype.title, ForeseenRisk.finding, ForeseenRisk.finding_note)
        .join(Note, Note.contribution_id == ForeseenRisk.contribution_id)
        .outerjoin(Prototype, Prototype.id == ForeseenRisk.prototype_id)
        .where(Note.workshop_id == workshop_id)
        .order_by(Prototype.title.is_(None), Prototype.title, ForeseenRisk.id)
    )
    return tuple(ReportedWorry(*row) for row in rows)


def _promises(session: Session, workshop_id: uuid.UUID) -> tuple[ReportedPromise, ...]:
    rows = session.execute(
        select(Recommendation.text, Sponsor.name, Recommendation.due, Recommendation.status)
        .join(Note, Note.contribution_id == Recommendation.contribution_id)
        .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
        .where(Note.workshop_id == workshop_id)
        .order_by(Recommendation.due, Recommendation.id)
    )
    return tuple(ReportedPromise(*row) for row in rows)


def _photos(session: Session, workshop_id: uuid.UUID) -> tuple[ReportedPhoto, ...]:
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
    return tuple(ReportedPhoto(*row) for row in rows)


def _people(session: Session, workshop_id: uuid.UUID) -> tuple[tuple[str, int], ...]:
    """How many came of each group of five or more; the others together, if they are five or more."""
    counted = dict(
        session.execute(
            select(GroupAttendance.group_name, GroupAttendance.people).where(
                GroupAttendance.engagement_id == workshop_id
            )
        ).all()
    )
    named = [(label(group), counted[group]) for group in COUNTED_GROUPS if counted.get(group, 0) >= LEAST]
    others = sum(number for number in counted.values() if number < LEAST)
    return (*named, *([("Others", others)] if others >= LEAST else []))


def _pulse(session: Session, workshop_id: uuid.UUID) -> tuple[int, float, float] | None:
    number, trust, difference = session.execute(
        select(func.count(), func.avg(Pulse.trust), func.avg(Pulse.difference)).where(
            Pulse.engagement_id == workshop_id, Pulse.standing.in_(COUNTING)
        )
    ).one()
    return (number, float(trust), float(difference)) if number >= LEAST else None


def _news(session: Session, project_id: uuid.UUID, since: dt.date) -> tuple[ReportedNews, ...]:
    """Public replies to the project's people since then."""
    rows = session.execute(
        select(Reply.told_on, Reply.what_happened, Reply.why, Reply.what_next, Reply.next_news_on)
        .where(
            Reply.project_id == project_id,
            Reply.is_public,
            Reply.told_on >= since,
        )
        .order_by(Reply.told_on, Reply.id)
    )
    return tuple(ReportedNews(*row) for row in rows)


def as_markdown(report: Report, address: str, today: dt.date) -> str:
    """The report as a Markdown text; what people wrote is escaped, so that it is nothing but words."""
    lines = [
        f"# {_plain(report.title)}",
        "",
        f"{_plain(report.lab)} · {_plain(report.project)} · {spoken(report.held_on)}",
    ]
    if not report.is_ready:
        return _text(
            [
                *lines,
                "",
                "What was said is being put in order. This report will be at the same address:",
                address,
            ]
        )

    def part(title: str, told: Iterable[str]) -> None:
        found = list(told)
        if found:
            lines.extend(["", f"## {title}", "", *found])

    part("What we heard", [_plain(report.heard)] if report.heard else [])
    for cluster in report.clusters:
        lines.extend(["", f"### {_plain(cluster.title) or 'And also'}", ""])
        lines.extend(
            f"- {' / '.join(_plain(voice) for voice in note.voices)}{_dotted(note.dots)}"
            for note in cluster.notes
        )
    part(
        "What people hope, and what we said",
        (f"- {_plain(each.words)} — {hope_said(each)}" for each in report.hopes),
    )
    part(
        "Ideas that were chosen",
        (f"- {_plain(each.words)}{_dotted(each.dots)}{_made(each.made)}" for each in report.ideas),
    )
    part(
        "Worries",
        (
            f"- {_plain(each.words)} ({_plain(each.prototype or WHOLE_PROJECT)}): "
            f"{finding_said(each.finding)}"
            for each in report.worries
        ),
    )
    part("Decisions", (f"- {_plain(each)}" for each in report.decisions))
    part("Votes", (f"- {_plain(each.question)} {_plain(each.outcome)}" for each in report.votes))
    part(
        "Who does what by when",
        (f"- {_plain(each.who)}: {_plain(each.words)} — {promise_said(each)}" for each in report.promises),
    )
    part("What happens next", [_plain(report.what_next)] if report.what_next else [])
    if news := promise_of_news(report, today):
        lines.extend(["", f"**{news}**"])
    part(
        "What you were told since",
        (f"- {spoken(each.told_on)}: {_plain(each.what_happened)}" for each in report.news),
    )
    part("Who took part", (f"- {name}: {number}" for name, number in report.people))
    return _text([*lines, "", f"This report, with what has become of it: {address}"])


def promise_of_news(report: Report, today: dt.date) -> str:
    """By when people hear, as it stands today: promised, kept with what is promised next, or late."""
    by, is_late = report.hear_by, report.hear_by is not None and report.hear_by < today
    if report.news:
        coming = f" Next news by {spoken(by)}." if by else ""
        if by and is_late:
            coming = f" You were to hear again by {spoken(by)}. You have not: we are late."
        return f"You last heard from us on {spoken(report.news[-1].told_on)}.{coming}"
    if by is None:
        return ""
    if is_late:
        return f"You were to hear from us by {spoken(by)}. You have not: we are late."
    return f"You will hear from us by {spoken(by)}."


def hope_said(hope: ReportedHope) -> str:
    """What was said back and where it stands, in words."""
    said = label(hope.said_back).lower() if hope.said_back else "nothing said back yet"
    return f"{said}; {label(hope.state).lower()}"


def promise_said(promise: ReportedPromise) -> str:
    """For when, and where it stands, in words."""
    status = "we will ask" if promise.status == "draft" else label(promise.status).lower()
    return f"by {spoken(promise.due)}, {status}" if promise.due else status


def finding_said(finding: str) -> str:
    """What was found about a worry, in words."""
    return {
        "untested": "not looked into yet",
        "did_not_occur": "did not occur when it was tried",
        "occurred_fixed": "occurred, and was put right",
        "occurred_open": "occurred, and is open",
        "accepted": "accepted, with a reason",
    }[finding]


def _dotted(dots: int) -> str:
    return f" ({quantity(dots, 'dot')})" if dots else ""


def _made(titles: Sequence[str]) -> str:
    return f" — tried as {', '.join(_plain(title) for title in titles)}" if titles else ""


def _plain(words: str) -> str:
    """One line with its Markdown escaped."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
