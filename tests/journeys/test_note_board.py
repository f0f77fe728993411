"""Two hosts on one board: what one does the other sees within a second; what people wrote runs nowhere."""

from __future__ import annotations

import datetime as dt
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from db.engine import Database
from db.models import Note
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.workshops.after.commands import confirm
from lab.workshops.after.proposal import WrapUpChoices
from lab.workshops.board import commands as board_commands
from lab.workshops.room.commands import end_workshop
from tests import boards
from tests.boards import RunningBoard
from tests.journeys.votes import violations
from tests.served import Server, fill

pytestmark = pytest.mark.journey


@dataclass
class Room:
    """A served lab with a running workshop, and the windows opened in it."""

    database: Database
    server: Server
    browser: Browser
    board: RunningBoard
    contexts: list[BrowserContext] = field(default_factory=list)
    hosts: dict[str, Page] = field(default_factory=dict)
    """Their windows stay: they go from one workshop's board to the next."""
    faults: list[str] = field(default_factory=list)

    def window(self, **how: object) -> Page:
        context = self.browser.new_context(
            viewport={"width": 1440, "height": 1000},
            base_url=self.server.url,
            **how,  # type: ignore[arg-type]
        )
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(f"a script ran: {dialog.message}"))
        return page

    def host(self, name: str) -> Page:
        page = self.hosts.get(name)
        if page is None:
            page = self.hosts[name] = self.window(has_touch=True)
            token = boards.signed_in(self.database, name)
            page.context.add_cookies([{"name": "lab_session", "value": token, "url": self.server.url}])
        page.goto(self.board.path)
        expect(page.locator(".noteboard .column").first).to_be_visible()
        return page

    def close_windows(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        self.hosts.clear()
        assert self.faults == []

    def close_walls(self) -> None:
        kept = [page.context for page in self.hosts.values()]
        for context in self.contexts:
            if context not in kept:
                context.close()
        self.contexts[:] = kept
        assert self.faults == []

    def wall(self) -> Page:
        page = self.window()
        page.goto(f"/j/{self.board.code}/wall")
        return page

    def lying(self, note: uuid.UUID) -> Note:
        with self.database.reading() as session:
            return session.scalars(select(Note).where(Note.id == note)).one()


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A server for all workshops of this file. It has to stop while the hosts of the last one listen."""
    place = tmp_path_factory.mktemp("boards")
    url = f"sqlite:///{place / 'lab.db'}"
    database = Database(url)
    fill(database)
    server = Server(url, place / "server.log", app=boards.APP)
    found = Room(database, server, browser, boards.run_a_workshop(database))
    try:
        server.start()
        yield found
        server.stop()  # killed if it takes half a minute
        assert server.process is not None
        assert server.process.returncode != -signal.SIGKILL
    finally:
        found.close_windows()
        server.kill()
        database.close()
    assert found.faults == []


@pytest.fixture
def room(house: Room) -> Room:
    """A workshop of its own, the walls of the one before closed."""
    house.close_walls()
    house.board = boards.run_a_workshop(house.database)
    return house


def card(page: Page, note: uuid.UUID) -> Locator:
    return page.locator(f"[data-note='{note}']")


def column(page: Page, title: str) -> Locator:
    return page.locator(".column", has=page.get_by_role("heading", name=title, exact=True))


def drag(page: Page, note: uuid.UUID, to: Locator) -> None:
    """Drag a note with the mouse onto the lower half of something."""
    start, end = card(page, note).bounding_box(), to.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 60, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 90, start["y"] + 40, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] * 0.8, steps=8)
    page.wait_for_timeout(60)
    page.mouse.up()


def test_what_one_host_does_the_other_sees_without_reloading(room: Room) -> None:
    notes = boards.put_up(room.database, room.board.id, 4, ("Money",))
    new = [note for note in notes if room.lying(note).cluster_id is None]
    ada, ben = room.host("Ada Moor"), room.host("Ben Low")
    expect(card(ben, new[0])).to_be_visible()

    drag(ada, new[0], column(ada, "Money").locator(".cards"))
    expect(column(ben, "Money").locator(f"[data-note='{new[0]}']")).to_be_visible()
    expect(column(ada, "Money").locator(".card").last).to_have_attribute("data-note", str(new[0]))

    ada.get_by_role("button", name="Undo").click()
    expect(column(ben, "New notes").locator(f"[data-note='{new[0]}']")).to_be_visible()

    words = card(ben, new[1]).locator(".words")
    words.focus()
    words.press("Alt+Shift+ArrowRight")
    expect(column(ada, "Money").locator(f"[data-note='{new[1]}']")).to_be_visible()
    expect(card(ben, new[1]).locator(".words")).to_be_focused()
    expect(ben.locator(".announce")).to_have_text("Moved to Money, place 3 of 3")

    ben.keyboard.press("m")
    ben.get_by_role("menuitem", name="New notes").click()
    expect(column(ada, "New notes").locator(f"[data-note='{new[1]}']")).to_be_visible()
    expect(card(ben, new[1]).locator(".words")).to_be_focused()


def test_a_note_is_hidden_with_a_reason_merged_marked_and_parted(room: Room) -> None:
    first, second, third = boards.put_up(room.database, room.board.id, 3)
    ada, ben, wall = room.host("Ada Moor"), room.host("Ben Low"), room.wall()
    expect(wall.locator(".card")).to_have_count(3)

    card(ada, first).locator(".words").press("h")
    dialog = ada.locator("dialog")
    dialog.get_by_label("Why?").fill("Names a neighbour")
    dialog.get_by_role("button", name="Save").click()
    expect(card(ben, first)).to_have_count(0)
    expect(wall.locator(".card")).to_have_count(2)
    ben.get_by_role("button", name="Hidden (1)").click()
    expect(ben.locator(".hidden-notes")).to_contain_text("Hidden by Ada Moor")
    expect(ben.locator(".hidden-notes")).to_contain_text("Names a neighbour")
    ben.get_by_role("button", name="Show again").click()
    expect(card(ada, first)).to_be_visible()

    card(ada, second).locator(".words").press("g")
    ada.keyboard.press("ArrowDown")
    expect(card(ada, third).locator(".words")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(card(ben, second)).to_have_count(0)
    expect(card(ben, third).locator(".voice")).to_have_text(boards.SAID[1])

    card(ben, third).locator(".words").press("Enter")
    ben.get_by_role("menuitem", name="Part:").click()
    expect(card(ada, second)).to_be_visible()

    card(ada, third).locator(".words").press("k")
    dialog.get_by_label("What it is").select_option("promise")
    dialog.get_by_label("Who promised").fill("Ms Low")
    dialog.get_by_role("button", name="Save").click()
    expect(card(ben, third).locator(".chips")).to_contain_text("Ms Low")
    card(ada, third).locator(".words").press("c")
    expect(card(ben, third).locator(".chips")).to_contain_text("Chosen")


def test_what_people_wrote_is_only_ever_text_and_keeps_its_place(room: Room) -> None:
    ada, wall = room.host("Ada Moor"), room.wall()
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
    for words in (script, "W" * 500, "مرحبا كيف حالك", "👩‍👩‍👧‍👦 🇺🇦 z̶̧̛͔͍͎͙̒̈́̂̈́͘a̵l̷g̸o"):
        ada.get_by_role("button", name="Add a note").click()
        ada.locator("dialog textarea").fill(words)
        ada.locator("dialog").get_by_role("button", name="Save").click()
        expect(ada.locator("dialog")).to_be_hidden()
    ada.get_by_role("button", name="Add a cluster").click()
    ada.locator("dialog").get_by_label("Name of the cluster").fill("<b>Bold</b>")
    ada.locator("dialog").get_by_role("button", name="Save").click()
    for page in (ada, wall):
        expect(page.locator(".card")).to_have_count(4)
        expect(page.locator(".words").filter(has_text=script)).to_be_visible()
        expect(page.get_by_role("heading", name="<b>Bold</b>")).to_be_visible()
        assert page.locator(".card img, .card script, h3 b").count() == 0
        wide = "cards => cards.some(each => each.scrollWidth > each.clientWidth + 2)"
        assert not page.locator(".card").evaluate_all(wide)
    expect(ada.locator(".words").filter(has_text="مرحبا")).to_have_css("direction", "rtl")


def test_a_board_that_was_wrapped_up_is_read_and_not_changed(room: Room) -> None:
    notes = boards.put_up(room.database, room.board.id, 2, ("Money",))
    (new,) = [note for note in notes if room.lying(note).cluster_id is None]
    ada = room.host("Ada Moor")
    with room.database.writing() as session:
        end_workshop(session, COMMAND_LINE, room.board.id, now=clock.now())
        confirm(
            session, COMMAND_LINE, room.board.id, WrapUpChoices(clock.now().date() + dt.timedelta(days=9)),
            now=clock.now(),
        )  # fmt: skip
    expect(ada.get_by_role("button", name="Add a note")).to_be_hidden()
    drag(ada, new, column(ada, "Money").locator(".cards"))
    card(ada, new).locator(".words").press("Alt+Shift+ArrowRight")
    card(ada, new).locator(".words").press("h")
    expect(ada.locator("dialog")).to_be_hidden()
    expect(column(ada, "New notes").locator(f"[data-note='{new}']")).to_be_visible()
    expect(ada.locator(".says")).to_be_empty()
    assert room.lying(new).cluster_id is None


def test_moves_made_while_the_network_is_away_arrive_when_it_is_back(room: Room) -> None:
    notes = boards.put_up(room.database, room.board.id, 2, ("Money",))
    (new,) = [note for note in notes if room.lying(note).cluster_id is None]
    ada = room.host("Ada Moor")
    card(ada, new).locator(".words").focus()
    ada.context.set_offline(True)
    ada.keyboard.press("Alt+Shift+ArrowRight")
    expect(column(ada, "Money").locator(f"[data-note='{new}']")).to_be_visible()
    expect(ada.locator(".says")).to_contain_text("No connection")
    ada.context.set_offline(False)
    expect(ada.locator(".says")).to_be_empty()
    assert room.lying(new).cluster_id is not None


def test_five_hundred_notes_are_there_filtered_by_group_and_moved_by_a_finger(room: Room) -> None:
    notes = boards.put_up(room.database, room.board.id, 500, ("Money",))
    ada = room.host("Ada Moor")
    expect(ada.locator(".card")).to_have_count(500)
    ada.locator(".filter select").select_option("carer")
    shown = ada.locator(".card:visible")
    expect(shown.first).to_contain_text("Carer")
    assert 30 < shown.count() < 100
    ada.locator(".filter select").select_option("")
    new = next(note for note in notes if room.lying(note).cluster_id is None)
    at, to = card(ada, new).bounding_box(), column(ada, "Money").bounding_box()
    assert at
    assert to
    touch = ada.context.new_cdp_session(ada)

    def finger(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", at["x"] + 40, at["y"] + 20)
    ada.wait_for_timeout(400)
    for step in range(1, 9):
        finger("touchMove", at["x"] + (to["x"] + 80 - at["x"]) * step / 8, at["y"] + 20 + step * 10)
    ada.wait_for_timeout(60)
    finger("touchEnd", 0, 0)
    expect(column(ada, "Money").locator(f"[data-note='{new}']")).to_be_visible()
    expect(ada.locator(".announce")).to_contain_text("Moved to Money")


def put_up_words(room: Room, *words: str) -> list[uuid.UUID]:
    with room.database.writing() as session:
        return [
            board_commands.write_note(session, COMMAND_LINE, room.board.id, words=each, now=clock.now())
            for each in words
        ]


def test_one_key_merges_notes_that_look_alike_another_dismisses_them_and_nothing_moves_by_itself(
    room: Room,
) -> None:
    short, long, phone, ring, other = put_up_words(
        room, "Form too long", "The form is too long", "Nobody answers the phone",
        "Nobody answers the phone!", "Pay by the week",
    )  # fmt: skip
    ada, ben = room.host("Ada Moor"), room.host("Ben Low")
    ada.get_by_role("button", name="Notes that look alike").click()
    panel = ada.get_by_role("region", name="Notes that look alike")
    expect(panel.locator("li")).to_have_text(["Nobody answers the phone", "Nobody answers the phone!"])
    assert violations(ada, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    expect(card(ada, ring)).to_be_visible()
    ada.keyboard.press("y")
    expect(panel.locator("li")).to_have_text(["Form too long", "The form is too long"])
    expect(card(ben, ring)).to_have_count(0)
    expect(card(ben, phone).locator(".voice")).to_have_text("Nobody answers the phone!")
    ada.keyboard.press("n")
    expect(panel).to_have_text("No notes look alike now.Close")
    assert room.lying(long).merged_into is None
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("button", name="Notes that look alike")).to_be_focused()
    ben.get_by_role("button", name="Notes that look alike").click()
    expect(ben.get_by_role("region", name="Notes that look alike")).to_have_text(
        "No notes look alike now.Close"
    )
    assert [room.lying(each).merged_into for each in (short, other)] == [None, None]


def test_notes_are_searched_and_several_are_merged_moved_and_hidden_at_once(room: Room) -> None:
    boards.put_up(room.database, room.board.id, 1, ("Money",))
    keys = put_up_words(room, "STRASSE im Dunkeln", "Die Straße ist dunkel", "Straße zu eng", "Ask us first")
    ada = room.host("Ada Moor")
    search = ada.get_by_role("searchbox", name="Search the notes")
    search.fill("straße")
    expect(ada.locator(".card:visible")).to_have_count(3)
    expect(ada.locator(".total")).to_have_text("3 of 5 notes")
    words = card(ada, keys[0]).locator(".words")
    words.focus()
    ada.keyboard.press("x")
    ada.keyboard.press("ArrowDown")
    ada.keyboard.press(" ")
    bar = ada.locator(".choice-bar")
    expect(bar).to_contain_text("2 notes selected")
    card(ada, keys[2]).locator(".words").click(modifiers=["Control"])
    expect(bar).to_contain_text("3 notes selected")
    card(ada, keys[2]).locator(".words").click()
    bar.get_by_role("button", name="Merge").click()
    expect(card(ada, keys[0]).locator(".voice")).to_have_text("Die Straße ist dunkel")
    expect(bar).to_be_hidden()
    search.fill("")
    for key in (keys[0], keys[3]):
        card(ada, key).locator(".words").press("x")
    bar.get_by_role("button", name="Put in").click()
    ada.get_by_role("menuitem", name="Money").click()
    expect(column(ada, "Money").locator(".card .words")).to_have_text(["STRASSE im Dunkeln", "Ask us first"])
    for key in (keys[2], keys[3]):
        card(ada, key).locator(".words").press("x")
    bar.get_by_role("button", name="Hide").click()
    dialog = ada.locator("dialog")
    dialog.get_by_label("Why?").fill("Off topic")
    dialog.get_by_role("button", name="Save").click()
    expect(card(ada, keys[3])).to_have_count(0)
    expect(dialog).to_be_hidden()
    assert [room.lying(key).hidden_why for key in keys] == ["", "", "Off topic", "Off topic"]
