"""The presenter's remote leads the room from a host's phone, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Workshop
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.web.routes import ROUTES
from lab.workshops.plan.agendas import TEMPLATES, Block
from lab.workshops.room.commands import begin, go_to, signal_end
from tests.accounts import session_for
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan


@pytest.fixture
def running(database: Database, facilitator: Actor) -> Planned:
    """A workshop at its second block, where phones take expectations."""
    planned = plan(database, facilitator, (*TEMPLATES["discovery"].blocks, Block("vote", "Vote", 5)))
    with database.writing() as session:
        begin(session, facilitator, planned.id, now=NOW)
        go_to(session, facilitator, planned.id, place=1, now=NOW)
    return planned


@pytest.fixture
def phone(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    """The phone of a signed-in host."""
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("DATABASE_URL", database.url)
    with database.writing() as session:
        host = add_account(
            session, COMMAND_LINE, name="Ines", email="ines@example.org", role="facilitator", password=None,
            now=NOW,
        )  # fmt: skip
        token = session_for(session, host, NOW)
    with TestClient(Starlette(routes=ROUTES), headers={"Sec-Fetch-Site": "same-origin"}) as client:
        client.cookies.set("lab_session", token)
        yield client


def press(phone: TestClient, workshop: Planned, act: str) -> str:
    """Press a button. Returns the page that it leads to."""
    fields = {"form_token": phone.cookies["lab_form"], "act": act}
    return phone.post(f"/w/{workshop.id}/remote/do", data=fields).text


def test_every_button_of_the_remote_does_what_the_console_does(
    phone: TestClient, database: Database, running: Planned
) -> None:
    page = phone.get(f"/w/{running.id}/remote").text
    assert len(page.encode()) < 14_000
    for words in ("What we hope for", "2 of 8", "15 min left", "0 here", "Phones take expectations"):
        assert words in page
    for asset in ("remote.css", "remote.js", "chime.js"):
        assert f"/assets/{asset}" in page
        assert phone.get(f"/assets/{asset}").status_code == 200
    steps = (
        ("pause", lambda room: room.paused_at is not None),
        ("resume", lambda room: room.paused_at is None),
        ("longer", lambda room: room.extra_seconds == 60),
        ("shorter", lambda room: room.extra_seconds == 0),
        ("close", lambda room: not room.phones_open),
        ("open", lambda room: room.phones_open),
        ("blank", lambda room: room.wall_blank),
        ("show", lambda room: not room.wall_blank),
        ("go-2", lambda room: room.current_place == 2),
        ("go-1", lambda room: room.current_place == 1),
    )
    for act, is_done in steps:
        assert f'value="{act}"' in page or act == "go-1", act
        page = press(phone, running, act)
        with database.reading() as session:
            assert is_done(session.get_one(Workshop, running.id)), act


def test_two_presses_of_next_lead_the_room_on_once(
    phone: TestClient, database: Database, running: Planned
) -> None:
    phone.get(f"/w/{running.id}/remote")
    for _ in range(2):
        press(phone, running, "go-2")
    with database.reading() as session:
        assert session.get_one(Workshop, running.id).current_place == 2


def test_beside_a_draft_the_remote_does_not_say_that_phones_vote(
    phone: TestClient, database: Database, running: Planned
) -> None:
    phone.get(f"/w/{running.id}/remote")
    page = press(phone, running, "go-7")
    assert "Phones wait for the vote" in page
    assert "Phones vote" not in page


def test_what_the_remote_cannot_do_is_said_on_it(phone: TestClient, running: Planned) -> None:
    phone.get(f"/w/{running.id}/remote")
    assert "no such button" in press(phone, running, "explode")
    assert 'role="alert"' in press(phone, running, "go-99")
    without = phone.post(f"/w/{running.id}/remote/do", data={"act": "blank"})
    assert without.status_code == 403, "another site's form"


def test_wall_and_remote_signal_the_end_of_a_block_where_a_host_has_said_so(
    phone: TestClient, database: Database, running: Planned
) -> None:
    with database.reading() as session:
        code = session.get_one(Workshop, running.id).code
    addresses = (f"/w/{running.id}/remote", f"/j/{code}/wall")
    for signals in (False, True):
        with database.writing() as session:
            signal_end(session, COMMAND_LINE, running.id, signals=signals, now=NOW)
        phone.headers["X-Fresh"] = str(signals)
        for address in addresses[: 1 + signals]:
            page = phone.get(address).text
            assert ("data-signal" in page) is signals, address
            assert "/assets/chime.js" in page
