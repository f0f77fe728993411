"""Photos stay with the hosts until the wrap-up; the run sheet is theirs alone, the calendar anybody's."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Workshop, WorkshopBlock, WorkshopPhoto
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE, Actor
from lab.foundation import clock
from lab.pictures.safe import make_safe
from lab.web.door.cookies import SESSION_COOKIE
from lab.web.door.settings import network_settings
from lab.web.public.handouts import ROOM_ROUTES, ROUTES
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.plan.commands import say_when
from lab.workshops.room import photos
from lab.workshops.room.commands import begin, end_workshop
from tests.accounts import session_for
from tests.conftest import NOW
from tests.workshops.conftest import Planned, plan


@pytest.fixture
def planned(database: Database, facilitator: Actor) -> Planned:
    """A 90-minute discovery workshop."""
    return plan(database, facilitator)


@pytest.fixture
def client(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser without a session."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    with TestClient(Starlette(routes=[*ROOM_ROUTES, *ROUTES])) as browser:
        yield browser


def signed_in(database: Database, client: TestClient, role: str) -> None:
    with database.writing() as session:
        account = add_account(
            session, COMMAND_LINE, name=role, email=f"{role}@example.org", role=role, password=None, now=NOW
        )
        token = session_for(session, account, clock.now())
    client.cookies.set(SESSION_COOKIE, token)


def test_a_photo_is_public_with_the_code_only_once_wrapped_up(
    client: TestClient, database: Database, planned: Planned, facilitator: Actor
) -> None:
    taken = BytesIO()
    Image.new("RGB", (64, 48), "#dfeeee").save(taken, "PNG")
    with database.writing() as session:
        begin(session, facilitator, planned.id, now=NOW)
        block = session.query(WorkshopBlock).first()
        assert block is not None
        photos.add_photos(
            session, facilitator, planned.id, [make_safe(taken.getvalue())], block_id=block.id,
            description="Circles", now=NOW,
        )  # fmt: skip
        photo, code = session.query(WorkshopPhoto).one().id, session.get_one(Workshop, planned.id).code
    assert client.get(f"/w/{planned.id}/photo/{photo}").status_code == 403
    assert client.get(f"/j/{code}/photo/{photo}").status_code == 404
    with database.writing() as session:
        end_workshop(session, facilitator, planned.id, now=NOW)
        confirm(session, facilitator, planned.id, WrapUpChoices(NOW.date()), now=NOW)
    assert client.get(f"/j/{code}/photo/{photo}").headers["content-type"] == "image/webp"
    signed_in(database, client, "facilitator")
    assert client.get(f"/w/{planned.id}/photo/{photo}").status_code == 200


def test_the_run_sheet_is_for_those_who_run_workshops(
    client: TestClient, database: Database, planned: Planned
) -> None:
    signed_in(database, client, "stakeholder")
    assert client.get(f"/w/{planned.id}/run-sheet").status_code == 403
    signed_in(database, client, "facilitator")
    sheet = client.get(f"/w/{planned.id}/run-sheet")
    assert sheet.status_code == 200
    assert "What do you hope comes of this?" in sheet.text
    assert "viewBox" in sheet.text


def begins_at_two(database: Database, planned: Planned) -> str:
    """The hosts say when it begins. Returns the join code."""
    with database.writing() as session:
        workshop = session.get_one(Workshop, planned.id)
        say_when(session, COMMAND_LINE, planned.id, version=workshop.version, begins="14:00", now=NOW)
        return workshop.code


def test_there_is_no_calendar_entry_until_the_hosts_have_said_when_it_begins(
    client: TestClient, database: Database, planned: Planned
) -> None:
    with database.reading() as session:
        code = session.get_one(Workshop, planned.id).code
    entry = client.get(f"/j/{code}/calendar.ics")
    assert (entry.status_code, "at what time this workshop begins" in entry.text) == (404, True)
    begins_at_two(database, planned)
    assert "T140000" in client.get(f"/j/{code}/calendar.ics").text


def test_the_calendar_entry_needs_the_code_and_no_session(
    client: TestClient, database: Database, planned: Planned
) -> None:
    code = begins_at_two(database, planned)
    entry = client.get(f"/j/{code}/calendar.ics")
    assert entry.headers["content-type"].startswith("text/calendar")
    assert f"/j/{code}" in entry.text.replace("\r\n ", "")
    assert client.get("/j/WRONG1/calendar.ics").status_code == 404


def test_what_people_take_away_leads_to_the_public_address_however_it_was_asked(
    client: TestClient, database: Database, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_PUBLIC_ADDRESS", "https://lab.example.org")
    network_settings.forget()
    code = begins_at_two(database, planned)
    entry = client.get(f"/j/{code}/calendar.ics").text.replace("\r\n ", "")
    assert f"https://lab.example.org/j/{code}" in entry
    assert "testserver" not in entry
    signed_in(database, client, "facilitator")
    assert "lab.example.org/j" in client.get(f"/w/{planned.id}/run-sheet").text
