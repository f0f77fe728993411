"""Why a project has its score on a day: for its screen, and for every project as a report."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Escalation,
    Event,
    Flag,
    Project,
    RiskEvaluation,
    Sponsor,
    StallReason,
)
from lab.access.rights import Actor, require
from lab.disillusion.lists import Driver, Evaluation, OpenFlag, open_flags
from lab.disillusion.score.drivers import assess_project
from lab.disillusion.score.facts import Assessment, Line, StakeholderFacts
from lab.disillusion.score.levels import AlertState, from_text
from lab.disillusion.score.model import History
from lab.disillusion.score.what_if import Action, action_for, actions_for, done
from lab.disillusion.score.words import (
    ACTION_TAB,
    DRIVER_TITLE,
    NOTE_TAB,
    action_said,
    next_action,
    note_said,
    sentence,
)
from lab.disillusion.upkeep.commands import grid
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import Evidence, Situation, situation
from lab.foundation.errors import NotFound
from lab.past.news import News, news_by_project
from lab.past.records import CHUNK, ProjectRecords, read_records
from lab.past.waiting import person_days

TREND_DAYS: Final = 728
"""How much of a project's trend is shown: two years, a point a fortnight."""


@dataclass(frozen=True, slots=True)
class PastFlag:
    """A flag in a project's history, open or cleared."""

    id: uuid.UUID
    raised_on: dt.date
    level: str
    plan: str
    cleared_on: dt.date | None
    cleared_reason: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """An action that can be ticked, in words, and the tab where it is done."""

    action: Action
    words: str
    tab: str


@dataclass(frozen=True, slots=True)
class NoteInWords:
    """A note without weight, in a sentence, with its records and the tab where they are."""

    words: str
    tab: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class StalledItem:
    """A stalled recommendation: since when, the steps of the ladder it has reached, and the reason given."""

    id: uuid.UUID
    title: str
    since: dt.date
    days: int
    why: str
    cleared_by: str
    steps: tuple[tuple[str, dt.date], ...]
    reason: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event in the history of a flag."""

    on: dt.date
    verb: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a project has its score on a day, how the score developed, and what would change it."""

    project_id: uuid.UUID
    title: str
    sponsor: str
    stage: str
    as_of: dt.date
    level: str
    score: Assessment
    drivers: tuple[Driver, ...]
    notes: tuple[NoteInWords, ...]
    choices: tuple[Choice, ...]
    people_waiting: int
    trend: tuple[Evaluation, ...]
    stalled: tuple[StalledItem, ...]
    flags: tuple[PastFlag, ...]
    life: tuple[Happened, ...]
    flag: OpenFlag | None
    facts: tuple[StakeholderFacts, ...]
    history: History

    def if_done(self, actions: Sequence[Action]) -> Assessment:
        """The score if these actions were done on that day."""
        return assess_project(done(self.facts, actions), self.history)


def _past_flags(session: Session, project_id: uuid.UUID) -> tuple[PastFlag, ...]:
    flags = session.scalars(select(Flag).where(Flag.project_id == project_id).order_by(Flag.raised_on))
    return tuple(
        PastFlag(
            each.id,
            each.raised_on,
            each.level,
            each.plan,
            each.cleared_on,
            each.cleared_reason,
            each.outcome,
        )
        for each in flags
    )


