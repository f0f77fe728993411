"""Labs that write other things down, or less: what is missing must not make them look better."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Event
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.explanation import explain
from lab.disillusion.score.drivers import assess_stakeholder
from lab.disillusion.score.facts import ExpectationFacts, Hope
from lab.disillusion.score.model import History
from lab.disillusion.score.what_if import Action, done
from lab.disillusion.upkeep.pace import LabPast
from lab.disillusion.upkeep.situation import Situation, situation
from lab.engagements.commands import record_engagement
from lab.followthrough import commands as followthrough
from lab.past.records import read_records
from lab.projects.commands import start_project
from lab.stakeholders.commands import add_stakeholder
from tests.conftest import NOW
from tests.disillusion.score.test_drivers import person, recommendation
from tests.test_the_thread import Told, later

TODAY = NOW.date()


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def on(session: Session, project: uuid.UUID, day: dt.date = TODAY) -> Situation:
    return situation(read_records(session, [project])[project], day)


def a_project(session: Session, actor: Actor) -> uuid.UUID:
    return start_project(
        session, actor, title="Court letters", challenge="Why?", sponsor="Court Service of Eastmere",
        now=NOW, opened_on=ago(400),
    )  # fmt: skip


def joined(session: Session, actor: Actor, project: uuid.UUID, *names: str) -> list[uuid.UUID]:
    return [
        add_stakeholder(
            session, actor, project, pseudonym=name, group="service_user", now=NOW, joined_on=ago(390)
        )
        for name in names
    ]


def test_an_expectation_that_no_recommendation_carries_waits_like_one() -> None:
    waiting = recommendation("e", days_silent=126.0)
    alone = assess_stakeholder(person(not_taken_up=(waiting,)), History())
    asked = assess_stakeholder(person(recommendations=(waiting,)), History())
    assert alone.index == asked.index > 20
    (line,) = alone.lines
    assert (line.driver, line.subject_kind, line.subject_id) == ("stall", "expectation", "e")
    assert alone.low < asked.low  # somebody may have taken it up and not written it down


def test_where_recommendations_are_not_known_what_waits_is_not_all_that_may() -> None:
    facts = person(recommendations=None, not_taken_up=(recommendation("e", days_silent=40.0),))
    risk = assess_stakeholder(facts, History())
    assert risk.index < 25 <= risk.high


def test_taking_it_up_is_found_again_as_it_was_shown() -> None:
    hope = Hope("open", False, 0.0, 200.0, ())
    facts = dataclasses.replace(
        person(
            expectations=(ExpectationFacts("e", "A letter", 3, 0.9, 0.55, hope=hope),),
            not_taken_up=(recommendation("e", days_silent=200.0),),
        )
    )
    (after,) = done((facts,), (Action("take_up", "e"),))
    assert after.not_taken_up[0].days_silent == 0
    assert after.expectations[0].prospect == 0.8
    before, then = (assess_stakeholder(each, History()).index for each in (facts, after))
    assert then < before - 20


def test_meeting_one_of_two_expectations_never_makes_the_other_look_worse() -> None:
    slow, late = recommendation("a", importance=5.0, days_silent=10.0), recommendation("b", days_silent=200.0)
    both = assess_stakeholder(person(not_taken_up=(slow, late)), History())
    met = dataclasses.replace(slow, open=False)
    assert assess_stakeholder(person(not_taken_up=(met, late)), History()).index <= both.index


def test_only_where_links_are_kept_does_an_unlinked_expectation_wait_by_itself(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        project = a_project(session, facilitator)
        sponsor = _sponsor(session, project)
        hopes = [
            followthrough.record_expectation(
                session, facilitator, project, statement=words, importance=3, within_power="yes",
                recorded_on=ago(300), now=NOW,
            )
            for words in ("One letter", "Two languages")
        ]  # fmt: skip
        assert [len(each.not_taken_up) for each in on(session, project).stakeholders[:1]] == [2]
        for served in ([], hopes[:1]):
            key = followthrough.draft_recommendation(
                session, facilitator, project, title="Ask", words="Please.", sponsor_id=sponsor,
                expectation_ids=served, recorded_on=ago(200), now=NOW,
            )  # fmt: skip
            followthrough.send_recommendation(session, facilitator, key, now=NOW, on=ago(200))
            waiting = on(session, project).stakeholders[0].not_taken_up
            assert [each.id for each in waiting] == ([str(hopes[1])] if served else [])


def _sponsor(session: Session, project: uuid.UUID) -> uuid.UUID:
    key = read_records(session, [project])[project].project.sponsor_id
    assert key is not None
    return key


def test_registers_that_list_only_who_came_show_who_stayed_away(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        project = a_project(session, facilitator)
        stays, goes, never = joined(session, facilitator, project, "Ada", "Ben", "Cy")
        for days, came in ((300, [stays, goes]), (200, [stays]), (150, [stays]), (100, [stays])):
            record_engagement(
                session, facilitator, project, kind="workshop", title="Workshop", held_on=ago(days),
                attended=dict.fromkeys(came, True), now=NOW,
            )  # fmt: skip
        by = {each.id: each.attendance for each in on(session, project).stakeholders}
        assert (by[str(stays)], by[str(goes)], by[str(never)]) == (1.0, 0.0, None)
        assert on(session, project, ago(250)).stakeholders[1].attendance == 1.0


def test_a_register_with_an_absence_says_of_everybody_expected(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        project = a_project(session, facilitator)
        one, two = joined(session, facilitator, project, "Ada", "Ben")
        for days, came in ((300, {one: True, two: False}), (200, {one: True}), (100, {one: True})):
            record_engagement(
                session, facilitator, project, kind="workshop", title="Workshop", held_on=ago(days),
                attended=came, now=NOW,
            )  # fmt: skip
        by = {each.id: each.attendance for each in on(session, project).stakeholders}
        assert (by[str(one)], by[str(two)]) == (1.0, 0.0)


def test_tables_that_came_without_their_events_are_scored_by_what_they_hold(
    database: Database, told: Told
) -> None:
    today = later(200)
    with database.writing() as session:
        with_events = on(session, told.project, today.date())
        past = LabPast(session).until(today.date())
        session.execute(delete(Event))
        session.flush()
        session.expire_all()
        without, bare = on(session, told.project, today.date()), LabPast(session).until(today.date())
    for before, after in zip(with_events.stakeholders, without.stakeholders, strict=True):
        assert before.recommendations
        assert after.recommendations
        assert [each.open for each in before.recommendations] == [each.open for each in after.recommendations]
        assert [each.id for each in before.expectations] == [each.id for each in after.expectations]
    assert set(without.stalls) == set(with_events.stalls)
    assert bare.silent_days == past.silent_days > 0
    assert 0 < bare.progress_events <= past.progress_events


def test_a_lab_that_only_keeps_a_register_is_scored_with_a_wide_band(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        project = a_project(session, facilitator)
        key = followthrough.draft_recommendation(
            session, facilitator, project, title="Ask", words="Please.",
            sponsor_id=_sponsor(session, project), recorded_on=ago(200), now=NOW,
        )  # fmt: skip
        followthrough.send_recommendation(session, facilitator, key, now=NOW, on=ago(200))
        score = explain(session, COMMAND_LINE, project, as_of=TODAY).score
    assert score.people == 6
    assert score.coverage < 0.3
    assert score.high - score.low > 70
    assert score.low < 30 < 60 < score.index


@pytest.mark.parametrize(
    ("said_back", "importance", "days_late", "told", "critical"),
    [
        ("will", 4, 85, None, True),
        ("will", 4, 84, None, False),
        ("will", 3, 85, None, False),
        ("will_if", 5, 85, None, False),
        ("will", 5, 200, 84, False),
        ("will", 5, 200, 85, True),
    ],
)
def test_an_important_promise_to_the_people_long_broken_in_silence_is_critical(
    database: Database,
    facilitator: Actor,
    said_back: str,
    importance: int,
    days_late: int,
    told: int | None,
    critical: bool,
) -> None:
    with database.writing() as session:
        project = a_project(session, facilitator)
        followthrough.record_expectation(
            session, facilitator, project, statement="One letter", importance=importance, within_power="yes",
            said_back=said_back, hoped_for=ago(days_late), recorded_on=ago(390), now=NOW,
        )  # fmt: skip
        if told is not None:
            followthrough.reply_to_people(
                session, facilitator, project, what_happened="News", told_on=ago(told), now=NOW
            )
        assert on(session, project).immediate is critical
