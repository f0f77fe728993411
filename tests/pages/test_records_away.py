"""A screen says in words that the records can't be reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

SCREEN = """
from pages.parts import shell
import streamlit as st
with shell.reading() as session:
    session.connection()
st.text("never shown")
"""


def test_a_screen_says_in_words_that_the_records_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab.db").write_text("Shall I compare thee to a summer's day? " * 50, encoding="utf-8")
    for address in (f"sqlite:///{tmp_path / 'lab.db'}", "postgresql://127.0.0.1:1/none"):
        monkeypatch.setenv("DATABASE_URL", address)
        app = AppTest.from_string(SCREEN, default_timeout=300).run()
        assert not app.exception, app.exception
        assert ["can't be reached just now" in each.value for each in app.error] == [True]
        assert not app.text
