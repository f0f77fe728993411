"""A room votes: three phones, a wall and a desk, by every method, and everybody sees what came of it."""

from __future__ import annotations

import datetime as dt
import re
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, TimeoutError, expect

from db.engine import Database
from db.upgrade import upgrade
from lab.access.commands import add_account, first_administrator
from lab.access.rights import COMMAND_LINE
from lab.pictures.safe import make_safe
from lab.projects.commands import start_project
from lab.prototypes.commands import add_picture, make_prototype
from lab.stakeholders.commands import add_stakeholder
from lab.voting.commands import close_round, enter_paper_ballot, make_round, open_round, reveal_round
from lab.voting.counting.sums import NO_MARK
from lab.voting.queries import room_of_round
from lab.voting.record import read_record, verify
from tests.journeys.conftest import Server, serving
from tests.journeys.test_coming_in import PASSWORD
from tests.journeys.test_follow_through import confirm, open_dialog, settled, sign_in

pytestmark = pytest.mark.journey

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
TITLES = ("Text message", "Plain letter", "Named contact")
WORRY = "Who answers the phone at night?"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Streamlit's message of what was done is a dialog without a name, and not ours to mend.
RUN_AXE = """axe.run({ exclude: ["[data-testid=stToast]"] }).then((found) => found.violations)"""
LOOKS = [(width, scheme) for width in (320, 1440) for scheme in ("light", "dark")]
COVERED = """() => {
  const focused = document.activeElement, bar = document.querySelector(".send");
  if (!bar || bar.contains(focused) || focused === document.body) return false;
  const box = focused.getBoundingClientRect();
  return box.bottom > bar.getBoundingClientRect().top || box.top < 0;
}"""
SMALL_TARGETS = """() => [
  ...document.querySelectorAll("label:has(input), .option input, button, summary, select, .button")
].filter((each) => !each.matches(".tick input"))
  .filter((each) => each.checkVisibility())
  .map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 43.9)
  .map(([html, box]) => `${html} ${box.width} × ${box.height}`)"""
