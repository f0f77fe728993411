"""What a session keeps open ends with it, whatever ended the session."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from db.engine import Database
from lab.access import commands
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE
from lab.access.sessions import commands as sessions
from lab.foundation import clock
from lab.web.door.guard import SignedInOnly
from lab.web.door.session_end import LOOK_EVERY, SIGNED_OUT
from tests.accounts import session_for
from tests.conftest import person

HASH = hashed("amber kettle bridge")
left: list[int] = []


async def screen(websocket: WebSocket) -> None:
    """A screen that answers every message until its browser goes."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect as gone:
        left.append(gone.code)


@pytest.fixture
def browser(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DATABASE_URL", database.url)
    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", screen)], middleware=[Middleware(SignedInOnly)])
    with TestClient(app) as client:
        yield client


Ending = Callable[[Session, uuid.UUID, str, dt.datetime], object]


@pytest.mark.parametrize(
    "end",
    [
        lambda session, _, token, now: sessions.sign_out(session, token, now),
        lambda session, key, _, now: sessions.sign_out_everywhere(session, COMMAND_LINE, key, now),
        lambda session, key, _, now: commands.set_password(session, COMMAND_LINE, key, HASH, now),
        lambda session, key, _, now: commands.change_role(
            session, COMMAND_LINE, key, role="manager", now=now
        ),
        lambda session, key, _, now: commands.disable_account(session, COMMAND_LINE, key, now),
    ],
    ids=["signed out", "signed out everywhere", "new password", "new role", "no access"],
)
def test_an_open_screen_is_closed_within_a_second_of_the_end_of_its_session(
    browser: TestClient, database: Database, end: Ending
) -> None:
    account, now = person(database, "facilitator").account_id, clock.now()
    assert account
    with database.writing() as session:
        token = session_for(session, account, now)
    browser.cookies.set("lab_session", token)
    left.clear()
    with browser.websocket_connect("/_stcore/stream", headers={"Origin": "http://testserver"}) as websocket:
        websocket.send_text("a press")
        assert websocket.receive_text() == "a press"
        with database.writing() as session:
            end(session, account, token, now)
        began = time.monotonic()
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_text()
        looks = (time.monotonic() - began) / LOOK_EVERY
    assert closed.value.code == SIGNED_OUT
    assert looks < 20, "it was not the next looks that ended it"  # two, on a machine with nothing else to do
    assert left == [SIGNED_OUT]


def test_a_screen_whose_session_lives_stays_open(browser: TestClient, database: Database) -> None:
    account, now = person(database, "facilitator").account_id, clock.now()
    assert account
    with database.writing() as session:
        mine, other = session_for(session, account, now), session_for(session, account, now)
    browser.cookies.set("lab_session", mine)
    with browser.websocket_connect("/_stcore/stream", headers={"Origin": "http://testserver"}) as websocket:
        with database.writing() as session:
            sessions.sign_out(session, other, now)
        time.sleep(3 * LOOK_EVERY)
        websocket.send_text("still here")
        assert websocket.receive_text() == "still here"
