"""The thread of a project: every link leads there and back, at a price that does not grow."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass

import pytest
from PIL import Image
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Attendance, Engagement, Reply
from lab.access.queries import accounts_of_stakeholders
from lab.access.rights import Actor
from lab.disillusion.upkeep.commands import refresh_risk
from lab.engagements.commands import add_contribution, record_pulse
from lab.followthrough import commands as followthrough
from lab.foundation.errors import Invalid, NotAllowed, NotFound
from lab.lifecycle.commands import move_project
from lab.lifecycle.thread.details import contact_of, picture_bytes, pulse_summary
from lab.lifecycle.thread.reading import thread_of
from lab.lifecycle.thread.timeline import timeline_of
from lab.lifecycle.today import mine
from lab.pictures.safe import SafePicture, make_safe
from lab.projects.commands import name_sponsor, start_project
from lab.projects.queries import find_projects, project_head
from lab.prototypes import commands as prototypes
from lab.stakeholders.commands import add_stakeholder, keep_contact, link_account
from tests.conftest import NOW, person

TODAY = NOW.date()


def sheet_of_paper() -> SafePicture:
    """A small white picture, made safe."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), "white").save(file, format="PNG")
    return make_safe(file.getvalue())


@dataclass
class Told:
    """The ids of one story, from what was said to how they were told."""

    project: uuid.UUID
    stakeholder: uuid.UUID
    engagement: uuid.UUID
    contribution: uuid.UUID
    expectation: uuid.UUID
    prototype: uuid.UUID
    picture: uuid.UUID
    risk: uuid.UUID
    test: uuid.UUID
    recommendation: uuid.UUID
    reply: uuid.UUID


def tell(session: Session, actor: Actor, project: uuid.UUID | None = None, name: str = "Heron") -> Told:
    """One story with a record of every kind in it."""
    project = project or start_project(session, actor, title="Waiting rooms", sponsor="Health Board", now=NOW)
    sponsor = name_sponsor(session, actor, "Health Board", NOW)
    stakeholder = add_stakeholder(
        session, actor, project, pseudonym=name, group="service_user", now=NOW, joined_on=dt.date(2025, 1, 5)
    )
    occasion = Engagement(
        project_id=project, kind="workshop", title="First workshop", held_on=dt.date(2025, 1, 10)
    )
    session.add(occasion)
    session.flush()
    engagement = occasion.id
    session.add(Attendance(engagement_id=engagement, stakeholder_id=stakeholder, attended=True))
    contribution = add_contribution(
        session,
        actor,
        project,
        words="Nobody tells you how long it takes",
        stakeholder_id=stakeholder,
        engagement_id=engagement,
        now=NOW,
    )
    expectation = followthrough.record_expectation(
        session,
        actor,
        project,
        statement="We will be told how long it takes",
        importance=5,
        within_power="partly",
        stakeholder_id=stakeholder,
        contribution_id=contribution,
        now=NOW,
    )
    prototype = prototypes.make_prototype(
        session,
        actor,
        project,
        title="Waiting time screen",
        fidelity="paper",
        contribution_id=contribution,
        expectation_ids=[expectation],
        now=NOW,
    )
    picture = prototypes.add_picture(
        session, actor, prototype, sheet_of_paper(), description="A sheet", now=NOW
    )
    risk = prototypes.foresee_risk(
        session,
        actor,
        project,
        prototype_id=prototype,
        statement="It will be wrong",
        stakeholder_id=stakeholder,
        now=NOW,
    )
    test = prototypes.record_test(
        session,
        actor,
        prototype,
        held_on=TODAY,
        participants=6,
        findings="It calms people",
        sponsor_present=True,
        decision="recommend",
        now=NOW,
    )
    recommendation = followthrough.draft_recommendation(
        session,
        actor,
        project,
        title="Show waiting times",
        words="In every waiting room",
        sponsor_id=sponsor,
        prototype_id=prototype,
        expectation_ids=[expectation],
        recorded_on=dt.date(2025, 2, 1),
        now=NOW,
    )
    followthrough.send_recommendation(session, actor, recommendation, on=dt.date(2025, 2, 2), now=NOW)
    followthrough.answer_recommendation(
        session,
        actor,
        recommendation,
        answer="accepted",
        reason="",
        on=dt.date(2025, 3, 1),
        now=NOW,
    )
    followthrough.report_progress(
        session,
        actor,
        recommendation,
        what="Two rooms done",
        evidence="Photographs",
        on=dt.date(2025, 4, 1),
        now=NOW,
    )
    reply = followthrough.reply_to_people(
        session,
        actor,
        project,
        what_happened="Two rooms have a screen",
        recommendation_ids=[recommendation],
        expectation_ids=[expectation],
        now=NOW,
    )
    return Told(
        project,
        stakeholder,
        engagement,
        contribution,
        expectation,
        prototype,
        picture,
        risk,
        test,
        recommendation,
        reply,
    )


