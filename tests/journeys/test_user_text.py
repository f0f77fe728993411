"""What people typed looks in a browser as they typed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.payloads import MARKDOWN
from tests.served import Server

pytestmark = pytest.mark.journey

MARKUP = "a, img, em, code, del, li, blockquote, table, h4, .katex, [style*='background-color'], [role='img']"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The widgets of `user_text_app`."""
    served = Server(
        f"sqlite:///{tmp_path / 'lab.db'}", tmp_path / "log", app="tests/journeys/user_text_app.py"
    )
    try:
        served.start()
        yield served
    finally:
        served.kill()


def test_nothing_that_somebody_typed_is_drawn_as_markup(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(server.url)
    expect(page.get_by_text("all 😄 drawn")).to_be_visible()
    for number, typed in enumerate(MARKDOWN):
        line = " ".join(typed.split())
        place = page.locator(f".st-key-typed-{number}")
        said = place.locator("[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer], h1")
        texts = {text.replace("\u2060", "").strip() for text in said.all_inner_texts()}
        assert texts == {line}
        assert place.locator("[data-testid=stMarkdownContainer]").locator(MARKUP).count() == 0, line
        beside = page.locator(f".st-key-beside-{number}")
        assert beside.inner_text().replace("\u2060", "") == f"{line} · seen\n{line}"
    page.close()
