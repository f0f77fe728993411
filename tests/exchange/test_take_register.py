"""A register kept elsewhere comes in whole, once, with only the dates it really holds."""

from __future__ import annotations

from sqlalchemy import select

from db.engine import Database
from db.models import Project, Recommendation, Response
from lab.access.rights import COMMAND_LINE
from lab.exchange.register import read_register, suggest_columns
from lab.exchange.tables import read_table
from lab.exchange.take_register import take_register
from lab.rates.queries import rates
from tests.conftest import NOW

REGISTER = "\n".join(
    (
        "report_id,recommendation_id,recipient,made,recommendation,reply_text",
        "R1,1/20,Harbour Board,2020-03-01,Mark the steps.,"
        '"On 4 April 2020, the Harbour Board replied that it accepted the recommendation."',
        "R1,2/20,Harbour Board,2020-03-01,Light the quay.,This recommendation is accepted.",
        "R2,1/21,Ferry Office,2021-05-10,Count the passengers.,",
        "R2,2/21,Ferry Office,2021-05-10,Close the gate.,"
        "We do not accept this recommendation: there is no gate.",
    )
)


def _take(database: Database) -> dict[str, int]:
    table = read_table(REGISTER.encode())
    plan = read_register(table, suggest_columns(table), today=NOW.date())
    with database.writing() as session:
        return take_register(session, COMMAND_LINE, plan, now=NOW)


def test_a_register_is_taken_in_once(database: Database) -> None:
    first = _take(database)
    assert (first["recommendations"], first["projects"]) == (4, 2)
    second = _take(database)
    assert (second["recommendations"], second["projects"], second["already_there"]) == (0, 0, 4)
    with database.reading() as session:
        assert sorted(session.scalars(select(Project.reference))) == ["R1", "R2"]
        statuses = dict(session.execute(select(Recommendation.reference, Recommendation.status)).all())
    assert statuses == {"1/20": "accepted", "2/20": "accepted", "1/21": "sent", "2/21": "declined"}


def test_an_answer_without_a_date_counts_in_no_response_time(database: Database) -> None:
    _take(database)
    with database.reading() as session:
        dates = {str(day) for day in session.scalars(select(Response.received_on))}
        responses = rates(session, COMMAND_LINE, as_of=NOW.date()).responses
    assert dates == {"2020-04-04", "None"}
    assert (responses.sent, responses.answered, responses.undated) == (4, 3, 2)
    assert responses.median_days == 34
