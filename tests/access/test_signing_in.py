"""Who may come in, and what stops those who may not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from db.engine import Database
from db.models import Account, Event, KnownDevice, SignInAttempt
from lab.access import commands, queries
from lab.access.passwords import PasswordHash, hashed
from lab.access.rights import COMMAND_LINE, PERMISSIONS, RIGHTS, Actor, require
from lab.access.sessions import commands as sessions
from lab.access.sessions import rules
from lab.access.sessions.commands import Entry
from lab.access.sessions.queries import sessions_of, still_open
from lab.access.sessions.rules import Visitor
from lab.access.sessions.signing_in import checked_own_password, sign_in
from lab.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from tests.accounts import BROWSER, identity_of
from tests.conftest import NOW, person

PASSWORD = "amber kettle bridge"
HASH = hashed(PASSWORD)
STRANGER = Visitor("203.0.113.9", "203.0.113.9")
ELSEWHERE = Visitor("198.51.100.7", "198.51.100.7")
MINUTE = dt.timedelta(minutes=1)


def _set_up(database: Database) -> Actor:
    with database.writing() as session:
        key = commands.first_administrator(
            session, lab_name="Harbour Lab", name="Ada", email="Ada@Example.org", password=HASH, now=NOW
        )
    return Actor(key, "Ada", "administrator")


def _try(
    database: Database, password: str, visitor: Visitor = BROWSER, now: dt.datetime = NOW
) -> Entry | None:
    return sign_in(database, email=" ada@example.org", password=password, visitor=visitor, now=now)


def _token(database: Database, visitor: Visitor = BROWSER, now: dt.datetime = NOW) -> str:
    entry = _try(database, PASSWORD, visitor, now)
    assert entry
    return entry.session


def _who(database: Database, token: str, now: dt.datetime = NOW) -> Actor | None:
    with database.reading() as session:
        return identity_of(session, token, now)


def _fail(database: Database, visitor: Visitor, times: int, email: str = "ada@example.org") -> None:
    """Wrong passwords, without the time that checking each takes."""
    with database.writing() as session:
        session.add_all(
            SignInAttempt(subject=subject, at=NOW)
            for subject in rules.tried_subjects(email, visitor.network)
            for _ in range(times)
        )


def test_the_first_administrator_sets_up_an_empty_database_once(empty_database: Database) -> None:
    _set_up(empty_database)
    with empty_database.reading() as session:
        facts = queries.lab_facts(session)
    assert facts == queries.LabFacts("Harbour Lab", False, None, "UTC", 120, 12)
    with pytest.raises(Conflict):
        _set_up(empty_database)


def test_a_session_ends_everywhere_when_it_is_signed_out(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    first, second = _token(empty_database), _token(empty_database)
    assert first != second
    with empty_database.writing() as session:
        sessions.sign_out(session, first, NOW)
    assert _who(empty_database, first) is None
    assert _who(empty_database, second) == ada
    assert _who(empty_database, "made up") is None


def test_a_session_ends_when_it_is_not_used_and_after_a_working_day_in_any_case(
    empty_database: Database,
) -> None:
    ada = _set_up(empty_database)
    token, now = _token(empty_database), NOW
    assert _who(empty_database, token, NOW + 120 * MINUTE) is None
    while now < NOW + dt.timedelta(hours=12):
        assert _who(empty_database, token, now) == ada
        with empty_database.writing() as session:
            mine = sessions_of(session, ada, ada.account_id or NOW, now=now)  # type: ignore[arg-type]
            sessions.mark_used(session, {mine[0].id: now}, [], now)
        now += 100 * MINUTE
    assert _who(empty_database, token, NOW + dt.timedelta(hours=12)) is None
    with empty_database.writing() as session:
        commands.set_session_limits(session, ada, idle_minutes=30, hours=24, now=NOW)
        with pytest.raises(Invalid, match="15 to 1,440"):
            commands.set_session_limits(session, ada, idle_minutes=1, hours=24, now=NOW)
        with pytest.raises(Invalid, match="1 to 720"):
            commands.set_session_limits(session, ada, idle_minutes=30, hours=1000, now=NOW)
    assert _who(empty_database, token, NOW + dt.timedelta(hours=12)) == ada
    assert _who(empty_database, token, NOW + dt.timedelta(hours=13)) is None


def test_a_session_that_was_found_over_does_not_revive_when_the_clock_is_put_back(
    empty_database: Database,
) -> None:
    ada = _set_up(empty_database)
    token = _token(empty_database)
    with empty_database.reading() as session:
        mine = sessions_of(session, COMMAND_LINE, ada.account_id, now=NOW)  # type: ignore[arg-type]
    with empty_database.writing() as session:
        sessions.mark_used(session, {}, [mine[0].id], NOW + dt.timedelta(days=365))
    assert _who(empty_database, token) is None


def test_a_second_sign_in_ends_the_session_that_the_browser_had(empty_database: Database) -> None:
    _set_up(empty_database)
    planted = _token(empty_database, STRANGER)
    token = _token(empty_database, replace(BROWSER, session=planted))
    assert _who(empty_database, planted) is None
    assert _who(empty_database, token) is not None


def test_a_stranger_who_guesses_does_not_lock_the_account_out(empty_database: Database) -> None:
    _set_up(empty_database)
    for _ in range(rules.TRIES_HERE):
        assert _try(empty_database, "wrong", STRANGER) is None
    with pytest.raises(TooMany, match="ask an administrator for a link"):
        _try(empty_database, PASSWORD, STRANGER)
    assert _try(empty_database, PASSWORD, ELSEWHERE)
    assert _try(empty_database, PASSWORD, STRANGER, NOW + rules.WINDOW + dt.timedelta(seconds=1))


def test_a_known_device_is_never_refused_a_right_password_even_beside_the_stranger(
    empty_database: Database,
) -> None:
    _set_up(empty_database)
    entry = _try(empty_database, PASSWORD, STRANGER)
    assert entry
    _fail(empty_database, STRANGER, rules.TRIES_FROM_NETWORK)
    own = replace(STRANGER, device=entry.device)
    again = _try(empty_database, PASSWORD, own)
    assert again
    assert again.device == entry.device
    with pytest.raises(TooMany):
        _try(empty_database, PASSWORD, replace(STRANGER, device="made up"))


def test_a_known_device_of_somebody_else_opens_no_other_account(empty_database: Database) -> None:
    _set_up(empty_database)
    with empty_database.writing() as session:
        bo = commands.add_account(
            session, COMMAND_LINE, name="Bo", email="bo@example.org", role="manager", password=HASH, now=NOW
        )
        device = sessions.open_session(session, bo, STRANGER, NOW).device
    _fail(empty_database, STRANGER, rules.TRIES_HERE)
    with pytest.raises(TooMany):
        _try(empty_database, PASSWORD, replace(STRANGER, device=device))


def test_a_stolen_device_is_forgotten_after_many_wrong_passwords_in_a_row(empty_database: Database) -> None:
    _set_up(empty_database)
    entry = _try(empty_database, PASSWORD)
    assert entry
    with empty_database.writing() as session:
        session.execute(update(KnownDevice).values(wrong_in_a_row=rules.TRIES_ON_DEVICE - 1))
    _fail(empty_database, STRANGER, rules.TRIES_HERE)
    assert _try(empty_database, "wrong", replace(STRANGER, device=entry.device)) is None
    with pytest.raises(TooMany):
        _try(empty_database, PASSWORD, replace(STRANGER, device=entry.device))


def test_a_network_is_slowed_down_for_every_account_after_many_tries(empty_database: Database) -> None:
    _set_up(empty_database)
    _fail(empty_database, STRANGER, rules.TRIES_FROM_NETWORK, email="other@example.org")
    with pytest.raises(TooMany):
        _try(empty_database, PASSWORD, STRANGER)
    assert _try(empty_database, PASSWORD, BROWSER)


def test_what_is_kept_of_wrong_passwords_is_bounded(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_up(empty_database)
    monkeypatch.setattr(sessions, "MOST_TRIES", 5)
    monkeypatch.setattr(sessions, "RECORDED", 3)
    for place in range(8):
        assert _try(empty_database, "wrong", Visitor(f"192.0.2.{place}", f"192.0.2.{place}")) is None
    with empty_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 10
        listed = session.scalars(
            select(Event.detail).where(Event.verb == "sign_in_failed").order_by(Event.id)
        ).all()
    assert [each["is_last_listed"] for each in listed] == [False, False, True]


def test_a_failed_sign_in_is_on_the_record_without_what_was_typed(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    assert _try(empty_database, "a secret phrase", STRANGER) is None
    assert sign_in(
        empty_database, email="my own password", password="x", visitor=STRANGER, now=NOW
    ) is None  # fmt: skip
    with empty_database.reading() as session:
        events = session.scalars(select(Event).where(Event.verb == "sign_in_failed").order_by(Event.id)).all()
    assert [each.subject_id for each in events] == [ada.account_id, None]
    assert {each.actor_id for each in events} == {None}
    assert all(each.detail == {"network": "203.0.113.0/24", "is_last_listed": False} for each in events)


def test_a_hash_made_with_other_parameters_is_renewed_by_the_next_sign_in(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with empty_database.writing() as session:
        commands.set_password(session, ada, ada.account_id, PasswordHash(weak), NOW)  # type: ignore[arg-type]
    assert _try(empty_database, PASSWORD)
    with empty_database.reading() as session:
        stored = session.scalars(select(Account.password_hash)).one()
    assert stored
    assert "m=19456,t=2,p=1" in stored
    assert _try(empty_database, PASSWORD)


def test_access_taken_away_ends_open_sessions_but_never_the_last_administrators(
    empty_database: Database,
) -> None:
    ada = _set_up(empty_database)
    token = _token(empty_database)
    assert ada.account_id is not None
    with empty_database.writing() as session, pytest.raises(Invalid, match="only administrator"):
        commands.disable_account(session, ada, ada.account_id, NOW)
    second = person(empty_database, "administrator")
    with empty_database.writing() as session:
        commands.disable_account(session, second, ada.account_id, NOW)
    assert _who(empty_database, token) is None
    assert _try(empty_database, PASSWORD) is None


def test_a_change_of_role_ends_the_sessions_with_the_old_rights(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    assert ada.account_id is not None
    token = _token(empty_database)
    with empty_database.writing() as session, pytest.raises(Invalid, match="only administrator"):
        commands.change_role(session, ada, ada.account_id, role="manager", now=NOW)
    person(empty_database, "administrator")
    with empty_database.writing() as session:
        with pytest.raises(Invalid, match="which sponsor"):
            commands.change_role(session, ada, ada.account_id, role="sponsor", now=NOW)
        commands.change_role(session, ada, ada.account_id, role="manager", now=NOW)
    with empty_database.reading() as session:
        assert still_open(session, {token}, NOW) == set()
    assert _who(empty_database, token) is None
    found = _who(empty_database, _token(empty_database))
    assert found
    assert found.role == "manager"


def test_people_end_their_own_sessions_and_an_administrator_anybodys(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    token, other = _token(empty_database), _token(empty_database, ELSEWHERE)
    bo = person(empty_database, "manager")
    assert ada.account_id
    with empty_database.reading() as session:
        mine = sessions_of(session, ada, ada.account_id, now=NOW, token=token)
        with pytest.raises(NotAllowed):
            sessions_of(session, bo, ada.account_id, now=NOW)
    assert {(each.browser, each.address, each.is_this_one) for each in mine} == {
        ("Firefox on Linux", "192.0.2.1", True),
        ("", "198.51.100.7", False),
    }
    elsewhere = next(each for each in mine if not each.is_this_one)
    with empty_database.writing() as session:
        for key in (elsewhere.id, bo.account_id):
            with pytest.raises(NotFound, match="ended already"):  # a foreign id answers like a missing one
                sessions.end_session(session, bo, key, NOW)  # type: ignore[arg-type]
        sessions.end_session(session, ada, elsewhere.id, NOW)
    assert _who(empty_database, other) is None
    assert _who(empty_database, token) == ada
    with empty_database.writing() as session:
        with pytest.raises(NotAllowed):
            sessions.sign_out_everywhere(session, bo, ada.account_id, NOW)
        sessions.sign_out_everywhere(session, ada, ada.account_id, NOW)
    assert _who(empty_database, token) is None
    with empty_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(KnownDevice)) == 0


def test_nobody_signs_in_without_a_password_outside_the_demo_lab(database: Database) -> None:
    someone = person(database, "manager")
    assert someone.account_id
    with database.writing() as session, pytest.raises(NotAllowed):
        sessions.sign_in_as_demo(session, someone.account_id, BROWSER, NOW)
    with database.reading() as session:
        assert queries.demo_people(session) == []


def test_who_knows_the_present_password_changes_it_and_is_signed_out(empty_database: Database) -> None:
    ada = _set_up(empty_database)
    token = _token(empty_database)
    new = "new amber kettle"
    wrong, _ = checked_own_password(empty_database, ada, current="a guess", password=new)
    right, password = checked_own_password(empty_database, ada, current=PASSWORD, password=new)
    with empty_database.writing() as session:
        with pytest.raises(Invalid, match="Current password"):
            commands.change_own_password(session, ada, current=wrong, password=password, now=NOW)
        commands.change_own_password(session, ada, current=right, password=password, now=NOW)
        with pytest.raises(Invalid, match="Current password"):  # it was right a moment ago
            commands.change_own_password(session, ada, current=right, password=HASH, now=NOW)
    assert _who(empty_database, token) is None
    assert _try(empty_database, PASSWORD) is None
    assert _try(empty_database, new)
    with pytest.raises(Invalid, match="names of this lab"):
        checked_own_password(empty_database, ada, current=new, password="ada@example.org 2026")


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
