"""Two questions by a signed link: one answer per browser, and only for who holds the link in time."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Pulse
from lab.access.rights import Actor
from lab.foundation import clock
from lab.foundation.errors import NotAllowed
from lab.workshops.room.pulse import pulse_link
from tests.conftest import person
from tests.workshops.conftest import plan


@pytest.fixture
def project(database: Database, facilitator: Actor) -> uuid.UUID:
    return plan(database, facilitator).project_id


def link(database: Database, actor: Actor, project: uuid.UUID, ago: int = 0) -> str:
    with database.writing() as session:
        return "/pulse/" + pulse_link(session, actor, project, now=clock.now() - dt.timedelta(days=ago))


def answer(phone: TestClient, path: str, trust: str, difference: str = "3") -> str:
    page = phone.get(path).text
    token = re.findall(r'name="form_token" value="([^"]+)"', page)[0]
    told = phone.post(path, data={"form_token": token, "trust": trust, "difference": difference})
    return told.text


def test_one_browser_replaces_its_answers_and_another_adds_its_own(
    phone: TestClient, database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    path = link(database, facilitator, project)
    assert "Your answers are in" in answer(phone, path, "2")
    assert "Your answers are in" in answer(phone, path, "5")
    phone.cookies.clear()
    answer(phone, path, "1")
    with database.reading() as session:
        assert sorted(session.scalars(select(Pulse.trust))) == [1, 5]


def test_a_link_that_is_old_or_was_changed_opens_nothing(
    phone: TestClient, database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    path = link(database, facilitator, project)
    assert phone.get(path[:-2] + "xx").status_code == 404
    assert phone.get(link(database, facilitator, project, ago=31)).status_code == 404
    assert phone.post("/pulse/anything", data={"trust": "5"}).status_code == 404


def test_what_is_no_answer_is_refused_and_what_was_typed_stays(
    phone: TestClient, database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    path = link(database, facilitator, project)
    token = re.findall(r'name="form_token" value="([^"]+)"', phone.get(path).text)[0]
    told = phone.post(path, data={"form_token": token, "trust": "9", "comment": "Why <b>not</b>?"})
    assert told.status_code == 422
    assert "Why &lt;b&gt;not&lt;/b&gt;?" in told.text
    assert phone.post(path, data={"trust": "5", "difference": "5"}).status_code == 403
    with database.reading() as session:
        assert session.scalars(select(Pulse.id)).all() == []


def test_only_the_lab_makes_links(database: Database, project: uuid.UUID) -> None:
    with pytest.raises(NotAllowed):
        link(database, person(database, "stakeholder"), project)


def test_the_page_is_small(
    phone: TestClient, database: Database, facilitator: Actor, project: uuid.UUID
) -> None:
    path = link(database, facilitator, project)
    asked = (path, "/assets/pages.css", "/assets/room.css")
    assert sum(int(phone.get(each).headers["content-length"]) for each in asked) <= 14 * 1024
