"""The at-risk screen's questions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Escalation,
    Event,
    Flag,
    Lab,
    Project,
    ProjectFeature,
    ProjectRisk,
    Recommendation,
    RiskEvaluation,
    Sponsor,
    StallReason,
)
from db.words import FLAG_OUTCOMES, STALL_REASONS
from lab.access.rights import Actor, require
from lab.disillusion.score.drivers import History, Line, StakeholderFacts, assess_project
from lab.disillusion.score.drivers import ProjectRisk as Score
from lab.disillusion.score.levels import AlertState, from_text
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
from lab.disillusion.upkeep.commands import EVERY, grid
from lab.disillusion.upkeep.features import days_waited
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import Evidence, Situation, situation
from lab.foundation.errors import NotFound
from lab.past.records import CHUNK, ProjectRecords, read_records
from lab.past.waiting import person_days

SHOWN: Final = 20
TREND_DAYS: Final = 728
"""How far back a project's trend goes: two years, a point a fortnight."""


def _severity(level: ColumnElement[str]) -> ColumnElement[int]:
    return case((level == "critical", 3), (level == "at_risk", 2), (level == "watch", 1), else_=0)


_SEVERITY = _severity(ProjectRisk.__table__.c.level)
_WAITED = days_waited(ProjectRisk.__table__.c.project_id, ProjectRisk.__table__.c.as_of)
_WORST_FIRST = (_SEVERITY.desc(), _WAITED.desc(), ProjectRisk.score.desc(), ProjectRisk.project_id)


