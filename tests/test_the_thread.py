"""The thread from contribution to reply, played through the commands on both databases."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Event, Project, Recommendation, RiskEvaluation
from lab.access.rights import Actor
from lab.disillusion.explanation import risk_report
from lab.disillusion.lists import at_risk, flags_to_acknowledge
from lab.disillusion.upkeep.commands import acknowledge_flag, catch_up, clear_flag, is_behind, refresh_risk
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, WrongTransition
from lab.lifecycle import commands as lifecycle
from lab.lifecycle.public import public_story
from lab.lifecycle.queries import BoardFilter, board
from lab.lifecycle.today import addressed_to_me, mine, stalled
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from tests.conftest import NOW, person
from tests.risks import history_of, risk_of


@dataclass
class Told:
    """A project whose sponsor was sent two recommendations, accepted one and declined the other."""

    project: uuid.UUID
    slug: str
    sponsor: uuid.UUID
    accepted: uuid.UUID
    declined: uuid.UUID
    expectations: list[uuid.UUID]
    stakeholder: uuid.UUID
    resident: Actor
    answering: Actor
    answered_at: dt.datetime


def later(days: int) -> dt.datetime:
    """So many days after the tests' present."""
    return NOW + dt.timedelta(days=days)


@pytest.fixture
def told(database: Database, facilitator: Actor) -> Told:
    resident = person(database, "stakeholder")
    with database.writing() as session:
        project = projects.start_project(
            session, facilitator, title="Court letters", challenge="Why do people miss hearings?",
            sponsor="Court Service of Eastmere", place="Eastmere", forms=["co_design"], now=NOW,
        )  # fmt: skip
        people = [
            stakeholders.add_stakeholder(
                session, facilitator, project, pseudonym=name, group=group, now=NOW, account_id=account
            )
            for name, group, account in (
                ("Heron", "service_user", resident.account_id),
                ("Wren", "carer", None),
                ("Owl", "front_line", None),
            )
        ]  # fmt: skip
        workshop = engagements.record_engagement(
            session, facilitator, project, kind="workshop", title="First workshop", held_on=NOW.date(),
            sponsor_present=True, attended={key: True for key in people}, now=NOW,
        )  # fmt: skip
        idea = engagements.add_contribution(
            session, facilitator, project, words="Send a text message the day before",
            stakeholder_id=people[0], engagement_id=workshop, now=NOW,
        )  # fmt: skip
        engagements.choose_contribution(session, facilitator, idea, chosen=True, now=NOW)
        expectations = [
            followthrough.record_expectation(
                session, facilitator, project, statement="I will be reminded in time", importance=5,
                within_power="partly", said_back="will", confidence=90, stakeholder_id=key, is_public=True,
                contribution_id=idea, now=NOW,
            )
            for key in people
        ]  # fmt: skip
        lifecycle.move_project(session, facilitator, project, stage="co_design", reason="", now=NOW)
        lifecycle.move_project(session, facilitator, project, stage="prototype", reason="", now=NOW)
        prototype = prototypes.make_prototype(
            session, facilitator, project, title="Paper text message", fidelity="paper",
            contribution_id=idea, expectation_ids=expectations, now=NOW,
        )  # fmt: skip
        risk = prototypes.foresee_risk(
            session,
            facilitator,
            project,
            prototype_id=prototype,
            statement="Numbers change",
            stakeholder_id=people[1],
            now=NOW,
        )
        prototypes.record_test(
            session, facilitator, prototype, held_on=NOW.date(), participants=6, findings="Understood by all",
            sponsor_present=True, decision="recommend", now=NOW,
        )  # fmt: skip
        prototypes.record_finding(session, facilitator, risk, finding="did_not_occur", note="", now=NOW)
        lifecycle.move_project(session, facilitator, project, stage="recommend", reason="", now=NOW)
        row = session.get(Project, project)
        assert row is not None
        assert row.sponsor_id is not None
        sponsor, slug = row.sponsor_id, row.slug
        projects.edit_project(
            session, facilitator, project, version=row.version, title=row.title, challenge=row.challenge,
            sponsor="Court Service of Eastmere", place=row.place, forms=["co_design"], mode=None,
            cycle_phase=None, cadence_days=28, now=NOW,
        )  # fmt: skip
        projects.publish_project(session, facilitator, project, now=NOW)
        asked = [
            followthrough.draft_recommendation(
                session, facilitator, project, title=title, words=f"{title}, please", sponsor_id=sponsor,
                importance=5, expectation_ids=expectations, prototype_id=prototype, is_public=True,
                now=NOW,
            )
            for title in ("Reminder text before the hearing", "Evening hearings")
        ]  # fmt: skip
        for key in asked:
            followthrough.send_recommendation(session, facilitator, key, now=NOW)
    answering = person(database, "sponsor", sponsor)
    with database.writing() as session:
        followthrough.answer_recommendation(
            session, answering, asked[0], answer="accepted", reason="", now=later(3)
        )
        followthrough.answer_recommendation(
            session, answering, asked[1], answer="declined", reason="No judges in the evening", now=later(3)
        )
        lifecycle.move_project(session, facilitator, project, stage="implement", reason="", now=later(3))
    return Told(
        project, slug, sponsor, asked[0], asked[1], expectations, people[0], resident, answering, later(3)
    )


