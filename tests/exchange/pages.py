"""Every public page and every screen of a lab, drawn once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import Account, Picture, Project, VoteRound, Workshop
from lab.foundation import clock
from lab.web.door import codes
from lab.web.door.cookies import SESSION_COOKIE
from lab.web.routes import ROUTES
from tests.accounts import session_for

SCREENS = ("home", "board", "portfolio", "implementation", "risk", "vote", "workshop", "project")


def draw_every_page(
    database: Database, monkeypatch: pytest.MonkeyPatch, screens: Sequence[str] = SCREENS
) -> None:
    """Ask for every page and these screens; none may fail."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    token = _administrator(database)
    with TestClient(Starlette(routes=ROUTES), base_url="http://lab.example") as browser:
        browser.cookies.set(SESSION_COOKIE, token)
        for address in _addresses(database):
            answer = browser.get(address)
            assert answer.status_code < 500, (address, answer.text[:2000])
    for screen, address in _screens(database, screens):
        _draw(screen, token, **address)


def _administrator(database: Database) -> str:
    with database.writing() as session:
        account = session.scalars(select(Account.id).where(Account.disabled_at.is_(None))).first()
        assert account
        session.get_one(Account, account).role = "administrator"
        return session_for(session, account, clock.now())


def _addresses(database: Database) -> Iterator[str]:
    with database.reading() as session:
        for slug in session.scalars(select(Project.slug)).all():
            yield f"/p/{slug}"
        for key in session.scalars(select(Picture.id)).all():
            yield f"/pictures/{key}"
        for key, code in session.execute(select(VoteRound.id, VoteRound.code)).all():
            codes.forget(code)
            yield from (f"/v/{key}", f"/v/{key}/record.json", f"/j/{code}", f"/j/{code}/wall")
        for key, code in session.execute(select(Workshop.id, Workshop.code)).all():
            codes.forget(code)
            yield from (f"/j/{code}", f"/j/{code}/wall", f"/j/{code}/report", f"/j/{code}/report.md")
            yield from (f"/j/{code}/calendar.ics", f"/j/{code}/board.json")
            yield from (f"/w/{key}/board.json", f"/w/{key}/run-sheet")


def _screens(database: Database, screens: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    with database.reading() as session:
        projects = list(session.scalars(select(Project.id)))
        workshops = list(session.scalars(select(Workshop.id)))
    for screen in screens:
        if screen == "project":
            for key in projects:
                for tab in ("", "timeline", "stakeholders", "expectations"):
                    yield screen, {"project": str(key), **({"tab": tab} if tab else {})}
        elif screen == "workshop":
            yield screen, {}
            for key in workshops:
                yield screen, {"workshop": str(key)}
        else:
            yield screen, {}


def _draw(screen: str, token: str, **address: str | uuid.UUID) -> None:
    module = f"pages.{screen}.screen" if screen in FOLDERS else f"pages.{screen}"
    app = AppTest.from_string(f"import {module} as screen\nscreen.render()", default_timeout=300)
    for name, value in address.items():
        app.query_params[name] = str(value)
    with patch.object(type(st.context), "cookies", PropertyMock(return_value={SESSION_COOKIE: token})):
        app.run()
    assert not app.exception, (screen, address, app.exception)


FOLDERS = {"implementation", "risk", "vote", "workshop", "project"}
