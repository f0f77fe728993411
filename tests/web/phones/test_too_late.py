"""What comes after the close is refused aloud, and whoever gave it can still read it."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Note, VoteRound, Workshop
from lab.access.rights import Actor
from lab.voting.commands import close_round
from lab.web.door import codes
from lab.workshops.room import commands as room_commands
from lab.workshops.room.handed_in import HELD, MOVED_ON, OVER, PULSE_OVER
from tests.conftest import NOW
from tests.voting.conftest import TITLES, opened
from tests.web.phones.test_votes import Prototypes, code_of, token_on
from tests.web.phones.workshop import Workshop_, form, problem_on, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
JSON = {"Accept": "application/json"}


@pytest.fixture
def ballot(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> tuple[str, dict[str, str]]:
    """A phone's ballot with a worry, filled in while the vote was open."""
    round_id = opened(database, facilitator, prototypes)
    code = code_of(database, round_id)
    voter = token_on(phone.get(f"/j/{code}").text)
    filled = {"voter": voter, "mark-1": "1", "worry-2": "Nobody <b>answers</b> at night"}
    return code, filled


def close(database: Database, facilitator: Actor, code: str) -> None:
    with database.writing() as session:
        round_id = session.scalars(select(VoteRound.id).where(VoteRound.code == code)).one()
        close_round(session, facilitator, round_id, now=NOW)
    codes.forget(code)


def test_a_ballot_after_the_close_is_said_not_to_count_and_stays_readable(
    phone: TestClient, database: Database, facilitator: Actor, ballot: tuple[str, dict[str, str]]
) -> None:
    code, filled = ballot
    close(database, facilitator, code)
    for _ in range(2):
        answer = phone.post(f"/j/{code}", data=filled, follow_redirects=False)
        assert answer.status_code == 409
        page = html.unescape(re.sub(r"<[^>]+>", "", answer.text))
        assert "came after the close and was not counted" in page
        assert TITLES[1] in page
        assert f"Your worry about “{TITLES[2]}”: Nobody <b>answers</b> at night" in page
        assert "<b>answers" not in answer.text
        assert 'http-equiv="refresh"' not in answer.text, "it stays until its reader goes on"
    assert (
        "after the close and was not counted"
        in phone.post(f"/j/{code}", data=filled, headers=JSON).json()["problem"]
    )


def test_whoever_voted_before_hears_that_only_the_earlier_ballot_counts(
    phone: TestClient, database: Database, facilitator: Actor, ballot: tuple[str, dict[str, str]]
) -> None:
    code, filled = ballot
    receipt = phone.post(f"/j/{code}", data=filled, headers=JSON).json()["receipt"]
    close(database, facilitator, code)
    problem = phone.post(f"/j/{code}", data=filled | {"mark-0": "1"}, headers=JSON).json()["problem"]
    assert problem.startswith("This ballot came after the close and was not counted. The one that was handed")
    assert receipt in problem


def test_dots_that_come_after_the_room_has_moved_on_stay_readable(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    write(phone, workshop.code, "A neighbour who knows")
    (idea,) = workshop.notes()
    workshop.goes_to("dots")
    sent = form(phone.get(f"/j/{workshop.code}").text, "dots") | {f"dots-{idea.id.hex}": "2"}
    workshop.goes_to("worries")
    answer = phone.post(f"/j/{workshop.code}/dots", data=sent)
    assert problem_on(answer.text) == MOVED_ON
    assert "A neighbour who knows: 2" in answer.text
    refused = phone.post(f"/j/{workshop.code}/dots", data=sent, headers=JSON)
    assert refused.json() == {"problem": MOVED_ON, "final": "1"}


def test_a_note_after_the_end_and_new_words_for_one_stay_readable(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    write(phone, workshop.code, "A neighbour who knows")
    (idea,) = workshop.notes()
    new = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": "Half a thought"}
    changed = {"voter": new["voter"], "note": str(idea.id), "words": "A neighbour who knows the way"}
    workshop.does(room_commands.end_workshop)
    for way, sent in (("note", new), ("change", changed)):
        page = phone.post(f"/j/{workshop.code}/{way}", data=sent).text
        assert problem_on(page) == OVER
        assert f">{sent['words']}</textarea>" in page
        assert "Send it" not in page


def test_new_words_for_a_note_that_a_host_works_with_stay_readable(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    write(phone, workshop.code, "A neighbour who knows")
    (idea,) = workshop.notes()
    voter = form(phone.get(f"/j/{workshop.code}").text, "note")["voter"]
    with workshop.database.writing() as session:
        session.get_one(Note, idea.id).chosen = True
    page = phone.post(
        f"/j/{workshop.code}/change", data={"voter": voter, "note": str(idea.id), "words": "Better words"}
    ).text
    assert problem_on(page) == HELD
    assert ">Better words</textarea>" in page


def test_answers_that_come_when_the_time_is_over_stay_readable(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("pulse")
    sent = form(phone.get(f"/j/{workshop.code}").text, "pulse")
    sent |= {"trust": "4", "difference": "2", "comment": "Tell us by mail"}
    workshop.does(room_commands.end_workshop)
    with workshop.database.writing() as session:
        session.get_one(Workshop, workshop.id).ended_at = NOW.replace(year=2020)
    codes.forget(workshop.code)
    page = phone.post(f"/j/{workshop.code}/pulse", data=sent).text
    assert problem_on(page) == PULSE_OVER
    for words in ("I trust this will lead to something: 4", "made a difference: 2", "Tell us by mail"):
        assert words in page