def evaluate(session: Session, now: dt.datetime) -> None:
    """What the server does by itself."""
    catch_up(session, today=now.date(), now=now)


def test_silence_raises_a_flag_and_news_with_a_reply_brings_the_score_down(
    database: Database, facilitator: Actor, told: Told
) -> None:
    now = later(200)
    with database.writing() as session:
        assert is_behind(session, now.date())
        evaluate(session, now)
        assert not is_behind(session, now.date())
    with database.reading() as session:
        (flagged,) = flags_to_acknowledge(session, facilitator)
        assert flagged.project_id == told.project
        assert flagged.level in ("at_risk", "critical")
        first = flagged.drivers[0]
        assert first.driver == "stall"
        assert first.subject_id == str(told.accepted)
        assert "Reminder text before the hearing" in first.sentence
        assert sum(driver.points for driver in flagged.drivers) == pytest.approx(flagged.score, abs=1e-9)
        assert flagged.people_waiting > 0
        assert [each.id for each in stalled(session, facilitator, as_of=now.date())] == [told.accepted]
    assert flagged.flag is not None
    with database.writing() as session:
        acknowledge_flag(
            session,
            facilitator,
            flagged.flag.id,
            plan="Call the sponsor",
            review_on=later(214).date(),
            now=now,
        )
        followthrough.report_progress(
            session, told.answering, told.accepted, what="Contract signed", evidence="Notice 12", now=now,
            status="in_progress",
        )  # fmt: skip
        followthrough.reply_to_people(
            session, facilitator, told.project, what_happened="The contract for text messages is signed",
            what_next="A trial in spring", next_news_on=later(228).date(),
            recommendation_ids=[told.accepted], expectation_ids=[told.expectations[0]], now=now,
        )  # fmt: skip
        refresh_risk(session, [told.project], as_of=now.date(), now=now)
    with database.reading() as session:
        after = risk_of(session, facilitator, told.project)
        assert after is not None
        assert after.score < flagged.score / 2
        assert after.flag is not None
        assert after.flag.state == "acknowledged"
    with database.writing() as session:
        for day in range(214, 260, 14):
            followthrough.report_progress(
                session, told.answering, told.accepted, what="Going on", evidence="Log", now=later(day)
            )
            followthrough.reply_to_people(
                session, facilitator, told.project, what_happened="It goes on", now=later(day)
            )
        evaluate(session, later(258))
    with database.reading() as session:
        evaluations, (flag,) = history_of(session, told.project)
        assert flag.cleared_on is not None
        assert flag.cleared_reason.startswith("The facts")
        assert evaluations[-1].level in ("calm", "watch")


def test_a_comment_or_an_edit_talks_no_flag_away(database: Database, facilitator: Actor, told: Told) -> None:
    now = later(200)

    def score() -> float:
        with database.writing() as session:
            refresh_risk(session, [told.project], as_of=now.date(), now=now)
        with database.reading() as session:
            found = risk_of(session, facilitator, told.project)
            assert found is not None
            return found.score

    before = score()
    with database.writing() as session:
        followthrough.report_progress(
            session, told.answering, told.accepted, what="We are looking into it", evidence="", now=now
        )
        row = session.get(Recommendation, told.accepted)
        assert row is not None
        followthrough.edit_recommendation(
            session, facilitator, told.accepted, version=row.version, title="Reminder", words="Reminder",
            importance=5, cadence_days=300, due=None, expectation_ids=told.expectations, is_public=True,
            now=now,
        )  # fmt: skip
    with database.reading() as session:
        row = session.get(Recommendation, told.accepted)
        assert row is not None
        assert row.last_news_on == told.answered_at.date()
    assert score() == pytest.approx(before)


