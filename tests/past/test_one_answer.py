"""One question, one answer: in any lab every screen, page, report and command says the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.worlds.records import fill_behaviour
from db.engine import Database
from db.models import Engagement, Lab, Project, ProjectFeature, Recommendation, Reply, Workshop
from lab.access.rights import COMMAND_LINE
from lab.demo.commands import fill_demo
from lab.demo.script import CLOSED, RUNNING
from lab.disillusion.explanation import explain, risk_report
from lab.disillusion.lists import SHOWN, at_risk
from lab.disillusion.score.words import days as spoken_days
from lab.disillusion.upkeep.commands import refresh_risk
from lab.disillusion.upkeep.digest import digest, heard_said
from lab.disillusion.upkeep.features import rebuild_features
from lab.lifecycle.public import public_story
from lab.lifecycle.queries import board, news_of_project
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.today import promises_due, stalled
from lab.past.columns import NEVER, read_recommendations
from lab.past.edits import keep_promises
from lab.past.news import news_of
from lab.past.records import read_records
from lab.past.waiting import person_days
from lab.rates.queries import rates, rates_report
from lab.workshops.after.report import report_of_code
from tests.conftest import NOW
from tests.past.random_lab import scribble

EPOCH = dt.date(1970, 1, 1)


def agree_now(session: Session, today: dt.date) -> None:
    """Every screen of today, its digest, pages and reports."""
    now = dt.datetime.combine(today, dt.time(12), tzinfo=dt.UTC)
    actor = COMMAND_LINE
    keys = list(session.scalars(select(Project.id).where(Project.outcome.is_(None))))
    assert keys, "no project runs"
    refresh_risk(session, keys, as_of=today, now=now)
    home = {each.id: each.stall.since for each in stalled(session, actor, as_of=today) if each.stall}
    week = digest(session, actor, today=today)
    due = {each.project_id: each.promised_for for each in promises_due(session, actor, as_of=today)}
    cards = {
        card.id: card.news
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
    overdue = {each.project_id: each.since for each in numbers.waiting if each.why == "silent"}
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
        assert news_of_project(session, actor, key, as_of=today) == news
        assert cards.get(key, news) == news
        assert listed[key].news == news
        assert report[key]["silent_since"] == (str(news.silent_since) if news.silent_since else None)
        silences = {each.sentence.partition(";")[0] for each in explained.drivers if each.driver == "silence"}
        days_silent = news.days_of_silence(today) or 0
        assert silences <= {f"The people have heard nothing for {spoken_days(days_silent)}"}
        assert overdue.get(key, news.silent_after) == news.silent_after
        assert due.get(key, news.by) == news.by
        slug, public = session.execute(select(Project.slug, Project.is_public).where(Project.id == key)).one()
        story = public_story(session, slug, today=today) if public else None
        assert story is None or story.next_news_on == news.by
        if story is not None:
            silent = sorted(each.silent_days for each in story.not_yet if each.silent_days is not None)
            assert silent == sorted(clock_of(session, since, today))
        assert {report_of_code(session, code).hear_by for code in workshops(session, key)} <= {news.by}
        assert news_of(session, key) == news, "what phones, walls and results ask"
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
    assert rates_report(session, actor, today)["heard_back"] == dataclasses.asdict(numbers.heard_back)
    assert week.heard == numbers.heard_back
    assert heard_said(week.heard)[0].removesuffix(".") == numbers.heard_back.in_time_said()
    told = select(func.count()).where(Reply.told_on > today - dt.timedelta(days=7), Reply.told_on <= today)
    assert week.news["reply"] == session.scalar(told)


def clock_of(session: Session, since: dict[uuid.UUID, dt.date], today: dt.date) -> Iterator[int]:
    """Days on the public silence clock, of the recommendations that anybody may see."""
    after = session.get_one(Lab, 1).escalation_days[-1]
    for key, day in since.items():
        if session.get_one(Recommendation, key).is_public and (today - day).days >= after:
            yield (today - day).days


def workshops(session: Session, project: uuid.UUID) -> list[str]:
    """The codes of a project's workshops that were wrapped up."""
    codes = select(Workshop.code).join(Engagement, Engagement.id == Workshop.id)
    return list(
        session.scalars(codes.where(Engagement.project_id == project, Workshop.state == "wrapped_up"))
    )


