"""Keeping the score up to date, and what a person can do with a flag."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from db.models import (
    Escalation,
    Flag,
    Lab,
    Project,
    ProjectRisk,
    Recommendation,
    RiskEvaluation,
    StaleProject,
    StallReason,
)
from db.words import ESCALATION_STEPS, FLAG_OUTCOMES, STALL_REASONS
from lab.access.rights import Actor, require
from lab.disillusion.score.drivers import assess_project
from lab.disillusion.score.facts import Assessment
from lab.disillusion.score.levels import AlertState, from_text, step
from lab.disillusion.score.model import History
from lab.disillusion.score.what_if import action_for, done
from lab.disillusion.score.words import DRIVER_TITLE, next_action, sentence
from lab.disillusion.upkeep.features import refresh_features
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import Situation, situation
from lab.followthrough.rules import Stall
from lab.foundation import clock, text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import Subject, remember
from lab.foundation.records import change, fetch
from lab.past.records import CHUNK, read_records

EVERY = 14
"""Days between evaluations; two in a row confirm a level."""
AT_ONCE = 40
"""Projects evaluated or scored in one transaction, so that other writers need not wait."""
_FIRST = dt.date(1990, 1, 1)
LINES_KEPT = 40
RED = ("at_risk", "critical")
SNOOZE_DAYS = 28
"""The longest a flag can be put aside."""


def latest_evaluation(today: dt.date) -> dt.date:
    """The newest date of the fortnightly grid up to today."""
    return _FIRST + dt.timedelta(days=(today - _FIRST).days // EVERY * EVERY)


def is_behind(session: Session, today: dt.date) -> bool:
    """Whether an evaluation is due. One statement."""
    lab = session.get(Lab, 1)
    return lab is not None and (lab.evaluated_on is None or lab.evaluated_on < latest_evaluation(today))


def catch_up(session: Session, *, today: dt.date, now: dt.datetime) -> int:
    """Evaluate every project on each missed date of the grid, raise and clear flags as of those dates, and
    update today's scores. Returns the number of evaluations made.

    All in the caller's transaction. To let others write in between, call `to_evaluate`, `evaluate` for a few
    projects at a time, and `evaluated`.
    """
    if session.get(Lab, 1) is None:
        return 0
    past, ids = LabPast(session), to_evaluate(session, today)
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    made = sum(evaluate(session, chunk, past, today=today, now=now) for chunk in chunks)
    evaluated(session, today)
    return made


def to_evaluate(session: Session, today: dt.date) -> list[uuid.UUID]:
    """Projects that may need an evaluation: running at some time since the last one. Two statements."""
    lab = session.get_one(Lab, 1)
    statement = select(Project.id).where(Project.opened_on <= latest_evaluation(today)).order_by(Project.id)
    if lab.evaluated_on is not None:
        ran = (Project.closed_on.is_(None)) | (Project.closed_on > lab.evaluated_on)
        statement = statement.where(ran)
    return list(session.scalars(statement))


def evaluate(
    session: Session, project_ids: Sequence[uuid.UUID], past: LabPast, *, today: dt.date, now: dt.datetime
) -> int:
    """Evaluate some projects on the dates of the grid they missed, and score them today. Idempotent.
    Returns the number of evaluations made."""
    ids = list(project_ids)
    made = _evaluate(session, ids, latest_evaluation(today), past, now)
    _score_today(session, ids, today, past, now)
    return made


def evaluated(session: Session, today: dt.date) -> None:
    """Record that every project has been evaluated."""
    session.get_one(Lab, 1).evaluated_on = latest_evaluation(today)


def refresh_risk(
    session: Session, project_ids: Sequence[uuid.UUID], *, as_of: dt.date, now: dt.datetime
) -> None:
    """Update features, today's score and the ladder of some projects, in a bounded number of statements."""
    _score_today(session, list(project_ids), as_of, LabPast(session), now)


def is_stale(session: Session, today: dt.date) -> bool:
    """Whether any project's score is older than its records or than today. Two statements."""
    older = select(ProjectRisk.project_id).where(ProjectRisk.as_of < today).limit(1)
    return any(session.scalar(each) is not None for each in (select(StaleProject.id).limit(1), older))


def refresh_stale(session: Session, *, today: dt.date, now: dt.datetime, past: LabPast | None = None) -> int:
    """Update up to `AT_ONCE` projects whose records changed since they were scored, or that were last
    scored on an earlier day; few, so that other writers wait only a moment. `past` may be read
    beforehand, since it takes a while. Returns how many; 0 when all are up to date."""
    stale = list(session.scalars(select(StaleProject.project_id).distinct().limit(AT_ONCE)))
    if len(stale) < AT_ONCE:
        older = select(ProjectRisk.project_id).where(ProjectRisk.as_of < today)
        stale += session.scalars(
            older.where(ProjectRisk.project_id.not_in(stale)).limit(AT_ONCE - len(stale))
        )
    if stale:
        _score_today(session, stale, today, past or LabPast(session), now)
    return len(stale)


