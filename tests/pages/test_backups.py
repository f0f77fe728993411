"""Administration says when the last backup was made, and where."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from lab.access.rights import COMMAND_LINE
from lab.exchange.backup.commands import make_backup
from lab.foundation import clock
from tests.accounts import session_for
from tests.conftest import NOW, person

SCREEN = "from pages.administration import screen\nscreen.render()"


def test_administration_says_when_the_last_backup_was_made_and_where(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    administrator = person(database, "administrator")
    with database.writing() as session:
        assert administrator.account_id
        token = session_for(session, administrator.account_id, clock.now())

    def shown() -> str:
        with patch.object(type(st.context), "cookies", PropertyMock(return_value={"lab_session": token})):
            app = AppTest.from_string(SCREEN, default_timeout=300)
            app.session_state["administration.part"] = "lab"
            app.run()
        assert not app.exception, app.exception
        return " ".join(each.value for each in (*app.markdown, *app.code))

    assert "None yet" in shown()
    made = make_backup(database.url, COMMAND_LINE, tmp_path / "out", key=None, clock=lambda: NOW)
    said = shown()
    assert str(made.path) in said
    assert "2 Mar 2026 at 09:00 (UTC), not encrypted" in said
