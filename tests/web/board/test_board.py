"""Who may see and change a workshop's board from a browser, and what the board makes of garbage."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Note
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.access.sessions.commands import sign_out
from lab.foundation import clock
from lab.web.board import routes as workshop_board
from lab.web.board.routes import MOST_CHANGES
from lab.web.door import limits
from lab.web.door.body import LARGEST_BODY
from lab.web.door.limits import Guesses
from lab.web.door.session_end import until_session_ends
from lab.web.pages import exception_handlers
from lab.web.processes.server import middleware
from lab.web.routes import ROUTES
from lab.workshops.board import commands as board
from tests import boards
from tests.accounts import session_for
from tests.boards import RunningBoard, put_up, run_a_workshop
from tests.loops import run

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)


class Browser:
    """A browser with a session, which reads the board as the page's script does."""

    def __init__(self, client: TestClient, workshop: RunningBoard) -> None:
        self.client, self.workshop = client, workshop
        self.token = ""

    def look(self, after: int = 0) -> Response:
        answer = self.client.get(f"/w/{self.workshop.id}/board.json?after={after}", follow_redirects=False)
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer

    def send(self, body: Any, **headers: str) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            f"/w/{self.workshop.id}/board",
            content=content,
            headers={"x-form-token": self.token} | headers,
            follow_redirects=False,
        )

    def change(self, *changes: dict[str, Any], after: int = 0, **headers: str) -> Response:
        return self.send({"changes": changes, "after": after}, **headers)


@pytest.fixture
def workshop(database: Database) -> RunningBoard:
    return run_a_workshop(database)


@pytest.fixture
def client(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setattr(limits, "guesses", Guesses(pause=0.01))
    app = Starlette(routes=ROUTES, middleware=middleware(), exception_handlers=exception_handlers())
    with TestClient(app, base_url="http://lab.example") as found:
        yield found


@pytest.fixture
def host(client: TestClient, database: Database, workshop: RunningBoard) -> Browser:
    client.cookies.set("lab_session", boards.signed_in(database, "Ada Moor"))
    browser = Browser(client, workshop)
    assert browser.look().status_code == 200
    return browser


def words_of(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Note.text)))


def test_a_host_writes_and_moves_and_receives_what_changed(host: Browser, database: Database) -> None:
    note, cluster = str(uuid.uuid4()), str(uuid.uuid4())
    seen = host.look().json()["revision"]
    told = host.change(
        {"do": "write", "note": note, "words": "Draught", "group": "carer"},
        {"do": "add_cluster", "cluster": cluster, "title": "Windows"},
        {"do": "move", "note": note, "cluster": cluster, "below": None},
        after=seen,
    ).json()
    assert [(each["id"], each["cluster"]) for each in told["notes"]] == [(note, cluster)]
    assert told["revision"] == seen + 3
    again = host.change({"do": "write", "note": note, "words": "Draught", "group": "carer"})
    assert again.status_code == 200
    assert words_of(database) == {"Draught"}


def test_of_changes_sent_together_all_are_made_or_none(host: Browser, database: Database) -> None:
    refused = host.change(
        {"do": "write", "note": str(uuid.uuid4()), "words": "Draught"},
        {"do": "hide", "note": str(uuid.uuid4()), "why": "because"},
    )
    assert refused.status_code == 404
    assert refused.json() == {"problem": "This note is not on the board (any more)."}
    assert words_of(database) == set()


def test_another_sites_page_changes_nothing(host: Browser, database: Database) -> None:
    change = {"do": "write", "note": str(uuid.uuid4()), "words": "From elsewhere"}
    assert host.change(change, origin="https://elsewhere.example").status_code == 403
    assert host.change(change, **{"x-form-token": "guessed"}).status_code == 403
    assert host.change(change, **{"x-form-token": ""}).status_code == 403
    host.client.cookies.delete("lab_form")
    assert host.change(change).status_code == 403
    assert words_of(database) == set()


def test_only_those_who_run_workshops_see_or_change_the_hosts_board(
    host: Browser, client: TestClient, database: Database, workshop: RunningBoard
) -> None:
    put_up(database, workshop.id, 2)
    now = clock.now()
    with database.writing() as session:
        kim = add_account(
            session, COMMAND_LINE, name="Kim", email="kim@example.org", role="stakeholder",
            password=None, now=now,
        )  # fmt: skip
        token = session_for(session, kim, now)
    events = f"/w/{workshop.id}/board/events"
    change = {"do": "write", "note": str(uuid.uuid4()), "words": "Me too"}
    client.cookies.set("lab_session", token)
    for answer in (host.look(), client.get(events), host.change(change)):
        assert answer.status_code == 403
        assert "does not allow this" in answer.json()["problem"]
    client.cookies.delete("lab_session")
    for answer in (host.look(), client.get(events, follow_redirects=False), host.change(change)):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    assert "Me too" not in words_of(database)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b"null",
        b"[]",
        b'{"changes": {}}',
        b'{"changes": [], "after": 0}',
        b'{"changes": [7], "after": 0}',
        b'{"changes": [{"do": "explode"}], "after": 0}',
        b'{"changes": [{"do": ["move"]}], "after": 0}',
        b'{"changes": [{"do": "move", "note": 5}], "after": 0}',
        b'{"changes": [{"do": "move", "note": "no key"}], "after": 0}',
        b'{"changes": [{"do": "show", "note": "0192d3c0-0000-7000-8000-000000000000"}], "after": true}',
    ],
)
def test_garbage_is_answered_with_words(host: Browser, body: bytes) -> None:
    answer = host.send(body)
    assert answer.status_code == 422
    assert answer.json()["problem"].endswith((".", "text.", "key."))


