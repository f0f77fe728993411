"""One pulse link can't move a risk at will: answers that come in a burst wait until somebody looks."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Event, Pulse
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.explanation import explain
from lab.engagements.commands import record_pulse
from lab.foundation import clock
from lab.foundation.errors import NotAllowed, NotFound
from lab.lifecycle.thread.details import held_answers, pulse_summary
from lab.lifecycle.thread.timeline import timeline_of
from lab.stakeholders.commands import add_stakeholder
from lab.workshops.room import pulse
from tests.accounts import session_for
from tests.conftest import person
from tests.workshops.conftest import plan

NIGHT = dt.datetime(2026, 3, 9, 2, 0, tzinfo=dt.UTC)
"""When somebody answers 150 times within 21 seconds."""


@pytest.fixture
def project(database: Database, facilitator: Actor) -> uuid.UUID:
    return plan(database, facilitator).project_id


@pytest.fixture
def link(database: Database, facilitator: Actor, project: uuid.UUID) -> pulse.PulseLink:
    """A link that is out, and a week's honest answers to it."""
    made = NIGHT - dt.timedelta(days=7)
    with database.writing() as session:
        signed = pulse.pulse_link(session, facilitator, project, now=made)
        asked = pulse.asked_by(session, signed, now=made)
        for number in range(6):
            answer(session, asked, f"honest {number}", 4, made + dt.timedelta(days=number))
    return asked


def answer(session, asked: pulse.PulseLink, key: str, trust: int, now: dt.datetime) -> None:  # type: ignore[no-untyped-def]
    pulse.answer_pulse(session, asked, key, trust=trust, difference=trust, comment="", now=now)


def flood(database: Database, asked: pulse.PulseLink, number: int = 150) -> None:
    """The answers of one person with as many browsers, all as bad as can be."""
    for place in range(number):
        with database.writing() as session:
            answer(session, asked, f"flood {place}", 1, NIGHT + dt.timedelta(seconds=0.14 * place))


def score(database: Database, project: uuid.UUID, on: dt.date) -> float:
    with database.reading() as session:
        return explain(session, COMMAND_LINE, project, as_of=on).score.index


def standings(database: Database) -> dict[str, int]:
    with database.reading() as session:
        found = session.scalars(select(Pulse.standing)).all()
    return {each: found.count(each) for each in set(found)}


def test_a_hundred_and_fifty_answers_in_twenty_seconds_leave_the_risk_where_it_was(
    database: Database, facilitator: Actor, project: uuid.UUID, link: pulse.PulseLink
) -> None:
    on = NIGHT.date()
    before = score(database, project, on)
    with database.reading() as session:
        quiet = pulse_summary(session, facilitator, project)
    flood(database, link)
    assert standings(database) == {"counted": 6, "held": 150}
    assert score(database, project, on) == before
    with database.reading() as session:
        told = explain(session, COMMAND_LINE, project, as_of=on)
        said = [note.words for note in told.notes if "came in a burst" in note.words]
        assert said == [
            "150 answers to the pulse came in a burst and are left out of the score until somebody "
            "looks at them"
        ]
        (held,) = held_answers(session, facilitator, project)
        assert (held.answers, held.trust) == (150, 1.0)
        assert held.last_at - held.first_at < dt.timedelta(seconds=21)
        summary = pulse_summary(session, facilitator, project)
        assert quiet is not None
        assert summary is not None
        assert (summary.answers, summary.trust) == (quiet.answers, quiet.trust)
        assert summary.far_off == pytest.approx(150 / 156)


@pytest.mark.parametrize("keep", [True, False])
def test_somebody_looks_and_decides_and_the_record_says_who(
    database: Database, facilitator: Actor, project: uuid.UUID, link: pulse.PulseLink, keep: bool
) -> None:
    on = NIGHT.date()
    flood(database, link, number=40)
    before = score(database, project, on)
    later = NIGHT + dt.timedelta(days=2)
    with database.writing() as session:
        found = pulse.look_at_answers(session, facilitator, project, link.name, keep=keep, now=later)
    assert found == 40
    verb = "kept" if keep else "left_out"
    assert standings(database) == {"counted": 6, verb: 40}
    with database.reading() as session:
        assert held_answers(session, facilitator, project) == ()
        events = session.execute(select(Event.actor_id, Event.day).where(Event.verb == verb)).all()
        assert set(events) == {(facilitator.account_id, later.date())}
        (told, *_) = timeline_of(session, facilitator, project)
        assert (told.verb, told.who) == (f"pulse_answers_{verb}", facilitator.name)
        assert "held" not in {each.verb for each in timeline_of(session, facilitator, project)}
    assert (score(database, project, later.date()) > before + 5) == keep
    assert score(database, project, on) == before, "on that day nobody had looked"


