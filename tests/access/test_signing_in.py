"""Who may come in, and what stops those who may not."""

from __future__ import annotations

import datetime as dt

import pytest

from db.engine import Database
from lab.access import commands, queries
from lab.access.rights import PERMISSIONS, RIGHTS, Actor, require
from lab.foundation.errors import Conflict, Invalid, NotAllowed, TooMany
from tests.conftest import NOW, person

PASSWORD = "amber kettle bridge"


def _set_up(database: Database) -> None:
    with database.writing() as session:
        commands.first_administrator(
            session, lab_name="Harbour Lab", name="Ada", email="Ada@Example.org", password=PASSWORD, now=NOW
        )


def _try(
    database: Database, password: str, *, address: str = "192.0.2.1", now: dt.datetime = NOW
) -> str | None:
    with database.writing() as session:
        return commands.sign_in(
            session, email=" ada@example.org", password=password, address=address, now=now
        )


def test_the_first_administrator_sets_up_an_empty_database_once(empty_database: Database) -> None:
    _set_up(empty_database)
    with empty_database.reading() as session:
        facts = queries.lab_facts(session)
    assert facts == queries.LabFacts("Harbour Lab", False, None, "UTC")
    with pytest.raises(Conflict):
        _set_up(empty_database)


def test_a_session_ends_everywhere_when_it_is_signed_out(empty_database: Database) -> None:
    _set_up(empty_database)
    first, second = _try(empty_database, PASSWORD), _try(empty_database, PASSWORD)
    assert first
    assert second
    assert first != second
    with empty_database.writing() as session:
        commands.sign_out(session, first, NOW)
    with empty_database.reading() as session:
        assert queries.identity_of(session, first, NOW) is None
        still = queries.identity_of(session, second, NOW)
        assert still is not None
        assert (still.name, still.role) == ("Ada", "administrator")
        assert queries.identity_of(session, second, NOW + commands.SESSION_LASTS) is None
        assert queries.identity_of(session, "made up", NOW) is None


def test_a_wrong_password_is_refused_and_too_many_are_slowed_down(empty_database: Database) -> None:
    _set_up(empty_database)
    for _ in range(commands.TRIES_PER_ACCOUNT):
        assert _try(empty_database, "wrong") is None
    with pytest.raises(TooMany):
        _try(empty_database, PASSWORD, address="198.51.100.7")
    assert _try(empty_database, PASSWORD, now=NOW + commands.WINDOW + dt.timedelta(seconds=1))


def test_access_taken_away_ends_open_sessions_but_never_the_last_administrators(
    empty_database: Database,
) -> None:
    _set_up(empty_database)
    token = _try(empty_database, PASSWORD)
    assert token
    with empty_database.reading() as session:
        ada = queries.identity_of(session, token, NOW)
    assert ada is not None
    assert ada.account_id is not None
    with empty_database.writing() as session, pytest.raises(Invalid, match="only administrator"):
        commands.disable_account(session, ada, ada.account_id, NOW)
    second = person(empty_database, "administrator")
    with empty_database.writing() as session:
        commands.disable_account(session, second, ada.account_id, NOW)
    with empty_database.reading() as session:
        assert queries.identity_of(session, token, NOW) is None
    assert _try(empty_database, PASSWORD) is None


def test_nobody_signs_in_without_a_password_outside_the_demo_lab(database: Database) -> None:
    someone = person(database, "manager")
    assert someone.account_id
    with database.writing() as session, pytest.raises(NotAllowed):
        commands.sign_in_as_demo(session, someone.account_id, NOW)
    with database.reading() as session:
        assert queries.demo_people(session) == []


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_passwords_have_bounds(empty_database: Database, password: str) -> None:
    with empty_database.writing() as session, pytest.raises(Invalid, match="10 to 200"):
        commands.first_administrator(
            session, lab_name="L", name="Ada", email="a@b.org", password=password, now=NOW
        )


def test_who_knows_the_present_password_changes_it_and_is_signed_out(empty_database: Database) -> None:
    _set_up(empty_database)
    token = _try(empty_database, PASSWORD)
    assert token
    with empty_database.writing() as session:
        ada = queries.identity_of(session, token, NOW)
        assert ada
        with pytest.raises(Invalid, match="Current password"):
            commands.change_own_password(
                session, ada, current="a guess", password="new amber kettle", now=NOW
            )
        commands.change_own_password(session, ada, current=PASSWORD, password="new amber kettle", now=NOW)
    with empty_database.reading() as session:
        assert queries.identity_of(session, token, NOW) is None
    assert _try(empty_database, PASSWORD) is None
    assert _try(empty_database, "new amber kettle")


def test_only_an_administrator_gives_access(database: Database, facilitator: Actor) -> None:
    with database.writing() as session, pytest.raises(NotAllowed):
        commands.add_account(
            session, facilitator, name="Bo", email="bo@b.org", role="manager", password=None, now=NOW
        )
    with database.reading() as session, pytest.raises(NotAllowed):
        queries.people_with_access(session, facilitator)


def test_every_right_granted_is_a_named_permission() -> None:
    assert set().union(*RIGHTS.values()) == set(PERMISSIONS)
    with pytest.raises(NotAllowed, match="see disillusion risk"):
        require(Actor(None, "Sam", "stakeholder"), "risk.read")
