"""One question, one answer: whatever lab it is, every screen, page, report and command says the same."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.worlds.records import fill_behaviour
from db.engine import Database
from db.models import Project, ProjectFeature, Recommendation
from lab.access.rights import COMMAND_LINE
from lab.demo.commands import fill_demo
from lab.disillusion.explanation import explain, risk_report
from lab.disillusion.lists import SHOWN, at_risk
from lab.disillusion.upkeep.commands import refresh_risk
from lab.disillusion.upkeep.digest import digest
from lab.disillusion.upkeep.features import rebuild_features
from lab.followthrough import commands as followthrough
from lab.foundation.errors import LabError
from lab.lifecycle.public import public_story
from lab.lifecycle.queries import board, next_promise
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.today import promises_due, stalled
from lab.past.columns import NEVER, read_recommendations
from lab.past.edits import keep_promises
from lab.past.news import news_of
from lab.past.waiting import person_days
from lab.projects.commands import start_project
from lab.rates.queries import rates, rates_report
from lab.stakeholders.commands import add_stakeholder
from tests.conftest import NOW

EPOCH = dt.date(1970, 1, 1)


def scribble(session: Session, seed: int) -> None:
    """A small lab of random steps and edits, each by its command; what the lab refuses is left out."""
    chance = random.Random(seed)
    day = dt.timedelta(days=1)
    begun = NOW - 300 * day
    for number in range(3):
        project = start_project(
            session, COMMAND_LINE, title=f"Project {number}", challenge="Why?", sponsor="Court Service",
            cadence_days=chance.choice((14, 28, 90)), opened_on=begun.date(), now=begun,
        )  # fmt: skip
        row = session.get_one(Project, project)
        row.is_public, row.slug = True, f"project-{number}"
        sponsor = row.sponsor_id
        assert sponsor is not None
        people = [
            add_stakeholder(
                session, COMMAND_LINE, project, pseudonym=f"P{number}{each}", group="service_user",
                voice_role="voice", people=chance.randint(1, 9), consent_for="this", now=begun,
            )
            for each in range(3)
        ]  # fmt: skip
        hopes = [
            followthrough.record_expectation(
                session, COMMAND_LINE, project, statement=f"Hope {each}", importance=chance.randint(1, 5),
                within_power="yes", stakeholder_id=chance.choice([*people, None]), now=begun + day,
            )
            for each in range(3)
        ]  # fmt: skip
        asks = [
            followthrough.draft_recommendation(
                session, COMMAND_LINE, project, title=f"Ask {each}", words="Please.", sponsor_id=sponsor,
                cadence_days=chance.choice((10, 30, 200)), is_public=True, now=begun + 2 * day,
                expectation_ids=chance.sample(hopes, chance.randint(0, 3)),
            )
            for each in range(3)
        ]  # fmt: skip
        for after in sorted(chance.sample(range(3, 290), 25)):
            _something(session, chance, project, chance.choice(asks), hopes, begun + after * day)


def _something(
    session: Session,
    chance: random.Random,
    project: uuid.UUID,
    ask: uuid.UUID,
    hopes: list[uuid.UUID],
    now: dt.datetime,
) -> None:
    row = session.get_one(Recommendation, ask)
    soon = now.date() + dt.timedelta(days=chance.randint(1, 200))

    def edit() -> object:
        return followthrough.edit_recommendation(
            session, COMMAND_LINE, ask, version=row.version, title=row.title, words=row.text,
            importance=chance.randint(1, 5), cadence_days=chance.choice((10, 30, 200)),
            due=chance.choice((None, soon)), expectation_ids=chance.sample(hopes, chance.randint(0, 3)),
            is_public=True, now=now,
        )  # fmt: skip

    steps: dict[str, Callable[[], object]] = {
        "send": lambda: followthrough.send_recommendation(session, COMMAND_LINE, ask, now=now),
        "answer": lambda: followthrough.answer_recommendation(
            session, COMMAND_LINE, ask, answer="accepted", reason="", due=soon, now=now
        ),
        "progress": lambda: followthrough.report_progress(
            session, COMMAND_LINE, ask, what="Going", evidence=chance.choice(("", "Log")), now=now
        ),
        "edit": edit,
        "reply": lambda: followthrough.reply_to_people(
            session, COMMAND_LINE, project, what_happened="News", is_public=chance.random() < 0.5,
            next_news_on=chance.choice((None, soon)), now=now,
        ),
    }  # fmt: skip
    try:
        with session.begin_nested():
            steps[chance.choice(("send", "answer", "progress", "edit", "edit", "reply"))]()
    except LabError:
        session.expire_all()


def agree_now(session: Session, today: dt.date) -> None:
    """Every screen of today, its digest, pages and reports."""
    now = dt.datetime.combine(today, dt.time(12), tzinfo=dt.UTC)
    actor = COMMAND_LINE
    keys = list(session.scalars(select(Project.id).where(Project.outcome.is_(None))))
    refresh_risk(session, keys, as_of=today, now=now)
    home = {each.id: each.stall.since for each in stalled(session, actor, as_of=today) if each.stall}
    week = digest(session, actor, today=today)
    due = {each.project_id: each.promised_for for each in promises_due(session, actor, as_of=today)}
    cards = {
        card.id: card.next_promise
        for column in board(session, actor, as_of=today, today=today, pages=5)
        for card in column.cards
    }
    listed = {
        each.project_id: each
        for start in range(0, len(keys), SHOWN)
        for each in at_risk(session, actor, offset=start)[1]
    }
    report = {uuid.UUID(each["id"]): each for each in risk_report(session, actor, today)}
    numbers = rates(session, actor, as_of=today)
    waiting = {each.project_id: each.project_person_days for each in numbers.waiting}
    for key in keys:
        since = since_when(session, key, today)
        thread = thread_of(session, actor, key, today=today)
        assert {each.id: each.stall.since for each in thread.recommendations if each.stall} == since
        explained = explain(session, actor, key, as_of=today)
        assert {each.id: each.since for each in explained.stalled} == since
        assert {ask: day for ask, day in home.items() if ask in since} == {
            ask: since[ask] for ask in home if ask in since
        }
        assert {each.recommendation_id: each.since for each in week.waits if each.project_id == key} in (
            {},
            since,
        )
        after = session.get_one(ProjectFeature, key, populate_existing=True).stalled_after
        assert (after if after and after < today else None) == min(since.values(), default=None)
        news = news_of(session, key, today)
        assert next_promise(session, actor, key, as_of=today) == news.by
        assert cards.get(key, news.by) == news.by
        assert due.get(key, news.by) == news.by
        slug, public = session.execute(select(Project.slug, Project.is_public).where(Project.id == key)).one()
        story = public_story(session, slug, today=today) if public else None
        assert story is None or story.next_news_on == news.by
        days = person_days(session, [key], today)[key]
        assert (listed[key].people_waiting, explained.people_waiting) == (days, days)
        assert report[key]["people_waiting"] == days
        assert report[key]["stalled_since"] == (str(min(since.values())) if since else None)
        assert report[key]["news_promised_by"] == (str(news.by) if news.by else None)
        assert {each.promised_for for each in week.late_news if each.project_id == key} <= {news.by}
        assert waiting.get(key, days) == days
        assert {each.people_waiting for each in week.waits if each.project_id == key} <= {days}
    everybody = person_days(session, list(session.scalars(select(Project.id))), today)
    assert numbers.waiting_person_days == sum(everybody.values())
    assert rates_report(session, actor, today)["heard_back"]["told"] == numbers.heard_back.told


def since_when(session: Session, project: uuid.UUID, day: dt.date) -> dict[uuid.UUID, dt.date]:
    """Since when each recommendation of a project is stalled, as the numbers have it."""
    found = read_recommendations(session, day, [project])
    first = [min(int(days[place]) for days in found.stalled_since().values()) for place in range(found.total)]
    return {
        uuid.UUID(str(key)): EPOCH + dt.timedelta(days=days)
        for key, days in zip(found.keys, first, strict=True)
        if days != NEVER
    }


def agree_then(session: Session, day: dt.date) -> None:
    """What is said of a past day: the score's explanation, the numbers and the promise of news."""
    begun = select(Project.id).where(Project.opened_on <= day)
    keys = list(session.scalars(begun))
    days = person_days(session, keys, day)
    numbers = rates(session, COMMAND_LINE, as_of=day)
    assert numbers.waiting_person_days == sum(days.values())
    cards = {
        card.id: card.next_promise
        for column in board(session, COMMAND_LINE, as_of=day, today=day + dt.timedelta(days=1), pages=5)
        for card in column.cards
    }
    for key in keys[:6]:
        explained = explain(session, COMMAND_LINE, key, as_of=day)
        assert {each.id: each.since for each in explained.stalled} == since_when(session, key, day)
        assert explained.people_waiting == days[key]
        assert cards.get(key, (by := news_of(session, key, day).by)) == by


