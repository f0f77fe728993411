"""A score of the past: no later knowledge, no promise unmade, and features that agree with their rebuild."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import (
    Engagement,
    Expectation,
    Project,
    ProjectFeature,
    ProjectRisk,
    PrototypeTest,
    Recommendation,
    Stakeholder,
    StaleProject,
)
from lab.access.rights import COMMAND_LINE, Actor
from lab.disillusion.explanation import explain, risk_report
from lab.disillusion.upkeep.commands import catch_up, refresh_risk, refresh_stale
from lab.disillusion.upkeep.features import rebuild_features
from lab.disillusion.upkeep.pace import LabPast
from lab.engagements import commands as engagements
from lab.followthrough import commands as followthrough
from lab.foundation.errors import LabError
from lab.lifecycle import commands as lifecycle
from lab.projects import commands as projects
from lab.prototypes import commands as prototypes
from lab.stakeholders import commands as stakeholders
from tests.conftest import NOW
from tests.risks import risk_of
from tests.test_the_thread import Told, later


def _edit_recommendation(
    session: Session, actor: Actor, key: uuid.UUID, now: dt.datetime, **new: Any
) -> None:
    row = session.get_one(Recommendation, key)
    kept: dict[str, Any] = {
        "title": row.title, "words": row.text, "importance": row.importance, "due": row.due,
        "cadence_days": row.cadence_days, "expectation_ids": [], "is_public": row.is_public,
    }  # fmt: skip
    followthrough.edit_recommendation(session, actor, key, version=row.version, now=now, **{**kept, **new})


def _edit_expectation(session: Session, actor: Actor, key: uuid.UUID, now: dt.datetime, **new: Any) -> None:
    row = session.get_one(Expectation, key)
    kept: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("statement", "importance", "within_power", "said_back", "hoped_for", "is_public")
    }
    followthrough.edit_expectation(session, actor, key, version=row.version, now=now, **{**kept, **new})


def _edit_project(session: Session, actor: Actor, key: uuid.UUID, now: dt.datetime, cadence: int) -> None:
    row = session.get_one(Project, key)
    projects.edit_project(
        session, actor, key, version=row.version, title=row.title, challenge=row.challenge,
        sponsor="Court Service of Eastmere", place=row.place, forms=[], mode=None, cycle_phase=None,
        cadence_days=cadence, now=now,
    )  # fmt: skip


def everything_that_can_happen(session: Session, actor: Actor, told: Told, now: dt.datetime) -> None:
    """Every kind of step and edit that the score reads, on one day."""
    _edit_recommendation(
        session, actor, told.accepted, now, importance=1, due=(now + dt.timedelta(days=300)).date(),
        cadence_days=300, expectation_ids=told.expectations[:1],
    )  # fmt: skip
    _edit_expectation(
        session, actor, told.expectations[1], now, importance=1, within_power="no",
        said_back="cannot_promise", hoped_for=now.date(),
    )  # fmt: skip
    _edit_project(session, actor, told.project, now, cadence=5)
    row = session.get_one(Stakeholder, told.stakeholder)
    stakeholders.edit_stakeholder(
        session, actor, told.stakeholder, version=row.version, group="carer", voice_role="both",
        expert_by_experience=False, people=90, now=now,
    )  # fmt: skip
    held = session.scalars(select(Engagement)).first()
    assert held is not None
    engagements.edit_engagement(
        session, actor, held.id, version=held.version, title=held.title, chaired_by="", sponsor_present=False,
        actual_influence="tell", attended={told.stakeholder: False}, now=now,
    )  # fmt: skip
    tried = session.scalars(select(PrototypeTest)).first()
    assert tried is not None
    prototypes.edit_test(
        session, actor, tried.id, version=tried.version, participants=3, method="", findings="Less sure",
        sponsor_present=False, now=now,
    )  # fmt: skip
    engagements.record_pulse(
        session, actor, told.project, trust=1, difference=1, stakeholder_id=told.stakeholder, now=now
    )
    followthrough.report_progress(
        session, actor, told.accepted, what="Going", evidence="Log", status="in_progress", now=now
    )
    followthrough.answer_recommendation(
        session, actor, told.declined, answer="accepted", reason="We can after all", now=now,
        due=now.date(),
    )  # fmt: skip
    followthrough.reply_to_people(
        session, actor, told.project, what_happened="News", expectation_ids=told.expectations, now=now
    )
    followthrough.claim_expectation(session, actor, told.expectations[0], state="met", reason="", now=now)
    followthrough.record_expectation(
        session, actor, told.project, statement="More", importance=5, within_power="no", now=now
    )
    lifecycle.move_project(session, actor, told.project, stage="prototype", reason="Once more", now=now)
    stakeholders.withdraw_stakeholder(session, actor, told.stakeholder, reason="disappointed", now=now)


@pytest.mark.parametrize("day", [4, 40, 100, 149])
def test_nothing_that_happens_later_changes_an_earlier_score(
    database: Database,
    facilitator: Actor,
    told: Told,
    day: int,
) -> None:
    as_of = later(day).date()

    def seen(session: Session) -> object:
        found = explain(session, facilitator, told.project, as_of=as_of)
        return (
            risk_report(session, facilitator, as_of),
            LabPast(session).until(as_of),
            found.facts,
            found.trend,
            found.notes,
            found.people_waiting,
        )

    with database.reading() as session:
        before = seen(session)
    with database.writing() as session:
        everything_that_can_happen(session, facilitator, told, later(150))
        lifecycle.close_project(
            session, facilitator, told.project, outcome="not_implemented", reason="Ended", now=later(170)
        )
    with database.reading() as session:
        assert seen(session) == before
        then = explain(session, facilitator, told.project, as_of=later(151).date())
        assert then.score.index != pytest.approx(before[0][0]["score"])  # type: ignore[index]


def test_putting_a_promise_off_by_an_edit_helps_nobody(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    with database.writing() as session:
        _edit_recommendation(
            session, facilitator, told.accepted, later(5), due=later(60).date(),
            expectation_ids=told.expectations,
        )  # fmt: skip
        _edit_expectation(session, facilitator, told.expectations[0], later(5), hoped_for=later(50).date())
    with database.reading() as session:
        before = explain(session, facilitator, told.project, as_of=later(150).date())
    with database.writing() as session:
        _edit_recommendation(
            session, facilitator, told.accepted, later(100), due=later(400).date(), cadence_days=365,
            expectation_ids=told.expectations,
        )  # fmt: skip
        _edit_expectation(session, facilitator, told.expectations[0], later(100), hoped_for=later(400).date())
        _edit_project(session, facilitator, told.project, later(100), cadence=365)
    with database.reading() as session:
        after = explain(session, facilitator, told.project, as_of=later(150).date())
    assert (after.score.index, after.stalled) == (before.score.index, before.stalled)
    assert before.score.index > 0
    assert before.stalled


@pytest.mark.slow
def test_what_acting_would_do_is_what_it_does(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    now = later(150)
    acts: dict[str, Callable[[Session, str], object]] = {
        "reply": lambda session, _: followthrough.reply_to_people(
            session, facilitator, told.project, what_happened="Still waiting", now=now
        ),
        "talk_through": lambda session, key: _edit_expectation(
            session, facilitator, uuid.UUID(key), now, said_back="cannot_promise"
        ),
        "news": lambda session, key: followthrough.report_progress(
            session, facilitator, uuid.UUID(key), what="Signed", evidence="Notice 12", now=now
        ),
        "invite_sponsor": lambda session, _: engagements.record_engagement(
            session, facilitator, told.project, kind="meeting", title="Talk", held_on=now.date(),
            sponsor_present=True, now=now,
        ),
    }  # fmt: skip
    tried = set()
    for _ in range(12):
        with database.reading() as session:
            before = explain(session, facilitator, told.project, as_of=now.date())
        choice = next((each for each in before.choices if each.action.kind in acts), None)
        if choice is None:
            break
        foretold = before.if_done([choice.action]).index
        assert foretold < before.score.index
        with database.writing() as session:
            acts[choice.action.kind](session, choice.action.subject_id)
            # The lab's own history moves a little with every step; what was foretold held it still.
            after = explain(session, facilitator, told.project, as_of=now.date())
        assert after.score.index == pytest.approx(foretold, abs=0.05)
        tried.add(choice.action.kind)
    assert {"reply", "news", "invite_sponsor"} <= tried


def features(session: Session) -> list[dict[str, Any]]:
    """The whole feature table, in order."""
    table = ProjectFeature.__table__
    return [dict(row) for row in session.execute(select(table).order_by(table.c.project_id)).mappings()]


def test_features_kept_up_to_date_are_those_of_a_rebuild(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    today = later(151).date()
    with database.writing() as session:
        fill_extra(session, facilitator)
        session.flush()
        catch_up(session, today=today, now=later(151))
    with database.writing() as session:
        everything_that_can_happen(session, facilitator, told, later(151))
    with database.writing() as session:
        stale = features(session)
        assert refresh_stale(session, today=today, now=later(151)) == 1
        assert session.scalar(select(func.count()).select_from(StaleProject)) == 0
        assert refresh_stale(session, today=today, now=later(151)) == 0
        kept = features(session)
        assert kept != stale
        rebuild_features(session)
        assert features(session) == kept
        assert len(kept) == 3


def fill_extra(session: Session, actor: Actor) -> uuid.UUID:
    """Projects beside the one in question: a bare one, and one whose sponsor never answered."""
    projects.start_project(session, actor, title="Bare", now=NOW)
    other = projects.start_project(session, actor, title="Silent", now=NOW)
    stakeholders.add_stakeholder(session, actor, other, pseudonym="Otter", group="carer", people=7, now=NOW)
    sponsor = projects.name_sponsor(session, actor, "Another body", NOW)
    asked = followthrough.draft_recommendation(
        session, actor, other, title="Ask", words="Ask", sponsor_id=sponsor, now=NOW
    )
    followthrough.send_recommendation(session, actor, asked, now=NOW)
    return other


def test_the_lists_people_waiting_are_the_explanations(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    with database.writing() as session:
        silent = fill_extra(session, facilitator)
        _edit_recommendation(session, facilitator, told.accepted, NOW, expectation_ids=told.expectations[:2])
        stakeholders.withdraw_stakeholder(session, facilitator, told.stakeholder, reason="moved", now=NOW)
    for day in (1, 80, 84, 85, 120):
        today = later(day).date()
        with database.writing() as session:
            keys = list(session.scalars(select(Project.id)))
            refresh_risk(session, keys, as_of=today, now=later(day))
            for key in keys:
                found = risk_of(session, facilitator, key)
                assert found is not None
                explained = explain(session, facilitator, key, as_of=today)
                assert found.people_waiting == explained.people_waiting
                assert found.score == pytest.approx(explained.score.index, abs=1e-12)
                stalled = found.stalled_after is not None and found.stalled_after < today
                assert stalled == bool(explained.stalled)
    with database.reading() as session:
        assert explain(session, facilitator, silent, as_of=today).people_waiting == 7 * 120
        # Of three people one left; the others took part 120 days ago, and nobody has been told anything.
        assert explain(session, facilitator, told.project, as_of=today).people_waiting == 2 * 120


def test_a_score_does_not_depend_on_other_projects_but_through_the_labs_own_history(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    day = later(100).date()
    with database.reading() as session:
        alone = explain(session, facilitator, told.project, as_of=day)
    with database.writing() as session:
        fill_extra(session, facilitator)
    with database.reading() as session:
        among = explain(session, facilitator, told.project, as_of=day)
    assert (among.facts, among.trend[0], among.people_waiting) == (
        alone.facts,
        alone.trend[0],
        alone.people_waiting,
    )
    assert among.history != alone.history


@pytest.mark.slow
def test_a_demo_labs_report_adds_up_to_its_scores(demo_lab: Database) -> None:
    with demo_lab.reading() as session:
        report = risk_report(session, COMMAND_LINE, NOW.date())
        kept = {
            str(key): score
            for key, score in session.execute(select(ProjectRisk.project_id, ProjectRisk.score))
        }
    for row in report:
        assert sum(each["points"] for each in row["drivers"]) == pytest.approx(row["score"], abs=1e-9)
        assert row["low"] <= row["score"] <= row["high"]
        assert row["score"] == pytest.approx(kept[row["id"]], abs=1e-12)
        for each in row["drivers"]:
            assert each["evidence"]
            assert all(uuid.UUID(key) for key in each["evidence"])
            assert each["next_action"]
            assert each["where"].startswith(f"/project?project={row['id']}&tab=")
            # an expectation can be talked through and still weigh as much
            assert each["score_after"] is None or each["score_after"] <= row["score"]
        told = [each["score_after"] for each in row["drivers"] if each["score_after"] is not None]
        assert not told or min(told) < row["score"]
    assert {row["id"] for row in report} == set(kept)


def test_nobody_sees_a_score_of_a_project_that_had_not_begun(
    database: Database,
    facilitator: Actor,
    told: Told,
) -> None:
    with database.reading() as session, pytest.raises(LabError, match="no such project on that day"):
        explain(session, facilitator, told.project, as_of=later(-1).date())
