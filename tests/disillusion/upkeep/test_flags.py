"""A flag's life, the ladder of a stall, why things do not move, and the week that tells of it all."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.worlds.records import fill_behaviour
from db.engine import Database
from db.models import Escalation, Event, Flag, Lab, Recommendation, RiskEvaluation
from db.words import ESCALATION_STEPS, FLAG_OUTCOMES, STALL_REASONS
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.explanation import explain
from lab.disillusion.lists import flag_audit, flags_to_acknowledge, stall_reasons
from lab.disillusion.score.words import OUTCOME_WORD, STALL_REASON_WORD, STEP_REACHED, STEP_WORD
from lab.disillusion.upkeep.commands import (
    acknowledge_flag,
    catch_up,
    clear_flag,
    evaluate,
    evaluated,
    give_stall_reason,
    is_behind,
    is_stale,
    judge_flag,
    refresh_risk,
    refresh_stale,
    set_escalation_days,
    snooze_flag,
    to_evaluate,
)
from lab.disillusion.upkeep.digest import NEWS, as_text, digest
from lab.disillusion.upkeep.pace import LabPast
from lab.followthrough import commands as followthrough
from lab.foundation.errors import Invalid, NotAllowed, WrongTransition
from lab.lifecycle.public import public_story
from tests.conftest import NOW
from tests.risks import history_of
from tests.test_the_thread import Told, later


def look(database: Database, day: int) -> None:
    """What the server does by itself on that day."""
    now = later(day)
    with database.writing() as session:
        catch_up(session, today=now.date(), now=now)


def the_flag(session: Session) -> Flag:
    return session.scalars(select(Flag)).one()


def steps(session: Session) -> list[str]:
    return list(session.scalars(select(Escalation.step).order_by(Escalation.reached_on)))


def test_an_edit_that_lowers_the_score_clears_no_flag_but_news_does(
    database: Database, facilitator: Actor, told: Told
) -> None:
    look(database, 200)
    with database.writing() as session:
        row = session.get_one(Recommendation, told.accepted)
        followthrough.edit_recommendation(
            session, facilitator, told.accepted, version=row.version, title=row.title, words=row.text,
            importance=1, cadence_days=30, due=None, expectation_ids=[], is_public=True, now=later(201),
        )  # fmt: skip
        for key in told.expectations:
            followthrough.edit_expectation(
                session, facilitator, key, version=1, statement="Less", importance=1, within_power="no",
                said_back="will_not", hoped_for=None, is_public=False, now=later(201),
            )  # fmt: skip
    look(database, 260)
    with database.reading() as session:
        evaluations, _ = history_of(session, told.project)
        assert evaluations[-1].level in ("calm", "watch")
        assert the_flag(session).state == "raised"
    with database.writing() as session:
        for day in range(261, 300, 12):
            followthrough.report_progress(
                session, told.answering, told.accepted, what="Done so far", evidence="Log", now=later(day)
            )
            followthrough.reply_to_people(
                session, facilitator, told.project, what_happened="News", now=later(day)
            )
    look(database, 300)
    with database.reading() as session:
        assert the_flag(session).cleared_reason == "The facts: the risk has fallen"


def test_a_flag_is_taken_on_put_aside_cleared_and_judged_by_people_with_reasons(
    database: Database, facilitator: Actor, told: Told
) -> None:
    look(database, 200)
    now = later(200)
    with database.reading() as session:
        flag = the_flag(session).id
    with database.writing() as session:
        with pytest.raises(Invalid, match="28 days at most"):
            snooze_flag(session, facilitator, flag, until=later(230).date(), reason="Holiday", now=now)
        with pytest.raises(Invalid, match="Reason is missing"):
            snooze_flag(session, facilitator, flag, until=later(210).date(), reason=" ", now=now)
        with pytest.raises(WrongTransition, match="still up"):
            judge_flag(session, facilitator, flag, outcome="acted", now=now)
        with pytest.raises(NotAllowed):
            snooze_flag(session, told.resident, flag, until=later(210).date(), reason="x", now=now)
        snooze_flag(session, facilitator, flag, until=later(210).date(), reason="Sponsor is away", now=now)
    with database.reading() as session:
        assert flags_to_acknowledge(session, facilitator) == ()
        seen = explain(session, facilitator, told.project, as_of=now.date()).flag
        assert seen is not None
        assert seen.snooze_reason == "Sponsor is away"
    with database.writing() as session:
        refresh_risk(session, [told.project], as_of=later(211).date(), now=later(211))
    with database.reading() as session:
        assert [each.project_id for each in flags_to_acknowledge(session, facilitator)] == [told.project]
    with database.writing() as session:
        acknowledge_flag(session, facilitator, flag, plan="Call", review_on=later(220).date(), now=later(211))
        clear_flag(session, facilitator, flag, reason="Agreed with the people", now=later(212))
        judge_flag(session, facilitator, flag, outcome="acted", now=later(213))
    with database.reading() as session:
        found = explain(session, facilitator, told.project, as_of=later(213).date())
        assert [each.verb for each in found.life] == [
            "raised", "snoozed", "acknowledged", "cleared", "judged"
        ]  # fmt: skip
        assert flag_audit(session, facilitator) == {
            "acted": 1, "no_action": 0, "false_alarm": 0, "not_judged": 0
        }  # fmt: skip


def test_a_stall_climbs_the_ladder_once_a_step_and_news_ends_the_climb(
    database: Database, facilitator: Actor, told: Told
) -> None:
    # Answered on day 3 and news promised every 30 days: stalled from day 48.
    for day, reached in ((54, 0), (55, 1), (55, 1), (75, 1), (76, 2), (104, 3), (131, 3), (132, 4), (200, 4)):
        with database.writing() as session:
            refresh_risk(session, [told.project], as_of=later(day).date(), now=later(day))
        with database.reading() as session:
            assert steps(session) == list(ESCALATION_STEPS[:reached])
    with database.reading() as session:
        logged = session.scalar(select(func.count()).select_from(Event).where(Event.verb == "escalated"))
        assert logged == 4
        (stalled,) = explain(session, facilitator, told.project, as_of=later(104).date()).stalled
        assert [step for step, _ in stalled.steps] == list(ESCALATION_STEPS[:3])
    with database.writing() as session:
        followthrough.report_progress(
            session, told.answering, told.accepted, what="Signed", evidence="Notice", now=later(201)
        )
        refresh_risk(session, [told.project], as_of=later(240).date(), now=later(240))
        assert len(steps(session)) == 4
        refresh_risk(session, [told.project], as_of=later(255).date(), now=later(255))
        assert len(steps(session)) == 5


def test_the_ladder_is_the_labs_to_set_and_the_public_clock_keeps_to_it(
    database: Database, facilitator: Actor, told: Told
) -> None:
    def silent(day: int) -> list[int | None]:
        with database.reading() as session:
            story = public_story(session, told.slug, today=later(day).date())
            assert story is not None
            return [each.silent_days for each in story.not_yet if each.status == "accepted"]

    assert (silent(131), silent(132)) == ([None], [84])
    with database.writing() as session:
        with pytest.raises(NotAllowed):
            set_escalation_days(session, facilitator, days=[1, 2, 3, 4], now=later(1))
        for wrong in ([1, 2, 3], [1, 3, 2, 4], [1, 1, 2, 3], [0, 1, 2, 3]):
            with pytest.raises(Invalid):
                set_escalation_days(session, COMMAND_LINE, days=wrong, now=later(1))
        set_escalation_days(session, COMMAND_LINE, days=[1, 2, 3, 10], now=later(1))
    with database.writing() as session:
        refresh_risk(session, [told.project], as_of=later(51).date(), now=later(51))
        assert steps(session) == list(ESCALATION_STEPS[:3])
        assert session.get_one(Lab, 1).escalation_days == [1, 2, 3, 10]
    assert (silent(57), silent(58)) == ([None], [10])


def test_a_reason_explains_a_stall_is_counted_and_ends_nothing(
    database: Database, facilitator: Actor, told: Told
) -> None:
    with database.writing() as session, pytest.raises(WrongTransition, match="not stalled"):
        give_stall_reason(session, facilitator, told.accepted, reason="no_money", note="", now=later(20))
    with database.reading() as session:
        before = explain(session, facilitator, told.project, as_of=later(100).date())
    with database.writing() as session:
        for word in ("no_time", "no_money"):
            give_stall_reason(session, facilitator, told.accepted, reason=word, note="Frozen", now=later(100))
    with database.reading() as session:
        after = explain(session, facilitator, told.project, as_of=later(100).date())
        assert after.score == before.score
        assert after.stalled[0].reason == "no_money"
        assert stall_reasons(session, facilitator) == {"no_money": 1}
    with database.writing() as session:
        followthrough.report_progress(
            session, told.answering, told.accepted, what="Money found", evidence="Letter", now=later(101)
        )
    with database.reading() as session:
        assert stall_reasons(session, facilitator) == {}


def test_the_week_says_what_changed_and_what_waits_for_whom(
    database: Database, facilitator: Actor, told: Told
) -> None:
    look(database, 200)
    raised = None
    with database.reading() as session:
        raised = the_flag(session).raised_on
    today = raised + dt.timedelta(days=3)
    with database.reading() as session:
        found = digest(session, facilitator, today=today)
        text = as_text(found)
    assert [(each.project, each.cleared) for each in found.turned] == [("Court letters", False)]
    (waits,) = found.waits
    assert (waits.sponsor, waits.title) == ("Court Service of Eastmere", "Reminder text before the hearing")
    assert waits.people_waiting == 3 * (today - later(0).date()).days
    assert f"{waits.people_waiting:,} person-days of waiting" in text
    assert "Court Service of Eastmere: “Reminder text before the hearing”" in text
    for pseudonym in ("Heron", "Wren", "Owl"):
        assert pseudonym not in text
    with database.reading() as session:
        quiet = digest(session, facilitator, today=later(2).date())
        assert quiet.waits == ()
        assert "- nothing" in as_text(quiet)
        with pytest.raises(NotAllowed):
            digest(session, told.resident, today=today)


def test_a_change_made_beside_the_server_is_scored_at_its_next_look(
    database: Database, facilitator: Actor, told: Told
) -> None:
    look(database, 100)
    today = later(100).date()
    with database.reading() as session:
        assert not is_stale(session, today)
        before = explain(session, facilitator, told.project, as_of=today).score.index
    with database.writing() as session:
        followthrough.reply_to_people(
            session, facilitator, told.project, what_happened="News", now=later(100)
        )
    with database.writing() as session:
        assert is_stale(session, today)
        assert refresh_stale(session, today=today, now=later(100)) == 1
        assert not is_stale(session, today)
        assert is_stale(session, later(101).date())
    with database.reading() as session:
        assert explain(session, facilitator, told.project, as_of=today).score.index < before


def test_every_word_of_the_vocabulary_has_its_words() -> None:
    assert tuple(STALL_REASON_WORD) == STALL_REASONS
    assert tuple(STEP_WORD) == tuple(STEP_REACHED) == ESCALATION_STEPS
    assert tuple(OUTCOME_WORD) == (*FLAG_OUTCOMES, "not_judged")
    assert set(NEWS) == {"answer", "progress", "reply", "met"}


@pytest.mark.slow
def test_evaluations_made_some_at_a_time_are_those_made_at_once(database: Database) -> None:
    def made(session: Session) -> list[tuple[Any, ...]]:
        table = RiskEvaluation.__table__.c
        order = select(table.project_id, table.evaluated_on, table.score, table.alert_state)
        return [tuple(row) for row in session.execute(order.order_by(table.project_id, table.evaluated_on))]

    today = NOW.date()
    with database.writing() as session:
        session.get_one(Lab, 1).is_demo = True
        session.flush()
        fill_behaviour(session, seed=21, now=NOW, projects=6, oldest=500, youngest=300)
    with database.writing() as session:
        catch_up(session, today=today, now=NOW)
        at_once = made(session)
        session.rollback()
    with database.reading() as session:
        keys, past = to_evaluate(session, today), LabPast(session)
    for _ in range(2):  # a lab that was stopped in between begins again
        for key in keys:
            with database.writing() as session:
                evaluate(session, [key], past, today=today, now=NOW)
    with database.writing() as session:
        evaluated(session, today)
        assert len(at_once) > 50
        assert made(session) == at_once
        assert not is_behind(session, today)
