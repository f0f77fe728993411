"""Today, late and in the future go by the lab's time zone, east and west, and when clocks change."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as listen
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Engagement, Event, Lab, Project, Stakeholder, Workshop
from lab.access.commands import make_lab, set_time_zone
from lab.access.rights import COMMAND_LINE, Actor
from lab.engagements.commands import add_contribution, edit_engagement, record_engagement, record_pulse
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    record_expectation,
    reply_to_people,
    report_progress,
    send_recommendation,
)
from lab.foundation import clock
from lab.foundation.errors import Invalid, NotAllowed
from lab.lifecycle.commands import close_project, move_project, pause_project
from lab.lifecycle.today import not_wrapped_up, promises_due, stalled
from lab.projects.commands import name_sponsor, start_project
from lab.prototypes.commands import foresee_risk, make_prototype, record_test
from lab.stakeholders.commands import add_stakeholder, withdraw_consent, withdraw_stakeholder
from lab.voting.commands import make_round
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room.commands import begin, end_workshop

AUCKLAND, LOS_ANGELES, BERLIN = "Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin"
MORNING = dt.datetime(2026, 11, 27, 21, 0, tzinfo=dt.UTC)
"""10 o'clock on 28 November in Auckland, one in the afternoon of the 27th in Los Angeles."""
EVENING = dt.datetime(2026, 11, 28, 4, 0, tzinfo=dt.UTC)
"""8 o'clock in the evening of 27 November in Los Angeles, five in the afternoon of the 28th in Auckland."""

BLOCKS = (Block(kind="ideas", title="Ideas", minutes=20),)


def end_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant at which a day is over: midnight where the next one begins."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone).astimezone(dt.UTC)