def test_a_score_of_the_past_knows_nothing_of_what_came_later(
    database: Database, facilitator: Actor, told: Told
) -> None:
    day = later(100).date()
    with database.reading() as session:
        before = risk_report(session, facilitator, day)
    with database.writing() as session:
        followthrough.reply_to_people(
            session, facilitator, told.project, what_happened="Much later", now=later(150)
        )
        stakeholders.withdraw_stakeholder(
            session, facilitator, told.stakeholder, reason="disappointed", now=later(150)
        )
        followthrough.claim_expectation(
            session, facilitator, told.expectations[0], state="met", reason="", now=later(151)
        )
    with database.reading() as session:
        after = risk_report(session, facilitator, day)
        assert after == before
        assert risk_report(session, facilitator, later(152).date())[0]["level"] == "critical"


def test_the_public_page_tells_the_story_and_only_what_is_public(database: Database, told: Told) -> None:
    with database.reading() as session:
        story = public_story(session, told.slug, today=later(300).date())
        assert public_story(session, "no-such-project", today=NOW.date()) is None
    assert story is not None
    assert {each.statement for each in story.said} == {"I will be reminded in time"}
    standing = {each.title: (each.status, each.reason) for each in story.not_yet}
    assert standing["Evening hearings"] == ("declined", "No judges in the evening")
    silent = next(each.silent_days for each in story.not_yet if each.status == "accepted")
    assert silent is not None
    assert silent > 84
    assert "Heron" not in repr(story)


def test_a_sponsor_answers_only_what_is_addressed_to_it(
    database: Database, facilitator: Actor, told: Told
) -> None:
    with database.writing() as session:
        other = projects.name_sponsor(session, facilitator, "Another body", NOW)
    stranger = person(database, "sponsor", other)
    with database.reading() as session:
        assert addressed_to_me(session, stranger, as_of=NOW.date()) == []
        assert [each.id for each in addressed_to_me(session, told.answering, as_of=NOW.date())] == [
            told.accepted
        ]
        with pytest.raises(NotAllowed):
            at_risk(session, told.answering)
        with pytest.raises(NotAllowed):
            board(session, told.answering, as_of=NOW.date(), today=NOW.date())
    with database.writing() as session, pytest.raises(NotFound):
        followthrough.report_progress(session, stranger, told.accepted, what="x", evidence="y", now=later(4))


def test_a_stakeholder_sees_and_judges_only_what_is_theirs(
    database: Database, facilitator: Actor, told: Told
) -> None:
    someone_else = person(database, "stakeholder")
    with database.writing() as session:
        with pytest.raises(WrongTransition):
            followthrough.give_verdict(
                session, told.resident, told.expectations[0], verdict="yes", now=later(5)
            )
        followthrough.claim_expectation(
            session, facilitator, told.expectations[0], state="met", reason="", now=later(5)
        )
    with database.reading() as session:
        assert [each.id for each in mine(session, told.resident)] == [told.expectations[0]]
        assert mine(session, someone_else) == []
    with database.writing() as session, pytest.raises(NotFound):
        followthrough.give_verdict(session, someone_else, told.expectations[0], verdict="no", now=later(6))
    with database.writing() as session:
        followthrough.give_verdict(
            session, told.resident, told.expectations[0], verdict="partly", now=later(6)
        )


def test_what_needs_a_reason_or_evidence_is_refused_without(
    database: Database, facilitator: Actor, told: Told
) -> None:
    with database.writing() as session, pytest.raises(Invalid, match="anybody can see"):
        followthrough.report_progress(
            session,
            told.answering,
            told.accepted,
            what="Done",
            evidence="",
            status="implemented",
            now=later(9),
        )
    with database.writing() as session:
        third = followthrough.draft_recommendation(
            session, facilitator, told.project, title="Third", words="Third", sponsor_id=told.sponsor, now=NOW
        )
        with pytest.raises(WrongTransition):
            followthrough.answer_recommendation(
                session, facilitator, third, answer="accepted", reason="", now=later(1)
            )
        followthrough.send_recommendation(session, facilitator, third, now=later(1))
        with pytest.raises(Invalid, match="needs a reason"):
            followthrough.answer_recommendation(
                session, told.answering, third, answer="declined", reason=" ", now=later(2)
            )
    with database.reading() as session:
        row = session.get(Recommendation, third)
        assert row is not None
        assert row.status == "sent"
        assert row.response_due == later(85).date()


def test_a_gate_is_waived_only_with_a_reason_that_is_kept(database: Database, facilitator: Actor) -> None:
    with database.writing() as session:
        key = projects.start_project(session, facilitator, title="Bare", now=NOW)
        with pytest.raises(Invalid, match="sponsor is named"):
            lifecycle.move_project(session, facilitator, key, stage="co_design", reason="", now=NOW)
        lifecycle.move_project(session, facilitator, key, stage="co_design", reason="Urgent", now=NOW)
    with database.reading() as session:
        moved = session.scalars(select(Event).where(Event.subject_id == key, Event.verb == "moved")).one()
        assert moved.reason == "Urgent"
        assert "A sponsor is named" in moved.detail["waived"]


