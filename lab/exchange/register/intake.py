"""Imports a register kept elsewhere, through the same commands that people use. The plan is computed first,
without writing, so that preview and import agree.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ProgressUpdate, Project, Recommendation, Response
from lab.access.rights import Actor, require
from lab.disillusion.upkeep.commands import catch_up
from lab.exchange.register.values import (
    PlannedRecommendation,
    PlannedReply,
    ProblemKind,
    RegisterPlan,
    RowProblem,
)
from lab.followthrough import commands as followthrough
from lab.foundation import clock, text
from lab.foundation.errors import Invalid
from lab.foundation.folding import fold
from lab.lifecycle.commands import move_project
from lab.projects.commands import name_sponsor, start_project

IMPORTED: Final = "Imported from a register kept elsewhere"
COUNTED: Final = ("projects", "recommendations", "responses", "dated_responses", "updates", "dated_updates")
"""Responses are answers (accepted, in part, declined); every other reply is kept as an update."""
AT_ONCE: Final = 500
"""Keys per SQL statement."""


@dataclass(frozen=True, slots=True)
class ReplyStep:
    """What a reply becomes; without a known date, `on` is the earliest possible day."""

    kind: Literal["response", "progress", "note"]
    on: dt.date
    is_date_known: bool
    reply: PlannedReply


@dataclass(frozen=True, slots=True)
class IncomingRecommendation:
    """A row to import; `known` is the recommendation that the lab already has for it."""

    reference: str
    planned: PlannedRecommendation
    known: uuid.UUID | None
    steps: tuple[ReplyStep, ...]


@dataclass(frozen=True, slots=True)
class IncomingProject:
    """A project of the register with its rows; `known` is the lab's project if it has it already."""

    key: str
    known: uuid.UUID | None
    rows: tuple[IncomingRecommendation, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """A register's rows: new, already there, or rejected."""

    projects: tuple[IncomingProject, ...]
    added: dict[str, int]
    unchanged: dict[str, int]
    rejected: tuple[RowProblem, ...]
    warnings: tuple[RowProblem, ...]

    def answer(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return {
            "added": self.added,
            "unchanged": self.unchanged,
            "rejected": [{"row": each.row, "reason": each.message} for each in self.rejected],
            "warnings": [
                {"row": each.row, "kind": each.kind, "message": each.message} for each in self.warnings
            ],
        }


@dataclass(slots=True)
class _Kept:
    """What the lab already has of one recommendation."""

    id: uuid.UUID
    status: str
    news: dt.date | None
    words: str
    responses: dict[str, bool] = field(default_factory=dict)
    """Each answer's text, and whether its day is known."""
    updates: dict[str, dt.date] = field(default_factory=dict)


def survey_register(session: Session, actor: Actor, plan: RegisterPlan, *, now: dt.datetime) -> Intake:
    """What `take_register` would do with the plan, without writing."""
    require(actor, "lab.administer")
    by_project: dict[str, list[PlannedRecommendation]] = defaultdict(list)
    rejected, warnings = list(plan.rejected), list(plan.warnings)
    for planned in plan.recommendations:
        try:
            _check(planned, clock.today(session, now))
        except Invalid as refusal:
            message = f"Row {planned.row}: {refusal.message}"
            rejected.append(RowProblem(planned.row, "not_within_limits", message, planned.title))
        else:
            by_project[fold(planned.project_key)].append(planned)
    known = _known_projects(session, list(by_project))
    kept = _kept(session, list(known.values()))
    added, unchanged = Counter(dict.fromkeys(COUNTED, 0)), Counter(dict.fromkeys(COUNTED, 0))
    projects = []
    for key, rows in by_project.items():
        project_id = known.get(key)
        (unchanged if project_id else added)["projects"] += 1
        incoming = []
        for reference, planned in zip(_references(rows), rows, strict=True):
            there = _found(kept, project_id, reference, planned) if project_id else None
            row = _incoming(reference, planned, there, clock.today(session, now))
            incoming.append(row)
            (unchanged if there else added)["recommendations"] += 1
            _count_replies(row, there, added, unchanged)
            warnings += _doubts(planned, there, clock.today(session, now))
        projects.append(IncomingProject(rows[0].project_key, project_id, tuple(incoming)))
    rejected.sort(key=lambda problem: problem.row)
    warnings.sort(key=lambda problem: problem.row)
    return Intake(tuple(projects), dict(added), dict(unchanged), tuple(rejected), tuple(warnings))


def take_register(session: Session, actor: Actor, plan: RegisterPlan, *, now: dt.datetime) -> Intake:
    """Write what the lab does not have yet, in the caller's transaction, and update the risks. A second run
    adds nothing; if the register has grown, its new rows and replies are added.
    """
    intake = survey_register(session, actor, plan, now=now)
    for project in intake.projects:
        project_id = project.known or _start(session, actor, project, now)
        for row in project.rows:
            recommendation = row.known or _send(session, actor, project_id, row, now)
            for step in row.steps:
                _record(session, actor, recommendation, step, now)
        if project.known is None:
            _begin_to_implement(session, actor, project_id, project, now)
    if any(intake.added.values()):
        session.flush()
        catch_up(session, today=clock.today(session, now), now=now)
    return intake


def _check(planned: PlannedRecommendation, today: dt.date) -> None:
    """Refuse what the lab's own limits would refuse."""
    text.line(planned.project_key, "The project")
    text.line(planned.reference, "The reference", required=False)
    text.line(planned.title, "Title")
    text.paragraph(planned.text, "Recommendation", limit=20_000)
    if planned.sent_on:
        text.happened(planned.sent_on, today, "Sent on")


def _known_projects(session: Session, keys: Sequence[str]) -> dict[str, uuid.UUID]:
    """The projects whose reference is one of these folded keys."""
    found: dict[str, uuid.UUID] = {}
    for some in _some(keys):
        rows = session.execute(
            select(Project.reference_folded, Project.id).where(Project.reference_folded.in_(some))
        )
        found |= {reference: key for reference, key in rows if reference}
    return found


def _kept(session: Session, project_ids: Sequence[uuid.UUID]) -> dict[tuple[uuid.UUID, str], _Kept]:
    found: dict[uuid.UUID, tuple[tuple[uuid.UUID, str], _Kept]] = {}
    for some in _some(project_ids):
        theirs = select(Recommendation.id).where(Recommendation.project_id.in_(some))
        for row in session.execute(
            select(
                Recommendation.id,
                Recommendation.project_id,
                Recommendation.reference,
                Recommendation.status,
                Recommendation.last_news_on,
                Recommendation.text,
            ).where(Recommendation.project_id.in_(some))
        ):
            kept = _Kept(row.id, row.status, row.last_news_on, row.text)
            found[row.id] = ((row.project_id, fold(row.reference or "")), kept)
        for key, reason, day in session.execute(
            select(Response.recommendation_id, Response.reason, Response.received_on).where(
                Response.recommendation_id.in_(theirs)
            )
        ):
            found[key][1].responses[fold(reason)] = day is not None
        for key, what, day in session.execute(
            select(ProgressUpdate.recommendation_id, ProgressUpdate.what, ProgressUpdate.done_on).where(
                ProgressUpdate.recommendation_id.in_(theirs)
            )
        ):
            found[key][1].updates[fold(what)] = day
    return {place: kept for place, kept in found.values()}


def _some(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _references(rows: Sequence[PlannedRecommendation]) -> Iterator[str]:
    """A unique reference for each row of a project. A row without one is identified by its text, because its
    position in the file may change."""
    used: Counter[str] = Counter()
    for planned in rows:
        words = f"{fold(planned.addressed_to or '')}\n{fold(planned.text)}"
        reference = planned.reference or _hashed(words)
        used[fold(reference)] += 1
        often = used[fold(reference)]
        yield reference if often == 1 else f"{reference} ({often})"


def _found(
    kept: Mapping[tuple[uuid.UUID, str], _Kept],
    project_id: uuid.UUID,
    reference: str,
    planned: PlannedRecommendation,
) -> _Kept | None:
    """The lab's recommendation for a row. Without a reference, earlier imports hashed its unfolded text."""
    there = kept.get((project_id, fold(reference)))
    if there is None and not planned.reference:
        unfolded = _hashed(f"{planned.addressed_to}\n{planned.text}")
        number = reference.partition(" (")[2]
        there = kept.get((project_id, f"{unfolded} ({number}" if number else unfolded))
    return there


def _hashed(words: str) -> str:
    return f"words {hashlib.sha256(words.encode()).hexdigest()[:10]}"


def _incoming(
    reference: str, planned: PlannedRecommendation, there: _Kept | None, today: dt.date
) -> IncomingRecommendation:
    if there is None:
        steps = _steps(planned.replies, "sent", _sent_by(planned, today), today)
        return IncomingRecommendation(reference, planned, None, steps)
    fresh = [reply for reply in planned.replies if not _has(there, reply)]
    steps = _steps(fresh, there.status, there.news or today, today) if there.status != "draft" else ()
    return IncomingRecommendation(reference, planned, there.id, steps)


def _sent_by(planned: PlannedRecommendation, today: dt.date) -> dt.date:
    """The day it was sent; where no date says so, the latest day on which it can have been: before it was
    answered, before it was due, and today at the latest."""
    later = (planned.due_on, *(reply.received_on for reply in planned.replies), today)
    return planned.sent_on or min(day for day in later if day and text.EARLIEST <= day <= today)


def _has(there: _Kept, reply: PlannedReply) -> bool:
    words = _words(reply.text)
    return words in there.responses or words in there.updates


def _words(written: str) -> str:
    """The words as a command stores them, folded."""
    return fold(text.paragraph(written, "Reply", required=False, limit=20_000))


def _steps(
    replies: Sequence[PlannedReply], status: str, news: dt.date, today: dt.date
) -> tuple[ReplyStep, ...]:
    """Replies in order: an answer if one is awaited, news if dated, else a note. A date counts only if it is
    not before the previous one."""
    steps = []
    for reply in replies:
        if not _words(reply.text):
            continue
        day = reply.received_on
        known = day is not None and news <= day <= today
        on = day if day is not None and known else news
        if reply.answer and status == "sent":
            steps.append(ReplyStep("response", on, known, reply))
            status, news = reply.answer, on
        elif known and status in ("accepted", "partly_accepted", "in_progress", "implemented"):
            steps.append(ReplyStep("progress", on, True, reply))
            news = on
        else:
            steps.append(ReplyStep("note", on, known, reply))
    return tuple(steps)


def _count_replies(
    row: IncomingRecommendation, there: _Kept | None, added: Counter[str], unchanged: Counter[str]
) -> None:
    for step in row.steps:
        kind = "responses" if step.kind == "response" else "updates"
        added[kind] += 1
        added[f"dated_{kind}"] += step.is_date_known
    for reply in row.planned.replies if there else ():
        words = _words(reply.text)
        if there and words in there.responses:
            unchanged["responses"] += 1
            unchanged["dated_responses"] += there.responses[words]
        elif there and words in there.updates:
            unchanged["updates"] += 1
            unchanged["dated_updates"] += there.updates[words] == reply.received_on


def _doubts(planned: PlannedRecommendation, there: _Kept | None, today: dt.date) -> Iterator[RowProblem]:
    """Warnings about an imported row."""

    def doubt(kind: ProblemKind, message: str) -> RowProblem:
        return RowProblem(planned.row, kind, f"Row {planned.row}: {message}.", planned.title)

    if there is not None:
        if fold(there.words) != fold(planned.text):
            yield doubt("text_differs", "the lab has other words for this recommendation, which are kept")
        return
    if planned.sent_on is None:
        yield doubt("sent_unknown", "no date says when it was sent, so that stays empty")
    if planned.due_on and _due(planned, _sent_by(planned, today)) is None:
        yield doubt(
            "due_out_of_order",
            "it is due before it was sent, or ten years later; the due date is left empty",
        )
    if planned.claims_implemented:
        yield doubt(
            "done_without_evidence",
            "the register says it is done, but not where that can be seen; add the evidence on the project",
        )


def _due(planned: PlannedRecommendation, sent_on: dt.date) -> dt.date | None:
    try:
        return text.planned(planned.due_on, sent_on, "Due") if planned.due_on else None
    except Invalid:
        return None


def _addressee(planned: PlannedRecommendation) -> str:
    named = text.line(planned.addressed_to, "Addressed to", required=False, limit=len(planned.addressed_to))
    return text.shortened(named, 200) or "Not named"


def _start(session: Session, actor: Actor, project: IncomingProject, now: dt.datetime) -> uuid.UUID:
    first = project.rows[0].planned
    today = clock.today(session, now)
    opened = min((_sent_by(row.planned, today) for row in project.rows), default=today)
    project_id = start_project(
        session,
        actor,
        title=text.shortened(first.project_title or project.key, 200),
        challenge=IMPORTED,
        sponsor=_addressee(first),
        reference=project.key,
        opened_on=opened,
        now=now,
    )
    move_project(session, actor, project_id, stage="recommend", reason=IMPORTED, on=opened, now=now)
    return project_id


def _send(
    session: Session, actor: Actor, project_id: uuid.UUID, row: IncomingRecommendation, now: dt.datetime
) -> uuid.UUID:
    planned = row.planned
    sent_by = _sent_by(planned, clock.today(session, now))
    recommendation = followthrough.draft_recommendation(
        session,
        actor,
        project_id,
        title=text.shortened(planned.title, 200),
        words=planned.text,
        sponsor_id=name_sponsor(session, actor, _addressee(planned), now),
        reference=row.reference,
        due=_due(planned, sent_by),
        recorded_on=sent_by,
        now=now,
    )
    followthrough.send_recommendation(
        session, actor, recommendation, on=sent_by, is_date_known=planned.sent_on is not None, now=now
    )
    return recommendation


def _record(
    session: Session, actor: Actor, recommendation: uuid.UUID, step: ReplyStep, now: dt.datetime
) -> None:
    words = step.reply.text
    if step.kind == "response":
        followthrough.answer_recommendation(
            session,
            actor,
            recommendation,
            answer=step.reply.answer or "",
            reason=words,
            on=step.on,
            is_date_known=step.is_date_known,
            now=now,
        )
    elif step.kind == "progress":
        followthrough.report_progress(
            session, actor, recommendation, what=words, evidence="Reply in the register", on=step.on, now=now
        )
    else:
        followthrough.note_reply(session, actor, recommendation, words=words, on=step.on, now=now)


def _begin_to_implement(
    session: Session, actor: Actor, project_id: uuid.UUID, project: IncomingProject, now: dt.datetime
) -> None:
    """Move a project to implementation if every recommendation is answered and not all are declined."""
    answers = [next((step for step in row.steps if step.kind == "response"), None) for row in project.rows]
    if all(answers) and any(answer and answer.reply.answer != "declined" for answer in answers):
        last = max(answer.on for answer in answers if answer)
        move_project(session, actor, project_id, stage="implement", reason=IMPORTED, on=last, now=now)
