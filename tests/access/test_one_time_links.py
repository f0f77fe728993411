"""One-time links: somebody chooses their own password, once, in time, and for one purpose."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Event, OneTimeLink
from lab.access import commands
from lab.access.links.commands import choose_password, make_link
from lab.access.links.queries import link_behind
from lab.access.links.rules import LASTS, path_of
from lab.access.passwords import hashed
from lab.access.rights import Actor
from lab.access.sessions.rules import token_hash_of
from lab.access.sessions.signing_in import sign_in
from lab.foundation.errors import Invalid, NotAllowed, NotFound
from lab.web.door.choose_password import ROUTES
from lab.web.door.guard import Headed
from tests.accounts import BROWSER, identity_of, session_for
from tests.conftest import NOW, person

HASH = hashed("amber kettle bridge")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def administrator(database: Database) -> Actor:
    return person(database, "administrator")


@pytest.fixture
def invited(database: Database, administrator: Actor) -> uuid.UUID:
    """Somebody who was given access and has no password yet."""
    with database.writing() as session:
        return commands.add_account(
            session, administrator, name="Bo Reed", email="bo@example.org", role="manager", password=None,
            now=NOW,
        )  # fmt: skip


def _link(database: Database, administrator: Actor, account: uuid.UUID) -> str:
    with database.writing() as session:
        return make_link(session, administrator, account, NOW)


def _choose(database: Database, token: str, now: dt.datetime = NOW) -> uuid.UUID:
    with database.writing() as session:
        return choose_password(session, token, HASH, now)


def test_an_invitation_is_used_once(database: Database, administrator: Actor, invited: uuid.UUID) -> None:
    token = _link(database, administrator, invited)
    with database.reading() as session:
        assert session.scalars(select(OneTimeLink.token_hash)).all() != [token]
        assert link_behind(session, token, NOW).purpose == "invitation"
    assert _choose(database, token) == invited
    with pytest.raises(NotFound, match="Ask an administrator"):
        _choose(database, token)
    assert sign_in(
        database, email="bo@example.org", password="amber kettle bridge", visitor=BROWSER, now=NOW
    )  # fmt: skip


@pytest.mark.parametrize("purpose", LASTS)
def test_a_link_expires(database: Database, administrator: Actor, invited: uuid.UUID, purpose: str) -> None:
    if purpose == "reset":
        _choose(database, _link(database, administrator, invited))
    token = _link(database, administrator, invited)
    with database.reading() as session:
        assert link_behind(session, token, NOW + LASTS[purpose] - SECOND).purpose == purpose
        with pytest.raises(NotFound):
            link_behind(session, token, NOW + LASTS[purpose])


def test_a_link_for_one_purpose_is_worth_nothing_for_another(
    database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    token = _link(database, administrator, invited)
    with database.writing() as session:
        session.execute(update(OneTimeLink).values(purpose="reset"))
    with database.reading() as session, pytest.raises(NotFound):
        link_behind(session, token, NOW)


def test_a_link_that_this_lab_did_not_sign_is_worth_nothing_even_if_it_is_stored(
    database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    _link(database, administrator, invited)
    with database.writing() as session:
        session.execute(update(OneTimeLink).values(token_hash=token_hash_of("planted")))
    with database.reading() as session, pytest.raises(NotFound):
        link_behind(session, "planted", NOW)


def test_a_new_link_and_a_new_password_and_the_end_of_access_withdraw_the_links_before(
    database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    tokens = [_link(database, administrator, invited) for _ in range(2)]
    with database.reading() as session, pytest.raises(NotFound):
        link_behind(session, tokens[0], NOW)
    with database.writing() as session:
        commands.set_password(session, administrator, invited, HASH, NOW)
    tokens.append(_link(database, administrator, invited))
    with database.writing() as session:
        commands.disable_account(session, administrator, invited, NOW)
        with pytest.raises(Invalid, match="no access"):
            make_link(session, administrator, invited, NOW)
        commands.enable_account(session, administrator, invited, NOW)
    with database.reading() as session:
        for token in tokens:
            with pytest.raises(NotFound):
                link_behind(session, token, NOW)


def test_a_password_chosen_with_a_link_ends_the_sessions_before(
    database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    with database.writing() as session:
        before = session_for(session, invited, NOW)
    _choose(database, _link(database, administrator, invited))
    with database.reading() as session:
        assert identity_of(session, before, NOW) is None
        verbs = session.scalars(
            select(Event.verb).where(Event.subject_id == invited).order_by(Event.id)
        ).all()
    assert verbs == ["created", "signed_in", "link_made", "password_set"]


def test_only_an_administrator_makes_links_and_a_foreign_account_is_no_account(
    database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    manager = person(database, "manager")
    with database.writing() as session:
        for account in (invited, uuid.uuid4()):
            with pytest.raises(NotAllowed):
                make_link(session, manager, account, NOW)
        with pytest.raises(NotFound):
            make_link(session, administrator, uuid.uuid4(), NOW)


@pytest.fixture
def browser(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    monkeypatch.setenv("DATABASE_URL", database.url)
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    app = Starlette(routes=ROUTES, middleware=[Middleware(Headed)])
    with TestClient(app, follow_redirects=True) as client:
        yield client


def _form_token(text: str) -> str:
    return text.split('name="form_token" value="')[1].split('"')[0]


def test_the_page_of_a_link_hides_its_token_and_opening_it_changes_nothing(
    browser: TestClient, database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    token = _link(database, administrator, invited)
    for _ in range(3):  # a chat that looks at the link first
        page = browser.get(path_of(token))
        assert page.status_code == 200
        assert page.url.path == "/password"
        assert token not in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
    assert "Welcome, Bo Reed" in page.text
    fields = {"form_token": _form_token(page.text), "password": "amber kettle bridge"}
    other = browser.post("/password", data={**fields, "password_again": "something else"})
    assert (other.status_code, "The two passwords differ" in other.text) == (422, True)
    named = {**fields, "password": "Bo Reed Bo Reed Bo", "password_again": "Bo Reed Bo Reed Bo"}
    assert "Others would guess this password" in browser.post("/password", data=named).text
    forged = browser.post("/password", data={**fields, "form_token": "x" * 32})
    assert forged.status_code == 403
    chosen = browser.post(
        "/password", data={**fields, "password_again": "amber kettle bridge"}, follow_redirects=False
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/")
    with database.reading() as session:
        found = identity_of(session, browser.cookies["lab_session"], NOW)
    assert found
    assert found.account_id == invited
    again = browser.get(path_of(token))
    assert (again.status_code, "has been used or has run out" in again.text) == (404, True)


def test_a_used_and_a_made_up_link_answer_alike(
    browser: TestClient, database: Database, administrator: Actor, invited: uuid.UUID
) -> None:
    token = _link(database, administrator, invited)
    _choose(database, token)
    answers = [browser.get(path_of(each)) for each in (token, "made-up", "x" * 5000)]
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}