def _move(database: Database, zone: str) -> None:
    with database.writing() as session:
        set_time_zone(session, COMMAND_LINE, time_zone=zone, now=MORNING)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        (AUCKLAND, MORNING, dt.date(2026, 11, 28)),
        (LOS_ANGELES, EVENING, dt.date(2026, 11, 27)),
        ("UTC", EVENING, dt.date(2026, 11, 28)),
        # Berlin puts its clocks forward on 29 March and back on 25 October
        (BERLIN, dt.datetime(2026, 3, 28, 22, 59, tzinfo=dt.UTC), dt.date(2026, 3, 28)),
        (BERLIN, dt.datetime(2026, 3, 28, 23, 0, tzinfo=dt.UTC), dt.date(2026, 3, 29)),
        (BERLIN, dt.datetime(2026, 3, 29, 21, 59, tzinfo=dt.UTC), dt.date(2026, 3, 29)),
        (BERLIN, dt.datetime(2026, 3, 29, 22, 0, tzinfo=dt.UTC), dt.date(2026, 3, 30)),
        (BERLIN, dt.datetime(2026, 10, 24, 22, 0, tzinfo=dt.UTC), dt.date(2026, 10, 25)),
        (BERLIN, dt.datetime(2026, 10, 25, 22, 59, tzinfo=dt.UTC), dt.date(2026, 10, 25)),
        (BERLIN, dt.datetime(2026, 10, 25, 23, 0, tzinfo=dt.UTC), dt.date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_midnight_in_the_lab(zone: str, instant: dt.datetime, day: dt.date) -> None:
    assert clock.day_in(ZoneInfo(zone), instant) == day


@pytest.mark.parametrize("zone", [AUCKLAND, LOS_ANGELES, BERLIN, "Asia/Kathmandu", "UTC"])
def test_a_day_and_the_instant_recorded_for_it_agree_on_every_day_of_the_year(zone: str) -> None:
    there = ZoneInfo(zone)
    for number in range(366):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
        assert clock.day_in(there, clock.instant_on(day, MORNING, there)) == day
        over = end_of(day, there)
        assert clock.day_in(there, over - dt.timedelta(microseconds=1)) == day
        assert clock.day_in(there, over) == day + dt.timedelta(days=1)


def test_a_lab_starts_in_utc_and_only_an_administrator_moves_it(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        assert clock.today(session, EVENING) == dt.date(2026, 11, 28)
        with pytest.raises(NotAllowed):
            set_time_zone(session, facilitator, time_zone=LOS_ANGELES, now=EVENING)
        with pytest.raises(Invalid, match="no time zone"):
            set_time_zone(session, COMMAND_LINE, time_zone="Europe/Atlantis", now=EVENING)
        set_time_zone(session, COMMAND_LINE, time_zone="america/los_angeles", now=EVENING)
        assert clock.today(session, EVENING) == dt.date(2026, 11, 27)
    with database.reading() as session:
        assert session.get_one(Lab, 1).time_zone == LOS_ANGELES
        moved = session.scalars(select(Event).where(Event.subject_type == "lab")).one()
        assert (moved.verb, moved.detail) == ("edited", {"before": {"time_zone": "UTC"}})


def test_a_lab_may_name_its_time_zone_at_the_start(empty_database: Database) -> None:
    with empty_database.writing() as session:
        assert clock.today(session, MORNING) == dt.date(2026, 11, 27)
        make_lab(session, name="Te Ara", now=MORNING, time_zone=AUCKLAND)
        assert clock.today(session, MORNING) == dt.date(2026, 11, 28)


def test_the_zone_is_asked_for_once_in_a_session(database: Database) -> None:
    asked: list[str] = []
    with database.reading() as session:
        engine = session.get_bind()
        listen.listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
        for hours in range(20):
            clock.today(session, MORNING + dt.timedelta(hours=hours))
    assert len([statement for statement in asked if "lab" in statement]) == 1


def test_moving_the_lab_leaves_the_days_on_record_as_they_were(
    database: Database, facilitator: Actor
) -> None:
    _move(database, AUCKLAND)
    with database.writing() as session:
        project = start_project(session, facilitator, title="Ferry timetable", now=MORNING)
    _move(database, LOS_ANGELES)
    with database.reading() as session:
        assert session.get_one(Project, project).opened_on == dt.date(2026, 11, 28)
        started = session.scalars(select(Event).where(Event.subject_id == project)).one()
        assert (started.day, started.at) == (dt.date(2026, 11, 28), MORNING)


class _Doing:
    """A lab in a time zone, and what people do there on its present day."""

    def __init__(self, database: Database, actor: Actor, now: dt.datetime) -> None:
        self.database, self.actor, self.now = database, actor, now
        with database.writing() as session:
            self.today = clock.today(session, now)
            self.project = start_project(
                session, actor, title="Ferry", opened_on=self.today - dt.timedelta(days=90), now=now
            )
            self.sponsor = name_sponsor(session, actor, "Harbour Board", now)

    def engagement(self, session: Session, day: dt.date) -> None:
        record_engagement(
            session, self.actor, self.project, kind="meeting", title="Here", held_on=day, now=self.now,
            people={"carer": 3},
        )  # fmt: skip

    def contribution(self, session: Session, day: dt.date) -> None:
        add_contribution(session, self.actor, self.project, words="Late", said_on=day, now=self.now)

    def pulse(self, session: Session, day: dt.date) -> None:
        record_pulse(session, self.actor, self.project, trust=3, difference=3, answered_on=day, now=self.now)

    def expectation(self, session: Session, day: dt.date) -> None:
        record_expectation(
            session, self.actor, self.project, statement="A timetable", importance=3, within_power="yes",
            recorded_on=day, now=self.now,
        )  # fmt: skip

    def prototype(self, session: Session, day: dt.date) -> None:
        key = make_prototype(
            session, self.actor, self.project, title="Board", fidelity="sketch", made_on=day, now=self.now
        )
        foresee_risk(
            session, self.actor, self.project, prototype_id=key, statement="Rain", raised_on=day, now=self.now
        )

    def test(self, session: Session, day: dt.date) -> None:
        key = make_prototype(session, self.actor, self.project, title="B", fidelity="sketch", now=self.now)
        record_test(
            session, self.actor, key, held_on=day, participants=3, findings="Fine", sponsor_present=False,
            decision="recommend", now=self.now,
        )  # fmt: skip

    def stakeholder(self, session: Session, day: dt.date) -> None:
        add_stakeholder(
            session,
            self.actor,
            self.project,
            pseudonym=f"P {day}",
            group="carer",
            joined_on=day,
            now=self.now,
        )

    def withdrawal(self, session: Session, day: dt.date) -> None:
        key = add_stakeholder(
            session, self.actor, self.project, pseudonym=f"Q {day}", group="carer", now=self.now
        )
        withdraw_stakeholder(session, self.actor, key, reason="not_given", on=day, now=self.now)

    def recommendation(self, session: Session, day: dt.date) -> None:
        draft_recommendation(
            session, self.actor, self.project, title="Ask", words="Ask", sponsor_id=self.sponsor,
            recorded_on=day, now=self.now,
        )  # fmt: skip

    def _asked(self, session: Session) -> uuid.UUID:
        return draft_recommendation(
            session, self.actor, self.project, title="Ask", words="Ask", sponsor_id=self.sponsor, now=self.now
        )

    def sending(self, session: Session, day: dt.date) -> None:
        send_recommendation(session, self.actor, self._asked(session), on=day, now=self.now)

    def answer(self, session: Session, day: dt.date) -> None:
        key = self._asked(session)
        send_recommendation(session, self.actor, key, now=self.now)
        answer_recommendation(session, self.actor, key, answer="accepted", reason="", on=day, now=self.now)

    def progress(self, session: Session, day: dt.date) -> None:
        key = self._asked(session)
        send_recommendation(session, self.actor, key, now=self.now)
        answer_recommendation(session, self.actor, key, answer="accepted", reason="", now=self.now)
        report_progress(session, self.actor, key, what="Half", evidence="", on=day, now=self.now)

    def reply(self, session: Session, day: dt.date) -> None:
        reply_to_people(session, self.actor, self.project, what_happened="Read", told_on=day, now=self.now)

    def stage(self, session: Session, day: dt.date) -> None:
        move_project(session, self.actor, self.project, stage="co_design", reason="Go", on=day, now=self.now)

    def closing(self, session: Session, day: dt.date) -> None:
        close_project(
            session, self.actor, self.project, outcome="not_implemented", reason="No", on=day, now=self.now
        )

    def opening(self, session: Session, day: dt.date) -> None:
        start_project(session, self.actor, title="Another", opened_on=day, now=self.now)


DONE = [name for name in vars(_Doing) if not name.startswith("_")]
MOMENTS = [
    pytest.param(AUCKLAND, MORNING, dt.date(2026, 11, 28), id="Auckland is a day ahead of UTC"),
    pytest.param(LOS_ANGELES, EVENING, dt.date(2026, 11, 27), id="Los Angeles is a day behind UTC"),
]


@pytest.mark.parametrize("do", DONE)
@pytest.mark.parametrize(("zone", "now", "today"), MOMENTS)
def test_what_is_recorded_of_today_is_taken_and_of_tomorrow_refused(
    database: Database, facilitator: Actor, zone: str, now: dt.datetime, today: dt.date, do: str
) -> None:
    _move(database, zone)
    doing = _Doing(database, facilitator, now)
    assert doing.today == today
    with database.writing() as session:
        with pytest.raises(Invalid, match="future"):
            getattr(doing, do)(session, today + dt.timedelta(days=1))
        session.rollback()
    with database.writing() as session:
        getattr(doing, do)(session, today)
    with database.reading() as session:
        latest = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        assert latest.day == today


@pytest.mark.parametrize(("zone", "now", "today"), MOMENTS)
def test_what_is_promised_may_be_promised_for_today_and_not_for_yesterday(
    database: Database, facilitator: Actor, zone: str, now: dt.datetime, today: dt.date
) -> None:
    _move(database, zone)
    doing = _Doing(database, facilitator, now)
    yesterday = today - dt.timedelta(days=1)
    with database.writing() as session:
        options = [
            (make_prototype(session, facilitator, doing.project, title=each, fidelity="sketch", now=now), "")
            for each in ("One", "Two")
        ]
    promises = [
        lambda session, day: reply_to_people(
            session, facilitator, doing.project, what_happened="Read", next_news_on=day, now=now
        ),
        lambda session, day: make_round(
            session, facilitator, doing.project, question="Which?", method="approval", options=options,
            hear_by=day, now=now,
        ),
        lambda session, day: plan_workshop(
            session, facilitator, doing.project, title="Ideas", held_on=day, blocks=BLOCKS, now=now
        ),
    ]  # fmt: skip
    for promise in promises:
        with pytest.raises(Invalid, match="later date"), database.writing() as session:
            promise(session, yesterday)
        with database.writing() as session:
            promise(session, today)


@pytest.mark.parametrize(("zone", "now", "today"), MOMENTS)
def test_a_workshop_is_held_on_the_day_on_which_it_begins_in_the_lab(
    database: Database, facilitator: Actor, zone: str, now: dt.datetime, today: dt.date
) -> None:
    _move(database, zone)
    doing = _Doing(database, facilitator, now)
    with database.writing() as session:
        key = plan_workshop(
            session, facilitator, doing.project, title="Ideas", held_on=today, blocks=BLOCKS, now=now
        )
        begin(session, facilitator, key, now=now)
    with database.writing() as session:
        assert session.get_one(Engagement, key).held_on == today
        end_workshop(session, facilitator, key, now=now)
        assert session.get_one(Workshop, key).ended_on == today
        confirm(session, facilitator, key, WrapUpChoices(hear_by=today), now=now)
        assert session.get_one(Workshop, key).wrapped_up_on == today
        assert not not_wrapped_up(session, facilitator, as_of=today)


@pytest.mark.parametrize(("zone", "now", "today"), MOMENTS)
def test_a_promise_due_today_is_kept_in_time_until_midnight_in_the_lab(
    database: Database, facilitator: Actor, zone: str, now: dt.datetime, today: dt.date
) -> None:
    _move(database, zone)
    doing = _Doing(database, facilitator, now)
    with database.writing() as session:
        key = draft_recommendation(
            session, facilitator, doing.project, title="Ask", words="Ask", sponsor_id=doing.sponsor, now=now
        )
        send_recommendation(session, facilitator, key, on=today - dt.timedelta(days=20), now=now)
        answer_recommendation(
            session, facilitator, key, answer="accepted", reason="", due=today,
            on=today - dt.timedelta(days=5), now=now,
        )  # fmt: skip
        reply_to_people(
            session, facilitator, doing.project, what_happened="Asked", next_news_on=today,
            told_on=today - dt.timedelta(days=5), now=now,
        )  # fmt: skip
    midnight = end_of(today, ZoneInfo(zone))
    for instant, is_late in ((now, False), (midnight - dt.timedelta(seconds=1), False), (midnight, True)):
        with database.reading() as session:
            as_of = clock.today(session, instant)
            assert bool(stalled(session, facilitator, as_of=as_of)) is is_late
            (promised,) = promises_due(session, facilitator, as_of=as_of)
            assert (promised.promised_for < as_of) is is_late


@pytest.mark.parametrize(("zone", "now", "today"), MOMENTS)
def test_what_the_lab_dates_itself_is_dated_by_its_own_day(
    database: Database, facilitator: Actor, zone: str, now: dt.datetime, today: dt.date
) -> None:
    _move(database, zone)
    doing = _Doing(database, facilitator, now)
    with database.writing() as session:
        someone = add_stakeholder(session, facilitator, doing.project, pseudonym="P", group="carer", now=now)
        withdraw_consent(session, facilitator, someone, now)
        pause_project(session, facilitator, doing.project, reason="Rain", now=now)
        assert session.get_one(Stakeholder, someone).joined_on == today
        assert session.get_one(Stakeholder, someone).consent_withdrawn_on == today
        assert session.get_one(Project, doing.project).paused_on == today


def test_an_engagement_of_today_can_be_completed_today_in_auckland(
    database: Database, facilitator: Actor
) -> None:
    _move(database, AUCKLAND)
    doing = _Doing(database, facilitator, MORNING)
    with database.writing() as session:
        key = record_engagement(
            session,
            facilitator,
            doing.project,
            kind="meeting",
            title="Here",
            held_on=doing.today,
            now=MORNING,
        )
        edit_engagement(
            session, facilitator, key, version=1, title="Here", chaired_by="", sponsor_present=None,
            actual_influence=None, attended={}, now=MORNING,
        )  # fmt: skip
        assert session.get_one(Engagement, key).version == 2
