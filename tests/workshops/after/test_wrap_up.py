"""What was said in the room is where it belongs, without a second typing."""

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
    Expectation,
    ForeseenRisk,
    Note,
    Recommendation,
    Stakeholder,
    Workshop,
)
from lab.access.rights import Actor
from lab.followthrough.commands import reply_to_people
from lab.foundation.errors import LabError, WrongTransition
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.today import not_wrapped_up, promises_due
from lab.past.news import news_of
from lab.past.records import read_records
from lab.prototypes.commands import make_prototype
from lab.rates.queries import rates
from lab.workshops.after.commands import confirm, keep_draft
from lab.workshops.after.proposal import Mark, WrapUpChoices, proposal
from lab.workshops.after.queries import kept
from lab.workshops.board import commands as board
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.room import commands as room_commands
from tests.conftest import NOW
from tests.workshops.conftest import Planned

SOON = NOW.date() + dt.timedelta(days=14)


@pytest.fixture
def said(database: Database, facilitator: Actor, planned: Planned) -> dict[str, uuid.UUID]:
    """A workshop that has ended, and its notes by what they are."""
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
        cluster = board.add_cluster(session, facilitator, planned.id, title="Heat")
        notes = {
            name: board.write_note(
                session, facilitator, planned.id, words=f"This is a {name}", kind=kind, group=group,
                cluster_id=cluster, now=NOW,
            )
            for name, kind, group in (
                ("hope", "expectation", "carer"),
                ("same hope", "expectation", "carer"),
                ("fear", "worry", "carer"),
                ("idea", "idea", "service_user"),
                ("promise", "promise", None),
                ("own promise", "promise", None),
                ("insult", "idea", "carer"),
            )
        }  # fmt: skip
        board.merge_notes(session, facilitator, planned.id, notes["same hope"], into=notes["hope"], now=NOW)
        board.hide_note(session, facilitator, planned.id, notes["insult"], why="An insult", now=NOW)
        notes["prototype"] = make_prototype(
            session, facilitator, planned.project_id, title="A letter", fidelity="sketch", now=NOW
        )
        room_commands.end_workshop(session, facilitator, planned.id, now=NOW)
    return notes


def choices(said: dict[str, uuid.UUID]) -> WrapUpChoices:
    """Everything decided."""
    return WrapUpChoices(
        hear_by=SOON,
        heard="Homes are cold.",
        what_next="We try a letter.",
        people={"carer": 7, "service_user": 3},
        chaired_by="Ines",
        sponsor_present=True,
        marks={
            said["hope"]: Mark("expectation", importance=5, within_power="partly", said_back="will_if"),
            said["fear"]: Mark("worry", prototype_id=said["prototype"]),
            said["idea"]: Mark("idea", chosen=True),
            said["promise"]: Mark("promise", promised_by="Housing office", day=SOON),
            said["own promise"]: Mark("promise", day=SOON),
        },
    )


