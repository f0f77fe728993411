"""A method of voting is one file: a whole round of a new one is played."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import VoteRound
from lab.access.rights import Actor
from lab.foundation.errors import Invalid
from lab.voting.commands import close_round
from lab.voting.files import plain_count, read_sheet
from lab.voting.methods.method import Method
from lab.voting.methods.registry import method_named, method_names, registered
from lab.voting.queries import result_for_lab
from lab.voting.record import read_record, verify
from lab.voting.tally import count
from tests.additions.stars import WORDS, Stars
from tests.conftest import NOW
from tests.voting.conftest import TITLES, opened
from tests.web.phones.test_votes import Prototypes, token_on


@pytest.fixture
def stars() -> Iterator[Method]:
    """The method of `tests/additions/stars.py`, for one test or, once its file is there, for good."""
    if Stars.name in method_names():
        yield method_named(Stars.name)
        return
    with registered(Stars()) as method:
        yield method


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_a_new_method_is_drawn_voted_counted_said_published_and_verified(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, stars: Method
) -> None:
    round_id = opened(database, facilitator, prototypes, stars.name)
    with database.reading() as session:
        code = session.scalars(select(VoteRound.code).where(VoteRound.id == round_id)).one()
    for marks in [(3, 1, 0), (2, 3, 0), (3, 0, 0)]:
        phone.cookies.clear()
        page = phone.get(f"/j/{code}").text
        assert "Give each up to three stars." in page
        assert len(re.findall(r'<input type="radio" name="mark-\d" value="[0-3]"', page)) == 3 * len(WORDS)
        fields = {f"mark-{place}": str(mark) for place, mark in enumerate(marks) if mark}
        answer = phone.post(f"/j/{code}", data={"voter": token_on(page)} | fields)
        assert answer.status_code == 200
        assert WORDS[max(marks)] in answer.text
    page = phone.get(f"/j/{code}?change=1").text
    assert "There are 0 to 3 stars; yours says 4" in (
        phone.post(f"/j/{code}", data={"voter": token_on(page), "mark-0": "4"}).text
    )
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
    with database.reading() as session:
        result = result_for_lab(session, facilitator, round_id)
    assert result is not None
    leads = f"“{TITLES[0]}” leads with 8, 4 more than “{TITLES[1]}”."
    assert result.headline == f"{leads} With only 3 ballots that says little."
    best = result.options[0]
    assert (best.title, best.number, best.share) == (TITLES[0], "some stars", 8 / 9)
    assert result.count.pairwise[0] == (0, 2, 3)
    record = phone.get(f"/v/{round_id}/record.json")
    found = verify(read_record(record.content))
    assert found.problems == ()
    assert found.ranking == ((TITLES[0],), (TITLES[1],), (TITLES[2],))


def test_ballots_of_a_new_method_are_read_from_a_sheet(stars: Method) -> None:
    class Sheet:
        columns = ("A", "B")
        rows: ClassVar = [{"A": "3", "B": ""}, {"A": "1", "B": "2"}]

        def number(self, index: int) -> int:
            return index + 2

    ballots = read_sheet(Sheet(), stars.name)
    answer = plain_count(count(stars.name, ballots.marks), ballots.options)
    assert (answer["winners"], answer["support"]) == (["A"], {"A": 4, "B": 2})


def test_a_new_method_is_offered_last_and_gone_with_its_registration(stars: Method) -> None:
    assert method_names()[-1] == stars.name
    with pytest.raises(ValueError, match="already"), registered(Stars()):
        pass
    assert method_named(stars.name) is stars


def test_what_is_no_method_is_refused_with_those_there_are() -> None:
    assert method_names() == ("approval", "score", "ranked", "dots", "majority_judgment")
    with pytest.raises(Invalid, match="only approval, score, ranked, dots, majority_judgment"):
        method_named("stars")