LAYOUT_SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { sum += each.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""

CUT_OFF = """() => [...document.querySelectorAll("main, main *")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.top < -1 || box.left < -1 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1
    || (each.matches("main, .reveal, .join") && each.scrollHeight > each.clientHeight + 1);
}).map((each) => each.outerHTML.slice(0, 100))"""


@dataclass
class House:
    """A running lab with a project whose three prototypes have pictures, and a stakeholder's account."""

    server: Server
    database: Database
    project: uuid.UUID
    prototypes: list[uuid.UUID]

    def code(self, round_id: uuid.UUID) -> str:
        with self.database.reading() as session:
            return room_of_round(session, COMMAND_LINE, round_id).code

    def drafted(self, method: str, **facts: Any) -> uuid.UUID:
        with self.database.writing() as session:
            return make_round(
                session, COMMAND_LINE, self.project, question=f"Which first, by {method}?", method=method,
                options=[(each, "On trial since May") for each in self.prototypes], now=NOW,
                decides_next="The court's board", hear_by=NOW.date() + dt.timedelta(28), **facts,
            )  # fmt: skip

    def does(self, command: Any, round_id: uuid.UUID, **facts: Any) -> None:
        with self.database.writing() as session:
            command(session, COMMAND_LINE, round_id, now=NOW, **facts)

    def record(self, round_id: uuid.UUID) -> dict[str, Any]:
        """The published record, fetched as anybody would, and recounted."""
        with urllib.request.urlopen(f"{self.server.url}/v/{round_id}/record.json") as answer:
            record = read_record(answer.read())
        assert verify(record).problems == ()
        return record


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(tmp_path_factory.mktemp("votes")) as server:
        database = Database(f"sqlite:///{server.database}")
        upgrade(database.engine)
        with database.writing() as session:
            first_administrator(
                session, lab_name="Harbour Lab", name="Ada Moor", email="ada@example.org",
                password=PASSWORD, now=NOW,
            )  # fmt: skip
            account = add_account(
                session, COMMAND_LINE, name="Sam Reed", email="sam@example.org", role="stakeholder",
                password=PASSWORD, now=NOW,
            )  # fmt: skip
            project = start_project(
                session, COMMAND_LINE, title="Shorter letters", challenge="Why?", sponsor="Court",
                place="Eastmere", now=NOW,
            )  # fmt: skip
            add_stakeholder(
                session, COMMAND_LINE, project, pseudonym="Heron", group="service_user", account_id=account,
                now=NOW,
            )  # fmt: skip
            prototypes = [
                make_prototype(session, COMMAND_LINE, project, title=title, fidelity="paper", now=NOW)
                for title in TITLES
            ]
            for key, title in zip(prototypes, TITLES, strict=True):
                add_picture(session, COMMAND_LINE, key, drawing(title), description=title, now=NOW)
        yield House(server, database, project, prototypes)
        database.close()


def drawing(words: str) -> Any:
    image = Image.new("RGB", (900, 600), "#dfeeee")
    ImageDraw.Draw(image).text((80, 240), words, fill="#0b5f66", font_size=90)
    target = BytesIO()
    image.save(target, "PNG")
    return make_safe(target.getvalue())


@pytest.fixture
def windows(browser: Browser, house: House) -> Iterator[Any]:
    """Opens windows, each a person's own device. Errors in them fail the test."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def window(width: int, height: int = 700, **facts: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=house.server.url, **facts
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield window
    for context in contexts:
        context.close()
    assert faults == []


def violations(page: Page, *, looks: list[tuple[int, str]] = LOOKS, serious: bool = False) -> list[str]:
    """What axe-core finds on the page at each width and in each scheme."""
    before = page.viewport_size
    assert before
    found = []
    page.evaluate(AXE)
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 810 if width > 1000 else 700})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for each in page.evaluate(RUN_AXE):
            if not serious or each["impact"] in ("serious", "critical"):
                nodes = "; ".join(node["html"][:120] for node in each["nodes"][:3])
                found.append(f"{page.url} {width} {scheme}: {each['id']} {nodes}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
    return found


def card(phone: Page, title: str) -> Locator:
    return phone.locator(".option").filter(has_text=title)


def mark(phone: Page, method: str, title: str, value: int) -> None:
    """Mark one option by finger, with or without a script."""
    option = card(phone, title)
    if method == "approval":
        option.get_by_role("checkbox").set_checked(bool(value))
    elif method in ("score", "majority_judgment"):
        option.locator(f'input[value="{value}"]').check()
    elif method == "ranked" and option.locator("select").is_visible():
        option.locator("select").select_option(str(value))
    elif method == "ranked":
        option.locator(".place").click()
    elif option.locator("input").is_visible():
        option.locator("input[type=number]").fill(str(value))
    else:
        for _ in range(value):
            option.get_by_role("button", name="One dot more").click()


def marks_on(phone: Page, method: str) -> list[int]:
    """The marks that the form holds, in the order of the options."""
    blank = 0 if method in ("approval", "dots") else NO_MARK
    sent = phone.evaluate('Object.fromEntries(new FormData(document.querySelector("form.ballot")))')
    return [int(sent.get(f"mark-{place}") or blank) for place in range(len(TITLES))]


def tab_to(phone: Page, wanted: str) -> None:
    """Press Tab until the focus is on what is wanted; on the way it is never hidden."""
    for _ in range(60):
        phone.keyboard.press("Tab")
        assert not phone.evaluate(COVERED), "the focus is behind the bar that sends"
        if phone.evaluate(f"() => {{ const e = document.activeElement; return Boolean({wanted}); }}"):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def mark_by_keyboard(phone: Page, method: str, place: int, value: int) -> None:
    """Mark one option without a finger."""
    kind = {"ranked": ".place", "dots": ".step button:last-child"}.get(method, "input")
    tab_to(phone, f"""e.matches("{kind}") && e.closest(".option")?.querySelector('[name="mark-{place}"]')""")
    if method in ("approval", "ranked"):
        phone.keyboard.press("Space" if method == "approval" else "Enter")
    elif method == "dots":
        for _ in range(value):
            phone.keyboard.press("Enter")
    else:
        steps = value if method == "score" else 5 - value
        phone.keyboard.press("Space")
        for _ in range(steps):
            phone.keyboard.press("ArrowRight")


def hand_in(phone: Page) -> None:
    phone.get_by_role("button", name="Hand in my vote").click()
    expect(phone.get_by_text("Your vote is in")).to_be_visible()


def receipt_on(phone: Page) -> str:
    return phone.locator(".receipt .code").inner_text().replace(" ", "")


def join(phone: Page, code: str) -> None:
    """Type the code as people type."""
    phone.goto("/j")
    phone.get_by_label(re.compile("^Code")).fill(f"{code[:3]} {code[3:]}".lower())
    phone.get_by_role("button", name="Join").click()


@dataclass
class Ballots:
    """What three phones vote, by place: what one changes its mind about, and what comes on paper."""

    first: dict[int, int]
    extra: tuple[int, int]
    changed: dict[int, int]
    plain: dict[int, int]
    keys: dict[int, int]
    paper: tuple[int, ...]


BALLOTS = {
    "score": Ballots({0: 5, 1: 2}, (2, 1), {1: 3}, {0: 4, 1: 0, 2: 1}, {0: 5, 2: 2}, (3, 3, 3)),
    "ranked": Ballots({0: 1, 1: 2}, (2, 3), {2: 3}, {1: 1, 0: 2}, {0: 1, 2: 2}, (2, 1, 3)),
    "dots": Ballots({0: 3, 1: 1}, (2, 1), {2: 1}, {0: 5}, {0: 2, 2: 2}, (1, 2, 2)),
    "majority_judgment": Ballots({0: 5, 1: 3}, (2, 0), {1: 4}, {0: 4, 1: 2, 2: 0}, {0: 3, 2: 5}, (2, 2, 2)),
}


def as_marks(method: str, *ballots: dict[int, int]) -> list[int]:
    blank = 0 if method in ("approval", "dots") else NO_MARK
    held = {place: value for ballot in ballots for place, value in ballot.items()}
    return [held.get(place, blank) for place in range(len(TITLES))]


@pytest.mark.parametrize("method", BALLOTS)
def test_a_room_votes_by_each_method_however_its_phones_behave(
    windows: Any, house: House, method: str
) -> None:
    votes = BALLOTS[method]
    round_id = house.drafted(method)
    code = house.code(round_id)
    house.does(open_round, round_id)
    wall, touch, plain, keys = (
        windows(1440, 810),
        windows(320),
        windows(390, java_script_enabled=False),
        windows(360),
    )
    wall.goto(f"/j/{code}/wall")
    for phone in (touch, plain, keys):
        join(phone, code)
    assert touch.evaluate(SMALL_TARGETS) == []
    assert touch.evaluate(LAYOUT_SHIFT) < 0.05
    assert violations(touch) == []

    for place, value in votes.first.items():
        mark(touch, method, TITLES[place], value)
    assert marks_on(touch, method) == as_marks(method, votes.first)
    mark(touch, method, TITLES[votes.extra[0]], votes.extra[1])
    assert marks_on(touch, method) == as_marks(method, votes.first, dict([votes.extra]))
    touch.get_by_role("button", name="Undo").click()
    assert marks_on(touch, method) == as_marks(method, votes.first)
    touch.reload()
    expect(touch.get_by_text("Your choices are as you left them")).to_be_visible()
    assert marks_on(touch, method) == as_marks(method, votes.first)

    touch.context.set_offline(True)
    touch.get_by_role("button", name="Hand in my vote").click()
    expect(touch.get_by_text("Your vote is kept on this phone")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("0")
    touch.context.set_offline(False)
    expect(touch.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("1")
    first_receipt = receipt_on(touch)
    assert violations(touch, looks=[(320, "light"), (320, "dark")]) == []

    touch.get_by_role("link", name="Change my vote").click()
    for place, value in votes.changed.items():
        mark(touch, method, TITLES[place], value)

    def stored_but_never_heard(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    touch.route(f"**/j/{code}", stored_but_never_heard, times=1)
    hand_in(touch)
    assert receipt_on(touch) == first_receipt

    for place, value in votes.plain.items():
        mark(plain, method, TITLES[place], value)
    hand_in(plain)

    if method == "ranked":
        for place in sorted(votes.keys, key=votes.keys.__getitem__):
            phone_order = votes.keys[place]
            mark_by_keyboard(keys, method, place, phone_order)
            keys.reload()
    else:
        for place in sorted(votes.keys):
            mark_by_keyboard(keys, method, place, votes.keys[place])
            keys.reload()
    assert marks_on(keys, method) == as_marks(method, votes.keys)
    tab_to(keys, 'e.matches("button.main")')
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("Your vote is in")).to_be_visible()

    house.does(enter_paper_ballot, round_id, marks=votes.paper)
    expect(wall.locator("#voted")).to_have_text("4")
    expect(wall.locator("#joined")).to_have_text("4")
    for title in TITLES:
        expect(wall.locator("body")).not_to_contain_text(title)
    assert violations(wall, looks=[(1440, "light"), (1440, "dark")]) == []

    house.does(close_round, round_id, reveal=False)
    expect(wall.get_by_text("The vote is closed")).to_be_visible()
    touch.reload()
    expect(touch.get_by_text("The vote is closed")).to_be_visible()
    expect(touch.locator("body")).not_to_contain_text(TITLES[0])
    assert violations(touch, looks=[(320, "light"), (1440, "dark")]) == []

    house.does(reveal_round, round_id)
    plain.reload()
    for screen in (wall, touch, plain, keys):
        expect(screen.locator(".bars")).to_contain_text(TITLES[0])
        expect(screen.get_by_text("The court's board")).to_be_visible()
    assert violations(touch) == []
    assert violations(wall, looks=[(1440, "light"), (1440, "dark")]) == []
    height = wall.evaluate("document.documentElement.scrollHeight")
    assert height <= 810, "the wall must not scroll"

    record = house.record(round_id)
    assert sorted(each["marks"] for each in record["ballots"]) == sorted(
        [
            as_marks(method, votes.first, votes.changed),
            as_marks(method, votes.plain),
            as_marks(method, votes.keys),
            list(votes.paper),
        ]
    )
    assert {receipt_on(phone) for phone in (touch, plain, keys)} == set(record["receipts"])
    stranger = windows(320)
    stranger.goto(f"/v/{round_id}")
    stranger.get_by_label("Receipt").fill(first_receipt.lower())
    stranger.get_by_role("button", name="Check").click()
    expect(stranger.get_by_text(f"A ballot with the receipt {first_receipt} is in the count")).to_be_visible()
    assert violations(stranger) == []


def choose(page: Page, within: Locator, name: str, option: str) -> None:
    """Choose from one of the desk's lists; it closes by itself when the screen is drawn anew meanwhile."""
    listed = page.get_by_role("option", name=option, exact=True)
    for _ in range(3):
        settled(page)
        within.get_by_role("combobox", name=re.compile(name)).click()
        try:
            listed.click(timeout=2_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"{option} cannot be chosen as {name}")


def pick(page: Page, within: Locator, name: str) -> None:
    """Pick one of the desk's few; where a list is still open, the first click only closes it."""
    for _ in range(3):
        settled(page)
        within.get_by_text(name, exact=True).click()
        settled(page)
        if within.get_by_role("radio", name=name).is_checked():
            return
    raise AssertionError(f"{name} cannot be picked")


def test_a_vote_from_the_desks_form_to_the_room_and_back(windows: Any, house: House) -> None:
    desk, wall = windows(1440, 1000), windows(1440, 810)
    sign_in(desk, "ada@example.org")
    desk.goto(f"/project?project={house.project}&tab=votes")
    dialog = open_dialog(desk, desk.get_by_role("button", name="Make a vote"))
    dialog.get_by_label("Question to the room").fill("Which letter first?")
    dialog.get_by_text("One line about each").click()
    dialog.get_by_role("textbox", name=TITLES[0], exact=True).fill("Two days before the hearing")
    choose(desk, dialog, "Method", "Approval")
    choose(desk, dialog, "Ask for a stakeholder group", "Carer")
    choose(desk, dialog, "Ask for a stakeholder group", "People who use the service")
    pick(desk, dialog, "Fixed, as chosen")
    dialog.get_by_label("Who decides next").fill("The judges' council")
    dialog.get_by_role("spinbutton", name="year, The room will hear by").click()
    desk.keyboard.type("20260402")
    desk.keyboard.press("Tab")
    settled(desk)
    confirm(desk, dialog)
    listed = desk.locator("[class*='st-key-card-']").filter(has_text="Which letter first?")
    listed.get_by_role("button", name="Open").click()
    expect(desk.get_by_role("heading", name="Which letter first?")).to_be_visible()
    expect(desk.get_by_text("The room hears by: 2 Apr 2026")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    address = desk.get_by_role("link", name="Open the wall").get_attribute("href")
    assert address
    wall.goto(address)
    expect(wall.get_by_text("The vote opens soon")).to_be_visible()
    code = wall.locator(".code").inner_text().replace(" ", "")
    touch, plain, keys = windows(320), windows(390, java_script_enabled=False), windows(360)
    for phone in (touch, plain, keys):
        join(phone, code)
        expect(phone.get_by_text("The vote has not opened yet")).to_be_visible()
    expect(wall.locator("#joined")).to_have_text("2")
    assert violations(touch) == []
    assert violations(wall) == []

    desk.get_by_role("button", name="Open the vote").click()
    expect(desk.get_by_text("Have not voted")).to_be_visible()
    round_id = uuid.UUID(desk.url.split("round=")[1][:36])
    plain.reload()
    for phone in (touch, plain, keys):
        expect(phone.get_by_role("button", name="Hand in my vote")).to_be_visible()
    titles = touch.locator(".option .title").all_inner_texts()
    assert [title.strip() for title in titles] == list(TITLES)
    expect(touch.get_by_text("Two days before the hearing")).to_be_visible()
    assert touch.evaluate(SMALL_TARGETS) == []
    assert violations(touch) == []

    touch.get_by_label("Carer").check()
    mark(touch, "approval", TITLES[0], 1)
    mark(touch, "approval", TITLES[1], 1)
    touch.get_by_role("button", name="Undo").click()
    assert marks_on(touch, "approval") == [1, 0, 0]
    worry = card(touch, TITLES[0])
    worry.get_by_text("I have a worry about this").click()
    worry.get_by_label("What could go wrong?").fill(WORRY)
    hand_in(touch)
    expect(touch.get_by_text(WORRY)).to_be_visible()
    assert violations(touch) == []
    touch.get_by_role("link", name="Change my vote").click()
    mark(touch, "approval", TITLES[2], 1)
    hand_in(touch)

    mark(plain, "approval", TITLES[1], 1)
    plain.get_by_label("People who use the service").check()
    hand_in(plain)

    tab_to(keys, 'e.name === "group"')
    keys.keyboard.press("Space")
    for place in (0, 1):
        mark_by_keyboard(keys, "approval", place, 1)
    tab_to(keys, 'e.matches("button.main")')
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("Your vote is in")).to_be_visible()
    expect(wall.locator("#voted")).to_have_text("3")

    voted = desk.get_by_test_id("stMetric").filter(has_text=re.compile("^Voted"))
    paper = desk.get_by_test_id("stForm").filter(has_text="Count this ballot")
    choose(desk, paper, "Group", "Carer")
    paper.get_by_text(TITLES[2], exact=True).click()
    paper.get_by_role("button", name="Count this ballot").click()
    expect(voted).to_contain_text("4")
    settled(desk)
    expect(paper.get_by_role("checkbox", name=TITLES[2])).not_to_be_checked()
    hands = desk.get_by_test_id("stForm").filter(has_text="Count these hands")
    choose(desk, hands, "Group", "People who use the service")
    for place, number in ((0, "4"), (1, "2")):
        hands.get_by_label(TITLES[place]).fill(number)
        hands.get_by_label(TITLES[place]).press("Tab")
    hands.get_by_role("button", name="Count these hands").click()
    expect(voted).to_contain_text("10")
    expect(desk.get_by_text("By phone 3 · with an account 0 · on paper 1 · raised hands 6")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    expect(wall.locator("#voted")).to_have_text("10")
    for title in TITLES:
        expect(wall.locator("body")).not_to_contain_text(title)

    dialog = open_dialog(desk, desk.get_by_role("button", name="Close and reveal"))
    confirm(desk, dialog)
    expect(desk.get_by_text("To read aloud")).to_be_visible()
    plain.reload()
    for screen in (desk, wall, touch, plain, keys):
        expect(screen.get_by_text(f"“{TITLES[0]}” leads with 6 of 10 ballots").first).to_be_visible()
    expect(wall.get_by_text("6 by raised hands; 1 on paper")).to_be_visible()
    assert violations(desk, looks=[(1440, "light"), (390, "dark")], serious=True) == []
    assert violations(touch) == []
    record = house.record(round_id)
    assert record["sources"] == {"hands": 6, "paper": 1, "phone": 3}
    assert record["ranking"] == [[TITLES[0]], [TITLES[1]], [TITLES[2]]]

    desk.goto(f"/project?project={house.project}&tab=prototypes")
    expect(desk.get_by_text(WORRY, exact=True)).to_be_visible()


def test_a_stakeholder_with_an_account_has_one_ballot_in_the_app_and_by_phone(
    windows: Any, house: House
) -> None:
    round_id = house.drafted("approval", anonymity="participation_recorded")
    house.does(open_round, round_id)
    code = house.code(round_id)
    app = windows(390, 800)
    sign_in(app, "sam@example.org")
    app.goto("/ballot")
    asked = app.get_by_test_id("stVerticalBlock").filter(has_text="Which first, by approval?")
    form = asked.last.get_by_test_id("stForm")
    form.get_by_text(TITLES[1], exact=True).click()
    form.get_by_role("button", name="Hand in my vote").click()
    expect(app.get_by_text("Your vote is in. You may change it")).to_be_visible()
    settled(app)
    assert violations(app, looks=[(390, "light"), (1440, "dark")], serious=True) == []
    app.goto(f"/j/{code}")
    expect(app.get_by_text("Your vote is in")).to_be_visible()
    expect(app.locator(".own")).to_have_text(re.compile(f"{TITLES[1]}\\s*yes"))
    receipt = receipt_on(app)
    app.get_by_role("link", name="Change my vote").click()
    mark(app, "approval", TITLES[1], 0)
    mark(app, "approval", TITLES[2], 1)
    hand_in(app)
    assert receipt_on(app) == receipt
    house.does(close_round, round_id)
    record = house.record(round_id)
    assert [each["marks"] for each in record["ballots"]] == [[0, 0, 1]]
    assert record["sources"] == {"account": 1}


LONG = "Somebody wanted to say everything about it at once, so that nobody could ever misunderstand it. " * 3
HEBREW = "מכתב פשוט בעמוד אחד במקום שלושה מכתבים עם סעיפים"


@pytest.mark.parametrize("options", [2, 5, 30])
def test_nothing_on_the_wall_is_cut_off_however_long_its_words(
    windows: Any, house: House, options: int
) -> None:
    with house.database.writing() as session:
        keys = [
            make_prototype(
                session, COMMAND_LINE, house.project, fidelity="sketch", now=NOW,
                title=f"{number} {HEBREW if number % 2 else LONG}"[:200],
            )
            for number in range(options)
        ]  # fmt: skip
        round_id = make_round(
            session, COMMAND_LINE, house.project, question=LONG[:200], method="ranked", reveal="live",
            options=[(key, "") for key in keys], groups=("carer", "service_user"), now=NOW,
            decides_next=LONG[:80], hear_by=NOW.date(),
        )  # fmt: skip
    wall = windows(1280, 720)

    def fits(shown: str, *, sizes: tuple[tuple[int, int], ...] = ((1280, 720),)) -> None:
        for width, height in sizes:
            wall.set_viewport_size({"width": width, "height": height})
            wall.goto(f"/j/{house.code(round_id)}/wall")
            expect(wall.get_by_text(shown)).to_be_visible()
            assert wall.evaluate(CUT_OFF) == [], f"{shown} at {width} × {height}"

    fits("The vote opens soon")
    house.does(open_round, round_id)
    fits("have voted")
    for number in range(12):
        marks = [NO_MARK] * options
        marks[number % 2], marks[1 - number % 2] = 1, 2
        house.does(
            enter_paper_ballot, round_id, marks=marks, group=("carer", "service_user")[number % 4 // 2]
        )
    expect(wall.get_by_text("12 ballots")).to_be_visible()
    fits("12 ballots")
    house.does(close_round, round_id, reveal=False)
    wall.wait_for_timeout(500)
    fits("The vote is closed")
    house.does(reveal_round, round_id)
    wall.wait_for_timeout(1100)
    fits("What happens next", sizes=((1280, 720), (1440, 810), (1920, 1080)))


def test_a_stranger_with_a_wrong_address_is_told_in_an_accessible_page(windows: Any, house: House) -> None:
    round_id = house.drafted("approval")
    stranger = windows(320)
    for address, words in (
        ("/j", "six letters and digits"),
        ("/j/WRNG22", "There is no vote or workshop with the code WRNG22"),
        (f"/v/{round_id}", "has not been revealed yet"),
    ):
        stranger.goto(address)
        expect(stranger.get_by_text(words)).to_be_visible()
        assert violations(stranger) == []