def _evaluate(session: Session, ids: list[uuid.UUID], until: dt.date, past: LabPast, now: dt.datetime) -> int:
    records = read_records(session, ids)
    newest = {
        project_id: (day, state) for project_id, day, state in session.execute(_newest_evaluations(ids))
    }
    flags = {flag.project_id: flag for flag in _open_flags(session, ids)}
    rows: list[dict[str, Any]] = []
    for project_id, record in records.items():
        done, kept = newest.get(project_id, (None, None))
        state = from_text(kept) if kept else AlertState()
        for day in grid(record.project, done, until):
            facts = situation(record, day)
            score = assess_project(facts.stakeholders, past.until(day))
            before, state = state.level, step(state, score.probability, facts.immediate)
            rows.append(_evaluation(project_id, day, score, state))
            _follow_level(session, flags, record.project, before, state.level, facts, day, now)
        if record.project.closed_on and record.project.closed_on <= until and project_id in flags:
            _clear(
                session, flags.pop(project_id), record.project.closed_on, "The project was closed", None, now
            )
    for start in range(0, len(rows), 2000):
        session.execute(insert(RiskEvaluation), rows[start : start + 2000])
    session.flush()
    return len(rows)


def _newest_evaluations(ids: Sequence[uuid.UUID]) -> Any:
    newest = (
        select(RiskEvaluation.project_id, func.max(RiskEvaluation.evaluated_on).label("day"))
        .where(RiskEvaluation.project_id.in_(ids))
        .group_by(RiskEvaluation.project_id)
        .subquery()
    )
    return select(RiskEvaluation.project_id, RiskEvaluation.evaluated_on, RiskEvaluation.alert_state).join(
        newest,
        (newest.c.project_id == RiskEvaluation.project_id) & (newest.c.day == RiskEvaluation.evaluated_on),
    )


def _open_flags(session: Session, ids: Sequence[uuid.UUID]) -> list[Flag]:
    return list(session.scalars(select(Flag).where(Flag.project_id.in_(ids), Flag.cleared_on.is_(None))))


def grid(project: Project, done: dt.date | None, until: dt.date) -> Iterator[dt.date]:
    start = latest_evaluation(project.opened_on) if done is None else done
    end = min(until, project.closed_on - dt.timedelta(days=1)) if project.closed_on else until
    day = start + dt.timedelta(days=EVERY)
    while day <= end:
        yield day
        day += dt.timedelta(days=EVERY)


def _evaluation(project_id: uuid.UUID, day: dt.date, score: Assessment, state: AlertState) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "evaluated_on": day,
        "score": score.index,
        "low": score.low,
        "high": score.high,
        "probability": score.probability,
        "level": state.level,
        "alert_state": state.as_text(),
    }


def _follow_level(
    session: Session,
    flags: dict[uuid.UUID, Flag],
    project: Project,
    before: str,
    level: str,
    facts: Situation,
    day: dt.date,
    now: dt.datetime,
) -> None:
    """Raise a flag when the level turns red. Clear it when it no longer is, if there was news since.

    Without news only an edit, or time, can have lowered the risk, and neither clears a flag.
    """
    if level in RED and before not in RED and project.id not in flags:
        flag = Flag(project_id=project.id, level=level, raised_on=day)
        session.add(flag)
        session.flush()
        flags[project.id] = flag
        remember(session, None, flag, "raised", now=now, on=day, to_state="raised", derived=True, level=level)
    elif level in RED and project.id in flags:
        flag = flags[project.id]
        if changed := change(flag, level=level):
            remember(
                session, None, flag, "level_changed", now=now, on=day, derived=True, before=changed,
                level=level,
            )  # fmt: skip
    elif (
        level not in RED
        and project.id in flags
        and facts.last_news_on is not None
        and facts.last_news_on >= flags[project.id].raised_on
    ):
        _clear(session, flags.pop(project.id), day, "The facts: the risk has fallen", None, now)


def _clear(
    session: Session,
    flag: Flag,
    day: dt.date,
    reason: str,
    actor: Actor | None,
    now: dt.datetime,
    outcome: str | None = None,
) -> None:
    before, flag.state = flag.state, "cleared"
    flag.cleared_on, flag.cleared_reason = day, reason
    flag.cleared_by = actor.account_id if actor else None
    flag.version += 1
    remember(
        session,
        actor,
        flag,
        "cleared",
        now=now,
        on=day,
        from_state=before,
        to_state="cleared",
        reason=reason,
        derived=True,
        outcome=outcome,
    )


