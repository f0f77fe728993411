"""A register kept elsewhere comes in whole, once, with only the dates it really holds."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.models import Event, ProgressUpdate, Project, Recommendation, Response
from lab.access.rights import COMMAND_LINE, Actor
from lab.exchange.register.columns import suggest_columns
from lab.exchange.register.intake import Intake, survey_register, take_register
from lab.exchange.register.plan import read_register
from lab.exchange.tables import read_table
from lab.followthrough.rules import stall_of
from lab.foundation.errors import NotAllowed
from lab.rates.queries import rates
from tests.conftest import NOW

HEADINGS = "report_id,recommendation_id,recipient,made,recommendation,reply_text,due"
ROWS = (
    "R1,1/20,Harbour Board,2020-03-01,Mark the steps.,"
    '"On 4 April 2020, the Harbour Board replied that it accepted the recommendation.",',
    "R1,2/20,Harbour Board,2020-03-01,Light the quay.,This recommendation is accepted.,",
    "R2,1/21,Ferry Office,2021-05-10,Count the passengers.,,",
    "R2,2/21,Ferry Office,2021-05-10,Close the gate.,"
    "We do not accept this recommendation: there is no gate.,",
)


def _plan(*rows: str, headings: str = HEADINGS) -> object:
    table = read_table("\n".join((headings, *rows)).encode())
    return read_register(table, suggest_columns(table), today=NOW.date())


def _take(database: Database, *rows: str) -> Intake:
    with database.writing() as session:
        return take_register(session, COMMAND_LINE, _plan(*rows), now=NOW)  # type: ignore[arg-type]


def _survey(database: Database, *rows: str) -> Intake:
    with database.reading() as session:
        return survey_register(session, COMMAND_LINE, _plan(*rows), now=NOW)  # type: ignore[arg-type]


def test_a_register_is_taken_in_once(database: Database) -> None:
    brought = {"projects": 2, "recommendations": 4, "responses": 3, "dated_responses": 1}
    brought |= {"updates": 0, "dated_updates": 0}
    nothing = dict.fromkeys(brought, 0)
    first = _take(database, *ROWS)
    assert (first.added, first.unchanged) == (brought, nothing)
    second = _take(database, *ROWS)
    assert (second.added, second.unchanged) == (nothing, brought)
    with database.reading() as session:
        assert sorted(session.scalars(select(Project.reference))) == ["R1", "R2"]
        statuses = dict(session.execute(select(Recommendation.reference, Recommendation.status)).all())
    assert statuses == {"1/20": "accepted", "2/20": "accepted", "1/21": "sent", "2/21": "declined"}


def test_a_look_at_a_register_says_what_taking_it_does_and_writes_nothing(database: Database) -> None:
    looked = _survey(database, *ROWS)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
    assert looked == _take(database, *ROWS)


def test_a_register_that_has_grown_brings_its_new_rows_and_new_replies(database: Database) -> None:
    _take(database, *ROWS)
    answered = ROWS[2][:-1] + '"On 1 June 2021 the Ferry Office replied: this recommendation is accepted.",'
    grown = _take(database, *ROWS[:2], answered, ROWS[3], "R2,3/21,Ferry Office,2021-05-10,Paint it.,,")
    assert grown.added == {
        "projects": 0, "recommendations": 1, "responses": 1, "dated_responses": 1,
        "updates": 0, "dated_updates": 0,
    }  # fmt: skip
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 4


def test_an_answer_without_a_date_counts_in_no_response_time(database: Database) -> None:
    _take(database, *ROWS)
    with database.reading() as session:
        dates = {str(day) for day in session.scalars(select(Response.received_on))}
        responses = rates(session, COMMAND_LINE, as_of=NOW.date()).responses
    assert dates == {"2020-04-04", "None"}
    assert (responses.sent, responses.answered, responses.undated) == (4, 3, 2)
    assert responses.median_days == 34


def test_a_project_whose_recommendations_are_all_answered_waits_for_deeds(database: Database) -> None:
    _take(database, *ROWS)
    with database.reading() as session:
        stages = dict(session.execute(select(Project.reference, Project.stage)).all())
    assert stages == {"R1": "implement", "R2": "recommend"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("R3,1/90,Board,1987-05-01,Ring the bell.,,", "1 May 1987 is before 1990"),
        (f"{'R' * 201},1/90,Board,2020-05-01,Ring the bell.,,", "The project has 201 characters"),
        (f"R3,{'1' * 201},Board,2020-05-01,Ring the bell.,,", "The reference has 201 characters"),
        ("R3,1/90,Board,2020-05-01,\u202e,,", "Recommendation is missing|Title is missing"),
        ("R3,1/90,Board,2020-05-01,,,", "there is no recommendation"),
    ],
)
def test_a_row_beyond_the_limits_stays_out_with_the_reason_and_the_others_come_in(
    database: Database, row: str, reason: str
) -> None:
    intake = _take(database, *ROWS[:2], row, *ROWS[2:])
    assert intake.added["recommendations"] == 4
    (rejected,) = intake.answer()["rejected"]
    assert rejected["row"] == 4
    assert re.search(reason, rejected["reason"])


def test_one_reference_given_to_two_addressees_loses_neither(database: Database) -> None:
    rows = (ROWS[0], "R1,1/20,Ferry Office,2020-03-01,Mark the ferry's steps.,,")
    assert _take(database, *rows).added["recommendations"] == 2
    assert _take(database, *rows).added["recommendations"] == 0


def test_rows_without_a_reference_are_known_again_in_another_order(database: Database) -> None:
    rows = ("R1,,Board,2020-03-01,Mark the steps.,,", "R1,,Board,2020-03-01,Light the quay.,,")
    assert _take(database, *rows).added["recommendations"] == 2
    assert _take(database, *reversed(rows)).added["recommendations"] == 0


def test_what_is_doubtful_is_taken_and_said(database: Database) -> None:
    intake = _take(
        database,
        "R1,1/20,Board,,Mark the steps.,,",
        "R1,2/20,Board,2020-03-01,Light the quay.,This recommendation has been implemented.,",
        "R1,3/20,Board,2020-03-01,Close the gate.,,2019-01-01",
        '=R9,=1+1,@Board,2020-03-01,"=cmd|calc",,',
    )
    assert [(each.row, each.kind) for each in intake.warnings] == [
        (2, "sent_unknown"),
        (3, "reply_undated"),
        (3, "done_without_evidence"),
        (4, "due_out_of_order"),
    ]
    with database.reading() as session:
        assert session.scalar(select(Recommendation.text).where(Recommendation.reference == "=1+1"))


def test_a_day_of_sending_that_no_register_names_stays_empty(database: Database) -> None:
    """It was sent by the day on which it was answered, due or taken in; nothing is said of how long an answer
    took, and nothing is still in time."""
    intake = _take(
        database,
        "R1,1/20,Board,,Mark the steps.,,2019-01-01",
        'R1,2/20,Board,,Light the quay.,"On 4 February 2020, the Board accepted this recommendation.",',
        "R1,3/20,Board,,Close the gate.,,",
        "R1,4/20,Board,2020-03-01,Ring the bell.,,",
    )
    assert [each.kind for each in intake.warnings] == ["sent_unknown"] * 3
    today = NOW.date()
    with database.reading() as session:
        rows = session.scalars(select(Recommendation).order_by(Recommendation.reference)).all()
        assert [each.sent_on for each in rows] == [None, None, None, dt.date(2020, 3, 1)]
        by = [dt.date(2019, 1, 1), dt.date(2020, 2, 4), today, dt.date(2020, 3, 1)]
        assert [each.sent_by for each in rows] == by
        assert list(session.scalars(select(Recommendation.sent_by).order_by(Recommendation.reference))) == by
        assert [each.due for each in rows] == [dt.date(2019, 1, 1), None, None, None]
        assert {each.received_on for each in session.scalars(select(Response))} == {dt.date(2020, 2, 4)}
        found = rates(session, COMMAND_LINE, as_of=today).responses
        assert (found.sent, found.sent_undated) == (4, 3)
        assert (found.answered, found.undated, found.late, found.not_yet_due) == (1, 1, 2, 0)
        assert found.by_week == ()
        stalled = {each.reference for each in rows if stall_of(each, today)}
        assert stalled == {"1/20", "2/20", "4/20"}, "the third was sent today at the latest"
        (project,) = session.scalars(select(Project))
        assert project.opened_on == dt.date(2019, 1, 1)


def test_a_reply_older_than_what_it_answers_keeps_its_words_and_no_date(database: Database) -> None:
    row = 'R1,1/20,Board,2020-03-01,Mark it.,"On 4 February 2020, the Board replied that it will think.",'
    intake = _take(database, row)
    assert intake.added["updates"] == 1
    assert "older than what it answers" in intake.warnings[0].message
    with database.reading() as session:
        assert "4 February 2020" in (session.scalar(select(ProgressUpdate.what)) or "")


def test_nobody_but_an_administrator_looks_or_takes(database: Database) -> None:
    stranger = Actor(None, "Bo", "manager")
    with database.writing() as session:
        for door in (survey_register, take_register):
            with pytest.raises(NotAllowed):
                door(session, stranger, _plan(*ROWS), now=NOW)  # type: ignore[arg-type]