@dataclass(frozen=True, slots=True)
class Driver:
    """One addend of a score, in a sentence, with the next action and where it is done."""

    driver: str
    title: str
    sentence: str
    points: float
    subject_kind: str
    subject_id: str
    action: str
    tab: str
    after: float | None = None
    """The score there would be, were the action done today; nothing where that cannot be known."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A project's flag: raised, or acknowledged with a plan."""

    id: uuid.UUID
    state: str
    level: str
    raised_on: dt.date
    plan: str
    review_on: dt.date | None
    acknowledged_by: str
    snoozed_until: dt.date | None
    snooze_reason: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One project of the list. People waiting are in person-days."""

    project_id: uuid.UUID
    title: str
    sponsor: str
    stage: str
    as_of: dt.date
    level: str
    score: float
    low: float
    high: float
    probability: float
    coverage: float
    people_waiting: int
    last_heard_on: dt.date | None
    stalled_after: dt.date | None
    drivers: tuple[Driver, ...]
    flag: OpenFlag | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One point of a project's history."""

    on: dt.date
    score: float
    low: float
    high: float
    level: str


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
class Said:
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
    """Something in the life of a flag."""

    on: dt.date
    verb: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a project has its score on a day, how it came there, and what would change it."""

    project_id: uuid.UUID
    title: str
    sponsor: str
    stage: str
    as_of: dt.date
    level: str
    score: Score
    drivers: tuple[Driver, ...]
    notes: tuple[Said, ...]
    choices: tuple[Choice, ...]
    people_waiting: int
    trend: tuple[Evaluation, ...]
    stalled: tuple[StalledItem, ...]
    flags: tuple[PastFlag, ...]
    life: tuple[Happened, ...]
    flag: OpenFlag | None
    facts: tuple[StakeholderFacts, ...]
    history: History

    def if_done(self, actions: Sequence[Action]) -> Score:
        """The score there would be, were these actions done on the day."""
        return assess_project(done(self.facts, actions), self.history)


def _listed(*where: ColumnElement[bool]) -> Any:
    return (
        select(
            ProjectRisk,
            Project.title,
            Project.stage,
            Sponsor.name,
            _WAITED,
            ProjectFeature.last_heard_on,
            ProjectFeature.stalled_after,
        )
        .join(Project, Project.id == ProjectRisk.project_id)
        .outerjoin(ProjectFeature, ProjectFeature.project_id == ProjectRisk.project_id)
        .outerjoin(Sponsor, Sponsor.id == Project.sponsor_id)
        .where(*where)
        .order_by(*_WORST_FIRST)
    )


def at_risk(
    session: Session, actor: Actor, *, level: str | None = None, offset: int = 0
) -> tuple[int, tuple[AtRisk, ...]]:
    """How many projects have a score (of that level), and 20 of them: worst level first, then by people
    waiting, then by score. Three statements."""
    require(actor, "risk.read")
    where = [ProjectRisk.level == level] if level else []
    total = session.scalar(select(func.count()).select_from(ProjectRisk).where(*where)) or 0
    # sorted as keys: the rows themselves carry their sentences and are only read for those shown
    first = (
        select(ProjectRisk.project_id)
        .outerjoin(ProjectFeature, ProjectFeature.project_id == ProjectRisk.project_id)
        .where(*where)
        .order_by(*_WORST_FIRST)
        .offset(offset)
        .limit(SHOWN)
    )
    rows = session.execute(_listed(ProjectRisk.project_id.in_(first))).all()
    flags = _flags(session, [row[0].project_id for row in rows])
    return total, tuple(_at_risk(flags, *row) for row in rows)


def _at_risk(
    flags: dict[uuid.UUID, OpenFlag],
    risk: ProjectRisk,
    title: str,
    stage: str,
    sponsor: str | None,
    waited: int,
    last_heard_on: dt.date | None,
    stalled_after: dt.date | None,
) -> AtRisk:
    return AtRisk(
        risk.project_id,
        title,
        sponsor or "",
        stage,
        risk.as_of,
        risk.level,
        risk.score,
        risk.low,
        risk.high,
        risk.probability,
        risk.coverage,
        waited,
        last_heard_on,
        stalled_after,
        tuple(Driver(**line) for line in risk.lines),
        flags.get(risk.project_id),
    )


def _flags(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, OpenFlag]:
    rows = session.execute(
        select(Flag, Account.name)
        .outerjoin(Account, Account.id == Flag.acknowledged_by)
        .where(Flag.project_id.in_(ids), Flag.cleared_on.is_(None))
    )
    return {
        flag.project_id: OpenFlag(
            flag.id,
            flag.state,
            flag.level,
            flag.raised_on,
            flag.plan,
            flag.review_on,
            name or "",
            flag.snoozed_until,
            flag.snooze_reason,
        )
        for flag, name in rows
    }


def level_counts(session: Session, actor: Actor) -> dict[str, int]:
    """Running projects by level. One statement."""
    require(actor, "risk.read")
    rows = session.execute(select(ProjectRisk.level, func.count()).group_by(ProjectRisk.level))
    return {level: count for level, count in rows}


def evaluated(
    session: Session, actor: Actor, *, as_of: dt.date, level: str | None = None, offset: int = 0
) -> tuple[dict[str, int], tuple[tuple[uuid.UUID, str, Evaluation], ...]]:
    """The list of a past day: how many projects were at each level when they were last evaluated up to then,
    and 20 of them with their title, worst first. Two statements."""
    require(actor, "risk.read")
    then = RiskEvaluation.evaluated_on.between(as_of - dt.timedelta(days=EVERY - 1), as_of)
    running = (Project.closed_on.is_(None)) | (Project.closed_on > as_of)
    counts = session.execute(
        select(RiskEvaluation.level, func.count())
        .join(Project, Project.id == RiskEvaluation.project_id)
        .where(then, running)
        .group_by(RiskEvaluation.level)
    )
    rows = session.execute(
        select(RiskEvaluation, Project.title)
        .join(Project, Project.id == RiskEvaluation.project_id)
        .where(then, running, RiskEvaluation.level == level if level else literal(True))
        .order_by(_severity(RiskEvaluation.__table__.c.level).desc(), RiskEvaluation.score.desc(), Project.id)
        .offset(offset)
        .limit(SHOWN)
    )
    return (
        {name: count for name, count in counts},
        tuple((each.project_id, title, _evaluation(each)) for each, title in rows),
    )


def _evaluation(each: RiskEvaluation) -> Evaluation:
    return Evaluation(each.evaluated_on, each.score, each.low, each.high, each.level)


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
    """Why a project has its score on a day. Its trend is replayed from its records: no point knows anything
    that happened after its day. Statements do not grow with the lab.

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
            Said(note_said(note.kind, note.count), NOTE_TAB[note.kind], note.evidence) for note in facts.notes
        ),
        choices=_choices(score.lines),
        people_waiting=person_days(session, [project_id], as_of)[project_id],
        trend=tuple(_trend(record, past, levels, as_of)),
        stalled=_stalled(session, record, facts, as_of),
        flags=_past_flags(session, project_id),
        life=_life(session, project_id),
        flag=_flags(session, [project_id]).get(project_id),
        facts=facts.stakeholders,
        history=history,
    )


