"""What a screen asks of the database does not grow with the lab."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from db.engine import Database
from db.keys import new_key
from db.models import Event, Project, ProjectRisk, Recommendation, Sponsor
from db.words import STAGES
from lab.access.rights import Actor
from lab.disillusion.lists import at_risk, flags_to_acknowledge, level_counts
from lab.lifecycle.queries import board, board_choices
from lab.lifecycle.today import coming, promises_due, stalled
from lab.rates.portfolio import portfolio, projects_at
from lab.rates.queries import newest_record, rates
from tests.conftest import NOW

pytestmark = pytest.mark.slow

TODAY = NOW.date()


def fill(database: Database, projects: int) -> None:
    """Running and closed projects, each with a score, an event and a recommendation that is stalled."""
    sponsor = new_key()
    keys = [new_key() for _ in range(projects)]
    opened = TODAY - dt.timedelta(days=400)
    with database.writing() as session:
        session.execute(insert(Sponsor), [{"id": sponsor, "name": f"Sponsor {sponsor}"}])
        session.execute(
            insert(Project),
            [
                {
                    "id": key, "slug": str(key), "title": f"Project {place}", "stage": STAGES[place % 5],
                    "sponsor_id": sponsor, "place": f"Place {place % 7}", "stage_since": opened,
                    "opened_on": opened,
                    "outcome": "implemented" if place % 3 == 0 else None,
                    "outcome_reason": "done" if place % 3 == 0 else None,
                    "closed_on": TODAY if place % 3 == 0 else None,
                }
                # rows with the same columns in one run: each change begins a new statement
                for place, key in sorted(enumerate(keys), key=lambda each: each[0] % 3 == 0)
            ],
        )  # fmt: skip
        session.execute(
            insert(ProjectRisk),
            [
                {
                    "project_id": key, "as_of": TODAY, "score": place % 90, "low": 0, "high": 100,
                    "probability": 0.1, "coverage": 1, "level": "at_risk" if place % 9 == 1 else "calm",
                    "alert_state": "00000", "lines": [],
                }
                for place, key in enumerate(keys) if place % 3
            ],
        )  # fmt: skip
        session.execute(
            insert(Event),
            [
                {
                    "at": NOW, "day": NOW.date(), "recorded_at": NOW, "project_id": key,
                    "subject_type": "project", "subject_id": key, "verb": "started",
                    "to_state": "discovery", "detail": {},
                }
                for key in keys
            ],
        )  # fmt: skip
        session.execute(
            insert(Recommendation),
            [
                {
                    "project_id": key, "sponsor_id": sponsor, "title": "Ask", "text": "Ask",
                    "status": "accepted",
                    "recorded_on": opened, "sent_on": opened, "last_news_on": opened,
                    "response_due": opened + dt.timedelta(days=84),
                }
                for key in keys
            ],
        )  # fmt: skip


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent within the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _board(session: Session, actor: Actor) -> object:
    return board_choices(session, actor), board(session, actor, as_of=TODAY, today=TODAY)


def _past_board(session: Session, actor: Actor) -> object:
    return board(session, actor, as_of=TODAY - dt.timedelta(days=30), today=TODAY)


def _at_risk(session: Session, actor: Actor) -> object:
    return level_counts(session, actor), at_risk(session, actor)


def _implementation(session: Session, actor: Actor) -> object:
    return newest_record(session, actor), rates(session, actor, as_of=TODAY)


def _past_implementation(session: Session, actor: Actor) -> object:
    return rates(session, actor, as_of=TODAY - dt.timedelta(days=30))


def _portfolio(session: Session, actor: Actor) -> object:
    return portfolio(session, actor, as_of=TODAY, today=TODAY), projects_at(
        session, actor, level="calm", importance=3, as_of=TODAY, today=TODAY
    )


def _home(session: Session, actor: Actor) -> object:
    return (
        flags_to_acknowledge(session, actor),
        stalled(session, actor, as_of=TODAY),
        promises_due(session, actor, as_of=TODAY),
        coming(session, actor, as_of=TODAY),
    )


MOST = {
    _board: 8,
    _past_board: 8,
    _at_risk: 8,
    _home: 8,
    _implementation: 32,
    _past_implementation: 32,
    _portfolio: 11,
}
"""Statements that each screen may send."""


@pytest.mark.parametrize(
    ("empty_database", "projects"),
    [("sqlite", 10_000), pytest.param("postgres", 1_000, marks=pytest.mark.postgres)],
    indirect=["empty_database"],
)
def test_a_screen_sends_as_many_statements_for_10000_projects_as_for_18(
    database: Database, facilitator: Actor, projects: int
) -> None:
    def sent(screen: Callable[[Session, Actor], object]) -> int:
        with counted(database) as statements, database.reading() as session:
            screen(session, facilitator)
        return len(statements)

    fill(database, 18)
    few = {screen.__name__: sent(screen) for screen in MOST}
    fill(database, projects - 18)
    assert {screen.__name__: sent(screen) for screen in MOST} == few
    assert all(1 <= few[screen.__name__] <= most for screen, most in MOST.items()), few


def test_the_board_shows_each_project_once_in_its_column_worst_first(
    database: Database, facilitator: Actor
) -> None:
    fill(database, 18)
    with database.reading() as session:
        columns = {each.stage: each for each in board(session, facilitator, as_of=TODAY, today=TODAY)}
    assert columns["closed"].total == 6
    assert sum(each.total for each in columns.values()) == 18
    for column in columns.values():
        scores = [card.score or 0 for card in column.cards]
        assert scores == sorted(scores, reverse=True)
        assert len(column.cards) == column.total
