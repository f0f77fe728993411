"""The server trusts no token that it did not make: an account's id, a made-up cookie and another purpose's
token open nothing, and whoever comes with one is shown a way on."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Ballot, Note, VoteJoin, VoteRound, WorkshopJoin
from lab.access.commands import add_account
from lab.access.keys import FORM, PHONE, TokenMint, account_voter, random_part, signing_secret
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.stakeholders.commands import add_stakeholder
from lab.voting import rules
from lab.voting.commands import make_round, open_round
from lab.voting.intake.ballots import take_ballots
from lab.web.door.identity import STALE_PAGE
from tests.accounts import session_for
from tests.conftest import NOW
from tests.voting.conftest import ballot, cast, opened
from tests.web.phones.workshop import Workshop_, form, write
from tests.web.phones.workshop import workshop as workshop

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
Prototypes = tuple[uuid.UUID, list[uuid.UUID]]
JSON = {"Accept": "application/json"}


def stakeholder(database: Database, host: Actor, project: uuid.UUID) -> tuple[uuid.UUID, str]:
    """An account of somebody who takes part, and the token of their session."""
    with database.writing() as session:
        account = add_account(
            session, COMMAND_LINE, name="Sam Reed", email="sam@example.org", role="stakeholder",
            password=None, now=clock.now(),
        )  # fmt: skip
        add_stakeholder(session, host, project, pseudonym="Heron", group="carer", account_id=account, now=NOW)
        return account, session_for(session, account, clock.now())


def code_of(database: Database, round_id: uuid.UUID) -> str:
    with database.reading() as session:
        return session.scalars(select(VoteRound.code).where(VoteRound.id == round_id)).one()


def voter_on(page: str) -> str:
    found = re.search(r'name="voter" value="([^"]+)"', page)
    assert found
    return found[1]


def marks(database: Database) -> list[list[int]]:
    with database.reading() as session:
        return [list(each) for each in session.scalars(select(Ballot.marks))]


def become(phone: TestClient, **cookies: str) -> None:
    """Another browser, with these cookies."""
    phone.cookies.clear()
    for name, value in cookies.items():
        phone.cookies.set(name, value, domain="lab.example")


def test_a_stranger_who_knows_an_accounts_id_is_not_that_person(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    account, session_token = stakeholder(database, facilitator, prototypes[0])
    code = code_of(database, opened(database, facilitator, prototypes))
    become(phone, lab_session=session_token)
    page = phone.get(f"/j/{code}").text
    receipt = phone.post(f"/j/{code}", data={"voter": voter_on(page), "mark-0": "1"}, headers=JSON)
    assert receipt.status_code == 200

    claims = f"account:{account}"
    become(phone, lab_voter=claims)
    seen = phone.get(f"/j/{code}").text
    assert receipt.json()["receipt"] not in seen
    assert "Your vote is in" not in seen
    become(phone, lab_voter=claims)
    refused = phone.post(f"/j/{code}", data={"voter": claims, "mark-2": "1"}, headers=JSON)
    assert refused.status_code == 403
    assert marks(database) == [[1, 0, 0]]


def test_a_stranger_who_knows_an_accounts_id_is_not_that_person_in_a_workshop(
    phone: TestClient, workshop: Workshop_
) -> None:
    with workshop.database.reading() as session:
        project = session.scalars(select(VoteRound.project_id)).one()
    account, session_token = stakeholder(workshop.database, workshop.host, project)
    workshop.goes_to("ideas")
    become(phone, lab_session=session_token)
    assert "As myself" in write(phone, workshop.code, "As myself").text

    claims = f"account:{account}"
    become(phone, lab_voter=claims)
    assert "As myself" not in phone.get(f"/j/{workshop.code}").text
    become(phone, lab_voter=claims)
    (note,) = workshop.notes()
    for way in ("change", "note"):
        fields = {"voter": claims, "note": str(note.id), "words": "Not me", "block": str(note.block_id)}
        assert phone.post(f"/j/{workshop.code}/{way}", data=fields, headers=JSON).status_code == 403
    assert [each.text for each in workshop.notes()] == ["As myself"]


def test_what_is_stored_of_an_account_cannot_be_computed_from_its_id(
    database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    account, _ = stakeholder(database, facilitator, prototypes[0])
    round_id = opened(database, facilitator, prototypes)
    actor = Actor(account, "Sam Reed", "stakeholder")
    with database.reading() as session:
        key, secret = account_voter(session, actor), signing_secret(session)
    assert str(account) not in key
    guesses = {
        rules.token_hash(round_id, guess) for guess in (f"account:{account}", str(account), account.hex)
    }
    assert rules.token_hash(round_id, key) not in guesses
    phones = TokenMint(secret, PHONE)
    assert not phones.has_made(key)
    assert random_part(phones.signed(key[:32])) != key


@pytest.mark.parametrize("made_up", ["x" * 32, "", "1" + "x" * 54, "é" * 55, "another purpose"])
def test_a_phone_whose_token_is_not_ours_gets_one_and_loses_nothing_that_was_typed(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes, made_up: str
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    with database.reading() as session:
        theirs = TokenMint(signing_secret(session), FORM).token() if made_up == "another purpose" else made_up
    typed = {"voter": theirs, "mark-2": "1", "worry-0": "Who reads it?"}
    cookie = {"Cookie": f"lab_voter={theirs}".encode()}
    refused = phone.post(f"/j/{code}", data=typed, headers=cookie)
    assert refused.status_code == 403
    assert STALE_PAGE in refused.text
    assert "Who reads it?" in refused.text
    assert re.search(r'name="mark-2" value="1" checked', refused.text)
    assert marks(database) == []
    again = typed | {"voter": voter_on(refused.text)}
    assert "Your vote is in" in phone.post(f"/j/{code}", data=again).text
    assert marks(database) == [[0, 0, 1]]

    become(phone)
    script = phone.post(f"/j/{code}", data=typed, headers=cookie | JSON)
    assert script.status_code == 403
    new = script.json()["voter"]
    assert script.cookies["lab_voter"] == new
    assert phone.post(f"/j/{code}", data=typed | {"voter": new}, headers=JSON).status_code == 200
    assert len(marks(database)) == 2


def test_a_note_under_a_token_that_is_not_ours_comes_back_with_one_that_is(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    fields = form(phone.get(f"/j/{workshop.code}").text, "note") | {"words": "Please keep me"}
    become(phone, lab_voter="x" * 32)
    refused = phone.post(f"/j/{workshop.code}/note", data=fields | {"voter": "x" * 32}, headers=JSON)
    assert refused.status_code == 403
    again = fields | {"voter": refused.json()["voter"]}
    assert phone.post(f"/j/{workshop.code}/note", data=again, headers=JSON).status_code == 200
    assert [each.text for each in workshop.notes()] == ["Please keep me"]


def test_one_phone_cannot_send_another_phones_form(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    code = code_of(database, opened(database, facilitator, prototypes))
    theirs = voter_on(phone.get(f"/j/{code}").text)
    become(phone)
    phone.get(f"/j/{code}")
    assert phone.post(f"/j/{code}", data={"voter": theirs, "mark-0": "1"}).status_code == 403
    assert marks(database) == []


def old_phone(database: Database, round_id: uuid.UUID) -> str:
    """A token as phones made do with before the lab signed them, and a ballot under it."""
    token = secrets.token_urlsafe(24)
    cast(database, ballot(round_id, token, (1, 0, 0)))
    return token


def test_a_phone_keeps_its_one_ballot_while_the_lab_is_brought_up_to_date(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    code, old = code_of(database, round_id), old_phone(database, round_id)
    become(phone, lab_voter=old)
    page = phone.get(f"/j/{code}")
    assert "Your vote is in" in page.text
    signed = page.cookies["lab_voter"]
    assert random_part(signed) == old
    # the page that was open meanwhile
    become(phone, lab_voter=old)
    assert phone.post(f"/j/{code}", data={"voter": old, "mark-1": "1"}, headers=JSON).status_code == 200
    become(phone)
    assert phone.post(f"/j/{code}", data={"voter": old, "mark-2": "1"}, headers=JSON).status_code == 200
    become(phone, lab_voter=signed)
    assert phone.post(f"/j/{code}", data={"voter": signed, "mark-0": "1"}, headers=JSON).status_code == 200
    assert marks(database) == [[1, 0, 0]]


def test_a_phone_over_https_keeps_its_one_ballot_too(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    round_id = opened(database, facilitator, prototypes)
    code, old = code_of(database, round_id), old_phone(database, round_id)
    page = phone.get(f"https://lab.example/j/{code}", headers={"Cookie": f"lab_voter={old}"})
    assert "Your vote is in" in page.text
    assert random_part(page.cookies["__Host-lab_voter"]) == old


def test_a_participant_keeps_their_notes_while_the_lab_is_brought_up_to_date(
    phone: TestClient, workshop: Workshop_
) -> None:
    workshop.goes_to("ideas")
    write(phone, workshop.code, "From before")
    old = random_part(phone.cookies["lab_voter"])
    with workshop.database.writing() as session:
        session.scalars(select(WorkshopJoin)).one().joined_at = NOW
    become(phone, lab_voter=old)
    assert "From before" in phone.get(f"/j/{workshop.code}").text
    assert "From after" in write(phone, workshop.code, "From after").text
    with workshop.database.reading() as session:
        assert len(session.scalars(select(WorkshopJoin)).all()) == 1
        assert len(set(session.scalars(select(Note.join_id)))) == 1


def test_rooms_that_began_after_the_lab_signed_tokens_take_no_other(
    phone: TestClient, database: Database, facilitator: Actor, prototypes: Prototypes
) -> None:
    project, made = prototypes
    now = clock.now()
    with database.writing() as session:
        facts: dict[str, Any] = {"question": "Which first?", "method": "approval", "now": now}
        round_id = make_round(session, facilitator, project, options=[(each, "") for each in made], **facts)
        open_round(session, facilitator, round_id, now)
    code, old = code_of(database, round_id), secrets.token_urlsafe(24)
    with database.writing() as session:
        take_ballots(session, [ballot(round_id, old, (1, 0, 0))], now=now)
    become(phone, lab_voter=old)
    page = phone.get(f"/j/{code}")
    assert "Your vote is in" not in page.text
    assert random_part(page.cookies["lab_voter"]) != old
    with database.reading() as session:
        assert len(session.scalars(select(VoteJoin)).all()) == 1


def test_a_form_token_that_this_server_did_not_make_is_refused_although_cookie_and_form_agree(
    phone: TestClient, database: Database
) -> None:
    with database.reading() as session:
        another_purpose = TokenMint(signing_secret(session), PHONE).token()
    for made_up in ("x" * 32, another_purpose):
        become(phone, lab_form=made_up)
        answer = phone.post("/sign-in", data={"form_token": made_up, "email": "a@b.org", "password": "x"})
        assert answer.status_code == 403
    become(phone)
    phone.get("/sign-in")
    fields = {"form_token": phone.cookies["lab_form"], "email": "a@b.org", "password": "x"}
    for site in ("cross-site", "same-site"):
        assert phone.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert phone.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 401
