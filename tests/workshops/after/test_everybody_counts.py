"""Whoever came to a workshop is counted, and whatever they feared has its place."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from db.engine import Database
from db.models import ForeseenRisk, GroupAttendance, Workshop
from lab.access.rights import Actor
from lab.lifecycle.queries import gate_facts
from lab.lifecycle.thread.reading import thread_of
from lab.prototypes.commands import record_finding
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices, proposal
from lab.workshops.after.queries import kept, voices
from lab.workshops.after.report import as_markdown, report_of_code
from tests.conftest import NOW
from tests.workshops.phones import Played, played

__all__ = ["played"]
TODAY = NOW.date()


def wrap_up(database: Database, facilitator: Actor, played: Played) -> None:
    """Keep the workshop as it is proposed."""
    with database.writing() as session:
        people = proposal(session, facilitator, played.planned.id).people
        choices = WrapUpChoices(hear_by=TODAY + dt.timedelta(days=14), people=people)
        confirm(session, facilitator, played.planned.id, choices, now=NOW)


def test_four_phones_are_four_people_also_where_one_named_no_group(
    database: Database, facilitator: Actor, played: Played
) -> None:
    with database.reading() as session:
        proposed = proposal(session, facilitator, played.planned.id).people
    assert proposed == {"carer": 2, "service_user": 1, "group_not_said": 1}
    wrap_up(database, facilitator, played)
    with database.reading() as session:
        counted = session.execute(select(GroupAttendance.group_name, GroupAttendance.people)).all()
        came = voices(session, facilitator, played.planned.project_id)[played.planned.id].came
    assert {group: people for group, people in counted} == proposed
    assert dict(came) == proposed


def test_a_worry_about_the_project_as_a_whole_is_a_foreseen_risk_of_the_project(
    database: Database, facilitator: Actor, played: Played
) -> None:
    wrap_up(database, facilitator, played)
    with database.writing() as session:
        risk = session.scalars(select(ForeseenRisk)).one()
        assert (risk.statement, risk.prototype_id, risk.project_id) == (
            "Nobody will answer", None, played.planned.project_id,
        )  # fmt: skip
        assert [each.words for each in kept(session, facilitator, played.planned.id)] == [risk.statement]
        thread = thread_of(session, facilitator, played.planned.project_id, today=TODAY)
        (shown,) = thread.foreseen_risks
        assert shown.came_from[0] == risk.contribution_id
        report = report_of_code(session, session.get_one(Workshop, played.planned.id).code)
        assert report
        text = as_markdown(report, "https://lab.example/j/X/report", TODAY)
        assert "Nobody will answer (the project as a whole): not looked into yet" in text
        assert gate_facts(session, facilitator, played.planned.project_id).risks_untested == 1
        record_finding(session, facilitator, risk.id, finding="did_not_occur", note="", now=NOW)
        assert gate_facts(session, facilitator, played.planned.project_id).risks_untested == 0
