"""The set-up asks where the lab's days begin, guesses it from the browser, and works without a script."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Lab
from lab.access.commands import set_time_zone
from lab.access.rights import COMMAND_LINE, Actor
from lab.followthrough.commands import reply_to_people
from lab.projects.commands import publish_project, start_project

AFTERNOON = dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
"""Half past three in the afternoon of 2 March in Los Angeles, half past twelve on the 3rd in Auckland."""


def _filled_in(page: TestClient, **changed: str) -> dict[str, str]:
    fields = {
        "form_token": page.cookies["lab_form"], "lab_name": "Te Ara", "name": "Mere",
        "email": "m@example.org",
        "password": "four unrelated words", "password_again": "four unrelated words",
    }  # fmt: skip
    return fields | changed


@pytest.fixture
def fresh_lab(phone: TestClient, database: Database) -> TestClient:
    """A browser at a database that holds no lab yet."""
    with database.writing() as session:
        session.delete(session.get_one(Lab, 1))
    phone.get("/setup")
    return phone


def test_the_set_up_proposes_the_browsers_time_zone(fresh_lab: TestClient) -> None:
    page = fresh_lab.get("/setup").text
    assert "data-guess-time-zone" in page
    assert '<option value="Pacific/Auckland">' in page
    assert '<script src="/assets/set_up.js" defer></script>' in page
    script = fresh_lab.get("/assets/set_up.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "resolvedOptions().timeZone" in script.text


def test_the_lab_is_set_up_in_the_time_zone_that_was_chosen(
    fresh_lab: TestClient, database: Database
) -> None:
    sent = _filled_in(fresh_lab, time_zone="Pacific/Auckland")
    assert fresh_lab.post("/setup", data=sent, follow_redirects=False).status_code == 303
    with database.reading() as session:
        assert session.get_one(Lab, 1).time_zone == "Pacific/Auckland"


def test_the_passwords_stay_where_another_field_is_refused_and_go_where_they_are_refused_themselves(
    fresh_lab: TestClient,
) -> None:
    kept = 'value="four unrelated words"'
    answer = fresh_lab.post("/setup", data=_filled_in(fresh_lab, time_zone="Atlantis"))
    assert (answer.status_code, answer.text.count(kept)) == (422, 2)
    assert answer.headers["cache-control"] == "no-store"
    answer = fresh_lab.post("/setup", data=_filled_in(fresh_lab, password_again="four other words here"))
    assert (answer.status_code, answer.text.count(kept)) == (422, 0)


def test_a_time_zone_that_does_not_exist_is_refused_and_what_was_typed_stays(
    fresh_lab: TestClient, database: Database
) -> None:
    answer = fresh_lab.post("/setup", data=_filled_in(fresh_lab, time_zone="Atlantis"))
    assert answer.status_code == 422
    assert "no time zone" in answer.text
    assert 'value="Atlantis"' in answer.text
    assert "data-guess-time-zone" not in answer.text
    with database.reading() as session:
        assert session.get(Lab, 1) is None


@pytest.mark.parametrize(
    ("zone", "is_late"), [("America/Los_Angeles", False), ("UTC", False), ("Pacific/Auckland", True)]
)
def test_news_promised_for_today_is_late_on_the_public_page_from_midnight_in_the_lab(
    phone: TestClient, database: Database, facilitator: Actor, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, zone: str, is_late: bool,
) -> None:  # fmt: skip
    second = dt.date(2026, 3, 2)
    with database.writing() as session:
        set_time_zone(session, COMMAND_LINE, time_zone=zone, now=AFTERNOON)
        key = start_project(session, facilitator, title="Ferry", opened_on=dt.date(2026, 1, 5), now=AFTERNOON)
        publish_project(session, facilitator, key, now=AFTERNOON)
        reply_to_people(
            session, facilitator, key, what_happened="Read", told_on=dt.date(2026, 2, 1),
            next_news_on=second, now=AFTERNOON,
        )  # fmt: skip
    (tmp_path / "clock").write_text(AFTERNOON.isoformat())
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    page = phone.get("/p/ferry").text
    assert ("You will hear from us by" in page) is not is_late


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"public_address": "https://lab.example", "shown": "https://lab.example"}, "X-Forwarded-Proto"),
        (
            {"public_address": "http://other.example", "shown": "http://lab.example"},
            "only that is answered",
        ),
    ],
)
def test_the_set_up_says_when_what_arrives_does_not_match_the_public_address(
    fresh_lab: TestClient, database: Database, fields: dict[str, str], words: str
) -> None:
    answer = fresh_lab.post("/setup", data=_filled_in(fresh_lab, **fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{fields["public_address"]}"' in answer.text
    with database.reading() as session:
        assert session.get(Lab, 1) is None
    meant = _filled_in(fresh_lab, **fields, meant="yes")
    assert fresh_lab.post("/setup", data=meant, follow_redirects=False).status_code == 303
    with database.reading() as session:
        assert session.get_one(Lab, 1).public_address == fields["public_address"]


def test_the_set_up_takes_a_laptop_without_a_public_address(
    fresh_lab: TestClient, database: Database
) -> None:
    sent = _filled_in(
        fresh_lab, public_address="", shown="http://localhost:8501", trusted_proxies="127.0.0.0/8, ::1"
    )
    assert fresh_lab.post("/setup", data=sent, follow_redirects=False).status_code == 422  # another host
    sent["shown"] = "http://lab.example"
    assert fresh_lab.post("/setup", data=sent, follow_redirects=False).status_code == 303
    with database.reading() as session:
        lab = session.get_one(Lab, 1)
        assert (lab.public_address, lab.trusted_proxies) == (None, None)


@pytest.mark.parametrize(
    "wrong", [{"public_address": "lab.example.org"}, {"trusted_proxies": "proxy.example.org"}]
)
def test_the_set_up_refuses_an_address_that_is_none(fresh_lab: TestClient, wrong: dict[str, str]) -> None:
    answer = fresh_lab.post("/setup", data=_filled_in(fresh_lab, **wrong))
    assert answer.status_code == 422
    assert "such as" in answer.text