def kept(session: Session) -> list[tuple[object, ...]]:
    session.expire_all()
    columns = Recommendation.id, Recommendation.promised_due, Recommendation.promised_cadence_days
    return [tuple(row) for row in session.execute(select(*columns).order_by(Recommendation.id))]


def waits(session: Session) -> list[tuple[object, ...]]:
    from db.models import ProjectWait

    table = ProjectWait.__table__
    return [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]


def everywhere_the_same(session: Session, past: int) -> None:
    agree_now(session, NOW.date())
    agree_then(session, NOW.date() - dt.timedelta(days=past))
    promised = kept(session)
    keep_promises(session)
    assert kept(session) == promised, "the events are the oracle of the kept promises"
    listed = waits(session)
    rebuild_features(session)
    assert waits(session) == listed, "the rebuild is the oracle of who waits"


@settings(
    max_examples=4, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(seed=st.integers(0, 10_000), past=st.integers(1, 280))
def test_every_screen_page_and_report_gives_the_same_answer_in_a_random_lab(
    database: Database, seed: int, past: int
) -> None:
    with database.writing() as session:
        scribble(session, seed)
        everywhere_the_same(session, past)
        session.rollback()


@pytest.mark.parametrize("past", [45])
def test_every_screen_page_and_report_gives_the_same_answer_in_the_demo_lab(
    empty_database: Database, past: int
) -> None:
    with empty_database.writing() as session:
        fill_demo(session, seed=3, now=NOW, projects=12)
        everywhere_the_same(session, past)


def test_every_screen_page_and_report_gives_the_same_answer_in_a_lab_that_behaves(
    empty_database: Database,
) -> None:
    with empty_database.writing() as session:
        fill_behaviour(session, seed=5, now=NOW, projects=8)
        everywhere_the_same(session, 90)
