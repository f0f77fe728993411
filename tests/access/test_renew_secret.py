"""The lab's secret can be replaced: what was signed before is worth nothing, and no phone counts twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Database
from db.lock import hold
from lab.access.commands import renew_secret
from lab.access.keys import PHONE, TokenMint, signing_secret
from lab.access.rights import COMMAND_LINE
from lab.foundation.errors import Conflict, NotAllowed, NotFound
from lab.projects.commands import start_project
from lab.workshops.room.pulse import asked_by, pulse_link
from tests.cli.running import lab
from tests.conftest import NOW, person
from tests.served import begin_a_workshop, fill, open_a_round


def test_what_was_signed_with_the_old_secret_is_worth_nothing(database: Database) -> None:
    fill(database)
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Letters", challenge="Why?", now=NOW)
        link = pulse_link(session, COMMAND_LINE, project, now=NOW)
        old = TokenMint(signing_secret(session), PHONE)
        renew_secret(session, COMMAND_LINE, now=NOW)
        new = TokenMint(signing_secret(session), PHONE)
        with pytest.raises(NotFound, match="Ask the lab for a new one"):
            asked_by(session, link, now=NOW)
    token = old.token()
    assert old.has_made(token)
    assert not new.has_made(token)


def test_nobody_but_an_administrator_renews_the_secret(database: Database) -> None:
    manager = person(database, "manager")
    with database.writing() as session, pytest.raises(NotAllowed):
        renew_secret(session, manager, now=NOW)


def test_an_open_vote_is_closed_before_the_secret_is_renewed(database: Database) -> None:
    fill(database)
    open_a_round(database)
    with database.writing() as session, pytest.raises(Conflict, match="Close it first"):
        renew_secret(session, COMMAND_LINE, now=NOW)


def test_a_running_workshop_is_ended_before_the_secret_is_renewed(database: Database) -> None:
    fill(database)
    begin_a_workshop(database)
    with database.writing() as session, pytest.raises(Conflict, match="End it first"):
        renew_secret(session, COMMAND_LINE, now=NOW)


def test_a_served_lab_is_stopped_before_its_secret_is_renewed(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    database = Database(f"sqlite:///{path}")
    fill(database)
    database.close()
    with hold(path):
        refused = lab(path, "renew-secret")
    assert refused.returncode == 2
    assert "Stop that one first" in refused.stderr
    renewed = lab(path, "renew-secret")
    assert (renewed.returncode, renewed.stderr) == (0, "")
    assert "Pulse links that are out no longer work" in renewed.stdout
