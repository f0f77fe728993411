"""Lending, as somebody gets it who has the right: the mirror of a new screen, as it would stand in
`tests/pages/`."""

from __future__ import annotations

from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from pages.frame import navigation
from pages.parts.addresses import TITLES
from tests.boards import signed_in


def test_a_new_screen_is_in_the_menu_and_is_drawn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(right, _, render)] = [each for each in navigation.SCREENS if each[1] == "lending"]
    assert (right, TITLES["lending"], render.__module__) == ("project.read", "Lending", "pages.lending")
    monkeypatch.setenv("DATABASE_URL", database.url)
    cookies = PropertyMock(return_value={"lab_session": signed_in(database, "Ines Calder")})
    with patch.object(type(st.context), "cookies", cookies):
        menu = AppTest.from_string(
            "from pages.frame.navigation import show\nshow()", default_timeout=60
        ).run()
        screen = AppTest.from_string("from pages import lending\nlending.render()", default_timeout=60).run()
    assert not menu.exception
    assert not screen.exception
    assert [each.value for each in screen.markdown] == ["There is nobody to lend to."]