def test_every_note_becomes_what_it_was_marked_to_be(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
    with database.reading() as session:
        became = {key: made for key, made in session.execute(select(Note.id, Note.contribution_id))}
        hope, own = session.scalars(select(Expectation).order_by(Expectation.importance.is_(None))).all()
        fear = session.scalars(select(ForeseenRisk)).one()
        promise = session.scalars(select(Recommendation)).one()
        carers = session.scalars(select(Stakeholder).where(Stakeholder.group_name == "carer")).one()
        idea = session.get_one(Contribution, became[said["idea"]])
        second_voice = session.get_one(Contribution, became[said["same hope"]])
        workshop = session.get_one(Workshop, planned.id)
        assert (hope.contribution_id, hope.stakeholder_id) == (became[said["hope"]], carers.id)
        assert (hope.within_power, hope.said_back) == ("partly", "will_if")
        assert (own.within_power, own.said_back, own.hoped_for) == (None, "will", SOON)
        assert (fear.contribution_id, fear.prototype_id) == (became[said["fear"]], said["prototype"])
        assert (promise.status, promise.due) == ("accepted", SOON)
        assert promise.contribution_id == became[said["promise"]]
        assert idea.chosen
        assert idea.cluster == "Heat"
        assert idea.engagement_id == planned.id
        assert second_voice.stakeholder_id == carers.id
        assert carers.people == 7
        assert (workshop.state, workshop.hear_by) == ("wrapped_up", SOON)
        found = kept(session, facilitator, planned.id)
    assert {each.kind for each in found} == {
        "contribution",
        "expectation",
        "foreseen_risk",
        "recommendation",
    }


@pytest.mark.parametrize("told", [True, False])
def test_the_people_of_a_workshop_count_among_those_who_heard_back(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID], told: bool
) -> None:
    soon = NOW + dt.timedelta(days=5)
    with database.writing() as session:
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
        if told:
            reply_to_people(session, facilitator, planned.project_id, what_happened="We tried it.", now=soon)
    with database.reading() as session:
        heard = rates(session, facilitator, as_of=NOW.date() + dt.timedelta(days=90)).heard_back
    carers, users = choices(said).people.values()
    assert heard.due == carers + users
    assert (heard.told, heard.never) == ((10, 0) if told else (0, 10))


def test_a_hidden_note_never_leaves_the_board(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
        assert session.get_one(Note, said["insult"]).contribution_id is None
        assert not session.scalar(select(func.count()).where(Contribution.text.contains("insult")))


def test_two_hosts_who_confirm_keep_everything_once(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    for _ in range(2):
        with database.writing() as session:
            confirm(session, facilitator, planned.id, choices(said), now=NOW)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contribution)) == 6


def test_what_cannot_be_kept_leaves_nothing_behind(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    wrong = choices(said)
    marks = dict(wrong.marks) | {
        said["promise"]: Mark("promise", promised_by="Housing office", day=NOW.date() - dt.timedelta(days=9))
    }
    with pytest.raises(LabError), database.writing() as session:
        confirm(session, facilitator, planned.id, WrapUpChoices(hear_by=SOON, marks=marks), now=NOW)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contribution)) == 0
        assert session.scalar(select(func.count()).select_from(Expectation)) == 0
        assert session.get_one(Workshop, planned.id).state == "ended"


