"""A room on one board: planned from a template, run by two hosts with five phones and a wall, wrapped up
without a second typing, and told to those who took part."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect
from sqlalchemy import select

from db.engine import Database
from db.models import (
    Attendance,
    Contribution,
    Expectation,
    ForeseenRisk,
    Note,
    Recommendation,
    Stakeholder,
    VoteRound,
    Workshop,
    WorkshopPhoto,
)
from lab.access.commands import add_account, first_administrator
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE
from lab.lifecycle.thread.reading import thread_of
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting.commands import make_round
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import PASSWORD
from tests.journeys.test_follow_through import settled, sign_in
from tests.journeys.test_note_board import card, column, drag
from tests.journeys.test_workshop_console import photograph, press
from tests.journeys.test_workshop_phones import at, write
from tests.journeys.votes import NOW, join
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey

AWAY = float(os.environ.get("LAB_OFFLINE_SECONDS", "1"))
"""Seconds for which a phone has no network; the whole story is told with 20."""
AGENDA = (
    "Welcome", "What we hope for", "Ideas", "What belongs together", "What we try first", "Sketch and build",
    "Worries", "Vote", "How was it?", "What happens next",
)  # fmt: skip


@dataclass
class House:
    """A served lab with two facilitators, and a project with two prototypes and a draft vote on them."""

    server: Server
    database: Database
    project: uuid.UUID


@pytest.fixture
def house(server: Server) -> Iterator[House]:
    database = Database(f"sqlite:///{server.database}")
    with database.writing() as session:
        first_administrator(
            session, lab_name="Harbour Lab", name="Ada Moor", email="ada@example.org",
            password=hashed(PASSWORD), now=NOW,
        )  # fmt: skip
        add_account(
            session, COMMAND_LINE, name="Ben Low", email="ben@example.org", role="facilitator",
            password=hashed(PASSWORD), now=NOW,
        )  # fmt: skip
        project = start_project(
            session, COMMAND_LINE, title="Warm homes", challenge="How?", sponsor="Housing office", now=NOW
        )
        prototypes = [
            make_prototype(session, COMMAND_LINE, project, title=title, fidelity="paper", now=NOW)
            for title in ("A letter", "A visit")
        ]
        make_round(
            session, COMMAND_LINE, project, question="Which first?", method="approval",
            options=[(each, "") for each in prototypes], now=NOW,
        )  # fmt: skip
    yield House(server, database, project)
    database.close()


def choose(page: Page, name: str, option: str) -> None:
    """Choose in one of Streamlit's lists. A list closes when the page moves under it, as it does while a
    long screen is still being laid out; then it is opened again."""
    settled(page)
    listed = page.get_by_role("option", name=option).first
    for _ in range(5):
        page.get_by_label(name, exact=True).last.focus()
        page.keyboard.press("ArrowDown")
        with suppress(TimeoutError):
            listed.click(timeout=3_000)
            break
    settled(page)


def said(page: Page, words: str) -> Locator:
    """A note on a host's board."""
    return page.locator(".card").filter(has_text=words)


