"""The report says what is true: nothing before the wrap-up, and afterwards what has become of it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Expectation, Note, Pulse, Recommendation, Workshop
from lab.access.rights import Actor
from lab.followthrough.commands import claim_expectation, reply_to_people, report_progress
from lab.foundation.place import lab_database
from lab.web.public import report as workshop_report
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.board import commands as board
from tests.conftest import NOW
from tests.workshops.held import Held
from tests.workshops.held import held as held


@pytest.fixture(autouse=True)
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the server takes for the present instant."""
    file = tmp_path / "clock"
    file.write_text(NOW.isoformat())
    monkeypatch.setenv("LAB_CLOCK_FILE", str(file))
    return file


def address(database: Database, held: Held) -> str:
    with database.reading() as session:
        return f"/j/{session.get_one(Workshop, held.planned.id).code}/report"


def wrap_up(database: Database, actor: Actor, held: Held, choices: WrapUpChoices | None = None) -> None:
    with database.writing() as session:
        confirm(session, actor, held.planned.id, choices or held.choices, now=NOW)


def fresh(phone: TestClient, path: str) -> str:
    workshop_report._reports._kept.clear()
    answer = phone.get(path)
    assert answer.status_code == 200
    return answer.text


def test_before_the_wrap_up_it_only_says_that_it_comes(
    phone: TestClient, database: Database, held: Held
) -> None:
    told = fresh(phone, address(database, held))
    assert "The report is not there yet" in told
    assert "Heating before winter" not in told


def test_the_report_shows_what_people_said_the_answers_and_who_does_what(
    phone: TestClient, database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    told = fresh(phone, address(database, held))
    for words in (
        "You will hear from us by 23 Mar 2026", "Homes are cold", "We try two prototypes.", "Winter",
        "Heating before winter", "Warm before Christmas", "A loan for boilers", "Damp behind the panels",
        "Housing office", "by 23 Mar 2026, accepted", "we will ask", "not looked into yet",
        "will, if …; open",
    ):  # fmt: skip
        assert words in told, words
    assert "Somebody&#39;s name" not in told


def test_a_missed_promise_of_news_shows_as_late(
    phone: TestClient, database: Database, facilitator: Actor, held: Held, clock_file: Path
) -> None:
    wrap_up(database, facilitator, held)
    clock_file.write_text((NOW + dt.timedelta(days=30)).isoformat())
    told = fresh(phone, address(database, held))
    assert "You were to hear from us by 23 Mar 2026. You have not: we are late." in told
    assert "You will hear" not in told
    with database.writing() as session:
        reply_to_people(
            session, facilitator, held.planned.project_id, what_happened="We tried both.",
            now=NOW + dt.timedelta(days=1),
            next_news_on=dt.date(2026, 6, 1),
        )  # fmt: skip
    told = fresh(phone, address(database, held))
    assert "You last heard from us on 3 Mar 2026. Next news by 1 Jun 2026." in told
    assert "we are late" not in told


def test_small_groups_and_few_answers_are_not_shown(
    phone: TestClient, database: Database, facilitator: Actor, held: Held
) -> None:
    with database.writing() as session:
        for trust in (1, 2, 3, 4):
            session.add(
                Pulse(
                    project_id=held.planned.project_id, engagement_id=held.planned.id, trust=trust,
                    difference=3, answered_on=NOW.date(),
                )
            )  # fmt: skip
    wrap_up(database, facilitator, held)
    told = fresh(phone, address(database, held))
    assert "People who use the service: 7" in told
    assert "Carer" not in told
    assert "people said how it was" not in told
    with database.writing() as session:
        session.add(
            Pulse(
                project_id=held.planned.project_id, engagement_id=held.planned.id, trust=5, difference=3,
                answered_on=NOW.date(),
            )
        )  # fmt: skip
    assert "5 people said how it was" in fresh(phone, address(database, held))


def test_what_becomes_of_it_appears_at_the_same_address(
    phone: TestClient, database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    later = NOW + dt.timedelta(days=9)
    with database.writing() as session:
        for key in session.scalars(select(Expectation.id)):
            claim_expectation(session, facilitator, key, state="in_hand", reason="", now=later)
        promise = session.scalars(select(Recommendation.id).where(Recommendation.status == "accepted")).one()
        report_progress(
            session, facilitator, promise, what="All were called", evidence="List", status="implemented",
            now=later,
        )  # fmt: skip
        reply_to_people(
            session, facilitator, held.planned.project_id, what_happened="The landlords answered.", now=later
        )
    told = fresh(phone, address(database, held))
    assert "The landlords answered." in told
    assert "11 Mar 2026" in told
    assert "in hand" in told
    assert "implemented" in told


def test_what_people_wrote_is_nothing_but_words(
    phone: TestClient, database: Database, facilitator: Actor, held: Held
) -> None:
    hostile = "<script>alert(1)</script> [click](javascript:alert(1)) # no heading"
    with database.writing() as session:
        board.edit_note(
            session, facilitator, held.planned.id, held.notes["A loan for boilers"], words=hostile, now=NOW
        )
    wrap_up(database, facilitator, held, replace(held.choices, heard=hostile))
    page = fresh(phone, address(database, held))
    assert "<script>alert" not in page
    text = phone.get(f"{address(database, held)}.md")
    assert text.headers["content-type"].startswith("text/markdown")
    assert "<script>" not in text.text
    assert "\n# no" not in text.text
    assert "](javascript" not in text.text
    assert "You will hear from us by 23 Mar 2026" in text.text


def test_a_wrong_code_finds_nothing(phone: TestClient, database: Database) -> None:
    assert phone.get("/j/ABCDEF/report").status_code == 404
    assert phone.get("/j/ABCDEF/report.md").status_code == 404


def test_it_asks_the_same_of_the_database_however_much_was_said(
    phone: TestClient, database: Database, facilitator: Actor, held: Held
) -> None:
    wrap_up(database, facilitator, held)
    asked: list[str] = []
    event.listen(lab_database().engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    fresh(phone, address(database, held))
    few = len(asked)
    with database.writing() as session:
        block = session.get_one(Note, held.notes["A loan for boilers"]).block_id
        session.add_all(
            Note(
                id=uuid.uuid4(), workshop_id=held.planned.id, block_id=block, kind="decision",
                text=f"Decided {each}", position=each, source="phone", written_at=NOW, revision=1,
            )
            for each in range(100)
        )  # fmt: skip
    asked.clear()
    assert "Decided 99" in fresh(phone, address(database, held))
    assert len(asked) <= few
