"""Silence runs since the people last had a reply; if they never had one, since they first took part."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

import pytest
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Project
from lab.access.rights import Actor
from lab.disillusion.explanation import explain, risk_report
from lab.disillusion.lists import at_risk
from lab.disillusion.score.words import days
from lab.disillusion.upkeep.commands import refresh_risk
from lab.engagements.commands import record_engagement
from lab.followthrough.commands import reply_to_people
from lab.lifecycle.commands import move_project
from lab.lifecycle.public import public_story
from lab.lifecycle.queries import board, news_of_project
from lab.past.news import News
from lab.past.waiting import person_days
from lab.projects.commands import start_project

OPENED: Final = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
MET: Final = dt.date(2026, 2, 2)
LOOK: Final = dt.date(2026, 6, 12)


@pytest.fixture
def opened(database: Database, facilitator: Actor) -> uuid.UUID:
    with database.writing() as session:
        key = start_project(
            session, facilitator, title="Letters", challenge="Why?", sponsor="Court", opened_on=OPENED.date(),
            now=OPENED,
        )  # fmt: skip
        row = session.get_one(Project, key)
        row.is_public, row.slug = True, "letters"
    return key


def meet(session: Session, actor: Actor, project: uuid.UUID) -> None:
    record_engagement(
        session, actor, project, kind="workshop", title="First", held_on=MET, people={"service_user": 12},
        now=at(MET),
    )  # fmt: skip


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(15), tzinfo=dt.UTC)


def everywhere(session: Session, actor: Actor, project: uuid.UUID) -> set[str]:
    """The silence as words: on the board, At risk, the project and the public page; it must be one answer."""
    refresh_risk(session, [project], as_of=LOOK, now=at(LOOK))
    (card,) = (each for column in board(session, actor, as_of=LOOK, today=LOOK) for each in column.cards)
    (listed,) = at_risk(session, actor)[1]
    story = public_story(session, "letters", today=LOOK)
    assert story is not None
    answers: list[News] = [
        card.news, listed.news, news_of_project(session, actor, project, as_of=LOOK)
    ]  # fmt: skip
    said = {each.said(LOOK) for each in answers}
    return said | {story.silence} if story.silence else said


def test_a_project_never_replied_to_is_silent_since_people_first_took_part_everywhere(
    database: Database, facilitator: Actor, opened: uuid.UUID
) -> None:
    with database.writing() as session:
        meet(session, facilitator, opened)
        words = {f"No news yet, {(LOOK - MET).days} days since people first took part"}
        assert everywhere(session, facilitator, opened) == words
        (line,) = (
            each
            for each in explain(session, facilitator, opened, as_of=LOOK).drivers
            if each.driver == "silence"
        )
        assert f"heard nothing for {days((LOOK - MET).days)};" in line.sentence
        (row,) = risk_report(session, facilitator, LOOK)
        assert row["silent_since"] == str(MET)


def test_a_step_within_the_lab_is_no_news_to_the_people(
    database: Database, facilitator: Actor, opened: uuid.UUID
) -> None:
    with database.writing() as session:
        meet(session, facilitator, opened)
        before = everywhere(session, facilitator, opened)
        move_project(session, facilitator, opened, stage="co_design", reason="Agreed", now=at(LOOK))
        assert everywhere(session, facilitator, opened) == before


def test_a_project_in_which_nobody_took_part_has_nobody_to_tell(
    database: Database, facilitator: Actor, opened: uuid.UUID
) -> None:
    with database.writing() as session:
        assert everywhere(session, facilitator, opened) == {"Nobody to tell yet"}
        assert person_days(session, [opened], LOOK)[opened] == 0
        assert "silence" not in {
            each.driver for each in explain(session, facilitator, opened, as_of=LOOK).drivers
        }


def test_a_reply_ends_the_silence_everywhere(
    database: Database, facilitator: Actor, opened: uuid.UUID
) -> None:
    with database.writing() as session:
        meet(session, facilitator, opened)
        reply_to_people(
            session, facilitator, opened, what_happened="We met the court.",
            now=at(LOOK - dt.timedelta(days=3)),
        )  # fmt: skip
        assert everywhere(session, facilitator, opened) == {"News 3 days ago"}