def test_what_a_field_cannot_be_is_refused_in_words(host: Browser, database: Database) -> None:
    (note,) = map(str, put_up(database, host.workshop.id, 1))
    before = host.look().json()["notes"]
    for marks in (
        {"chosen": "yes"}, {"chosen": None}, {"importance": "5"}, {"importance": 9}, {"importance": True},
        {"kind": ["idea"]}, {"kind": None}, {"promised_for": "soon"}, {"promised_for": "2026-02-30"},
        {"promised_by": 7}, {"prototype_id": note}, {"position": 1}, {"hidden_why": "x"}, {}, [], "kind",
    ):  # fmt: skip
        answer = host.change({"do": "mark", "note": note, "marks": marks})
        assert answer.status_code == (200 if marks == {} else 422), marks
    assert host.change({"do": "edit", "note": note, "words": "x" * 501}).status_code == 422
    assert host.change({"do": "edit", "note": note, "words": "\u200b\u200b"}).status_code == 422
    assert host.look().json()["notes"] == before


def test_too_much_at_once_is_refused(host: Browser, database: Database) -> None:
    (note,) = map(str, put_up(database, host.workshop.id, 1))
    assert host.send(b" " * (LARGEST_BODY + 1)).status_code == 422
    moves = [{"do": "move", "note": note, "cluster": None, "below": None}] * (MOST_CHANGES + 1)
    assert host.change(*moves).status_code == 422


def test_unknown_workshops_notes_and_clusters_are_not_found(host: Browser, database: Database) -> None:
    (note,) = map(str, put_up(database, host.workshop.id, 1))
    nobody = str(uuid.uuid4())
    stranger = Browser(host.client, RunningBoard(uuid.uuid4(), ""))
    stranger.token = host.token
    assert stranger.look().status_code == 404
    assert stranger.change({"do": "move", "note": note}).status_code == 404
    assert host.client.get(f"/w/{nobody}/board/events").status_code == 404
    for change in (
        {"do": "move", "note": nobody},
        {"do": "move", "note": note, "cluster": nobody},
        {"do": "merge", "note": note, "into": nobody},
        {"do": "drop_cluster", "cluster": nobody},
    ):
        assert host.change(change).status_code == 404


def test_a_note_of_another_workshop_is_out_of_reach(host: Browser, database: Database) -> None:
    other = run_a_workshop(database)
    (theirs,) = put_up(database, other.id, 1)
    assert host.change({"do": "hide", "note": str(theirs), "why": "mine"}).status_code == 404
    taken = host.change({"do": "write", "note": str(theirs), "words": "Over it"})
    assert taken.json() == {"problem": "This key is taken. Please try again."}


def test_the_wall_sees_no_hidden_words_and_a_wrong_code_nothing(
    host: Browser, client: TestClient, database: Database, workshop: RunningBoard
) -> None:
    (note,) = put_up(database, workshop.id, 1)
    client.cookies.clear()
    path = f"/j/{workshop.code.lower()}/board.json"
    shown = client.get(path)
    assert [each["id"] for each in shown.json()["notes"]] == [str(note)]
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    with database.writing() as session:
        board.hide_note(session, COMMAND_LINE, workshop.id, note, why="Names a neighbour", now=clock.now())
    time.sleep(workshop_board.LOOK_EVERY + 0.05)
    hidden = client.get(f"{path}?after={shown.json()['revision']}")
    assert hidden.json()["gone"] == [str(note)]
    assert boards.SAID[0] not in hidden.text
    assert "neighbour" not in hidden.text
    for code in ("ZZZZZZ", "ZZ", "%00" * 6, "x" * 300):
        assert client.get(f"/j/{code}/board.json").status_code == 404
    for after in ("-1", "nonsense", "9" * 400, "²"):
        assert client.get(f"{path}?after={after}").status_code == 200


def test_a_follower_hears_of_a_change_at_once_and_nothing_once_signed_out(
    host: Browser, database: Database, workshop: RunningBoard
) -> None:
    token = host.client.cookies["lab_session"]

    async def story() -> None:
        stream = until_session_ends(workshop_board._followed.values(workshop.id), token)
        first = await anext(stream)
        put_up(database, workshop.id, 1)
        while (told := await anext(stream)) in (first, None):
            pass  # until the test as a whole is out of time
        assert int(told) == int(first or 0) + 1
        with database.writing() as session:
            sign_out(session, token, clock.now())
        assert [each async for each in stream] == []  # before the next heartbeat

    run(asyncio.wait_for(story(), timeout=300))
