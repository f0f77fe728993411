"""A stranger sees nothing but the sign-in; an administrator sets up a lab and works on its board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import ROOT, Server

pytestmark = pytest.mark.journey

PAGES = ROOT / "pages"
SCREENS = (
    *("/", "/board?x=1", "/no-such-screen", "/export.zip"),
    *("/at-risk", "/at_risk", "/project/screen"),
    *(f"/{path.stem}" for path in sorted(PAGES.glob("[a-z]*.py"))),
    *(f"/{path.name}" for path in sorted(PAGES.glob("[a-z]*/"))),
)
"""Every screen by its address and by its file's or folder's name, and what is no screen."""
PASSWORD = "amber kettle bridge"


def sign_in(page: Page, email: str) -> None:
    """Come in by the front door."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=re.compile("^Good day"))).to_be_visible()


def set_up(page: Page) -> None:
    """Start an own lab on the empty database; come in where a journey before on this server did so."""
    page.goto("/")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("^(Welcome to Followthrough|Sign in)$"))
    if heading.inner_text() == "Sign in":
        sign_in(page, "ada@example.org")
        return
    page.get_by_label("Name of the lab").fill("Harbour Lab")
    page.get_by_label("Your name").fill("Ada Moor")
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.get_by_label(re.compile("^Password 15")).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Start the lab").click()
    expect(page.get_by_role("heading", name="Good day, Ada Moor")).to_be_visible()


def shows_everywhere(visitor: Page, heading: str) -> None:
    """Every address leads to one and the same page: asked for as the browser does, and one of them shown."""
    for screen in SCREENS:
        told = visitor.request.get(screen).text()
        assert re.findall(r"<h1[^>]*>(.*?)</h1>", told) == [heading], screen
        assert "Board" not in told, screen
    visitor.goto("/board?x=1")
    expect(visitor.get_by_role("heading", level=1)).to_have_text(heading)


def test_every_deep_link_shows_a_stranger_only_the_sign_in(
    page: Page, browser: Browser, server: Server
) -> None:
    shows_everywhere(page, "Welcome to Followthrough")
    set_up(page)
    stranger = browser.new_context(base_url=server.url).new_page()
    shows_everywhere(stranger, "Sign in")
    stranger.goto("/sign-in?next=https://elsewhere.example/")
    stranger.get_by_label("E-mail address").fill("ada@example.org")
    stranger.get_by_label("Password").fill("not the password")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_contain_text("is wrong")
    expect(stranger.get_by_label("E-mail address")).to_have_value("ada@example.org")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("heading", name="Good day, Ada Moor")).to_be_visible()
    assert stranger.url.startswith(server.url)
    stranger.context.close()


def test_signing_out_ends_the_session_in_every_window_and_what_was_typed_waits(page: Page) -> None:
    set_up(page)
    other = page.context.new_page()
    other.goto("/board")
    expect(other.get_by_role("heading", name="Board")).to_be_visible()
    other.get_by_role("button", name="Start a project").click()
    other.get_by_label("Title").fill("A letter that was begun")
    cover = other.get_by_role("alertdialog", name="You are signed out")
    sign_out(page)
    expect(cover).to_be_visible()
    expect(other.get_by_text("Connection error")).to_be_attached()  # Streamlit's own dialog comes later
    with other.context.expect_page() as opened:
        cover.get_by_role("link", name="Sign in (opens a new tab)").click()
    sign_in(opened.value, "ada@example.org")
    expect(cover).to_have_count(0)
    expect(other.get_by_label("Title")).to_have_value("A letter that was begun")
    other.get_by_role("button", name="Start", exact=True).click()
    expect(other.get_by_role("dialog")).to_have_count(0)
    expect(other.locator("[data-column=discovery] [data-card]")).to_contain_text("A letter that was begun")

    sign_out(page)
    expect(cover).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")


def sign_out(page: Page) -> None:
    page.goto("/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_project_is_started_and_moved_through_its_gate_with_a_reason(page: Page) -> None:
    set_up(page)
    page.goto("/board")
    page.get_by_role("button", name="Start a project").click()
    page.get_by_label("Title").fill("Shorter letters before the hearing")
    page.get_by_label("Title").press("Tab")
    page.get_by_role("button", name="Start", exact=True).click()
    card = page.get_by_role("button", name=re.compile("^Move Shorter letters"))
    expect(card).to_be_visible()
    card.click()
    page.get_by_role("menuitem", name=re.compile("^Co-design")).click()
    expect(page.get_by_text("A sponsor is named")).to_be_visible()
    page.get_by_role("button", name="Waive and move").click()
    expect(page.get_by_text("Please give a reason")).to_be_visible()
    page.get_by_label("Why go on all the same?").fill("The sponsor signs next week")
    page.get_by_role("button", name="Waive and move").click()
    expect(page.locator("[data-column=co_design] [data-card]")).to_contain_text("Shorter letters")