def test_a_draft_is_still_there_after_a_reload(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    typed = choices(said)
    with database.writing() as session:
        keep_draft(session, facilitator, planned.id, replace(typed, heard="Half a sen"), now=NOW)
    with database.reading() as session:
        found = proposal(session, facilitator, planned.id)
    marks = {each.id: each.mark for each in found.notes}
    assert (found.heard, found.hear_by, found.hidden) == ("Half a sen", SOON, 1)
    assert (dict(found.people), found.chaired_by, found.sponsor_present) == (typed.people, "Ines", True)
    assert marks[said["promise"]].promised_by == "Housing office"
    assert marks[said["hope"]].said_back == "will_if"
    assert next(each.voices for each in found.notes if each.id == said["hope"]) == 2


def test_a_workshop_that_still_runs_is_not_wrapped_up(
    database: Database, facilitator: Actor, planned: Planned
) -> None:
    with database.writing() as session:
        room_commands.begin(session, facilitator, planned.id, now=NOW)
    with pytest.raises(WrongTransition), database.writing() as session:
        confirm(session, facilitator, planned.id, WrapUpChoices(hear_by=SOON), now=NOW)


def test_what_a_note_became_can_be_walked_both_ways(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
    with database.reading() as session:
        thread = thread_of(session, facilitator, planned.project_id, today=NOW.date())
        fear = session.get_one(Note, said["fear"]).contribution_id
        promise = session.get_one(Note, said["promise"]).contribution_id
    assert fear in thread.foreseen_risks[0].came_from
    assert promise in thread.recommendations[0].came_from
    assert fear is not None
    assert thread.foreseen_risks[0].id in thread.records[fear].led_to
    assert planned.id in thread.records[fear].came_from


def test_the_promise_of_news_stands_on_home_and_the_board_until_it_is_kept(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    late = SOON + dt.timedelta(days=1)
    with database.writing() as session:
        waiting = not_wrapped_up(session, facilitator, as_of=NOW.date() + dt.timedelta(days=2))
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
        due = promises_due(session, facilitator, as_of=late)
        assert news_of(session, planned.project_id, late).by == SOON
        yesterday = NOW.date() - dt.timedelta(days=1)
        assert news_of(session, planned.project_id, yesterday).by is None, "it was not given yet"
        told = NOW + dt.timedelta(days=1)
        reply_to_people(session, facilitator, planned.project_id, what_happened="We tried it.", now=told)
        assert not promises_due(session, facilitator, as_of=late)
        assert news_of(session, planned.project_id, late).by is None
        assert not not_wrapped_up(session, facilitator, as_of=late)
    assert [each.id for each in waiting] == [planned.id]
    assert [each.promised_for for each in due] == [SOON]


def test_silence_is_measured_against_what_the_room_was_promised(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
    with database.reading() as session:
        records = read_records(session, [planned.project_id])[planned.project_id]
    before = records.promised_days(None, NOW.date() - dt.timedelta(days=1))
    assert (before, records.promised_days(None, NOW.date())) == (records.project.cadence_days, 14)
    assert records.promised_days(SOON, SOON) == records.project.cadence_days


def test_each_group_that_said_it_waits_for_it_and_is_one_stakeholder_over_all_workshops(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    with database.writing() as session:
        session.get_one(Note, said["same hope"]).group_name = "service_user"
        confirm(session, facilitator, planned.id, choices(said), now=NOW)
        hopes = session.execute(
            select(Expectation.statement, Stakeholder.group_name)
            .join(Stakeholder, Stakeholder.id == Expectation.stakeholder_id)
            .order_by(Stakeholder.group_name)
        ).all()
    assert [tuple(row) for row in hopes] == [
        ("This is a hope", "carer"),
        ("This is a same hope", "service_user"),
    ]
    with database.writing() as session:
        again = plan_commands.plan_workshop(
            session, facilitator, planned.project_id, title="Second", held_on=NOW.date(), now=NOW,
            blocks=TEMPLATES["test"].blocks,
        )  # fmt: skip
        room_commands.begin(session, facilitator, again, now=NOW)
        room_commands.end_workshop(session, facilitator, again, now=NOW)
        confirm(session, facilitator, again, WrapUpChoices(hear_by=SOON, people={"carer": 9}), now=NOW)
    with database.reading() as session:
        people = session.execute(select(Stakeholder.group_name, Stakeholder.people)).all()
        came = session.execute(
            select(Stakeholder.group_name, Attendance.attended)
            .join(Stakeholder, Stakeholder.id == Attendance.stakeholder_id)
            .where(Attendance.engagement_id == again)
        ).all()
    assert dict(map(tuple, people)) == {"carer": 9, "service_user": 3}
    assert dict(map(tuple, came)) == {"carer": True, "service_user": False}


def test_a_proposal_asks_as_little_for_many_notes_as_for_few(
    database: Database, facilitator: Actor, planned: Planned, said: dict[str, uuid.UUID]
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with database.reading() as session:
        proposal(session, facilitator, planned.id)
    few = len(asked)
    with database.writing() as session:
        block = session.get_one(Note, said["hope"]).block_id
        session.add_all(
            Note(
                id=uuid.uuid4(), workshop_id=planned.id, block_id=block, kind="expectation",
                text=f"Hope {each}", position=each, source="phone", written_at=NOW, revision=1,
            )
            for each in range(200)
        )  # fmt: skip
    asked.clear()
    with database.reading() as session:
        assert len(proposal(session, facilitator, planned.id).notes) == 205
    assert len(asked) == few
