"""A wrap-up in which nothing was said says nothing: what is empty stays empty, on every page and figure."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from db.engine import Database
from db.models import (
    Attendance,
    Engagement,
    Expectation,
    GroupAttendance,
    Recommendation,
    Stakeholder,
    WorkshopBlock,
)
from lab.access.rights import Actor
from lab.disillusion.upkeep.situation import situation
from lab.foundation.language import NOT_SAID, label
from lab.past.records import read_records
from lab.rates.queries import rates
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import Mark, WrapUpChoices, proposal
from lab.workshops.after.queries import voices
from lab.workshops.after.report import report_of_code
from tests.conftest import NOW
from tests.workshops.held import HEAR_BY, Held
from tests.workshops.held import held as held

NOTHING_SAID = WrapUpChoices(hear_by=HEAR_BY)


def wrapped_up(database: Database, actor: Actor, held: Held) -> uuid.UUID:
    """The workshop, kept with one click."""
    with database.writing() as session:
        confirm(session, actor, held.planned.id, NOTHING_SAID, now=NOW)
    return held.planned.id


def test_the_wrap_up_proposes_nothing_that_nobody_said(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.reading() as session:
        found = proposal(session, facilitator, held.planned.id)
    assert {(each.mark.importance, each.mark.within_power, each.mark.said_back) for each in found.notes} == {
        (None, None, None)
    }
    assert (found.actual_influence, found.sponsor_present, found.chaired_by, found.hear_by) == (
        None,
        None,
        "",
        None,
    )


def test_a_wrap_up_with_nothing_said_publishes_nothing_as_said(
    database: Database, facilitator: Actor, held: Held
) -> None:
    key = wrapped_up(database, facilitator, held)
    with database.reading() as session:
        hopes = session.scalars(select(Expectation).where(Expectation.within_power.is_(None))).all()
        engagement = session.get_one(Engagement, key)
        report = report_of_code(session, proposal(session, facilitator, key).code)
        heard = session.scalars(select(GroupAttendance)).all()
    said_back = {each.statement: each.said_back for each in hopes}
    assert {(each.importance, each.hoped_for) for each in hopes} == {(None, None)}
    assert said_back == {
        "Heating before winter": None,
        "Warm before Christmas": None,
        "Call every landlord": "will",  # a promise in the room is that, and no more is said of it
        "Pay for ten trials": "will",
    }
    assert (engagement.actual_influence, engagement.sponsor_present, engagement.agenda_set_by) == (
        None,
        None,
        None,
    )
    assert heard == []
    assert report is not None
    hope = next(each for each in report.hopes if each.words == "Heating before winter")
    assert (label(hope.within_power), hope.said_back) == (NOT_SAID, None)


def test_nobody_is_absent_from_a_workshop_at_which_nobody_was_counted(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.writing() as session:
        session.add(
            Stakeholder(
                project_id=held.planned.project_id, pseudonym="Partners, in workshops", group_name="partner",
                joined_on=NOW.date(),
            )
        )  # fmt: skip
    key = wrapped_up(database, facilitator, held)
    with database.reading() as session:
        came = session.scalars(select(Attendance.attended).where(Attendance.engagement_id == key)).all()
    assert False not in came


def test_a_promise_without_an_importance_is_asked_without_one(
    database: Database, facilitator: Actor, held: Held
) -> None:
    marks = {held.notes["Pay for ten trials"]: Mark("promise", promised_by="City council")}
    with database.writing() as session:
        confirm(session, facilitator, held.planned.id, WrapUpChoices(hear_by=HEAR_BY, marks=marks), now=NOW)
        assert session.scalars(select(Recommendation.importance)).all() == [None]


def test_what_was_not_said_is_counted_as_such_and_not_as_good(
    database: Database, facilitator: Actor, held: Held
) -> None:
    with database.writing() as session:
        session.get_one(Engagement, held.planned.id).declared_influence = "work_with"
    key = wrapped_up(database, facilitator, held)
    with database.reading() as session:
        records = read_records(session, [held.planned.project_id])[held.planned.project_id]
        voice = voices(session, facilitator, held.planned.project_id)[key]
        figures = rates(session, facilitator, as_of=NOW.date())
        raised = set(session.scalars(select(WorkshopBlock.raised_by)))
    notes = {each.kind: each.count for each in situation(records, NOW.date()).notes}
    assert notes["power_not_said"] == 2
    assert "influence_apart" not in notes
    assert raised == {None}
    assert (voice.raised_by_participants, voice.raised_by_unknown) == (0, voice.items)
    assert (figures.influence, figures.influence_not_said) == ((), 1)