def test_every_link_can_be_walked_both_ways(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
    with database.reading() as session:
        records = thread_of(session, facilitator, told.project, today=TODAY).records
    ends = {(source, target.id) for target in records.values() for source in target.came_from}
    assert ends == {(source.id, target) for source in records.values() for target in source.led_to}
    assert ends == {
        (told.stakeholder, told.engagement),
        (told.stakeholder, told.contribution),
        (told.engagement, told.contribution),
        (told.stakeholder, told.expectation),
        (told.contribution, told.expectation),
        (told.contribution, told.prototype),
        (told.expectation, told.prototype),
        (told.prototype, told.risk),
        (told.stakeholder, told.risk),
        (told.prototype, told.test),
        (told.prototype, told.recommendation),
        (told.expectation, told.recommendation),
        (told.expectation, told.reply),
        (told.recommendation, told.reply),
    }


def test_a_recommendation_carries_its_answers_its_news_and_its_stall(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
    with database.reading() as session:
        thread = thread_of(session, facilitator, told.project, today=TODAY)
    (recommendation,) = thread.recommendations
    assert [each.answer for each in recommendation.responses] == ["accepted"]
    assert [each.evidence for each in recommendation.updates] == ["Photographs"]
    assert recommendation.sponsor == "Health Board"
    assert recommendation.stall is not None
    assert recommendation.stall.since == dt.date(2025, 5, 16)
    (prototype,) = thread.prototypes
    assert [picture.id for picture in prototype.pictures] == [told.picture]
    (engagement,) = thread.engagements
    assert engagement.attendance == ((told.stakeholder, True),)


def test_the_number_of_statements_does_not_grow_with_the_thread(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
    assert statements_of_thread(database, facilitator, told.project) <= 18
    before = statements_of_thread(database, facilitator, told.project)
    with database.writing() as session:
        for number in range(6):
            tell(session, facilitator, told.project, name=f"Heron {number}")
    assert statements_of_thread(database, facilitator, told.project) == before


def statements_of_thread(database: Database, actor: Actor, project: uuid.UUID) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading() as session:
            thread_of(session, actor, project, today=TODAY)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def test_an_expectation_says_why_it_is_where_it_is(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        followthrough.claim_expectation(
            session, facilitator, told.expectation, state="not_met", reason="No money this year", now=NOW
        )
    with database.reading() as session:
        (expectation,) = thread_of(session, facilitator, told.project, today=TODAY).expectations
    assert (expectation.state, expectation.state_reason) == ("not_met", "No money this year")


def test_the_timeline_pages_without_losing_what_happened_at_the_same_moment(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        move_project(
            session, facilitator, told.project, stage="prototype", reason="Winter is coming", now=NOW
        )
    with database.reading() as session:
        whole = timeline_of(session, facilitator, told.project)
        paged = list(timeline_of(session, facilitator, told.project, limit=4))
        while further := timeline_of(
            session, facilitator, told.project, limit=4, before=(paged[-1].at, paged[-1].id)
        ):
            paged.extend(further)
    assert paged == list(whole)
    (moved,) = [each for each in whole if each.verb == "moved"]
    assert moved.who == facilitator.name
    assert "At least one idea from participants is chosen" in moved.waived


def test_the_timeline_says_what_was_edited_and_to_whom_a_stall_was_escalated(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        reply = session.get_one(Reply, told.reply)
        followthrough.edit_reply(
            session, facilitator, told.reply, version=reply.version, what_happened=reply.what_happened,
            why="", what_next="", how="", is_public=not reply.is_public, now=NOW,
        )  # fmt: skip
        refresh_risk(session, [told.project], as_of=TODAY + dt.timedelta(days=300), now=NOW)
    with database.reading() as session:
        happened = timeline_of(session, facilitator, told.project)
    (edited,) = [each for each in happened if each.verb == "edited"]
    assert edited.changed == ("is_public",)
    steps = [each.escalated_to for each in happened if each.verb == "escalated"]
    assert sorted(filter(None, steps)) == ["manager", "owner", "public", "sponsor"]


def test_a_pulse_of_fewer_than_five_people_is_not_shown(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        for _ in range(6):  # six times the same person
            record_pulse(
                session,
                facilitator,
                told.project,
                trust=1,
                difference=1,
                stakeholder_id=told.stakeholder,
                now=NOW,
            )
        for _ in range(3):
            record_pulse(session, facilitator, told.project, trust=4, difference=5, now=NOW)
    with database.reading() as session:
        assert pulse_summary(session, facilitator, told.project) is None
    with database.writing() as session:
        record_pulse(session, facilitator, told.project, trust=4, difference=5, now=NOW)
    with database.reading() as session:
        summary = pulse_summary(session, facilitator, told.project)
    assert summary is not None
    assert (summary.answers, summary.trust) == (10, pytest.approx(2.2))


def test_contact_data_and_pictures_have_their_own_door(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        keep_contact(
            session, facilitator, told.stakeholder, name="Ada", email="ada@example.org", phone="", now=NOW
        )
    with database.reading() as session:
        assert contact_of(session, facilitator, told.stakeholder).email == "ada@example.org"
        assert picture_bytes(session, facilitator, told.picture, "thumbnail") == sheet_of_paper().thumbnail
        with pytest.raises(NotFound):
            picture_bytes(session, facilitator, uuid.uuid4(), "screen")
        assert "Ada" not in repr(thread_of(session, facilitator, told.project, today=TODAY))


def test_a_stakeholder_is_given_an_account_and_then_sees_what_they_expected(
    database: Database, facilitator: Actor
) -> None:
    resident, manager = person(database, "stakeholder"), person(database, "manager")
    with database.writing() as session:
        told = tell(session, facilitator)
        link_account(session, facilitator, told.stakeholder, None, now=NOW)
        assert mine(session, resident) == []
        link_account(session, facilitator, told.stakeholder, resident.account_id, now=NOW)
        session.flush()
        assert mine(session, resident) != []
        assert contact_of(session, facilitator, told.stakeholder).account_id == resident.account_id
        assert [key for key, _ in accounts_of_stakeholders(session, facilitator)] == [resident.account_id]
        with pytest.raises(Invalid, match="role stakeholder"):
            link_account(session, facilitator, told.stakeholder, manager.account_id, now=NOW)
        with pytest.raises(NotAllowed):
            link_account(session, resident, told.stakeholder, None, now=NOW)


@pytest.mark.parametrize("role", ["sponsor", "stakeholder"])
def test_only_the_lab_sees_the_whole_thread(database: Database, facilitator: Actor, role: str) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
    with database.reading() as session:
        addressed = project_head(session, facilitator, told.project).sponsor_id
    outsider = person(database, role, addressed if role == "sponsor" else None)
    with database.reading() as session:
        for ask in (
            lambda: thread_of(session, outsider, told.project, today=TODAY),
            lambda: timeline_of(session, outsider, told.project),
            lambda: pulse_summary(session, outsider, told.project),
            lambda: contact_of(session, outsider, told.stakeholder),
            lambda: picture_bytes(session, outsider, told.picture, "screen"),
            lambda: project_head(session, outsider, told.project),
            lambda: find_projects(session, outsider),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_a_project_is_found_by_a_part_of_its_title(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        start_project(session, facilitator, title="Bus lanes", now=NOW)
    with database.reading() as session:
        assert find_projects(session, facilitator, "WAIT") == ((told.project, "Waiting rooms"),)
        assert find_projects(session, facilitator, "%") == ()
        head = project_head(session, facilitator, told.project)
        assert (head.title, head.sponsor, head.owner) == ("Waiting rooms", "Health Board", facilitator.name)
        with pytest.raises(NotFound):
            project_head(session, facilitator, uuid.uuid4())


def test_a_worry_about_one_project_is_not_pinned_to_the_prototype_of_another(
    database: Database, facilitator: Actor
) -> None:
    with database.writing() as session:
        told = tell(session, facilitator)
        other = start_project(session, facilitator, title="Ferry", now=NOW)
        with pytest.raises(NotFound, match="no such prototype"):
            prototypes.foresee_risk(
                session, facilitator, other, prototype_id=told.prototype, statement="Rain", now=NOW
            )
