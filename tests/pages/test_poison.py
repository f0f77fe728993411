"""What people typed is nowhere read as Markdown by a screen, whatever way it took there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import PropertyMock, patch
from urllib.parse import parse_qsl, urlsplit

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from pages.parts.plain import plain
from tests.boards import signed_in
from tests.payloads import PAYLOADS, Mouth
from tests.poison import LISTS, poison
from tests.served import fill

pytestmark = pytest.mark.slow

SCREENS = {
    "": "home",
    "board": "board",
    "project": "project.screen",
    "vote": "vote.screen",
    "at-risk": "risk.screen",
    "workshop": "workshop.screen",
    "implementation": "implementation.screen",
    "portfolio": "portfolio",
}
SAID = ["title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success"]
LABELS = ["button", "checkbox", "radio", "button_group", "text_input", "text_area", "number_input"]
READ = [each for each in PAYLOADS if len(each) > 5 and plain(each) != each]
"""Payloads that would mean something if they were read, and that no sentence of ours has."""


def drawn(address: str) -> AppTest:
    parts = urlsplit(address)
    screen = f"pages.{SCREENS[parts.path.strip('/')]}"
    package, _, name = screen.rpartition(".")
    app = AppTest.from_string(f"from {package} import {name}\n{name}.render()", default_timeout=300)
    for key, value in parse_qsl(parts.query):
        app.query_params[key] = value
    app.run()
    assert not app.exception, (address, app.exception)
    return app


def read_as_markdown(app: AppTest) -> Iterator[str]:
    for kind in SAID:
        yield from (str(each.value) for each in app.get(kind))
    for kind in LABELS:
        yield from (str(each.proto.label) for each in app.get(kind) if hasattr(each.proto, "label"))
    yield from (each.label for each in app.expander)
    for table in app.table:
        yield from (str(cell) for cell in table.value.to_numpy().ravel())


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), 108))
def test_no_screen_reads_as_markdown_what_somebody_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    fill(database)
    monkeypatch.setenv("DATABASE_URL", database.url)
    poisoned = poison(database, Mouth(start))
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    seen = 0
    with patch.object(type(st.context), "cookies", cookies):
        for address in [*poisoned.screens(), *LISTS]:
            for text in read_as_markdown(drawn(address)):
                seen += 1
                for payload in READ:
                    assert payload not in text, f"{address}: {text}"
    assert seen > 300
    database.close()
