"""The public page of a project: why not yet."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from db.models import Project
from lab.access.rights import Actor
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    edit_recommendation,
    report_progress,
    send_recommendation,
)
from lab.foundation import clock
from lab.lifecycle.commands import close_project
from lab.projects.commands import name_sponsor, start_project

pytestmark = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
DAY = dt.timedelta(days=1)


@pytest.fixture
def asked(database: Database, facilitator: Actor) -> list[uuid.UUID]:
    """The public project "warm-homes" and three public recommendations that were sent 40 days ago, and
    written down hours ago: an edit no longer corrects what they promise."""
    now = clock.now()
    hours_ago = now - dt.timedelta(hours=3)
    with database.writing() as session:
        project = start_project(
            session, facilitator, title="Warm homes", opened_on=now.date() - 90 * DAY, now=now
        )
        row = session.get_one(Project, project)
        row.is_public, row.slug = True, "warm-homes"
        board = name_sponsor(session, facilitator, "Housing Board", now)
        keys = [project]
        for title in ("Pay by the week", "Mend the door", "Answer the phone"):
            key = draft_recommendation(
                session, facilitator, project, title=title, words=title, sponsor_id=board, is_public=True,
                recorded_on=now.date() - 40 * DAY, now=hours_ago,
            )  # fmt: skip
            send_recommendation(session, facilitator, key, on=now.date() - 40 * DAY, now=hours_ago)
            keys.append(key)
    return keys


def why_not_yet(phone: TestClient) -> str:
    """That part of the page, as a browser shows it: an article keeps its line breaks."""
    page = phone.get("/p/warm-homes").text
    part = page[page.index("Why not yet") : page.index("Next news")]
    return html.unescape(re.sub(r"<[^>]*>", "", part.replace("</p>", "¶")))


def read(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def test_an_accepted_recommendation_says_by_when_it_is_promised_on_the_public_page(
    database: Database, facilitator: Actor, phone: TestClient, asked: list[uuid.UUID]
) -> None:
    now = clock.now()
    today = now.date()
    _, weekly, door, call = asked
    with database.writing() as session:
        for key, due in ((weekly, today + 20 * DAY), (door, None), (call, today - 2 * DAY)):
            answer_recommendation(
                session, facilitator, key, answer="accepted", reason="", due=due, on=today - 30 * DAY,
                now=now - dt.timedelta(hours=2),
            )  # fmt: skip
        edit_recommendation(
            session, facilitator, weekly, version=3, title="Pay by the week", words="Pay by the week",
            importance=None, cadence_days=30, due=today + 50 * DAY, expectation_ids=[], is_public=True,
            now=now,
        )  # fmt: skip
        report_progress(
            session, facilitator, door, what="Carpenter found", evidence="Invoice 7", status="in_progress",
            now=now,
        )  # fmt: skip
    said = why_not_yet(phone)
    accepted = f"Housing Board · Accepted on {read(today - 30 * DAY)}, not done yet"
    assert (
        f"{accepted}; to be done by {read(today + 50 * DAY)}, first promised for {read(today + 20 * DAY)}¶"
        in said
    )
    assert "Housing Board · In progress, not done yet; no date was named for it¶" in said
    assert f"{accepted}; it was promised for {read(today - 2 * DAY)}¶" in said


def test_no_line_of_the_public_page_is_empty(phone: TestClient, asked: list[uuid.UUID]) -> None:
    due = clock.now().date() + 44 * DAY
    said = why_not_yet(phone)
    assert said.count(f"Housing Board · Not answered yet; an answer is due by {read(due)}¶") == 3


def test_a_closed_project_ended_in_the_words_that_the_screens_use(
    database: Database, facilitator: Actor, phone: TestClient, asked: list[uuid.UUID]
) -> None:
    with database.writing() as session:
        close_project(
            session, facilitator, asked[0], outcome="partly_implemented", reason="Half is done.",
            now=clock.now(),
        )  # fmt: skip
    assert "Closed: partly implemented" in phone.get("/p/warm-homes").text
