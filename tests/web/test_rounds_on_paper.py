"""Ballots and a count sheet to print, and the result as table, picture and page: for who may see them."""

from __future__ import annotations

import csv
import io
import re
import uuid

import pytest
from PIL import Image
from starlette.testclient import TestClient

from db.engine import Database
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.exchange import results
from lab.foundation import clock
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round
from lab.voting.methods.registry import method_named, method_names
from lab.voting.queries import room_of_round
from lab.voting.words import NOBODY_VOTED
from lab.web.door.cookies import SESSION_COOKIE
from tests.accounts import session_for
from tests.conftest import NOW
from tests.voting.conftest import TITLES, opened

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
Prototypes = tuple[uuid.UUID, list[uuid.UUID]]
PAPERS = ("ballots", "count-sheet")
FILES = ("result", "result.csv", "result.png")


def sign_in(database: Database, browser: TestClient, role: str = "facilitator") -> None:
    with database.writing() as session:
        account = add_account(
            session, COMMAND_LINE, name=role, email=f"{role}@example.org", role=role, password=None, now=NOW
        )
        browser.cookies.set(SESSION_COOKIE, session_for(session, account, clock.now()))


def closed(database: Database, actor: Actor, prototypes: Prototypes, method: str = "approval") -> uuid.UUID:
    round_id = opened(database, actor, prototypes, method)
    ballots = {"approval": (1, 0, 0), "score": (5, 0, 3), "ranked": (1, 3, 2), "dots": (3, 0, 2)}
    with database.writing() as session:
        for _ in range(6):
            marks = ballots.get(method, (5, 0, 3))
            enter_paper_ballot(session, actor, round_id, marks=marks, now=NOW)
        close_round(session, actor, round_id, now=NOW, reveal=False)
    return round_id


@pytest.mark.parametrize("method", method_names())
def test_a_printed_ballot_has_question_rule_for_blanks_and_every_option_under_its_number(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, method: str
) -> None:
    sign_in(database, phone)
    round_id = opened(database, facilitator, prototypes, method, groups=("carer", "elected"))
    page = phone.get(f"/rounds/{round_id}/ballots?ballots=12").text
    ballots = page.split('<article class="ballot">')[1:]
    assert len(ballots) == 12
    orders = set()
    for each in ballots:
        assert "Which first?" in each
        assert method_named(method, "no_opinion").instruction(5).split(".")[0] in each
        assert "Carer" in each
        listed = re.findall(r'<li><b>(\d)</b>.*?<strong dir="auto">([^<]+)', each)
        assert sorted(listed) == [(str(place + 1), title) for place, title in enumerate(TITLES)]
        orders.add(tuple(number for number, _ in listed))
    assert len(orders) > 1, "each ballot has an order of its own, as each phone has"
    assert "<script" not in page
    sheet = phone.get(f"/rounds/{round_id}/count-sheet").text
    assert all(title in sheet for title in TITLES)


