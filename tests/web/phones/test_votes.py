"""What a room full of strangers may send, and what the pages give away."""

from __future__ import annotations

import gzip
import html
import random
import re
import time
import uuid
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Ballot, ForeseenRisk, VoteRound
from lab.access.rights import Actor
from lab.pictures.safe import make_safe
from lab.prototypes.commands import add_picture, make_prototype
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round, reveal_round
from lab.voting.methods.registry import method_names
from lab.web.door import codes, limits
from lab.web.door.limits import Guesses
from tests.conftest import NOW
from tests.voting.conftest import TITLES, opened

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
Prototypes = tuple[uuid.UUID, list[uuid.UUID]]
FIRST_PAGE = 14_000
"""Bytes, compressed, of the first page with its styles and its script."""
SCRIPT = "<script>alert('me')</script><img src=x onerror=alert(1)>"


def code_of(database: Database, round_id: uuid.UUID) -> str:
    with database.reading() as session:
        return session.scalars(select(VoteRound.code).where(VoteRound.id == round_id)).one()


def stored(database: Database) -> list[list[int]]:
    with database.reading() as session:
        return [list(marks) for marks in session.scalars(select(Ballot.marks))]


def worries(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(ForeseenRisk.statement)))


def token_on(page: str) -> str:
    found = re.search(r'name="voter" value="([^"]+)"', page)
    assert found
    return found[1]


def until_fresh() -> None:
    """Answers may be as old as this."""
    time.sleep(codes.FRESHNESS + 0.05)


def noise(side: int) -> bytes:
    target = BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)).save(target, "PNG")
    return target.getvalue()


def with_options(database: Database, actor: Actor, project: uuid.UUID, method: str, options: int) -> str:
    """The code of an open round on this many prototypes, each with a picture and a line about it."""
    chance, picture = random.Random(options), make_safe(noise(330))
    letters = "etaoinshrdlucmfw"
    with database.writing() as session:
        chosen = []
        for number in range(options):
            words = " ".join("".join(chance.choices(letters, k=6)) for _ in range(14))
            key = make_prototype(session, actor, project, title=words[:34], fidelity="sketch", now=NOW)
            add_picture(session, actor, key, picture, description=f"Sketch {number}", now=NOW)
            chosen.append((key, words[34:]))
        round_id = make_round(
            session, actor, project, question="Which first?", method=method, options=chosen, now=NOW,
            groups=("service_user", "carer"),
        )  # fmt: skip
        open_round(session, actor, round_id, NOW)
    return code_of(database, round_id)


@pytest.mark.parametrize("method", method_names())
@pytest.mark.parametrize("options", [6, 30])
def test_a_first_page_is_small_and_its_pictures_wait(
    phone: TestClient,
    database: Database,
    facilitator: Actor,
    prototypes: Prototypes,
    method: str,
    options: int,
) -> None:
    code = with_options(database, facilitator, prototypes[0], method, options)
    page = phone.get(f"/j/{code}")
    parts = [f"/j/{code}", *re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)]
    assert len(parts) == 5
    total = 0
    for part in parts:
        with phone.stream("GET", part, headers={"Accept-Encoding": "gzip"}) as answer:
            sent = b"".join(answer.iter_raw())
        gzip.decompress(sent)
        total += len(sent)
    print(f"{method}, {options} options: {total:,} bytes")
    assert total <= FIRST_PAGE
    pictures = re.findall(r"<img [^>]+>", page.text)
    assert len(pictures) == options
    for picture in pictures:
        assert 'loading="lazy"' in picture
        assert re.search(r'width="320" height="320"', picture)
    address = re.search(r'src="([^"]+)"', pictures[0])
    assert address
    assert 1000 < len(phone.get(address[1]).content) <= 60_000


def test_a_code_may_be_typed_as_people_type(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    typed = f" {code[:3].lower()}-{code[3:].lower()} "
    answer = phone.get("/j", params={"code": typed})
    assert answer.url.path == f"/j/{code}"
    assert "Hand in my vote" in answer.text


def test_ten_thousand_wrong_codes_do_not_lock_out_a_phone_with_the_right_one(
    phone: TestClient,
    database: Database,
    facilitator: Actor,
    prototypes: Prototypes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))

    def guessed_at(pause: float) -> None:
        monkeypatch.setattr(limits, "guesses", Guesses(pause=pause))
        for _ in range(10_000):
            limits.guesses.wrong("testclient")

    guessed_at(pause=0.3)
    assert phone.get("/j/WRNG22").status_code == 429
    page = phone.get(f"/j/{code}")
    assert page.status_code == 200
    guessed_at(pause=120)
    began = time.monotonic()
    answer = phone.post(f"/j/{code}", data={"voter": token_on(page.text), "mark-0": "1"})
    assert "Your vote is in" in answer.text
    assert time.monotonic() - began < 60, "a phone that is in does not wait again"