def _score_today(
    session: Session, ids: list[uuid.UUID], today: dt.date, past: LabPast, now: dt.datetime
) -> None:
    marks = list(session.scalars(select(StaleProject.id).where(StaleProject.project_id.in_(ids))))
    records = read_records(session, ids)
    states = {row[0]: row[2] for row in session.execute(_newest_evaluations(ids))}
    flags = {flag.project_id: flag for flag in _open_flags(session, ids)}
    history = past.until(today)
    rows: list[dict[str, Any]] = []
    stalls: dict[uuid.UUID, tuple[uuid.UUID, Stall]] = {}
    for project_id, record in records.items():
        if record.project.outcome is not None:
            if project_id in flags:
                _clear(session, flags[project_id], today, "The project was closed", None, now)
            continue
        facts = situation(record, today)
        score = assess_project(facts.stakeholders, history)
        state = from_text(states[project_id]) if project_id in states else AlertState()
        before = state.level
        state = AlertState(state.watch, state.at_risk, facts.immediate)
        if state.level in RED:
            _follow_level(session, flags, record.project, before, state.level, facts, today, now)
        rows.append(_row(project_id, today, score, state, facts, history))
        stalls |= {key: (project_id, found) for key, found in facts.stalls.items()}
    _climb(session, stalls, today, now)
    refresh_features(session, ids)
    session.execute(delete(ProjectRisk).where(ProjectRisk.project_id.in_(ids)))
    if rows:
        session.execute(insert(ProjectRisk), rows)
    # Only what was there before the records were read: a mark made since is about something not yet seen.
    for start in range(0, len(marks), 2000):
        session.execute(delete(StaleProject).where(StaleProject.id.in_(marks[start : start + 2000])))


def _row(
    project_id: uuid.UUID,
    today: dt.date,
    score: Assessment,
    state: AlertState,
    facts: Situation,
    history: History,
) -> dict[str, Any]:
    lines = [
        {
            "driver": line.driver,
            "title": DRIVER_TITLE[line.driver],
            "sentence": sentence(line),
            "points": line.points,
            "subject_kind": line.subject_kind,
            "subject_id": line.subject_id or str(project_id),
            "action": next_action(line).label,
            "tab": next_action(line).tab,
        }
        for line in score.lines[:LINES_KEPT]
    ]
    first = action_for(score.lines[0]) if score.lines else None
    if first is not None:
        lines[0]["after"] = assess_project(done(facts.stakeholders, [first]), history).index
    return {
        "project_id": project_id,
        "as_of": today,
        "score": score.index,
        "low": score.low,
        "high": score.high,
        "probability": score.probability,
        "coverage": score.coverage,
        "level": state.level,
        "alert_state": state.as_text(),
        "lines": lines,
    }


def _climb(
    session: Session,
    stalls: dict[uuid.UUID, tuple[uuid.UUID, Stall]],
    today: dt.date,
    now: dt.datetime,
) -> None:
    """Record each step of the ladder that a stall (by recommendation, with its project) has reached, once."""
    lab = session.get(Lab, 1)
    if lab is None or not stalls:
        return
    taken = {
        (row.recommendation_id, row.began_on, row.step)
        for row in session.scalars(select(Escalation).where(Escalation.recommendation_id.in_(stalls)))
    }
    for key, (project_id, found) in stalls.items():
        for name, days in zip(ESCALATION_STEPS, lab.escalation_days, strict=True):
            reached = found.since + dt.timedelta(days=days)
            if reached > today or (key, found.since, name) in taken:
                continue
            session.add(
                Escalation(recommendation_id=key, began_on=found.since, step=name, reached_on=reached)
            )
            remember(
                session,
                None,
                Subject("recommendation", key, project_id),
                "escalated",
                now=now,
                on=reached,
                derived=True,
                step=name,
            )
    session.flush()


def acknowledge_flag(
    session: Session,
    actor: Actor,
    flag_id: uuid.UUID,
    *,
    plan: str,
    review_on: dt.date,
    now: dt.datetime,
) -> None:
    """Acknowledge a flag with a plan, and the day of the next look (within 28 days)."""
    require(actor, "flag.acknowledge")
    flag = _open_flag(session, flag_id)
    today = clock.today(session, now)
    text.planned(review_on, today, "Review date")
    if (review_on - today).days > 28:
        raise Invalid("A flag is reviewed within 28 days. Choose an earlier date.", field="review_on")
    before, flag.state = flag.state, "acknowledged"
    flag.plan = text.paragraph(plan, "Plan", limit=2000)
    flag.review_on, flag.acknowledged_on, flag.acknowledged_by = review_on, today, actor.account_id
    flag.version += 1
    remember(
        session,
        actor,
        flag,
        "acknowledged",
        now=now,
        from_state=before,
        to_state="acknowledged",
        reason=flag.plan,
        review_on=str(review_on),
    )


