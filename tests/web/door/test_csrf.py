"""Every form and every change, taken from the table of routes: refused without this browser's own token, with
another browser's, with one of its own making, and when another site sends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.models import Project
from lab.access.commands import add_account
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.voting.commands import open_round
from lab.web.door.identity import STALE_PAGE
from lab.web.routes import ROUTES
from lab.workshops.room.pulse import pulse_link
from tests.accounts import session_for
from tests.web.phones.workshop import Workshop_
from tests.web.phones.workshop import workshop as workshop

CHANGING = [route for route in ROUTES if (route.methods or set()) - {"GET", "HEAD"}]
REFUSALS = (STALE_PAGE, "had been open for too long", "sent from another site")
HOSTS = {
    "/w/{workshop_id:uuid}/board": "/w/{workshop_id}/board.json",
    "/w/{workshop_id:uuid}/remote/do": "/w/{workshop_id}/remote",
    "/rounds/{round_id:uuid}/slips/print": "/rounds/{round_id}/slips",
}
"""What hosts send, and the page that they send it from."""
MADE_UP = "1" + "x" * 54
SITES: Mapping[str, dict[str, str]] = {
    "a foreign Origin": {"Origin": "https://evil.example"},
    "our name in front of another's": {"Origin": "http://lab.example.evil.example"},
    "another port": {"Origin": "http://lab.example:8080"},
    "a browser that says so": {"Sec-Fetch-Site": "cross-site"},
    "a sibling of our host": {"Sec-Fetch-Site": "same-site"},
}


@dataclass
class Sender:
    """A browser that sends what changes something; every route says how its token travels."""

    phone: TestClient
    path: str
    page: str
    """Where this browser got its token."""

    @property
    def is_json(self) -> bool:
        return self.path.endswith("/board")

    @property
    def field(self) -> str:
        return "voter" if self.path.startswith("/j/") else "form_token"

    def own_token(self) -> str:
        page = self.phone.get(self.page)
        if self.is_json:
            return str(page.json()["token"])
        if self.path.startswith("/j/"):
            return re.findall(r'name="voter" value="([^"]+)"', page.text)[0]
        return str(self.phone.cookies["lab_form"])

    def send(self, token: str | None, **headers: str) -> Any:
        if self.is_json:
            named = {} if token is None else {"x-form-token": token}
            return self.phone.post(self.path, json={"changes": [], "after": 0}, headers=headers | named)
        fields = {} if token is None else {self.field: token}
        return self.phone.post(self.path, data=fields, headers=headers, follow_redirects=False)


@pytest.fixture
def sender(phone: TestClient, workshop: Workshop_) -> Callable[[str], Sender]:
    """The browser for a route; a route whose addresses this does not know fails, until somebody adds it."""

    def made(route: str) -> Sender:
        workshop.goes_to("vote" if route == "/j/{code}" else "ideas")
        with workshop.database.writing() as session:
            open_round(session, workshop.host, workshop.round_id, clock.now())
        if route.startswith("/j/{code}"):
            page = f"/j/{workshop.code}"
            return Sender(phone, route.replace("{code}", workshop.code), page)
        if route == "/pulse/{signed}":
            with workshop.database.writing() as session:
                project = session.scalars(select(Project.id)).one()
                signed = pulse_link(session, workshop.host, project, now=clock.now())
            return Sender(phone, f"/pulse/{signed}", f"/pulse/{signed}")
        if route in HOSTS:
            with workshop.database.writing() as session:
                account = add_account(
                    session, COMMAND_LINE, name="Ada", email="ada@example.org", role="facilitator",
                    password=None, now=clock.now(),
                )  # fmt: skip
                phone.cookies.set("lab_session", session_for(session, account, clock.now()))
            path, page = (
                each.format(workshop_id=workshop.id, round_id=workshop.round_id)
                for each in (route.replace(":uuid", ""), HOSTS[route])
            )
            return Sender(phone, path, page)
        assert "{" not in route, f"say how {route} is reached"
        return Sender(phone, route, "/sign-in")

    return made


def is_refused(answer: Any) -> bool:
    """Whether the door refused it; a page may refuse it for another reason."""
    return answer.status_code == 403 and any(words in answer.text for words in REFUSALS)


def test_only_get_and_post_are_taken() -> None:
    assert {method for route in ROUTES for method in route.methods or ()} == {"GET", "HEAD", "POST"}
    assert len(CHANGING) > 10


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("route", [route.path for route in CHANGING])
def test_what_changes_something_is_taken_from_our_own_page_in_this_browser_alone(
    sender: Callable[[str], Sender], route: str
) -> None:
    browser = sender(route)
    own = browser.own_token()
    for name in ("lab_voter", "lab_form"):
        browser.phone.cookies.delete(name)
    another = browser.own_token()
    assert another != own
    assert is_refused(browser.send(None))
    assert is_refused(browser.send(""))
    assert is_refused(browser.send(own)), "another browser's"
    assert is_refused(browser.send(MADE_UP))
    for site, headers in SITES.items():
        assert is_refused(browser.send(another, **headers)), site
    cookie = "lab_voter" if browser.field == "voter" else "lab_form"
    browser.phone.cookies.set(cookie, MADE_UP, domain="lab.example")
    assert is_refused(browser.send(MADE_UP)), "cookie and form agree, but we made neither"
    browser.phone.cookies.set(cookie, another, domain="lab.example")
    assert not is_refused(browser.send(another, Origin="http://lab.example"))
