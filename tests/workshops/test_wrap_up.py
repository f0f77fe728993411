"""What a room said is kept once, all of it or nothing, and leads both ways."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select

from db.engine import Database
from db.models import (
    Attendance,
    Contribution,
    Engagement,
    Expectation,
    ForeseenRisk,
    GroupAttendance,
    Note,
    Recommendation,
    Reply,
    Sponsor,
    Stakeholder,
    Workshop,
    WorkshopBlock,
)
from lab.access.rights import Actor
from lab.foundation.errors import Invalid, LabError, NotAllowed, WrongTransition
from lab.workshops import commands
from lab.workshops.wrap_up import (
    Choices,
    KeptPromise,
    KeptWorry,
    Proposal,
    confirm,
    proposal,
    save_draft,
)
from tests.conftest import NOW, person
from tests.workshops.conftest import Planned
from tests.workshops.held import HEAR_BY, Held
from tests.workshops.held import held as held


def wrap_up(database: Database, actor: Actor, held: Held, choices: Choices | None = None) -> None:
    with database.writing() as session:
        confirm(session, actor, held.planned.id, choices or held.choices, now=NOW)


def proposed(database: Database, actor: Actor, held: Held) -> Proposal:
    with database.reading() as session:
        return proposal(session, actor, held.planned.id)


def test_every_note_that_is_not_hidden_becomes_a_contribution_of_its_group(
    database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        rows = session.execute(
            select(Contribution.text, Contribution.cluster, Contribution.chosen, Stakeholder.group_name)
            .outerjoin(Stakeholder, Stakeholder.id == Contribution.stakeholder_id)
            .where(Contribution.engagement_id == held.planned.id)
        ).all()
        led_back = session.scalars(
            select(Note.text).join(Contribution, Contribution.id == Note.contribution_id)
        ).all()
    assert {tuple(row) for row in rows} == {
        ("Heating before winter", "Winter", False, "service_user"),
        ("Warm before Christmas", "Winter", False, "carer"),
        ("A loan for boilers", "Winter", True, "carer"),
        ("Damp behind the panels", "Winter", False, "service_user"),
        ("Call every landlord", "Winter", False, None),
        ("Pay for ten trials", "Winter", False, None),
    }
    assert sorted(led_back) == sorted(row.text for row in rows)


def test_voices_that_were_merged_all_wait_for_what_they_hope(
    database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        rows = session.execute(
            select(
                Expectation.statement, Expectation.within_power, Expectation.importance,
                Expectation.said_back, Stakeholder.group_name, Stakeholder.people, Contribution.text,
            )
            .join(Stakeholder, Stakeholder.id == Expectation.stakeholder_id)
            .join(Contribution, Contribution.id == Expectation.contribution_id)
        ).all()  # fmt: skip
    marks = ("partly", 5, "will_if")
    assert {tuple(row) for row in rows} == {
        ("Heating before winter", *marks, "service_user", 7, "Heating before winter"),
        ("Warm before Christmas", *marks, "carer", 2, "Warm before Christmas"),
    }


def test_a_worry_is_foreseen_for_its_prototype_and_leads_back_to_the_note(
    database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        rows = session.execute(
            select(ForeseenRisk.statement, ForeseenRisk.prototype_id, ForeseenRisk.finding, Contribution.text)
            .join(Contribution, Contribution.id == ForeseenRisk.contribution_id)
        ).all()  # fmt: skip
    assert [tuple(row) for row in rows] == [
        ("Damp behind the panels", held.prototype_id, "untested", "Damp behind the panels")
    ]


def test_a_promise_given_in_the_room_is_accepted_and_one_to_ask_for_is_a_draft(
    database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        rows = session.execute(
            select(
                Recommendation.text, Recommendation.status, Recommendation.due, Sponsor.name,
                Contribution.text,
            )
            .join(Sponsor, Sponsor.id == Recommendation.sponsor_id)
            .join(Contribution, Contribution.id == Recommendation.contribution_id)
        ).all()  # fmt: skip
    assert {tuple(row) for row in rows} == {
        ("Call every landlord", "accepted", HEAR_BY, "Housing office", "Call every landlord"),
        ("Pay for ten trials", "draft", None, "City council", "Pay for ten trials"),
    }


def test_people_are_told_and_promised_a_day(database: Database, facilitator: Actor, held: Held) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        reply = session.scalars(select(Reply)).one()
        workshop = session.get_one(Workshop, held.planned.id)
    assert (reply.next_news_on, reply.told_on) == (HEAR_BY, NOW.date())
    assert (workshop.state, workshop.hear_by) == ("wrapped_up", HEAR_BY)


def test_who_came_is_kept_by_group_and_a_group_that_stays_away_next_time_is_missed(
    database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    with database.reading() as session:
        counted = dict(session.execute(select(GroupAttendance.group_name, GroupAttendance.people)).all())
        came = session.scalars(select(Attendance.attended)).all()
        engagement = session.get_one(Engagement, held.planned.id)
    assert counted == {"service_user": 7, "carer": 2}
    assert came == [True, True]
    assert (engagement.sponsor_present, engagement.chaired_by, engagement.actual_influence) == (
        True, "Ines", "ask",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"hear_by": None},
        {"heard": " "},
        {"worries": [KeptWorry(uuid.uuid4(), uuid.uuid4())]},
        {"promises": [KeptPromise(uuid.uuid4(), "Nobody", None)]},
        {"people": {"service_user": -1}},
        {"hear_by": NOW.date() - dt.timedelta(days=1)},
    ],
)
def test_what_cannot_be_kept_wholly_is_not_kept_at_all(
    database: Database, facilitator: Actor, held: Held, wrong: dict[str, object]
) -> None:
    with pytest.raises(LabError):
        wrap_up(database, facilitator, held, replace(held.choices, **wrong))  # type: ignore[arg-type]
    with database.reading() as session:
        for table in (Contribution, Expectation, ForeseenRisk, Recommendation, Reply, Stakeholder):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.get_one(Workshop, held.planned.id).state == "ended"


def test_two_hosts_who_confirm_keep_it_once(database: Database, facilitator: Actor, held: Held) -> None:
    wrap_up(database, facilitator, held)
    with pytest.raises(WrongTransition):
        wrap_up(database, facilitator, held)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contribution)) == 6


def test_a_draft_survives_and_makes_no_record(database: Database, facilitator: Actor, held: Held) -> None:
    with database.writing() as session:
        save_draft(session, facilitator, held.planned.id, held.choices, now=NOW)
    again = proposed(database, facilitator, held)
    expectation = next(each for each in again.of_kind("expectation"))
    assert (expectation.within_power, expectation.importance) == ("partly", 5)
    assert again.voices_of(expectation.note_id) == 2
    assert [each.text for each in again.voices if each.chosen] == ["A loan for boilers"]
    assert (again.heard, again.hear_by) == (held.choices.heard, HEAR_BY)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contribution)) == 0


def test_hidden_notes_are_not_proposed_but_counted(
    database: Database, facilitator: Actor, held: Held
) -> None:
    found = proposed(database, facilitator, held)
    assert "Somebody's name" not in [each.text for each in found.voices]
    assert found.hidden == 1


def test_a_proposal_asks_as_little_for_many_notes_as_for_few(
    database: Database, facilitator: Actor, held: Held
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    proposed(database, facilitator, held)
    few = len(asked)
    with database.writing() as session:
        block = session.scalars(select(WorkshopBlock.id)).first()
        assert block
        session.add_all(
            Note(
                id=uuid.uuid4(), workshop_id=held.planned.id, block_id=block, kind="expectation",
                text=f"Hope {each}", position=each, source="phone", written_at=NOW, revision=1,
            )
            for each in range(200)
        )  # fmt: skip
    asked.clear()
    assert len(proposed(database, facilitator, held).voices) == 206
    assert len(asked) == few


def test_a_running_workshop_is_not_wrapped_up(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        commands.begin(session, facilitator, planned.id, now=NOW)
    with database.writing() as session, pytest.raises(WrongTransition):
        confirm(session, facilitator, planned.id, Choices(heard="x", hear_by=HEAR_BY), now=NOW)


def test_only_those_who_run_workshops_wrap_them_up(database: Database, held: Held) -> None:
    with pytest.raises(NotAllowed):
        wrap_up(database, person(database, "stakeholder"), held)
    with pytest.raises(Invalid):
        wrap_up(database, person(database, "manager"), held, replace(held.choices, heard=""))