def explain(session: Session, actor: Actor, project_id: uuid.UUID, *, as_of: dt.date) -> Explanation:
    """Why a project has its score on a day. The trend is replayed from the records: each point uses only what
    was known on its day. The number of statements does not grow with the lab.

    Raises:
        NotFound: there is no such project, or it had not begun.
    """
    require(actor, "risk.read")
    record = read_records(session, [project_id]).get(project_id)
    if record is None or record.project.opened_on > as_of:
        raise NotFound("There is no such project on that day.")
    past = LabPast(session)
    history, facts = past.until(as_of), situation(record, as_of)
    score = assess_project(facts.stakeholders, history)
    levels = {
        day: level
        for day, level in session.execute(
            select(RiskEvaluation.evaluated_on, RiskEvaluation.level).where(
                RiskEvaluation.project_id == project_id, RiskEvaluation.evaluated_on <= as_of
            )
        )
    }
    sponsor = session.get(Sponsor, record.project.sponsor_id) if record.project.sponsor_id else None
    kept = _kept_states(session, as_of, [project_id]).get(project_id, AlertState())
    return Explanation(
        project_id=project_id,
        title=record.project.title,
        sponsor=sponsor.name if sponsor else "",
        stage=record.steps[project_id].stage(as_of) or record.project.stage,
        as_of=as_of,
        level=AlertState(kept.watch, kept.at_risk, facts.immediate).level,
        score=score,
        drivers=_drivers(record, facts, score, history),
        notes=tuple(
            NoteInWords(note_said(note.kind, note.count), NOTE_TAB[note.kind], note.evidence)
            for note in facts.notes
        ),
        choices=_choices(score.lines),
        people_waiting=person_days(session, [project_id], as_of)[project_id],
        trend=tuple(_trend(record, past, levels, as_of)),
        stalled=_stalled(session, record, facts, as_of),
        flags=_past_flags(session, project_id),
        life=_life(session, project_id),
        flag=open_flags(session, [project_id]).get(project_id),
        facts=facts.stakeholders,
        history=history,
    )


def _drivers(
    record: ProjectRecords, facts: Situation, score: Assessment, history: History
) -> tuple[Driver, ...]:
    return tuple(
        Driver(
            line.driver,
            DRIVER_TITLE[line.driver],
            sentence(line),
            line.points,
            line.subject_kind,
            line.subject_id or str(record.project.id),
            next_action(line).label,
            next_action(line).tab,
            _score_after(line, facts, history),
            (Evidence(line.subject_kind, uuid.UUID(line.subject_id)),)
            if line.subject_id
            else facts.evidence[line.driver],
        )
        for line in score.lines
    )


def _score_after(line: Line, facts: Situation, history: History) -> float | None:
    action = action_for(line)
    return assess_project(done(facts.stakeholders, [action]), history).index if action else None


def _choices(lines: Sequence[Line]) -> tuple[Choice, ...]:
    titles = {line.subject_id: line.title for line in lines}
    return tuple(
        Choice(action, action_said(action.kind, titles.get(action.subject_id, "")), ACTION_TAB[action.kind])
        for action in actions_for(lines)
    )


def _trend(
    record: ProjectRecords, past: LabPast, levels: dict[dt.date, str], as_of: dt.date
) -> Iterable[Evaluation]:
    """One point per fortnight and one for the day itself, each with the level found at the time."""
    since = as_of - dt.timedelta(days=TREND_DAYS)
    days = [day for day in grid(record.project, None, as_of) if since <= day < as_of]
    for day in (*days, as_of):
        score = assess_project(situation(record, day).stakeholders, past.until(day))
        yield Evaluation(day, score.index, score.low, score.high, levels.get(day, ""))


def _stalled(
    session: Session, record: ProjectRecords, facts: Situation, as_of: dt.date
) -> tuple[StalledItem, ...]:
    titles = {each.id: each.title for each in record.recommendations}
    steps: dict[tuple[uuid.UUID, dt.date], list[tuple[str, dt.date]]] = {}
    for row in session.scalars(
        select(Escalation)
        .where(Escalation.recommendation_id.in_(facts.stalls), Escalation.reached_on <= as_of)
        .order_by(Escalation.reached_on)
    ):
        steps.setdefault((row.recommendation_id, row.began_on), []).append((row.step, row.reached_on))
    reasons = {
        row.recommendation_id: row
        for row in session.scalars(select(StallReason).where(StallReason.recommendation_id.in_(facts.stalls)))
    }
    return tuple(
        StalledItem(
            key,
            titles[key],
            found.since,
            found.days,
            found.why,
            found.cleared_by,
            tuple(steps.get((key, found.since), ())),
            reasons[key].reason if key in reasons else None,
            reasons[key].note if key in reasons else "",
        )
        for key, found in sorted(facts.stalls.items(), key=lambda item: item[1].since)
    )


