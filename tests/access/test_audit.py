"""The audit: who did what when, without what people wrote, and safe to open."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from lab.access import commands
from lab.access.audit.queries import AuditedActs, acts, kinds_of_acts
from lab.access.audit.words import more_about, what_was_done, who_did
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE, Actor
from lab.access.sessions.rules import Visitor
from lab.access.sessions.signing_in import sign_in
from lab.exchange import audit as audit_files
from lab.exchange.whole import remember_export
from lab.foundation.errors import NotAllowed
from lab.foundation.events import Subject, remember
from lab.projects.commands import edit_project, start_project
from lab.web.door.audit import ROUTES
from tests.accounts import session_for
from tests.conftest import NOW, person

HASH = hashed("amber kettle bridge")
HOSTILE = "=HYPERLINK(1)"


@pytest.fixture
def administrator(database: Database) -> Actor:
    return person(database, "administrator")


def _listed(database: Database, actor: Actor, **asked: object) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        found = acts(session, actor, AuditedActs(**asked))  # type: ignore[arg-type]
    return [(who_did(act), what_was_done(act), more_about(act)) for act in reversed(found)]


def test_rights_sign_ins_and_exports_are_on_the_record(database: Database, administrator: Actor) -> None:
    with database.writing() as session:
        bo = commands.add_account(
            session, administrator, name="Bo", email="bo@example.org", role="manager", password=HASH, now=NOW
        )
        commands.change_role(session, administrator, bo, role="facilitator", now=NOW)
    stranger = Visitor("203.0.113.9", "203.0.113.9")
    for email in ("bo@example.org", "my password"):
        assert sign_in(database, email=email, password="wrong", visitor=stranger, now=NOW) is None
    with database.writing() as session:
        session_for(session, bo, NOW)
        remember_export(session, administrator, way="/export.zip", now=NOW)
        commands.disable_account(session, administrator, bo, NOW)
    name = administrator.name
    assert _listed(database, administrator)[1:] == [
        (name, "Gave access to Bo", "role: manager"),
        (name, "Changed the role of Bo", "changed role; role: facilitator"),
        ("Somebody not signed in", "Wrong password for Bo", "network: 203.0.113.0/24"),
        ("Somebody not signed in", "Wrong password for an unknown e-mail address", "network: 203.0.113.0/24"),
        ("Bo", "Signed in", "browser: Firefox on Linux; network: 192.0.2.0/24; how: password"),
        (name, "Lab: exported", "way: /export.zip"),
        (name, "Took access away from Bo", ""),
    ]
    with pytest.raises(NotAllowed):
        _listed(database, person(database, "manager"))
    with database.reading() as session, pytest.raises(NotAllowed):
        kinds_of_acts(session, person(database, "facilitator"))


def test_acts_are_found_by_person_kind_project_and_day(database: Database, administrator: Actor) -> None:
    later = NOW + dt.timedelta(days=3)
    with database.writing() as session:
        project = start_project(session, administrator, title=HOSTILE, challenge="Secret words", now=NOW)
        edit_project(
            session, administrator, project, title="Other", challenge="Other words", forms=(), place="",
            version=1, mode=None, cycle_phase=None, sponsor="", cadence_days=14, now=later,
        )  # fmt: skip
    started = (administrator.name, "Project: started, Discovery", "")
    listed = _listed(database, administrator, project=project)
    assert listed[0] == started
    assert [each[1] for each in listed] == ["Project: started, Discovery", "Project: edited"]
    assert listed[1][2] == "changed cadence days"
    assert "words" not in json.dumps(listed)
    assert _listed(database, administrator, project=project, until=NOW.date()) == [started]
    assert _listed(database, administrator, project=project, since=later.date()) == listed[1:]
    assert _listed(database, administrator, kind="project") == listed
    assert administrator.account_id
    mine = _listed(database, administrator, person=administrator.account_id)
    assert [each[1] for each in mine][-2:] == ["Project: started, Discovery", "Project: edited"]
    assert _listed(database, administrator, kind="nothing") == []


def test_what_people_hand_in_without_an_account_is_left_out(database: Database, administrator: Actor) -> None:
    with database.writing() as session:
        remember(session, None, Subject("pulse", None, None), "answered", now=NOW)
        remember(session, administrator, Subject("pulse", None, None), "removed", now=NOW)
    assert [each[1] for each in _listed(database, administrator, kind="pulse")] == ["Pulse: removed"]


def test_pages_follow_each_other_without_gap_by_few_statements(
    database: Database, administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        for place in range(25):
            remember(session, administrator, Subject("lab", None, None), f"turn_{place}", now=NOW)
    monkeypatch.setattr(audit_files, "LONGEST_PAGE", 10)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    pages = list(audit_files.audit_pages(database, administrator, AuditedActs(kind="lab")))
    assert [act.verb for page in pages for act in page] == [f"turn_{place}" for place in reversed(range(25))]
    assert len([each for each in asked if each.startswith("SELECT")]) <= 2 * len(pages)


@pytest.fixture
def browser(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("DATABASE_URL", database.url)
    with TestClient(Starlette(routes=ROUTES)) as client:
        yield client


def test_the_audit_is_taken_out_with_guarded_cells_and_that_is_on_the_record(
    browser: TestClient, database: Database, administrator: Actor
) -> None:
    manager = person(database, "manager")
    assert administrator.account_id
    assert manager.account_id
    with database.writing() as session:
        start_project(session, COMMAND_LINE, title=HOSTILE, challenge="", now=NOW)
        tokens = [session_for(session, each, NOW) for each in (manager.account_id, administrator.account_id)]
    assert browser.get("/audit.csv").status_code == 403
    browser.cookies.set("lab_session", tokens[0])
    assert browser.get("/audit.csv").status_code == 403
    browser.cookies.set("lab_session", tokens[1])
    answer = browser.get("/audit.csv")
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert (rows[0]["what"], rows[0]["more"]) == ("Lab: exported", "way: /audit.csv")
    assert "'" + HOSTILE in [row["project"] for row in rows]
    lines = [json.loads(line) for line in browser.get("/audit.jsonl?kind=project").text.splitlines()]
    assert [(each["verb"], each["project"]) for each in lines] == [("started", HOSTILE)]
    assert browser.get("/audit.csv?since=yesterday").status_code == 422
