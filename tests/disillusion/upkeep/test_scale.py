"""The at-risk screens and the upkeep of scores ask as much of thousands of projects as of eighteen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Project, ProjectRisk, RiskEvaluation, StaleProject
from lab.access.rights import Actor
from lab.disillusion.explanation import explain
from lab.disillusion.lists import at_risk, evaluated, flag_audit, level_counts
from lab.disillusion.upkeep.commands import is_stale, refresh_risk
from lab.disillusion.upkeep.digest import as_text, digest
from lab.disillusion.upkeep.features import rebuild_features
from tests.conftest import NOW
from tests.test_screens_stay_bounded import TODAY, counted, fill

pytestmark = pytest.mark.slow


def one_project(session: Session) -> Project:
    return session.scalars(select(Project).where(Project.outcome.is_(None)).order_by(Project.id)).first()  # type: ignore[return-value]


def _list(session: Session, actor: Actor) -> object:
    return level_counts(session, actor), at_risk(session, actor, level="at_risk")


def _past_list(session: Session, actor: Actor) -> object:
    return evaluated(session, actor, as_of=TODAY)


def _explanation(session: Session, actor: Actor) -> object:
    return explain(session, actor, one_project(session).id, as_of=TODAY)


def _week(session: Session, actor: Actor) -> object:
    return as_text(digest(session, actor, today=TODAY)), flag_audit(session, actor)


def _upkeep(session: Session, _actor: Actor) -> object:
    assert not is_stale(session, TODAY)
    return refresh_risk(session, [one_project(session).id], as_of=TODAY, now=NOW)


def more(database: Database, projects: int) -> None:
    """More projects with a score, its history, and their features."""
    fill(database, projects)
    with database.writing() as session:
        session.execute(StaleProject.__table__.delete())
        seen = set(session.scalars(select(RiskEvaluation.project_id)))
        session.execute(
            insert(RiskEvaluation),
            [
                {
                    "project_id": row.project_id, "evaluated_on": TODAY - dt.timedelta(days=3),
                    "score": row.score, "low": 0, "high": 100, "probability": 0.1, "level": row.level,
                    "alert_state": "00000",
                }
                for row in session.scalars(select(ProjectRisk))
                if row.project_id not in seen
            ],
        )  # fmt: skip
        rebuild_features(session)


@pytest.mark.parametrize(
    ("empty_database", "projects"),
    [("sqlite", 3_000), pytest.param("postgres", 600, marks=pytest.mark.postgres)],
    indirect=["empty_database"],
)
def test_no_question_sends_more_statements_for_3000_projects_than_for_18(
    database: Database, facilitator: Actor, projects: int
) -> None:
    def sent(screen: Callable[[Session, Actor], object]) -> int:
        with counted(database) as statements, database.writing() as session:
            screen(session, facilitator)
        return len(statements)

    screens = (_list, _past_list, _explanation, _week, _upkeep)
    more(database, 18)
    sent(_upkeep)  # a stall climbs its ladder once
    few = [sent(screen) for screen in screens]
    more(database, projects - 18)
    assert [sent(screen) for screen in screens] == few
    assert max(few) <= 44
