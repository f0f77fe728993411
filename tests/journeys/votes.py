"""A served lab with something to vote on, and the devices of those who vote."""

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
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from db.engine import Database
from lab.access.commands import add_account, first_administrator
from lab.access.passwords import hashed
from lab.access.rights import COMMAND_LINE
from lab.pictures.safe import make_safe
from lab.projects.commands import start_project
from lab.prototypes.commands import add_picture, make_prototype
from lab.stakeholders.commands import add_stakeholder
from lab.voting.commands import make_round
from lab.voting.counting.sums import NO_MARK
from lab.voting.queries import room_of_round
from lab.voting.record import read_record, verify
from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import PASSWORD

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
TITLES = ("Text message", "Plain letter", "Named contact")
WORRY = "Who answers the phone at night?"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Streamlit's message of what was done is a dialog without a name, and not ours to mend.
RUN_AXE = """(rules) => axe.run(
  { exclude: ["[data-testid=stToast]"] },
  { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) },
).then((found) => found.violations)"""
ON_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that may be broken in one scheme and kept in another, at the same width."""
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
    || (each.matches("main, .reveal, .join, .choices, .choices li")
      && each.scrollHeight > each.clientHeight + 1);
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
def house(server: Server) -> Iterator[House]:
    database = Database(f"sqlite:///{server.database}")
    with database.writing() as session:
        first_administrator(
            session, lab_name="Harbour Lab", name="Ada Moor", email="ada@example.org",
            password=hashed(PASSWORD), now=NOW,
        )  # fmt: skip
        account = add_account(
            session, COMMAND_LINE, name="Sam Reed", email="sam@example.org", role="stakeholder",
            password=hashed(PASSWORD), now=NOW,
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
            viewport={"width": width, "height": height},
            base_url=house.server.url,
            reduced_motion="reduce",
            **facts,
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        return context.new_page()

    yield window
    for context in contexts:
        context.close()
    assert faults == []


def violations(page: Page, *, looks: list[tuple[int, str]] = LOOKS, serious: bool = False) -> list[str]:
    """What axe-core finds on the page at each width and in each scheme."""
    before = page.viewport_size
    assert before
    found = []
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE)
    for place, (width, scheme) in enumerate(looks):
        page.set_viewport_size({"width": width, "height": 810 if width > 1000 else 700})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        seen_in_all = width in [each for each, _ in looks[:place]]
        for each in page.evaluate(RUN_AXE, ON_COLOURS if seen_in_all else None):
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


def vote_by_keyboard(phone: Page, method: str, marks: dict[int, int]) -> None:
    """Mark one option after the other, with the page loaded again after each, and hand in."""
    order = sorted(marks, key=marks.__getitem__) if method == "ranked" else sorted(marks)
    for place in order:
        mark_by_keyboard(phone, method, place, marks[place])
        phone.reload()
    assert marks_on(phone, method) == as_marks(method, marks)
    tab_to(phone, 'e.matches("button.main")')
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("Your vote is in")).to_be_visible()


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


LONG = "Somebody wanted to say everything about it at once, so that nobody could ever misunderstand it. " * 3
HEBREW = "מכתב פשוט בעמוד אחד במקום שלושה מכתבים עם סעיפים"
