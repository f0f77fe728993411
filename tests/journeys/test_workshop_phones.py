"""Five phones and a wall in a workshop: one without a script, one that loses the network, one by keys."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from db.engine import Database
from db.models import Ballot, Note, NoteDots, Pulse, Workshop, WorkshopJoin
from lab.access.commands import first_administrator
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting.commands import make_round, open_round
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import Block
from lab.workshops.room import commands as room_commands
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import PASSWORD
from tests.journeys.votes import CUT_OFF, NOW, SMALL_TARGETS, join, violations
from tests.journeys.votes import windows as windows

pytestmark = pytest.mark.journey

AWAY = float(os.environ.get("LAB_OFFLINE_SECONDS", "1"))
"""Seconds without a network."""
AGENDA = ("welcome", "expectations_round", "ideas", "dots", "vote", "worries", "pulse", "wrap_up")
PHONE = [(320, "light"), (320, "dark")]
WALL = [(1440, "light"), (1440, "dark")]
FOCUS_BEHIND = """() => {
  const focused = document.activeElement, bar = document.querySelector(".send, .moved");
  if (!bar || bar.contains(focused) || focused === document.body) return false;
  return focused.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1;
}"""


@dataclass
class House:
    """A running lab with a workshop that is planned for today."""

    server: Server
    database: Database
    workshop: uuid.UUID
    round_id: uuid.UUID
    code: str

    def does(self, command: Any, **facts: Any) -> None:
        with self.database.writing() as session:
            command(session, COMMAND_LINE, self.workshop, now=NOW, **facts)

    def goes_to(self, kind: str) -> None:
        self.does(room_commands.go_to, place=AGENDA.index(kind))

    def notes(self) -> list[str]:
        with self.database.reading() as session:
            return sorted(session.scalars(select(Note.text)))


@pytest.fixture
def house(server: Server) -> Iterator[House]:
    server.begin_anew()
    database = Database(f"sqlite:///{server.database}")
    with database.writing() as session:
        first_administrator(
            session, lab_name="Harbour Lab", name="Ada Moor", email="ada@example.org",
            password=hashed(PASSWORD), now=NOW,
        )  # fmt: skip
        project = start_project(session, COMMAND_LINE, title="Warm homes", challenge="How?", now=NOW)
        prototypes = [
            make_prototype(session, COMMAND_LINE, project, title=title, fidelity="paper", now=NOW)
            for title in ("A letter", "A visit")
        ]
        round_id = make_round(
            session, COMMAND_LINE, project, question="Which first?", method="approval",
            options=[(each, "") for each in prototypes], now=NOW, groups=("carer", "service_user"),
        )  # fmt: skip
        workshop = plan_commands.plan_workshop(
            session, COMMAND_LINE, project, title="Warm homes, first workshop", held_on=NOW.date(),
            now=NOW, begins="14:30", place="Town hall", hosts="Ada and Bo",
            invited={"carer": 3, "service_user": 9}, declared_influence="work_with",
            blocks=[
                Block(kind, f"On to {kind.replace('_', ' ')}", 10, f"What of {kind}?", round_id=round_id)
                for kind in AGENDA
            ],
        )  # fmt: skip
        code = session.get_one(Workshop, workshop).code
    yield House(server, database, workshop, round_id, code)
    database.close()


def at(page: Page, words: str) -> None:
    """The page has come to this part of the workshop."""
    expect(page.locator("h1")).to_contain_text(words)


def write(phone: Page, words: str) -> None:
    phone.locator("form[data-keep] textarea[name=words]").fill(words)
    phone.get_by_role("button", name="Put it on the board").click()


def tab_to(phone: Page, wanted: str) -> None:
    """Press Tab until the focus is on what is wanted; on the way it is never hidden."""
    for _ in range(60):
        phone.keyboard.press("Tab")
        assert not phone.evaluate(FOCUS_BEHIND), "the focus is behind the bar at the bottom"
        if phone.evaluate(f"() => document.activeElement.matches('{wanted}')"):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def test_five_phones_go_through_a_workshop_and_lose_nothing(windows: Any, house: House) -> None:
    wall, touch, away, keys, late = (
        windows(1440, 810), windows(320), windows(390), windows(360), windows(390),
    )  # fmt: skip
    plain = windows(390, java_script_enabled=False)
    wall.goto(f"/j/{house.code}/wall")
    for phone in (touch, plain, away, keys):
        join(phone, house.code)
        expect(phone.get_by_text("Town hall")).to_be_visible()
    expect(wall.get_by_text(f"{house.code[:3]} {house.code[3:]}")).to_be_visible()
    assert violations(touch, looks=PHONE) == []
    assert violations(wall, looks=WALL) == []
    assert touch.evaluate(SMALL_TARGETS) == []

    house.does(room_commands.begin)
    for page in (wall, touch, away, keys):
        at(page, "On to welcome")
    plain.get_by_role("link", name="Show what the room is doing now").click()
    at(plain, "On to welcome")
    touch.get_by_label("Carer").check()
    touch.get_by_role("button", name="That is me").click()
    expect(touch.get_by_text("You are here as: Carer.")).to_be_visible()
    plain.get_by_label("I would rather not say").check()
    plain.get_by_role("button", name="That is me").click()
    expect(wall.locator("#here")).to_have_text("4")
    assert violations(touch, looks=PHONE) == []

    house.goes_to("expectations_round")
    for page in (wall, touch, away, keys):
        at(page, "On to expectations round")
    expect(touch.get_by_text("10:00 left")).to_be_visible()
    touch.locator("input[name=importance][value='5']").check(force=True)
    write(touch, "A boiler that works")
    expect(touch.locator("#own")).to_contain_text("A boiler that works")
    late.goto(f"/j/{house.code}")
    at(late, "On to expectations round")
    plain.get_by_role("link", name="Show what the room is doing now").click()
    write(plain, "Somebody who answers")
    expect(plain.locator("#own")).to_contain_text("Somebody who answers")
    tab_to(keys, "textarea[name=words]")
    keys.keyboard.type("Fewer forms")
    tab_to(keys, "form[data-way=note] button.main")
    keys.keyboard.press("Enter")
    expect(keys.locator("#own")).to_contain_text("Fewer forms")
    expect(wall.locator("#in_block")).to_have_text("3")
    expect(wall.locator("#noteboard").get_by_text("Fewer forms")).to_be_visible()
    assert violations(touch, looks=PHONE) == []
    assert touch.evaluate(SMALL_TARGETS) == []

    house.goes_to("ideas")
    for page in (touch, away):
        at(page, "On to ideas")
    away.context.set_offline(True)
    for words in ("Written in the cellar", "And another one"):
        write(away, words)
    expect(away.get_by_text("kept on this phone")).to_be_visible()
    away.locator("textarea[name=words]").first.fill("Not finished yet")
    touch.locator("textarea[name=words]").first.fill("In the midst of a sen")
    house.goes_to("dots")
    at(keys, "On to dots")
    expect(touch.get_by_text("The room is now at “On to dots”")).to_be_visible()
    touch.keyboard.type("tence")
    assert violations(touch, looks=PHONE) == []
    touch.get_by_role("button", name="Go there").click()
    at(touch, "On to dots")
    expect(touch.get_by_text("You were writing for “On to ideas”")).to_be_visible()
    touch.get_by_role("button", name="Send it").click()
    expect(touch.locator("#own")).to_contain_text("In the midst of a sentence")
    wall.wait_for_timeout(AWAY * 1000)
    assert "Written in the cellar" not in house.notes()
    away.context.set_offline(False)
    expect(away.locator("#own")).to_contain_text("Written in the cellar")
    at(away, "On to dots")
    expect(away.locator("[data-left-over] textarea")).to_have_value("Not finished yet")
    away.get_by_role("button", name="Throw it away").click()
    plain.locator("textarea[name=words]").fill("Late, on paper first")
    plain.get_by_role("button", name="Put it on the board").click()
    at(plain, "On to dots")

    touch.reload()
    assert violations(touch, looks=PHONE) == []
    assert touch.evaluate(SMALL_TARGETS) == []
    for _ in range(2):
        touch.get_by_role("button", name="One dot more").first.click()
    touch.get_by_role("button", name="Hand in my dots").click()
    expect(touch.get_by_text("Your dots are in")).to_be_visible()
    plain.locator("input[type=number]").nth(1).fill("3")
    plain.get_by_role("button", name="Hand in my dots").click()
    expect(plain.get_by_text("Your dots are in")).to_be_visible()
    keys.reload()
    tab_to(keys, ".step button:last-child")
    keys.keyboard.press("Enter")
    tab_to(keys, "button.main")
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("Your dots are in")).to_be_visible()
    expect(wall.locator("#room .bars")).to_have_count(0)
    house.does(room_commands.open_phones, are_open=False)
    expect(wall.locator("#room .bars li")).to_have_count(2)
    expect(wall.locator("#room .bars li").first).to_contain_text("3 dots")
    expect(touch.get_by_text("The dots are counted")).to_be_visible()
    assert violations(wall, looks=WALL) == []
    assert wall.evaluate(CUT_OFF) == []

    house.goes_to("vote")
    expect(touch.get_by_text("The vote has not opened yet")).to_be_visible()
    with house.database.writing() as session:
        open_round(session, COMMAND_LINE, house.round_id, NOW)
    expect(touch.get_by_label("Carer")).to_be_checked()
    touch.get_by_label("A visit").check()
    touch.get_by_role("button", name="Hand in my vote").click()
    expect(touch.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("1")
    plain.goto(f"/j/{house.code}")
    plain.get_by_label("A letter").check()
    plain.get_by_label("Carer").check()
    plain.get_by_role("button", name="Hand in my vote").click()
    expect(plain.get_by_text("Your vote is in")).to_be_visible()

    house.goes_to("worries")
    for page in (wall, touch, away, keys, late):
        at(page, "On to worries")
    touch.get_by_label("About").select_option(label="A visit")
    write(touch, "Nobody is at home")
    expect(touch.locator("#own")).to_contain_text("Nobody is at home")
    touch.get_by_role("link", name=re.compile("Change: Nobody is at home")).click()
    touch.locator("form[data-way=change] textarea").fill("Nobody is at home by day")
    touch.get_by_role("button", name="Change it").click()
    expect(touch.locator("#own")).to_contain_text("Nobody is at home by day")
    assert violations(touch, looks=PHONE) == []

    house.goes_to("pulse")
    at(touch, "On to pulse")
    for name, value in (("trust", 4), ("difference", 3)):
        touch.locator(f"input[name={name}][value='{value}']").check(force=True)
    touch.get_by_role("button", name="Send my answers").click()
    expect(touch.get_by_text("Your answers are in")).to_be_visible()
    assert violations(touch, looks=PHONE) == []

    house.goes_to("wrap_up")
    at(wall, "On to wrap up")
    house.does(room_commands.end_workshop)
    for page in (wall, touch, away, keys, late):
        expect(page.get_by_text("Thank you for taking part")).to_be_visible()
    assert violations(touch, looks=PHONE) == []
    assert violations(wall, looks=WALL) == []
    assert house.notes() == sorted(
        [
            "A boiler that works", "Somebody who answers", "Fewer forms", "Written in the cellar",
            "And another one", "In the midst of a sentence", "Late, on paper first",
            "Nobody is at home by day",
        ]
    )  # fmt: skip
    with house.database.reading() as session:
        worry = session.scalars(select(Note).where(Note.kind == "worry")).one()
        assert (worry.group_name, worry.prototype_id is not None) == ("carer", True)
        assert sorted(session.scalars(select(NoteDots.dots))) == [1, 2, 3]
        assert len(session.scalars(select(Ballot.marks)).all()) == 2
        assert len(session.scalars(select(Pulse)).all()) == 1
        assert len(session.scalars(select(WorkshopJoin)).all()) == 5


def test_a_note_is_shown_although_the_page_was_being_renewed_while_it_was_sent(
    windows: Any, house: House
) -> None:
    phone, held = windows(390), []

    def hold_the_first(route: Route) -> None:
        if held or route.request.resource_type != "fetch":
            route.continue_()
        else:
            held.append((route, route.fetch()))

    house.does(room_commands.begin)
    house.goes_to("ideas")
    join(phone, house.code)
    at(phone, "On to ideas")
    phone.route(f"**/j/{house.code}", hold_the_first)
    phone.evaluate("void renew()")
    while not held:
        phone.wait_for_timeout(20)
    write(phone, "A boiler that works")
    expect(phone.get_by_text("It is on the board")).to_be_visible()
    route, before = held[0]
    route.fulfill(response=before)
    expect(phone.locator("#own")).to_contain_text("A boiler that works")