def since_when(session: Session, project: uuid.UUID, day: dt.date) -> dict[uuid.UUID, dt.date]:
    """Since when each recommendation of a project is stalled, as the numbers have it."""
    found = read_recommendations(session, day, [project])
    first = [min(int(days[row]) for days in found.stalled_since().values()) for row in range(found.total)]
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
    assert rates_report(session, COMMAND_LINE, day)["heard_back"] == dataclasses.asdict(numbers.heard_back)
    cards = {
        card.id: card.news
        for column in board(session, COMMAND_LINE, as_of=day, today=day + dt.timedelta(days=1), pages=5)
        for card in column.cards
    }
    for key in keys[:6]:
        explained = explain(session, COMMAND_LINE, key, as_of=day)
        assert {each.id: each.since for each in explained.stalled} == since_when(session, key, day)
        assert explained.people_waiting == days[key]
        assert cards.get(key, (news := news_of(session, key, day))) == news


def who_heard(session: Session, day: dt.date) -> dict[str, int]:
    """People by whether they heard in time, counted one by one from what was true of them on a day."""
    counts = dict.fromkeys(("told", "late", "never", "not_yet_due"), 0)
    keys = list(session.scalars(select(Project.id).where(Project.opened_on <= day)))
    for records in read_records(session, keys).values():
        project = records.project
        cadence = dt.timedelta(days=records.cadence(project.id, project.cadence_days, project.opened_on, day))
        replies = session.execute(
            select(Reply.told_on, Reply.next_news_on)
            .where(Reply.project_id == project.id, Reply.told_on <= day)
            .order_by(Reply.told_on)
        ).all()
        for person in records.stakeholders:
            days = [each.recorded_on for each in records.expectations if each.stakeholder_id == person.id]
            for held in records.engagements:
                register = {str(key): came for key, came in held.attended.items()}
                if records.value(held.id, "attended", register, day).get(str(person.id)):
                    days.append(held.on)
            if days := [each for each in days if each <= day]:
                found = _heard(days, cadence, [(told, by) for told, by in replies], day)
                counts[found] += records.value(person.id, "people", person.people, day)
    return counts


def _heard(
    days: list[dt.date],
    cadence: dt.timedelta,
    replies: list[tuple[dt.date, dt.date | None]],
    day: dt.date,
) -> str:
    passed = [each for each in days if each + cadence <= day]
    if not passed:
        return "not_yet_due"
    took = max(passed)
    promised = [by for told, by in replies if told < took][-1:]
    time_up = max(each for each in (took + cadence, *promised) if each is not None)
    following = next((told for told, _ in replies if told >= took), None)
    if following is not None and following <= time_up:
        return "told"
    if time_up >= day:
        return "not_yet_due"
    return "never" if following is None else "late"


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("empty_database", "seed", "past"),
    [
        ("sqlite", 0, 1),
        ("sqlite", 2719, 264),
        pytest.param("postgres", 6042, 97, marks=pytest.mark.postgres),
        pytest.param("postgres", 9357, 171, marks=pytest.mark.postgres),
    ],
    indirect=["empty_database"],
)
def test_every_screen_page_and_report_gives_the_same_answer_in_a_random_lab(
    database: Database, seed: int, past: int
) -> None:
    with database.writing() as session:
        scribble(session, seed)
        everywhere_the_same(session, past)
        for day in (NOW.date() - dt.timedelta(days=past), NOW.date()):
            heard = rates(session, COMMAND_LINE, as_of=day).heard_back
            found = who_heard(session, day)
            assert found == {name: getattr(heard, name) for name in found}


@pytest.mark.slow
@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_every_screen_page_and_report_gives_the_same_answer_in_the_demo_lab(empty_database: Database) -> None:
    with empty_database.writing() as session:
        plots = (*RUNNING[1::2], RUNNING[2], RUNNING[4], CLOSED[0])
        fill_demo(session, seed=3, now=NOW, projects=len(plots), plots=plots)
        everywhere_the_same(session, 45)


@pytest.mark.slow
@pytest.mark.parametrize(
    "empty_database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_every_screen_page_and_report_gives_the_same_answer_in_a_lab_that_behaves(
    empty_database: Database,
) -> None:
    with empty_database.writing() as session:
        fill_behaviour(session, seed=5, now=NOW, projects=8)
        everywhere_the_same(session, 90)