def test_a_ballot_from_elsewhere_or_under_anothers_token_is_refused(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    token = token_on(phone.get(f"/j/{code}").text)
    ballot = {"voter": token, "mark-0": "1"}
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert phone.post(f"/j/{code}", data=ballot, headers=elsewhere).status_code == 403
    other = phone.post(f"/j/{code}", data=ballot | {"voter": "x" * 32})
    assert other.status_code == 403
    assert "open for too long" in other.text
    assert phone.post(f"/j/{code}", data={"mark-0": "1"}).status_code == 403
    assert stored(database) == []
    own = {"Origin": "http://lab.example"}
    assert "Your vote is in" in phone.post(f"/j/{code}", data=ballot, headers=own).text
    assert stored(database) == [[1, 0, 0]]


def test_a_phone_that_keeps_no_cookies_sees_that_its_vote_is_in(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    token = token_on(phone.get(f"/j/{code}").text)
    for _ in range(2):
        phone.cookies.clear()
        page = phone.post(f"/j/{code}", data={"voter": token, "mark-2": "1"}).text
        assert "Your vote is in" in page
        assert "Change my vote" not in page
    assert stored(database) == [[0, 0, 1]]


def test_what_people_typed_is_never_markup(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    project, made = prototypes
    with database.writing() as session:
        bad = make_prototype(session, facilitator, project, title=SCRIPT, fidelity="paper", now=NOW)
        round_id = make_round(
            session, facilitator, project, question=f"Which? {SCRIPT}", method="approval",
            options=[(bad, SCRIPT), (made[0], "")], decides_next=SCRIPT, now=NOW, reveal="live",
        )  # fmt: skip
        open_round(session, facilitator, round_id, NOW)
    code = code_of(database, round_id)
    page = phone.get(f"/j/{code}")
    pages = [page.text]
    ballot = {"voter": token_on(page.text), "mark-0": "1", "worry-0": SCRIPT}
    pages.append(phone.post(f"/j/{code}", data=ballot | {"mark-1": SCRIPT}).text)
    pages.append(phone.post(f"/j/{code}", data=ballot).text)
    pages.append(phone.get(f"/j/{code}?change=1").text)
    until_fresh()
    pages.append(phone.get(f"/j/{code}/wall").text)
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW)
    until_fresh()
    pages += [phone.get(f"/j/{code}/wall").text, phone.get(f"/j/{code}").text]
    pages.append(phone.get(f"/v/{round_id}", params={"receipt": SCRIPT}).text)
    pages.append(phone.get("/j/" + SCRIPT.replace("/", "")).text)
    for each in pages:
        assert "<script>" not in each.lower()
        assert "<img src=x" not in each.lower()
        assert "&lt;script&gt;" in each.lower()
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


LONG = "Nobody reads it. " * 600
MISTAKES = {
    "a worry of 10,000 characters": ({"worry-1": LONG[:10_000]}, "at most 500 fit"),
    "a mark out of range": ({"mark-0": "7"}, "either ticked or not"),
    "a mark that is no number": ({"mark-0": "--5"}, "no mark that a ballot can carry"),
    "an endless number": ({"mark-0": "9" * 400}, "no mark that a ballot can carry"),
    "an option that is not in the vote": ({"mark-9": "1"}, "not part of this vote"),
    "an option with a name": ({"mark-Plain letter": "1"}, "not part of this vote"),
    "a worry about nothing": ({"worry-30": "Odd"}, "not part of this vote"),
    "a body of 200 kB": ({"worry-1": "x" * 200_000}, "too long"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_what_was_typed_is_still_there(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, mistake: str
) -> None:
    changed, message = MISTAKES[mistake]
    code = code_of(database, opened(database, facilitator, prototypes))
    ballot = {
        "voter": token_on(phone.get(f"/j/{code}").text),
        "mark-2": "1",
        "worry-0": "Who “answers” at night & on Sundays?",
    }
    answer = phone.post(f"/j/{code}", data=ballot | changed)
    assert answer.status_code == 422
    problem = re.search(r'role="alert"[^>]*>([^<]+)<', answer.text)
    assert problem
    assert message in html.unescape(problem[1])
    assert ballot["worry-0"] in html.unescape(answer.text)
    assert re.search(r'name="mark-2" value="1" checked', answer.text)
    told = phone.post(f"/j/{code}", data=ballot | changed, headers={"Accept": "application/json"})
    assert (told.status_code, message in told.json()["problem"]) == (422, True)
    assert stored(database) == []
    assert "Your vote is in" in phone.post(f"/j/{code}", data=ballot).text


def test_a_ballot_in_another_encoding_is_refused_in_words(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    token = token_on(phone.get(f"/j/{code}").text).encode()
    for body in (b"voter=" + token + b"&mark-0=1&worry-0=\xe9t\xe9", b"voter=" + token + b"&worry-0=%E9t%E9"):
        answer = phone.post(f"/j/{code}", content=body)
        assert answer.status_code == 422
        assert "could not be read" in answer.text
        assert re.search(r'name="mark-0" value="1" checked', answer.text) or b"mark-0" not in body
    assert stored(database) == []


def test_a_ballot_without_a_group_is_refused_where_groups_are_asked(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes, groups=("carer", "service_user")))
    ballot = {"voter": token_on(phone.get(f"/j/{code}").text), "mark-1": "1"}
    for group in ({}, {"group": "elected"}):
        answer = phone.post(f"/j/{code}", data=ballot | group)
        assert answer.status_code == 422
        assert "choose the group you belong to" in answer.text
        assert re.search(r'name="mark-1" value="1" checked', answer.text)
    assert "Your vote is in" in phone.post(f"/j/{code}", data=ballot | {"group": "carer"}).text


def test_worries_keep_every_script_and_nothing_invisible_is_one(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    family = "👩‍👩‍👧 אין לי טלפון"
    ballot = {
        "voter": token_on(phone.get(f"/j/{code}").text),
        "worry-0": "\u200b\u2060 \u200d",
        "worry-1": family,
        "worry-2": "\u202eevil\u202c words",
    }
    page = phone.post(f"/j/{code}", data=ballot).text
    assert "without a mark" in page
    assert family in page
    assert sorted(worries(database)) == sorted([family, "evil words"])


def test_a_worry_that_is_wiped_from_the_form_is_taken_back(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    ballot = {"voter": token_on(phone.get(f"/j/{code}").text), "mark-0": "1"}
    said = {"worry-0": "It costs too much", "worry-1": "Nobody reads it", "worry-2": ""}
    assert "It costs too much" in phone.post(f"/j/{code}", data=ballot | said).text
    page = phone.post(f"/j/{code}", data=ballot | said | {"worry-0": " "}).text
    assert "It costs too much" not in page
    assert worries(database) == ["Nobody reads it"]
    assert "It costs too much" not in phone.get(f"/j/{code}?change=1").text


@pytest.mark.parametrize("reveal", ["hidden", "live"])
def test_no_page_gives_away_a_hidden_result(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, reveal: str
) -> None:
    project, made = prototypes
    with database.writing() as session:
        picture = add_picture(
            session, facilitator, made[0], make_safe(noise(20)), description="Sketch", now=NOW
        )
        round_id = make_round(
            session, facilitator, project, question="Which first?", method="approval",
            options=[(each, "") for each in made], now=NOW, reveal=reveal,
        )  # fmt: skip
    code = code_of(database, round_id)

    def wall() -> str:
        until_fresh()
        state = phone.get(f"/j/{code}/state").json()
        assert state.keys() == {"state", "joined", "voted"}
        if state["state"] != "revealed":
            assert phone.get(f"/v/{round_id}").status_code == 404
            assert phone.get(f"/v/{round_id}/record.json").status_code == 404
        return phone.get(f"/j/{code}/wall").text

    def tells(page: str) -> bool:
        return 'class="bars"' in page or "2 of 2" in page

    def names(page: str) -> list[str]:
        return [title for title in TITLES if title in page]

    assert names(wall()) == [], "before the vote the wall asks people to join"
    assert not names(phone.get(f"/j/{code}").text)
    assert phone.get(f"/j/{code}/picture/{picture}").status_code == 404
    with database.writing() as session:
        open_round(session, facilitator, round_id, NOW)
        for marks in ((1, 0, 0), (1, 1, 0)):
            enter_paper_ballot(session, facilitator, round_id, marks=marks, now=NOW)
    open_wall = wall()
    assert tells(open_wall) == (reveal == "live")
    assert names(open_wall) == list(TITLES), "while people vote the wall shows what they vote on"
    assert (f"/j/{code}/picture/{picture}" in open_wall) == (reveal == "hidden")
    assert phone.get(f"/j/{code}/picture/{picture}").status_code == 200
    with database.writing() as session:
        close_round(session, facilitator, round_id, now=NOW, reveal=False)
    closed = wall()
    assert "The vote is closed" in closed
    assert not tells(closed)
    assert names(closed) == []
    phone.cookies.clear()
    assert not names(phone.get(f"/j/{code}").text)
    with database.writing() as session:
        reveal_round(session, facilitator, round_id, now=NOW)
    assert tells(wall())
    assert phone.get(f"/v/{round_id}/record.json").json()["ranking"][0] == [TITLES[0]]