def _drivers(record: ProjectRecords, facts: Situation, score: Score, history: History) -> tuple[Driver, ...]:
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
    """A point each fortnight and one for the day itself; its level is the one it was found at then."""
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


def flags_to_acknowledge(session: Session, actor: Actor, *, limit: int = 10) -> tuple[AtRisk, ...]:
    """Projects whose flag nobody has taken on or put aside. Two statements."""
    require(actor, "flag.acknowledge")
    awake = (Flag.snoozed_until.is_(None)) | (Flag.snoozed_until < ProjectRisk.as_of)
    statement = _listed(Flag.state == "raised", awake).join(Flag, Flag.project_id == Project.id)
    rows = session.execute(statement.limit(limit)).all()
    flags = _flags(session, [row[0].project_id for row in rows])
    return tuple(_at_risk(flags, *row) for row in rows)


def stall_reasons(session: Session, actor: Actor) -> dict[str, int]:
    """Why stalled recommendations of running projects do not move, as somebody said, counted over all
    projects; in the order of the words. One statement."""
    require(actor, "risk.read")
    counts = {
        reason: count
        for reason, count in session.execute(
            select(StallReason.reason, func.count())
            .join(Recommendation, Recommendation.id == StallReason.recommendation_id)
            .join(Project, Project.id == Recommendation.project_id)
            .where(
                Project.outcome.is_(None),
                Recommendation.status.in_(("sent", "accepted", "partly_accepted", "in_progress")),
                Recommendation.last_news_on <= StallReason.said_on,
            )
            .group_by(StallReason.reason)
        )
    }
    return {reason: counts[reason] for reason in STALL_REASONS if reason in counts}


def flag_audit(session: Session, actor: Actor) -> dict[str, int]:
    """What cleared flags were good for, as somebody said, and how many nobody has judged. One statement."""
    require(actor, "risk.read")
    rows = session.execute(
        select(func.coalesce(Flag.outcome, "not_judged"), func.count())
        .where(Flag.cleared_on.is_not(None))
        .group_by(Flag.outcome)
    )
    counts = {outcome: count for outcome, count in rows}
    return {outcome: counts.get(outcome, 0) for outcome in (*FLAG_OUTCOMES, "not_judged")}


def escalation_days(session: Session, actor: Actor) -> tuple[int, ...]:
    """After how many days of a stall each step of the ladder is reached. One statement."""
    require(actor, "risk.read")
    return tuple(session.get_one(Lab, 1).escalation_days)


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
        waiting = person_days(session, chunk, as_of)
        for project_id, record in read_records(session, chunk).items():
            kept = states.get(project_id, AlertState())
            report.append(_reported(record, past, kept, waiting[project_id], as_of))
        session.expunge_all()
    return sorted(report, key=lambda row: (-row["score"], row["project"], row["id"]))


def _reported(
    record: ProjectRecords, past: History, kept: AlertState, waiting: int, as_of: dt.date
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