def test_ballots_of_a_fixed_order_keep_it(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    sign_in(database, phone)
    round_id = opened(database, facilitator, prototypes, option_order="fixed")
    page = phone.get(f"/rounds/{round_id}/ballots?ballots=3").text
    assert re.findall(r"<li><b>(\d)</b>", page) == ["1", "2", "3"] * 3


@pytest.mark.parametrize("typed", ["0", "-1", "99999", "many", "", "٣"])
def test_the_number_of_ballots_is_bounded_whatever_is_typed(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, typed: str
) -> None:
    sign_in(database, phone)
    round_id = opened(database, facilitator, prototypes)
    page = phone.get(f"/rounds/{round_id}/ballots", params={"ballots": typed, "per_page": typed}).text
    assert 1 <= page.count('<article class="ballot">') <= 4


@pytest.mark.parametrize("path", PAPERS)
def test_only_who_runs_votes_prints_their_papers(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, path: str
) -> None:
    round_id = opened(database, facilitator, prototypes)
    assert "E-mail address" in phone.get(f"/rounds/{round_id}/{path}").text, "signed out: to the sign-in"
    sign_in(database, phone, "stakeholder")
    assert phone.get(f"/rounds/{round_id}/{path}").status_code == 403


@pytest.mark.parametrize("path", FILES)
def test_a_result_leaves_as_a_file_only_after_the_close_and_only_to_the_lab(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, path: str
) -> None:
    sign_in(database, phone)
    running = opened(database, facilitator, prototypes, reveal="live")
    refused = phone.get(f"/rounds/{running}/{path}")
    assert (refused.status_code, "once the vote is closed" in refused.text) == (409, True)
    over = closed(database, facilitator, prototypes)
    answer = phone.get(f"/rounds/{over}/{path}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert phone.get(f"/rounds/{uuid.uuid4()}/{path}").status_code == 404
    sign_in(database, phone, "stakeholder")
    assert phone.get(f"/rounds/{over}/{path}").status_code == 403


def test_the_table_has_the_bars_rows_and_no_cell_that_a_spreadsheet_runs(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    sign_in(database, phone)
    project, made = prototypes
    with database.writing() as session:
        round_id = make_round(
            session, facilitator, project, question="=HYPERLINK(1)", method="approval",
            options=[(each, "") for each in made], now=NOW,
        )  # fmt: skip
        open_round(session, facilitator, round_id, NOW)
        enter_paper_ballot(session, facilitator, round_id, marks=(0, 1, 0), now=NOW)
        close_round(session, facilitator, round_id, now=NOW)
    rows = list(csv.DictReader(io.StringIO(phone.get(f"/rounds/{round_id}/result.csv").text)))
    assert (rows[0]["rank"], rows[0]["option"], rows[0]["result"]) == ("1", TITLES[1], "1 of 1")
    assert {row["question"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["tied"] for row in rows} == {"no", "yes"}


@pytest.mark.parametrize("method", method_names())
def test_picture_and_page_show_the_closed_result(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, method: str
) -> None:
    sign_in(database, phone)
    round_id = closed(database, facilitator, prototypes, method)
    picture = Image.open(io.BytesIO(phone.get(f"/rounds/{round_id}/result.png").content))
    assert (picture.format, picture.width) == ("PNG", results.WIDTH)
    filled = sum(
        number
        for number, colour in picture.convert("RGB").getcolors(1 << 20) or []
        if colour == (11, 95, 102)
    )
    assert filled > 10_000, "the bars are drawn"
    page = phone.get(f"/rounds/{round_id}/result").text
    assert page.index("leads") < page.index('class="bars"') < page.index("<table>") < page.index("SHA-256")
    assert f"/v/{round_id}" in page
    assert "<script" not in page


def test_nobody_voted_is_a_page_a_picture_and_an_empty_table(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    sign_in(database, phone)
    round_id = opened(database, facilitator, prototypes)
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
    assert NOBODY_VOTED in phone.get(f"/rounds/{round_id}/result").text
    assert phone.get(f"/rounds/{round_id}/result.csv").text.count("\n") == 1
    assert phone.get(f"/rounds/{round_id}/result.png").content.startswith(b"\x89PNG")


def drafted(database: Database, actor: Actor, prototypes: Prototypes) -> uuid.UUID:
    project, made = prototypes
    with database.writing() as session:
        return make_round(
            session, actor, project, question="Which first?", method="approval",
            options=[(each, "") for each in made], now=NOW,
        )  # fmt: skip


def test_slips_are_printed_once_and_each_votes_once_from_its_code_to_scan(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    sign_in(database, phone)
    round_id = drafted(database, facilitator, prototypes)
    page = phone.get(f"/rounds/{round_id}/slips").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    asked = {"form_token": token[1], "number": "3"}
    printed = phone.post(f"/rounds/{round_id}/slips/print", data=asked)
    codes = [code.replace(" ", "") for code in re.findall(r'<p class="code">([^<]+)</p>', printed.text)]
    assert (len(codes), printed.headers["cache-control"]) == (3, "no-store")
    assert printed.text.count("<svg") == 3
    again = phone.get(f"/rounds/{round_id}/slips").text
    assert "3 made: 0 used on a phone, 0 handed in on paper, 3 unused" in again
    assert not any(code[:4] in again for code in codes)
    with database.writing() as session:
        open_round(session, facilitator, round_id, NOW)
        room = room_of_round(session, facilitator, round_id)

    def votes(slip: str) -> str:
        phone.cookies.clear()
        ballot = phone.get(f"/j/{room.code}", params={"slip": codes[0]}).text
        assert f'name="slip" value="{codes[0]}"' in ballot
        voter = re.search(r'name="voter" value="([^"]+)"', ballot)
        assert voter
        sent = {"voter": voter[1], "mark-0": "1", "slip": slip}
        return phone.post(f"/j/{room.code}", data=sent).text

    assert "needs a slip" in votes("")
    assert "no slip of this vote" in votes("A" * 12)
    assert "used already" not in votes(codes[0])
    assert "used already" in votes(codes[0])
    sign_in(database, phone, "manager")
    count = phone.get(f"/rounds/{round_id}/slips").text
    assert "3 made: 1 used on a phone, 0 handed in on paper, 2 unused" in count


def test_slips_are_made_by_our_own_form_alone(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    sign_in(database, phone)
    round_id = drafted(database, facilitator, prototypes)
    assert phone.post(f"/rounds/{round_id}/slips/print", data={"number": "3"}).status_code == 403
    assert "0 made" in phone.get(f"/rounds/{round_id}/slips").text