def save(page: Page) -> None:
    dialog = page.locator("dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def test_a_room_is_planned_run_and_wrapped_up_and_everybody_hears(
    page: Page, windows: Any, house: House
) -> None:
    database, project = house.database, house.project
    ada, ben, wall = page, windows(1440, 1000), windows(1440, 810)
    phones = {name: windows(390) for name in ("first", "second", "away", "fourth")}
    plain = windows(390, java_script_enabled=False)

    # Planned from a template.
    sign_in(ada, "ada@example.org")
    ada.goto("/workshop")
    press(ada, "Plan a workshop")
    press(ada, "Plan it")
    expect(ada.get_by_text("Say which project the workshop is for")).to_be_visible()
    choose(ada, "Project", "Warm homes")
    choose(ada, "Agenda to start from", "Half-day prototyping")
    choose(ada, "Invited", "Carer")
    ada.keyboard.press("Escape")
    press(ada, "Plan it")
    expect(ada.get_by_text("240 minutes")).to_be_visible()
    press(ada, "More of block 8, Vote")
    choose(ada, "The vote", "Which first?")
    ada.keyboard.press("Escape")
    press(ada, "Save the agenda")
    press(ada, "Begin")
    press(ada, "Begin now")
    expect(ada.get_by_role("timer")).to_contain_text("left")
    with database.reading() as session:
        workshop = session.scalars(select(Workshop)).one()
        key, code = workshop.id, workshop.code
    sign_in(ben, "ben@example.org")
    ben.goto(f"/workshop?workshop={key}")
    expect(ben.get_by_role("timer")).to_contain_text("left")

    # The room comes in.
    wall.goto(f"/j/{code}/wall")
    for phone in (*phones.values(), plain):
        join(phone, code)
    phones["first"].get_by_label("Carer").check()
    phones["first"].get_by_role("button", name="That is me").click()
    plain.get_by_role("link", name="Show what the room is doing now").click()
    expect(wall.locator("#here")).to_have_text("5")
    expect(ada.get_by_text("5 here")).to_be_visible()

    # What people hope; whoever leads the room on, phones and wall and the other host follow.
    press(ben, "Next", exact=False)
    for screen in (wall, *phones.values()):
        at(screen, AGENDA[1])
    expect(ada.get_by_role("heading", name=AGENDA[1])).to_be_visible()
    write(phones["first"], "A boiler that works")
    plain.get_by_role("link", name="Show what the room is doing now").click()
    write(plain, "Somebody who answers")
    expect(plain.locator("#own")).to_contain_text("Somebody who answers")
    expect(wall.locator("#noteboard").get_by_text("Somebody who answers")).to_be_visible()

    # One phone loses the network, and nothing that was written on it.
    press(ada, "Next", exact=False)
    for phone in phones.values():
        at(phone, AGENDA[2])
    phones["away"].context.set_offline(True)
    write(phones["away"], "Written in the cellar")
    write(phones["second"], "A loan for boilers")
    write(phones["fourth"], "A neighbour who knows the forms")
    expect(said(ada, "A neighbour who knows")).to_be_visible()
    wall.wait_for_timeout(AWAY * 1000)
    phones["away"].context.set_offline(False)
    expect(said(ada, "Written in the cellar")).to_be_visible()

    # Two hosts sort the board at the same time.
    press(ada, "Next", exact=False)
    expect(ben.get_by_role("heading", name=AGENDA[3])).to_be_visible()
    ada.get_by_role("button", name="Add a cluster").click()
    ada.locator("dialog").get_by_label("Name of the cluster").fill("Money")
    save(ada)
    expect(column(ben, "Money")).to_be_visible()
    with database.reading() as session:
        notes = dict(session.execute(select(Note.text, Note.id)).all())
    loan, neighbour = notes["A loan for boilers"], notes["A neighbour who knows the forms"]
    card(ada, loan).scroll_into_view_if_needed()
    drag(ada, loan, column(ada, "Money").locator(".cards"))
    words = card(ben, neighbour).locator(".words")
    words.focus()
    words.press("Alt+Shift+ArrowRight")
    for host in (ada, ben):
        for moved in (loan, neighbour):
            expect(column(host, "Money").locator(f"[data-note='{moved}']")).to_be_visible()
    card(ben, loan).locator(".words").press("c")
    expect(card(ada, loan).locator(".chips")).to_contain_text("Chosen")
    card(ben, neighbour).locator(".words").press("k")
    ben.locator("dialog").get_by_label("What it is").select_option("promise")
    ben.locator("dialog").get_by_label("Who promised").fill("Housing office")
    ben.locator("dialog").get_by_label("By when").fill("2026-04-30")
    save(ben)

    # Dots, a worry, and a vote under the same code.
    press(ada, "Next", exact=False)
    at(phones["second"], AGENDA[4])
    phones["second"].get_by_role("button", name="One dot more").first.click()
    phones["second"].get_by_role("button", name="Hand in my dots").click()
    expect(phones["second"].get_by_text("Your dots are in")).to_be_visible()
    press(ada, "Next", exact=False)
    at(phones["first"], AGENDA[5])
    press(ada, "Next", exact=False)
    at(phones["first"], AGENDA[6])
    phones["first"].get_by_label("About").select_option(label="A visit")
    write(phones["first"], "Nobody is at home")
    expect(phones["first"].locator("#own")).to_contain_text("Nobody is at home")
    press(ada, "Next", exact=False)
    expect(phones["second"].get_by_text("The vote has not opened yet")).to_be_visible()
    press(ben, "Open the vote")
    for phone in (phones["first"], phones["second"]):
        phone.get_by_label("A visit").check()
        phone.get_by_role("button", name="Hand in my vote").click()
        expect(phone.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("2")
    press(ben, "Close the vote")
    press(ben, "Close and reveal")
    expect(phones["first"].get_by_text("A visit").first).to_be_visible()

    # A flipchart, then home.
    photograph(ada, "Three circles")
    press(ada, "End the workshop")
    press(ada, "End it")
    for phone in phones.values():
        expect(phone.get_by_text("Thank you for taking part")).to_be_visible()
    report = windows(390)
    report.goto(f"/j/{code}/report")
    expect(report.get_by_text("not there yet")).to_be_visible()

    # Wrapped up on one screen.
    settled(ada)
    ada.get_by_role("textbox", name="What we heard").fill("Homes are cold, and nobody answers.")
    ada.get_by_label("What happens next").fill("We try a visit.")
    promised = NOW.date() + dt.timedelta(days=14)
    ada.get_by_role("spinbutton", name="year, You will hear from us by").click()
    ada.keyboard.type(f"{promised:%Y%m%d}")
    ada.keyboard.press("Enter")
    ada.keyboard.press("Tab")
    settled(ada)
    press(ada, "Keep all this")
    expect(ada.get_by_role("link", name=re.compile("report", re.I)).first).to_be_visible()

    with database.reading() as session:
        kept = session.get_one(Workshop, key)
        assert kept.state == "wrapped_up"
        assert kept.hear_by is not None
        hear_by = kept.hear_by
        words_kept = set(session.scalars(select(Contribution.text).where(Contribution.engagement_id == key)))
        assert words_kept == {
            "A boiler that works", "Somebody who answers", "Written in the cellar", "A loan for boilers",
            "A neighbour who knows the forms", "Nobody is at home",
        }  # fmt: skip
        contribution = dict(session.execute(select(Contribution.text, Contribution.id)).all())
        assert session.get_one(Contribution, contribution["A loan for boilers"]).chosen
        hopes = dict(session.execute(select(Expectation.statement, Expectation.contribution_id)).all())
        assert hopes == {each: contribution[each] for each in ("A boiler that works", "Somebody who answers")}
        fear = session.scalars(select(ForeseenRisk)).one()
        assert fear.contribution_id == contribution["Nobody is at home"]
        promise = session.scalars(select(Recommendation)).one()
        assert (promise.status, promise.due) == ("accepted", dt.date(2026, 4, 30))
        assert session.scalars(select(VoteRound.state)).one() == "revealed"
        assert session.scalars(select(WorkshopPhoto.description)).one() == "Three circles"
        carers = session.scalars(select(Stakeholder)).one()
        assert carers.group_name == "carer"
        assert session.get_one(Attendance, (key, carers.id)).attended
        thread = thread_of(session, COMMAND_LINE, project, today=NOW.date())
        for record in (fear.id, promise.id, *(each.id for each in thread.expectations)):
            (source,) = [each for each in thread.records[record].came_from if each in contribution.values()]
            assert record in thread.records[source].led_to
            assert key in thread.records[source].came_from

    # Those who took part are told what is true.
    phones["first"].get_by_role("link", name="What we heard, and what happens next").click()
    told = phones["first"]
    expect(told.get_by_text("Homes are cold, and nobody answers.")).to_be_visible()
    expect(told.get_by_text(f"You will hear from us by {hear_by.day} {hear_by:%b %Y}").first).to_be_visible()
    for words in ("A loan for boilers", "Nobody is at home", "Housing office", "by 30 Apr 2026, accepted"):
        expect(told.get_by_text(words).first).to_be_visible()
    expect(told.get_by_role("img", name="Three circles")).to_be_visible()

    # And the promise waits on Home until it is kept.
    house.server.let_time_pass_to(NOW + dt.timedelta(days=(hear_by - NOW.date()).days + 3))
    sign_in(ada, "ada@example.org")
    expect(ada.get_by_text("News you promised")).to_be_visible()
    expect(ada.get_by_text("3 days late")).to_be_visible()
