"""Keeping the score up to date, and what a person can do with a flag."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from db.models import Flag, Lab, Project, ProjectRisk, RiskEvaluation
from lab.access.rights import Actor, require
from lab.disillusion.drivers import ProjectRisk as Score
from lab.disillusion.drivers import assess_project
from lab.disillusion.levels import AlertState, from_text, step
from lab.disillusion.records import CHUNK, LabPast, ProjectRecords, read_records, situation
from lab.disillusion.words import DRIVER_TITLE, NEXT_ACTION, sentence
from lab.foundation import text
from lab.foundation.errors import Invalid, WrongTransition
from lab.foundation.events import remember
from lab.foundation.records import fetch

EVERY = 14
"""Days between evaluations; two in a row confirm a level."""
_FIRST = dt.date(1990, 1, 1)
LINES_KEPT = 40
RED = ("at_risk", "critical")


def latest_evaluation(today: dt.date) -> dt.date:
    """The newest date of the fortnightly grid up to today."""
    return _FIRST + dt.timedelta(days=(today - _FIRST).days // EVERY * EVERY)


def is_behind(session: Session, today: dt.date) -> bool:
    """Whether an evaluation is due. One statement."""
    lab = session.get(Lab, 1)
    return lab is not None and (lab.evaluated_on is None or lab.evaluated_on < latest_evaluation(today))


def catch_up(session: Session, *, today: dt.date, now: dt.datetime) -> int:
    """Evaluate every project on each date of the grid that was missed, raising and clearing flags as of
    those dates, and bring today's scores up to date. Returns the number of evaluations made."""
    lab = session.get(Lab, 1)
    if lab is None:
        return 0
    until = latest_evaluation(today)
    past = LabPast(session)
    made = 0
    for ids in _chunks(session, until, lab.evaluated_on):
        made += _evaluate(session, ids, until, past, now)
        _score_today(session, ids, today, past, now)
    lab.evaluated_on = until
    return made


def refresh_risk(
    session: Session, project_ids: Sequence[uuid.UUID], *, as_of: dt.date, now: dt.datetime
) -> None:
    """Bring today's score of some projects up to date after a command, in a bounded number of statements."""
    _score_today(session, list(project_ids), as_of, LabPast(session), now)


def _chunks(session: Session, until: dt.date, since: dt.date | None) -> Iterator[list[uuid.UUID]]:
    statement = select(Project.id).where(Project.opened_on <= until).order_by(Project.id)
    if since is not None:
        statement = statement.where((Project.closed_on.is_(None)) | (Project.closed_on > since))
    ids = list(session.scalars(statement))
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


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
        for day in _grid(record.project, done, until):
            facts = situation(record, day)
            score = assess_project(facts.stakeholders, past.until(day))
            before, state = state.level, step(state, score.probability, facts.immediate)
            rows.append(_evaluation(project_id, day, score, state))
            _follow_level(session, flags, record.project, before, state.level, day, now)
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


def _grid(project: Project, done: dt.date | None, until: dt.date) -> Iterator[dt.date]:
    start = latest_evaluation(project.opened_on) if done is None else done
    end = min(until, project.closed_on - dt.timedelta(days=1)) if project.closed_on else until
    day = start + dt.timedelta(days=EVERY)
    while day <= end:
        yield day
        day += dt.timedelta(days=EVERY)


def _evaluation(project_id: uuid.UUID, day: dt.date, score: Score, state: AlertState) -> dict[str, Any]:
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
    day: dt.date,
    now: dt.datetime,
) -> None:
    """Raise a flag when the level turns red, clear it when it no longer is: nobody has to think of it."""
    if level in RED and before not in RED and project.id not in flags:
        flag = Flag(project_id=project.id, level=level, raised_on=day)
        session.add(flag)
        session.flush()
        flags[project.id] = flag
        remember(
            session, actor_id=None, project_id=project.id, subject=("flag", flag.id), verb="raised",
            now=now, on=day, to_state="raised", level=level,
        )  # fmt: skip
    elif level in RED and project.id in flags:
        flags[project.id].level = level
    elif level not in RED and project.id in flags:
        _clear(session, flags.pop(project.id), day, "The facts: the risk has fallen", None, now)