def test_a_burst_after_a_look_waits_for_another(
    database: Database, facilitator: Actor, project: uuid.UUID, link: pulse.PulseLink
) -> None:
    flood(database, link, number=20)
    with database.writing() as session:
        pulse.look_at_answers(session, facilitator, project, link.name, keep=True, now=NIGHT)
        for number in range(11):
            answer(session, link, f"next {number}", 3, NIGHT + dt.timedelta(minutes=1))
    assert standings(database) == {"counted": 6, "kept": 20, "held": 11}


def test_ten_people_who_answer_at_the_end_of_a_meeting_count(
    database: Database, link: pulse.PulseLink
) -> None:
    flood(database, link, number=10)
    assert standings(database) == {"counted": 16}


def test_answers_that_drip_in_all_day_are_looked_at_too(database: Database, link: pulse.PulseLink) -> None:
    with database.writing() as session:
        for number in range(41):
            answer(session, link, f"drip {number}", 1, NIGHT + dt.timedelta(minutes=30 * number))
    assert standings(database)["held"] == 41


def test_a_link_brings_no_more_answers_than_it_may(
    database: Database, link: pulse.PulseLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "MOST_BY_A_LINK", 8)
    flood(database, link, number=2)
    with database.writing() as session, pytest.raises(NotAllowed, match="all it may"):
        answer(session, link, "one more", 1, NIGHT)
    with database.writing() as session:
        answer(session, link, "flood 0", 5, NIGHT)  # who has answered may change it


def test_links_that_were_ended_open_nothing_and_new_ones_do(
    database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    with database.writing() as session:
        first = pulse.pulse_link(session, facilitator, project, now=NIGHT)
        pulse.asked_by(session, first, now=NIGHT)
        pulse.end_pulse_links(session, facilitator, project, now=NIGHT)
        with pytest.raises(NotFound):
            pulse.asked_by(session, first, now=NIGHT)
        second = pulse.pulse_link(session, facilitator, project, now=NIGHT)
        assert second != first
        assert pulse.asked_by(session, second, now=NIGHT).project_id == project
        ended = session.scalars(select(Event).where(Event.verb == "pulse_links_ended")).one()
        assert ended.actor_id == facilitator.account_id
    stranger = person(database, "stakeholder")
    with database.writing() as session:
        for command in (pulse.end_pulse_links, pulse.pulse_link):
            with pytest.raises(NotAllowed):
                command(session, stranger, project, now=NIGHT)
        with pytest.raises(NotAllowed):
            pulse.look_at_answers(session, stranger, project, "2026-03-09", keep=True, now=NIGHT)


def test_answers_recorded_by_the_lab_are_never_held(
    database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    with database.writing() as session:
        for _ in range(60):
            record_pulse(session, facilitator, project, trust=3, difference=3, now=NIGHT)
    assert standings(database) == {"counted": 60}


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_one_person_with_an_account_has_one_answer_on_two_devices_and_is_not_named(
    phone: TestClient, database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    now = clock.now()
    with database.writing() as session:
        account = add_account(
            session,
            COMMAND_LINE,
            name="Sam",
            email="sam@example.org",
            role="stakeholder",
            password=None,
            now=now,
        )
        add_stakeholder(
            session, facilitator, project, pseudonym="Heron", group="carer", account_id=account, now=now
        )
        path = "/pulse/" + pulse.pulse_link(session, facilitator, project, now=now)
        devices = [session_for(session, account, now) for _ in range(2)]
    for device, trust in zip(devices, "25", strict=True):
        phone.cookies.clear()
        phone.cookies.set("lab_session", device, domain="lab.example")
        token = re.findall(r'name="form_token" value="([^"]+)"', phone.get(path).text)[0]
        sent = phone.post(path, data={"form_token": token, "trust": trust, "difference": "3"})
        assert "Your answers are in" in sent.text
    with database.reading() as session:
        (kept,) = session.scalars(select(Pulse))
        assert (kept.trust, kept.stakeholder_id) == (5, None)