def snooze_flag(
    session: Session, actor: Actor, flag_id: uuid.UUID, *, until: dt.date, reason: str, now: dt.datetime
) -> None:
    """Snooze a flag for at most 28 days, with a reason. It stays visible."""
    require(actor, "flag.acknowledge")
    flag = _open_flag(session, flag_id)
    today = clock.today(session, now)
    text.planned(until, today + dt.timedelta(days=1), "Until")
    if (until - today).days > SNOOZE_DAYS:
        raise Invalid(
            f"A flag can be put aside for {SNOOZE_DAYS} days at most. Choose an earlier date.", field="until"
        )
    flag.snooze_reason, flag.snoozed_until = text.paragraph(reason, "Reason", limit=2000), until
    flag.version += 1
    remember(session, actor, flag, "snoozed", now=now, reason=flag.snooze_reason, until=str(until))


def clear_flag(
    session: Session,
    actor: Actor,
    flag_id: uuid.UUID,
    *,
    reason: str,
    now: dt.datetime,
    outcome: str | None = None,
) -> None:
    """Clear a flag by hand, with a reason and a judgement of the alarm. The score does not change."""
    require(actor, "flag.acknowledge")
    flag = _open_flag(session, flag_id)
    cleaned = text.paragraph(reason, "Reason", limit=2000)
    flag.outcome = text.chosen_or_none(outcome, FLAG_OUTCOMES, "What the alarm was good for")
    _clear(session, flag, clock.today(session, now), cleaned, actor, now, flag.outcome)


def judge_flag(session: Session, actor: Actor, flag_id: uuid.UUID, *, outcome: str, now: dt.datetime) -> None:
    """Judge an alarm that cleared by itself: the audit counts it.

    Raises:
        WrongTransition: the flag is still up.
    """
    require(actor, "flag.acknowledge")
    flag = fetch(session, Flag, flag_id, "flag")
    if flag.cleared_on is None:
        raise WrongTransition("This flag is still up. Say what it was good for when it is cleared.")
    flag.outcome = text.chosen(outcome, FLAG_OUTCOMES, "What the alarm was good for")
    flag.version += 1
    remember(session, actor, flag, "judged", now=now, outcome=outcome)


def give_stall_reason(
    session: Session,
    actor: Actor,
    recommendation_id: uuid.UUID,
    *,
    reason: str,
    note: str,
    now: dt.datetime,
) -> None:
    """Record why a recommendation does not move, from the vocabulary. Nothing else changes."""
    require(actor, "project.write")
    recommendation = fetch(session, Recommendation, recommendation_id, "recommendation")
    found = read_records(session, [recommendation.project_id])[recommendation.project_id]
    if recommendation_id not in situation(found, clock.today(session, now)).stalls:
        raise WrongTransition("This recommendation is not stalled, so there is no stall to explain.")
    row = session.get(StallReason, recommendation_id)
    if row is None:
        row = StallReason(recommendation_id=recommendation_id)
        session.add(row)
    row.reason = text.chosen(reason, STALL_REASONS, "Reason")
    row.note = text.paragraph(note, "Note", required=False, limit=1000)
    row.said_on = clock.today(session, now)
    remember(session, actor, recommendation, "stall_explained", now=now, reason=row.note, stall_reason=reason)


def set_escalation_days(session: Session, actor: Actor, *, days: Sequence[int], now: dt.datetime) -> None:
    """Set after how many days of a stall owner, sponsor, lab manager and the public are informed.

    Raises:
        Invalid: not four numbers of days, each later than the one before.
    """
    require(actor, "lab.administer")
    steps = [text.number(each, "Days", 1, 730) for each in days]
    if len(steps) != len(ESCALATION_STEPS) or steps != sorted(set(steps)):
        raise Invalid("Give four numbers of days, each larger than the one before.", field="days")
    lab = session.get(Lab, 1, with_for_update=True)
    if lab is None:
        raise WrongTransition("Set up the lab first.")
    before = change(lab, escalation_days=steps)
    remember(session, actor, lab, "edited", now=now, before=before)


def _open_flag(session: Session, flag_id: uuid.UUID) -> Flag:
    flag = fetch(session, Flag, flag_id, "flag")
    if flag.cleared_on is not None:
        raise WrongTransition("This flag has already been cleared.")
    return flag