def test_the_board_of_a_past_day_shows_the_stages_of_that_day(
    database: Database, facilitator: Actor, told: Told
) -> None:
    def column_on(day: dt.date) -> str:
        with database.reading() as session:
            columns = board(session, facilitator, as_of=day, today=later(30).date())
        return next(each.stage for each in columns if each.total)

    assert column_on(later(1).date()) == "recommend"
    assert column_on(later(30).date()) == "implement"


def test_the_board_of_a_past_day_shows_and_filters_by_the_risk_of_that_day(
    database: Database, facilitator: Actor, told: Told
) -> None:
    evaluations = ((later(1).date(), "critical", 70.0), (later(15).date(), "watch", 30.0))
    with database.writing() as session:
        session.execute(delete(RiskEvaluation))
        for day, level, score in evaluations:
            session.add(
                RiskEvaluation(
                    project_id=told.project, evaluated_on=day, score=score, low=0, high=100,
                    probability=0.1, level=level, alert_state="00000",
                )
            )  # fmt: skip

    def seen(day: dt.date, level: str | None = None) -> list[tuple[str, float | None]]:
        with database.reading() as session:
            columns = board(
                session, facilitator, as_of=day, today=later(60).date(), chosen=BoardFilter(level=level)
            )
        return [(card.level, card.score) for column in columns for card in column.cards]

    assert seen(later(0).date()) == [("calm", None)]
    assert seen(later(14).date()) == [("critical", 70.0)]
    assert seen(later(15).date()) == [("watch", 30.0)]
    assert seen(later(14).date(), "critical") == [("critical", 70.0)]
    assert seen(later(15).date(), "critical") == []


def test_an_edit_from_an_old_copy_is_refused(database: Database, facilitator: Actor, told: Told) -> None:
    with database.writing() as session:
        stakeholders.edit_stakeholder(
            session, facilitator, told.stakeholder, version=1, group="carer", voice_role="both",
            expert_by_experience=True, people=1, now=NOW,
        )  # fmt: skip
    with database.writing() as session, pytest.raises(Conflict):
        stakeholders.edit_stakeholder(
            session, facilitator, told.stakeholder, version=1, group="partner", voice_role="both",
            expert_by_experience=True, people=1, now=NOW,
        )  # fmt: skip


def test_a_flag_cleared_by_hand_keeps_its_reason_and_is_not_raised_again_at_once(
    database: Database, facilitator: Actor, told: Told
) -> None:
    with database.writing() as session:
        evaluate(session, later(200))
    with database.reading() as session:
        flag = flags_to_acknowledge(session, facilitator)[0].flag
    assert flag is not None
    with database.writing() as session:
        with pytest.raises(Invalid):
            clear_flag(session, facilitator, flag.id, reason="", now=later(200))
        clear_flag(session, facilitator, flag.id, reason="Agreed otherwise with the people", now=later(200))
        with pytest.raises(WrongTransition):
            clear_flag(session, facilitator, flag.id, reason="Twice", now=later(200))
        refresh_risk(session, [told.project], as_of=later(200).date(), now=later(200))
    with database.reading() as session:
        _, flags = history_of(session, told.project)
        assert [each.cleared_reason for each in flags] == ["Agreed otherwise with the people"]


def test_records_can_be_corrected_but_never_from_an_old_copy_nor_as_news(
    database: Database, facilitator: Actor, told: Told
) -> None:
    with database.writing() as session:
        said = engagements.add_contribution(session, facilitator, told.project, words="Fone me", now=NOW)
        replied = followthrough.reply_to_people(
            session, facilitator, told.project, what_happened="We hurd you", now=NOW
        )
    after = later(60)
    with database.writing() as session:
        engagements.edit_contribution(
            session, facilitator, said, version=1, words="Phone me", cluster="Calls", now=after
        )
        followthrough.edit_reply(
            session, facilitator, replied, version=1, what_happened="We heard you", why="", what_next="",
            how="", is_public=True, now=after,
        )  # fmt: skip
        with pytest.raises(Conflict):
            engagements.edit_contribution(
                session, facilitator, said, version=1, words="Write to me", cluster="", now=after
            )
    with database.reading() as session:
        story = public_story(session, told.slug, today=after.date())
        assert story is not None
        assert [each.what_happened for each in story.told] == ["We heard you"]
        (card,) = (
            card
            for column in board(session, facilitator, as_of=after.date(), today=after.date())
            for card in column.cards
        )
        assert card.news.last_heard_on == card.news.took_part_on
