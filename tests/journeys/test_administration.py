"""An administrator gives access, takes in a register after a look at it, and takes everything out."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Server
from tests.journeys.test_coming_in import PASSWORD, set_up
from tests.journeys.test_follow_through import confirm, open_dialog, settled

pytestmark = pytest.mark.journey

REGISTER = """report,number,agency,made,recommendation,reply
R1,1,Harbour Board,2025-03-01,Mark the steps.,"On 4 April 2025 the Harbour Board replied: this recommendation is accepted."
R1,2,Harbour Board,2025-03-01,Light the quay.,
R2,3,Ferry Office,2025-05-10,Count the passengers.,
R2,4,Ferry Office,1985-05-10,Close the gate.,
"""  # noqa: E501


def open_part(page: Page, name: str) -> None:
    """Go to one part of administration."""
    page.goto("/administration")
    settled(page)
    page.get_by_text(name, exact=True).click()
    settled(page)


def send(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the register's field."""
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    settled(page)


def test_access_is_given_and_taken_away_on_the_screen(page: Page, browser: Browser, server: Server) -> None:
    set_up(page)
    page.goto("/administration")
    dialog = open_dialog(page, page.get_by_role("button", name="Give somebody access"))
    dialog.get_by_label("Name", exact=True).fill("Bo Reed")
    dialog.get_by_label("E-mail address").fill("bo@example.org")
    confirm(page, dialog)
    link = page.get_by_test_id("stCode").inner_text().strip()
    bo = browser.new_context(base_url=server.url).new_page()
    bo.goto(link)
    expect(bo.get_by_role("heading", name="Welcome, Bo Reed")).to_be_visible()
    assert link.rpartition("/")[2] not in bo.url
    for field in ("Password 15", "Password again"):
        bo.get_by_label(re.compile(f"^{field}")).fill(PASSWORD)
    bo.get_by_role("button", name="Choose this password").click()
    expect(bo.get_by_role("heading", name="Good day, Bo Reed")).to_be_visible()
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_text("A link for Bo Reed")).to_have_count(0)
    expect(bo.get_by_role("link", name="Administration")).to_have_count(0)
    assert bo.request.get("/export.zip").status == 403
    bo.goto("/administration")
    expect(bo.get_by_text("This screen is for administrators")).to_be_visible()
    expect(bo.get_by_role("button", name="Give somebody access")).to_have_count(0)
    dialog = open_dialog(page, page.get_by_role("button", name="Take away").last)
    expect(dialog.get_by_text("Bo Reed is signed out everywhere")).to_be_visible()
    confirm(page, dialog)
    expect(page.get_by_text("No access")).to_be_visible()
    bo.goto("/board")
    expect(bo.get_by_role("heading", level=1)).to_have_text("Sign in")
    bo.context.close()


def test_a_register_is_looked_at_and_taken_in_and_the_lab_taken_out(page: Page, tmp_path: Path) -> None:
    set_up(page)
    open_part(page, "Take in a register")
    send(page, "photo.csv", b"PK\x03\x04")
    expect(page.get_by_text("This is a spreadsheet or a zip file, not CSV.")).to_be_visible()
    open_part(page, "Take in a register")
    send(page, "register.csv", REGISTER.encode())
    expect(page.get_by_text("1 row cannot be taken.")).to_be_visible()
    page.get_by_role("button", name="Take in 3 recommendations").click()
    expect(page.get_by_text("3 recommendations taken in.")).to_be_visible()
    settled(page)
    send(page, "register.csv", REGISTER.encode())
    expect(page.get_by_text("Everything in this file is in the lab already.")).to_be_visible()
    page.goto("/board")
    expect(page.locator("[data-column=recommend] [data-card]")).to_have_count(2)
    open_part(page, "Take everything out")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    download.value.save_as(tmp_path / "lab.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "lab.zip").read_bytes())) as archive:
        assert b"Light the quay." in archive.read("recommendation.csv")
        assert b"argon2" not in archive.read("account.csv")
