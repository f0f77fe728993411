"""A project turns; the manager sees why, goes to the record, acts, sees the score fall, and prints it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.engagements.commands import record_engagement
from lab.followthrough.commands import (
    answer_recommendation,
    draft_recommendation,
    record_expectation,
    send_recommendation,
)
from lab.projects.commands import name_sponsor, start_project
from lab.stakeholders.commands import add_stakeholder
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import set_up, sign_in
from tests.journeys.test_follow_through import confirm, open_dialog, settled

pytestmark = pytest.mark.journey

BEGAN = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
TITLE = "Shorter letters before the hearing"
ASK = "Reminder text before the hearing"


def a_promising_start(database: Database) -> None:
    """A workshop with the sponsor there, hopes that were told “we will”, and an accepted recommendation."""
    actor, now = COMMAND_LINE, BEGAN
    with database.writing() as session:
        project = start_project(session, actor, title=TITLE, sponsor="Court Service", now=now)
        people = [
            add_stakeholder(session, actor, project, pseudonym=name, group="service_user", now=now)
            for name in ("Heron", "Wren", "Otter")
        ]
        record_engagement(
            session, actor, project, kind="workshop", title="First workshop", held_on=now.date(),
            sponsor_present=True, attended=dict.fromkeys(people, True), now=now,
        )  # fmt: skip
        hopes = [
            record_expectation(
                session, actor, project, statement="I will be reminded in time", importance=5,
                within_power="yes", said_back="will", stakeholder_id=key, now=now,
            )
            for key in people
        ]  # fmt: skip
        asked = draft_recommendation(
            session, actor, project, title=ASK, words=ASK, importance=3, expectation_ids=hopes,
            sponsor_id=name_sponsor(session, actor, "Court Service", now), now=now,
        )  # fmt: skip
        send_recommendation(session, actor, asked, now=now)
        answer_recommendation(session, actor, asked, answer="accepted", reason="", now=now)


def test_a_project_turns_and_is_turned_back(page: Page, server: Server, tmp_path: Path) -> None:
    set_up(page)
    database = Database(f"sqlite:///{server.database}")
    a_promising_start(database)
    database.close()

    card = page.locator("[data-testid=stVerticalBlock][class*='st-key-at_risk-']").filter(has_text="of 100")

    def seen() -> None:
        page.goto("/at-risk")
        expect(card).to_contain_text("of 100")

    server.wait_for_scores()
    seen()
    expect(card).to_contain_text("Calm")
    server.let_time_pass_to(dt.datetime(2026, 8, 3, 9, tzinfo=dt.UTC))
    server.wait_for_scores()
    sign_in(page, "ada@example.org")
    seen()
    expect(card).to_contain_text(re.compile("At risk|Critical"))
    expect(card).to_contain_text("not yet taken on")

    page.get_by_role("button", name=TITLE).click()
    expect(page.get_by_role("heading", name="What the score is made of")).to_be_visible()
    settled(page)
    why = page.url
    before = int(found(page, r"(\d+) of 100"))

    page.get_by_text("Tell the people today what happened").click()
    expect(page.get_by_role("heading", name=re.compile(rf"^{before} → \d+$"))).to_be_visible()
    foretold = int(found(page, rf"{before} → (\d+)\s+band"))
    assert foretold < before

    page.get_by_role("button", name="See the recommendation").first.click()
    expect(page.get_by_text("You are here")).to_be_visible()
    expect(page.get_by_text(ASK).first).to_be_visible()
    page.goto(page.url.replace("tab=recommendations", "tab=replies"))
    dialog = open_dialog(page, page.get_by_role("button", name="Tell the people").first)
    dialog.get_by_label("What happened").fill("The contract takes until autumn; we will write in September")
    confirm(page, dialog)

    page.goto(why)
    expect(page.get_by_role("heading", name="What the score is made of")).to_be_visible()
    settled(page)
    assert int(found(page, r"(\d+) of 100")) == foretold

    dialog = open_dialog(page, page.get_by_role("button", name="Acknowledge"))
    dialog.get_by_label("What will you do?").fill("Call the sponsor on Monday")
    confirm(page, dialog)
    expect(page.get_by_text("Call the sponsor on Monday").first).to_be_visible()

    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Change the plan")).to_be_hidden()
    expect(page.get_by_text(re.compile("^Next: Agree the smallest next step"))).to_be_visible()
    sheet = tmp_path / "why.pdf"
    page.pdf(path=str(sheet))
    assert sheet.stat().st_size > 20_000


def found(page: Page, pattern: str) -> str:
    """What the pattern finds in the words of the screen."""
    match = re.search(pattern, page.get_by_test_id("stMain").inner_text())
    assert match, pattern
    return match[1]
