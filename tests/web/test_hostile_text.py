"""NUL, turns of direction and halves of pairs in every address and form: cleaned or refused, never an error
of the server, on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Note, VoteRound
from lab.access.rights import Actor
from lab.foundation.folding import code_of, fold
from lab.foundation.text import has_hidden
from lab.projects.queries import find_projects
from lab.web.routes import ROUTES
from tests.voting.conftest import opened
from tests.web.phones.workshop import Workshop_, form
from tests.web.phones.workshop import workshop as workshop

HOSTILE = {
    "NUL": "a%00b",
    "NUL alone": "%00",
    "a turn of direction": "a%E2%80%AEb",
    "half a pair": "a%ED%A0%80b",
    "not UTF-8": "a%FF%FEb",
    "very long": "x" * 5000,
    "a number too large": "9" * 5000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_address_makes_the_server_fail(database: Database, phone: TestClient, kind: str) -> None:
    hostile = HOSTILE[kind]
    for route in ROUTES:
        if "GET" in (route.methods or ()) and not route.path.endswith("/events"):
            address = re.sub(r"{[^}]+}", hostile, route.path)
            for each in (
                address,
                f"{address}?receipt={hostile}&next={hostile}&note={hostile}&code={hostile}",
            ):
                assert phone.get(each).status_code < 500, each


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_field_of_a_form_makes_the_server_fail(
    database: Database, phone: TestClient, workshop: Workshop_, kind: str
) -> None:
    workshop.goes_to("ideas")
    hidden = form(phone.get(f"/j/{workshop.code}").text, "note")
    for name in ("words", "importance", "prototype", "key", "block", "voter"):
        fields = hidden | {"words": "plain"}
        body = "&".join(f"{each}={value}" for each, value in fields.items() if each != name)
        answer = phone.post(
            f"/j/{workshop.code}/note",
            content=f"{body}&{name}={HOSTILE[kind]}",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code < 500, (name, answer.status_code)
    assert not any(has_hidden(note.text) for note in workshop.notes())
    assert all(len(note.text) <= 500 for note in workshop.notes())


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_name_at_the_sign_in_makes_the_server_fail(
    database: Database, phone: TestClient, kind: str
) -> None:
    token = re.search(r'name="form_token" value="([^"]+)"', phone.get("/sign-in").text)
    assert token
    body = f"form_token={token[1]}&email={HOSTILE[kind]}@x.org&password={HOSTILE[kind]}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert phone.post("/sign-in", content=body, headers=headers).status_code in (401, 422, 429)


def test_a_search_for_nothing_visible_finds_what_an_empty_one_finds(
    database: Database, facilitator: Actor, prototypes: object
) -> None:
    with database.reading() as session:
        assert find_projects(session, facilitator, "\0") == find_projects(session, facilitator, "")
        assert find_projects(session, facilitator, "Let\0ters")
    assert fold("a\0b\x1b") == "ab"
    assert code_of("ab\0c") == "ABC"


def test_there_are_notes_and_rounds_to_be_asked_for(
    database: Database, facilitator: Actor, prototypes: object
) -> None:
    opened(database, facilitator, prototypes)  # type: ignore[arg-type]
    with database.reading() as session:
        assert session.scalars(select(VoteRound.id)).all()
        assert not session.scalars(select(Note.id)).all()