def _clear(
    session: Session, flag: Flag, day: dt.date, reason: str, by: uuid.UUID | None, now: dt.datetime
) -> None:
    before, flag.state = flag.state, "cleared"
    flag.cleared_on, flag.cleared_reason, flag.cleared_by = day, reason, by
    flag.version += 1
    remember(
        session, actor_id=by, project_id=flag.project_id, subject=("flag", flag.id), verb="cleared", now=now,
        on=day, from_state=before, to_state="cleared", reason=reason,
    )  # fmt: skip


def _score_today(
    session: Session, ids: list[uuid.UUID], today: dt.date, past: LabPast, now: dt.datetime
) -> None:
    records = read_records(session, ids)
    states = {row[0]: row[2] for row in session.execute(_newest_evaluations(ids))}
    flags = {flag.project_id: flag for flag in _open_flags(session, ids)}
    history = past.until(today)
    rows: list[dict[str, Any]] = []
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
            _follow_level(session, flags, record.project, before, state.level, today, now)
        rows.append(_row(project_id, today, score, state, facts.people_waiting, record))
    session.execute(delete(ProjectRisk).where(ProjectRisk.project_id.in_(ids)))
    if rows:
        session.execute(insert(ProjectRisk), rows)


def _row(
    project_id: uuid.UUID,
    today: dt.date,
    score: Score,
    state: AlertState,
    people_waiting: int,
    record: ProjectRecords,
) -> dict[str, Any]:
    lines = [
        {
            "driver": line.driver,
            "title": DRIVER_TITLE[line.driver],
            "sentence": sentence(line),
            "points": line.points,
            "subject_kind": line.subject_kind,
            "subject_id": line.subject_id or str(record.project.id),
            "action": NEXT_ACTION[line.driver].label,
            "tab": NEXT_ACTION[line.driver].tab,
        }
        for line in score.lines[:LINES_KEPT]
    ]
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
        "people_waiting": people_waiting,
        "lines": lines,
    }


def acknowledge_flag(
    session: Session,
    actor: Actor,
    flag_id: uuid.UUID,
    *,
    plan: str,
    review_on: dt.date,
    now: dt.datetime,
) -> None:
    """Take a flag on: what will be done, and when it is looked at again (within 28 days)."""
    require(actor, "flag.acknowledge")
    flag = _open_flag(session, flag_id)
    today = now.date()
    text.planned(review_on, today, "Review date")
    if (review_on - today).days > 28:
        raise Invalid("A flag is reviewed within 28 days. Choose an earlier date.", field="review_on")
    before, flag.state = flag.state, "acknowledged"
    flag.plan = text.paragraph(plan, "Plan", limit=2000)
    flag.review_on, flag.acknowledged_on, flag.acknowledged_by = review_on, today, actor.account_id
    flag.version += 1
    remember(
        session, actor_id=actor.account_id, project_id=flag.project_id, subject=("flag", flag_id),
        verb="acknowledged", now=now, from_state=before, to_state="acknowledged", reason=flag.plan,
        review_on=str(review_on),
    )  # fmt: skip


def clear_flag(session: Session, actor: Actor, flag_id: uuid.UUID, *, reason: str, now: dt.datetime) -> None:
    """Clear a flag by hand; the reason is kept. The score stays what the facts make it."""
    require(actor, "flag.acknowledge")
    flag = _open_flag(session, flag_id)
    cleaned = text.paragraph(reason, "Reason", limit=2000)
    _clear(session, flag, now.date(), cleaned, actor.account_id, now)


def _open_flag(session: Session, flag_id: uuid.UUID) -> Flag:
    flag = fetch(session, Flag, flag_id, "flag")
    if flag.cleared_on is not None:
        raise WrongTransition("This flag has already been cleared.")
    return flag