def _life(session: Session, project_id: uuid.UUID) -> tuple[Happened, ...]:
    rows = session.execute(
        select(Event.day, Event.verb, Account.name, Event.reason)
        .outerjoin(Account, Account.id == Event.actor_id)
        .where(Event.project_id == project_id, Event.subject_type == "flag")
        .order_by(Event.at, Event.id)
        .limit(100)
    )
    return tuple(Happened(day, verb, name or "", reason or "") for day, verb, name, reason in rows)


def _kept_states(
    session: Session, as_of: dt.date, project_ids: Sequence[uuid.UUID] | None = None
) -> dict[uuid.UUID, AlertState]:
    """The alert states of the last evaluations up to a day, of these projects or of all. One statement."""
    among = literal(True) if project_ids is None else RiskEvaluation.project_id.in_(project_ids)
    newest = (
        select(RiskEvaluation.project_id, func.max(RiskEvaluation.evaluated_on).label("day"))
        .where(RiskEvaluation.evaluated_on <= as_of, among)
        .group_by(RiskEvaluation.project_id)
        .subquery()
    )
    rows = session.execute(
        select(RiskEvaluation.project_id, RiskEvaluation.alert_state).join(
            newest,
            (newest.c.project_id == RiskEvaluation.project_id)
            & (newest.c.day == RiskEvaluation.evaluated_on),
        )
    )
    return {project_id: from_text(state) for project_id, state in rows}


def risk_report(session: Session, actor: Actor, as_of: dt.date) -> list[dict[str, Any]]:
    """Every running project's score on a day, for the command line: worst first."""
    require(actor, "risk.read")
    ids = list(
        session.scalars(
            select(Project.id).where(
                Project.opened_on <= as_of, (Project.closed_on.is_(None)) | (Project.closed_on > as_of)
            )
        )
    )
    past, states = LabPast(session).until(as_of), _kept_states(session, as_of)
    report: list[dict[str, Any]] = []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        waiting, news = person_days(session, chunk, as_of), news_by_project(session, chunk, as_of)
        for project_id, record in read_records(session, chunk).items():
            kept = states.get(project_id, AlertState())
            report.append(_reported(record, past, kept, waiting[project_id], news[project_id], as_of))
        session.expunge_all()
    return sorted(report, key=lambda row: (-row["score"], row["project"], row["id"]))


def _reported(
    record: ProjectRecords,
    past: History,
    kept: AlertState,
    waiting: int,
    news: News,
    as_of: dt.date,
) -> dict[str, Any]:
    facts = situation(record, as_of)
    score = assess_project(facts.stakeholders, past)
    drivers = _drivers(record, facts, score, past)
    return {
        "project": record.project.title,
        "id": str(record.project.id),
        "level": AlertState(kept.watch, kept.at_risk, facts.immediate).level,
        "score": score.index,
        "low": score.low,
        "high": score.high,
        "probability": score.probability,
        "coverage": score.coverage,
        "people": score.people,
        "people_waiting": waiting,
        "stalled_since": _written(min((each.since for each in facts.stalls.values()), default=None)),
        "news_promised_by": _written(news.by),
        "news_is_late": news.is_late(as_of),
        "silent_since": _written(news.silent_since),
        "next_action": drivers[0].action if drivers else "",
        "drivers": [
            {
                "driver": each.driver,
                "title": each.title,
                "points": each.points,
                "sentence": each.sentence,
                "evidence": [str(evidence.id) for evidence in each.evidence],
                "evidence_kind": each.evidence[0].kind,
                "next_action": each.action,
                "where": f"/project?project={record.project.id}&tab={each.tab}",
                "score_after": each.after,
            }
            for each in drivers
        ],
        "notes": [
            {"note": note_said(note.kind, note.count), "evidence": [str(each.id) for each in note.evidence]}
            for note in facts.notes
        ],
    }


def _written(day: dt.date | None) -> str | None:
    return str(day) if day else None
