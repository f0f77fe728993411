"""The sentence of an error stands where the rule is checked: screens, pages and terminal show it as it is."""

from __future__ import annotations

from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
import typer
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.cli import run
from lab.foundation.errors import Invalid
from lab.web.pages import refused
from tests.boards import signed_in
from tests.pages.reading import as_read

SENTENCE = "The ferry leaves at nine. Please come <i>earlier</i>."


def test_a_phone_shows_it_escaped() -> None:
    page = refused(Invalid(SENTENCE))
    assert page.status_code == 422
    assert "The ferry leaves at nine. Please come &lt;i&gt;earlier&lt;/i&gt;." in bytes(page.body).decode()


def test_the_terminal_shows_it_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = typer.Typer(pretty_exceptions_enable=False)

    @commands.command()
    def leave() -> None:
        raise Invalid(SENTENCE)

    monkeypatch.setattr("sys.argv", ["lab"])
    with pytest.raises(SystemExit) as ended:
        run(commands)
    assert (ended.value.code, capsys.readouterr().err) == (2, f"{SENTENCE}\n")


SCREEN = f"""
from lab.foundation.errors import Invalid
from pages.parts import shell

def leave(session, actor, *, now):
    raise Invalid({SENTENCE!r})

shell.perform(leave)
"""


def test_a_screen_shows_it_where_the_command_was_called(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    with patch.object(type(st.context), "cookies", cookies):
        screen = AppTest.from_string(SCREEN, default_timeout=60).run()
    assert not screen.exception
    assert [as_read(each.value) for each in screen.error] == [SENTENCE]
