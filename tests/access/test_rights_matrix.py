"""Role × command, route and screen × object id, whole: each cell as the table of rights says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.words import ROLES
from lab.access.rights import COMMAND_LINE, PERMISSIONS, RIGHTS, Actor
from lab.access.sessions.commands import end_session
from lab.access.sessions.queries import sessions_of
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    give_verdict,
    record_expectation,
    report_progress,
    send_recommendation,
)
from lab.foundation import clock
from lab.foundation.errors import LabError, NotAllowed
from lab.projects.commands import name_sponsor, start_project
from lab.stakeholders.commands import add_stakeholder
from lab.web.door.guard import SignedInOnly, is_open
from lab.web.routes import ROUTES
from pages.frame.navigation import SCREENS
from tests.access.matrix import INSIDE, OWN, THROUGH, arguments, asking, functions, rights_asked
from tests.accounts import session_for
from tests.conftest import NOW, person

CELLS = tuple(asking())


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    """Somebody in every role."""
    with database.writing() as session:
        sponsor = name_sponsor(session, COMMAND_LINE, "Harbour Board", NOW)
    return {role: person(database, role, sponsor if role == "sponsor" else None) for role in ROLES}


def test_every_function_with_somebody_who_acts_asks_for_one_permission_or_is_listed() -> None:
    unclear = {name for name, each in functions() if len(rights_asked(each)) != 1}
    assert unclear == {*THROUGH, *OWN, *INSIDE}
    assert len(CELLS) > 180
    assert {each.right for each in CELLS} | {"own.verdict"} == set(PERMISSIONS)


def test_each_role_gets_of_each_command_and_query_what_the_table_says(
    database: Database, people: dict[str, Actor]
) -> None:
    wrong = []
    for cell in CELLS:
        for role, actor in people.items():
            with database.reading() as session:
                try:
                    cell.call(session=session, actor=actor, **arguments(cell.call))
                    is_refused = False
                except NotAllowed as refusal:
                    is_refused = PERMISSIONS[cell.right] in refusal.message
                except Exception:  # it was let in, and then found nothing of that id
                    is_refused = False
            if is_refused == (cell.right in RIGHTS[role]):
                wrong.append((cell.name, role))
    assert wrong == []


def test_a_foreign_id_and_a_missing_one_answer_alike(database: Database, people: dict[str, Actor]) -> None:
    sponsor, stakeholder, host = (people[role] for role in ("sponsor", "stakeholder", "facilitator"))
    with database.writing() as session:
        project = start_project(session, host, title="Warm homes", challenge="", now=NOW)
        other = name_sponsor(session, COMMAND_LINE, "Ferry Office", NOW)
        foreign_recommendation = draft_recommendation(
            session, host, project, title="Light the quay", words="Please.", sponsor_id=other, now=NOW
        )
        send_recommendation(session, host, foreign_recommendation, now=NOW)
        heron = add_stakeholder(session, host, project, pseudonym="Heron", group="carer", now=NOW)
        foreign_expectation = record_expectation(
            session, host, project, statement="A letter", stakeholder_id=heron, now=NOW
        )
        assert host.account_id
        session_for(session, host.account_id, NOW)
        foreign_session = sessions_of(session, host, host.account_id, now=NOW)[0].id
    asked: list[tuple[Actor, uuid.UUID, Callable[..., object], dict[str, object]]] = [
        (sponsor, foreign_recommendation, answer_recommendation, {"answer": "accepted", "reason": ""}),
        (sponsor, foreign_recommendation, report_progress, {"what": "Begun", "evidence": ""}),
        (stakeholder, foreign_expectation, give_verdict, {"verdict": "yes"}),
        (stakeholder, foreign_session, end_session, {}),
        (sponsor, foreign_session, end_session, {}),
    ]
    for actor, foreign, command, named in asked:
        answers = set()
        for key in (foreign, uuid.uuid4()):
            with database.writing() as session, pytest.raises(LabError) as refusal:
                command(session, actor, key, **named, now=NOW)
            answers.add((type(refusal.value), refusal.value.message))
        assert len(answers) == 1, (command.__name__, answers)


NEEDS = {
    "/w/{workshop_id:uuid}/board.json": "workshop.run",
    "/w/{workshop_id:uuid}/board/events": "workshop.run",
    "/w/{workshop_id:uuid}/board/alike.json": "workshop.run",
    "/w/{workshop_id:uuid}/board": "workshop.run",
    "/w/{workshop_id:uuid}/run-sheet": "workshop.run",
    "/w/{workshop_id:uuid}/remote": "workshop.run",
    "/w/{workshop_id:uuid}/remote/do": "workshop.run",
    "/w/{workshop_id:uuid}/photo/{photo_id:uuid}": "workshop.run",
    "/rounds/{round_id:uuid}/ballots": "vote.run",
    "/rounds/{round_id:uuid}/count-sheet": "vote.run",
    "/rounds/{round_id:uuid}/slips": "vote.run",
    "/rounds/{round_id:uuid}/slips/print": "vote.run",
    "/rounds/{round_id:uuid}/result": "project.read",
    "/rounds/{round_id:uuid}/result.csv": "project.read",
    "/rounds/{round_id:uuid}/result.png": "project.read",
    "/export.zip": "lab.administer",
    "/audit.csv": "lab.administer",
    "/audit.jsonl": "lab.administer",
}
"""What each route that is not open asks for."""
SIGNED_IN = ("/home",)
"""Routes for whoever is signed in."""


@pytest.fixture
def browser(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("DATABASE_URL", database.url)
    app = Starlette(routes=ROUTES, middleware=[Middleware(SignedInOnly)])
    with TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        yield client


def test_every_route_is_open_or_says_what_it_needs() -> None:
    paths = {route.path for route in ROUTES}
    assert {path for path in paths if not is_open(path)} == {*NEEDS, *SIGNED_IN}


@pytest.mark.parametrize("path", NEEDS)
def test_each_role_gets_of_each_route_what_the_table_says(
    browser: TestClient, database: Database, people: dict[str, Actor], path: str
) -> None:
    methods = {method for route in ROUTES if route.path == path for method in route.methods or ()} - {"HEAD"}
    address = path
    for name in ("workshop_id", "photo_id", "round_id"):
        address = address.replace(f"{{{name}:uuid}}", str(uuid.uuid4()))
    answers: dict[str, int] = {}
    for role, actor in people.items():
        assert actor.account_id
        with database.writing() as session:
            browser.cookies.set("lab_session", session_for(session, actor.account_id, NOW))
        answers[role] = browser.request(min(methods), address).status_code
    browser.cookies.clear()
    stranger = browser.request(min(methods), address)
    assert (stranger.status_code, stranger.headers["location"].partition("?")[0]) == (303, "/sign-in")
    if "POST" in methods:  # without a form's token nobody gets further
        assert set(answers.values()) == {403}
        return
    refused = {role for role, status in answers.items() if status == 403}
    assert refused == {role for role in ROLES if NEEDS[path] not in RIGHTS[role]}
    let_in = {status for role, status in answers.items() if role not in refused}
    assert let_in == {404 if "{" in path else 200}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_of_each_screen_what_the_table_says(
    database: Database, people: dict[str, Actor], role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    key = people[role].account_id
    assert key
    with database.writing() as session:
        token = session_for(session, key, clock.now())
    cookies = PropertyMock(return_value={"lab_session": token})
    refused = set()
    with patch.object(type(st.context), "cookies", cookies):
        for _, address, render in SCREENS:  # past the menu, as somebody would who knows a file's name
            script = f"from {render.__module__} import render\nrender()"
            if AppTest.from_string(script, default_timeout=300).run().exception:
                refused.add(address)
    assert refused == {address for right, address, _ in SCREENS if right not in RIGHTS[role]}
