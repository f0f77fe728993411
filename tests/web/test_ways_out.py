"""No way out of the database shows who voted how, or a result before it is revealed.

Three votes are held, by phones and by people with accounts: one is open, one closed, one revealed; and a
workshop runs. Then everything is asked for that a route, a command or a download gives, by everybody, and
searched for what the close forgets.
"""

from __future__ import annotations

import io
import itertools
import json
import logging
import re
import shutil
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import PropertyMock, patch

import pytest
import streamlit as st
import typer
from sqlalchemy import select
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.models import (
    Ballot,
    BallotEntry,
    Base,
    Event,
    Note,
    NoteDots,
    Picture,
    Project,
    Pulse,
    VoteJoin,
    VoteOption,
    VoteRound,
    WorkshopJoin,
)
from lab.access.rights import COMMAND_LINE, Actor
from lab.cli import application
from lab.exchange.arriving.take import import_lab
from lab.exchange.scope import LEFT_OUT, SECRET
from lab.foundation import clock
from lab.projects.commands import publish_project
from lab.stakeholders.commands import add_stakeholder
from lab.voting.commands import ballot_from_account, close_round, open_round
from lab.web.door.cookies import SESSION_COOKIE
from lab.web.routes import ROUTES
from tests.accounts import session_for
from tests.cli.running import lab
from tests.conftest import NOW, person
from tests.voting.conftest import ballot, cast, opened
from tests.web.phones.workshop import Workshop_, form
from tests.web.phones.workshop import workshop as workshop

on_sqlite = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)

STREAMS: Final = {"/j/{code}/events", "/j/{code}/wall/events", "/w/{workshop_id:uuid}/board/events"}
"""Routes that never end: they send the stamps and changes that `state` and `board.json` show."""
COMMANDS: Final[dict[str, list[str]]] = {
    "init": [], "serve": [], "demo": [], "import": [], "tally": [],  # these read no lab
    "account add": [], "account disable": [], "account enable": [], "account password": [],
    "account invite": [], "account reset": [], "account role": [], "account signout": [], "renew-secret": [],
    "polis show": [], "polis import": [], "network": ["--format", "json"],
    # keep ballots, so that none is lost, without whose they are: tests/exchange/test_backup.py
    "backup": [], "restore": [],
    "account list": ["--format", "json"],
    "export": ["{directory}/out"],
    "risk": ["--format", "json"],
    "digest": [],
    "rates": ["--format", "json"],
    "backtest": ["--format", "json"],
    "check": ["--format", "json"],
    "audit": ["--format", "json", "--limit", "1000"],
    "verify": ["{directory}/record.json"],
    "polis export": ["{round}", "{directory}/polis"],
}  # fmt: skip
"""Every command with what it is asked; without arguments where it shows nothing of the records."""


@dataclass
class Held:
    """The votes by state, and what nobody may find."""

    rounds: dict[str, uuid.UUID] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    """Marks of the rounds that are not revealed."""


@pytest.fixture
def held(
    database: Database,
    facilitator: Actor,
    prototypes: tuple[uuid.UUID, list[uuid.UUID]],
    workshop: Workshop_,
    phone: TestClient,
) -> Held:
    """The votes and the workshop."""
    found = Held()
    project, _ = prototypes
    voter = person(database, "stakeholder")
    with database.writing() as session:
        add_stakeholder(
            session,
            facilitator,
            project,
            pseudonym="V-1",
            group="carer",
            account_id=voter.account_id,
            now=NOW,
        )
    numbers = itertools.count(11)
    for state in ("open", "closed", "revealed"):
        key = found.rounds[state] = opened(
            database, facilitator, prototypes, "dots", budget=100, anonymity="participation_recorded"
        )
        cast(
            database,
            *(
                ballot(key, f"{state}-{each}-{'x' * 40}", _marks(next(numbers)), worries={0: f"worry {each}"})
                for each in range(3)
            ),
        )
        with database.reading() as session:
            mine = ballot_from_account(session, voter, key, marks=_marks(next(numbers)))
        cast(database, mine)
        _note_secrets(database, key, found, is_hidden=state != "revealed")
        if state != "open":
            with database.writing() as session:
                close_round(session, facilitator, key, now=NOW, reveal=state == "revealed")
    _hold_workshop(database, workshop, phone, found)
    with database.writing() as session:
        publish_project(session, facilitator, project, now=NOW)
    return found


def _marks(number: int) -> tuple[int, int, int]:
    return number, 2 * number, 100 - 3 * number


def _note_secrets(database: Database, round_id: uuid.UUID, found: Held, *, is_hidden: bool) -> None:
    with database.reading() as session:
        for join in session.scalars(select(VoteJoin).where(VoteJoin.round_id == round_id)):
            found.secrets |= {join.token_hash, str(join.voter_id)}
        for row in session.scalars(select(Ballot).where(Ballot.round_id == round_id)):
            found.secrets |= {str(row.voter_id), str(row.salt)}
            if is_hidden:
                found.results |= {",".join(map(str, row.marks)), ", ".join(map(str, row.marks))}


def _hold_workshop(database: Database, workshop: Workshop_, phone: TestClient, found: Held) -> None:
    for kind, way, said in (
        ("ideas", "note", {"words": "Warm the stairs"}),
        ("dots", "dots", {}),
        ("pulse", "pulse", {"trust": "4", "difference": "2", "comment": "a comment of mine"}),
    ):
        workshop.goes_to(kind)
        fields = form(phone.get(f"/j/{workshop.code}").text, way) | said
        if way == "dots":
            fields |= {f"dots-{workshop.notes()[0].id.hex}": "3"}
        assert phone.post(f"/j/{workshop.code}/{way}", data=fields).status_code == 200
    phone.cookies.clear()
    with database.reading() as session:
        assert len(session.scalars(select(NoteDots)).all()) == len(session.scalars(select(Pulse)).all()) == 1
        for join in session.scalars(select(WorkshopJoin)):
            found.secrets |= {join.token_hash, str(join.id)}
    found.results.add("a comment of mine")


def _found_in(text: str, held: Held) -> list[str]:
    plain = text.lower().replace("-", "")
    return [
        *(each for each in held.secrets if each.lower().replace("-", "") in plain),
        *(each for each in held.results if re.search(rf"(?<![\d,])(?<!, ){re.escape(each)}(?![\d,])", text)),
    ]


def _text_of(content: bytes) -> str:
    """Everything in an answer that can be read; of an archive, everything in its files."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def _addresses(database: Database, held: Held) -> Iterator[str]:
    """Every address that can be asked for, of every round and workshop."""
    with database.reading() as session:
        values: dict[str, list[Any]] = {
            "code": [
                *session.scalars(select(VoteRound.code)),
                *session.scalars(select(Base.metadata.tables["workshop"].c.code)),
            ],
            "round_id:uuid": list(held.rounds.values()),
            "workshop_id:uuid": list(session.scalars(select(Base.metadata.tables["workshop"].c.id))),
            "slug": list(session.scalars(select(Project.slug))),
            "picture_id:uuid": [*session.scalars(select(Picture.id)), uuid.uuid4()],
            "photo_id:uuid": [uuid.uuid4()],
            "signed": ["no-such-link"],
            "token": ["no-such-link"],
            "name:path": ["ballot.js"],
        }
    for route in ROUTES:
        if "GET" in (route.methods or ()) and route.path not in STREAMS:
            names = re.findall(r"{([^}]+)}", route.path)
            assert set(names) <= set(values), f"say what {route.path} is asked with"
            for chosen in itertools.product(*(values[name] for name in names)):
                address = route.path
                for name, value in zip(names, chosen, strict=True):
                    address = address.replace(f"{{{name}}}", str(value))
                yield address


def _sign_in(phone: TestClient, database: Database, role: str) -> None:
    account = person(database, role).account_id
    assert account
    with database.writing() as session:
        phone.cookies.set(SESSION_COOKIE, session_for(session, account, clock.now()))


@on_sqlite
def test_no_route_and_no_log_line_shows_who_voted_how_or_a_result_before_its_time(
    database: Database, phone: TestClient, held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses = list(_addresses(database, held))
    for role in (None, "stakeholder", "facilitator", "administrator"):
        phone.cookies.clear()
        if role:
            _sign_in(phone, database, role)
        for address in addresses:
            answer = phone.get(address)
            assert _found_in(_text_of(answer.content) + str(answer.headers), held) == [], (role, address)
        kind = phone.get("/export.zip").headers["content-type"]
        assert (kind == "application/zip") == (role == "administrator")
    assert _found_in(caplog.text, held) == []


def _commands(group: Any, above: str = "") -> Iterator[str]:
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(each, f"{name} ")
        else:
            yield above + name


@on_sqlite
def test_no_command_shows_who_voted_how_or_a_result_before_its_time(
    database: Database, phone: TestClient, held: Held, tmp_path: Path
) -> None:
    assert set(_commands(typer.main.get_command(application))) == set(COMMANDS), (
        "say what this command is asked with"
    )
    record = phone.get(f"/v/{held.rounds['revealed']}/record.json")
    (tmp_path / "record.json").write_bytes(record.content)
    for (name, arguments), (state, key) in itertools.product(COMMANDS.items(), held.rounds.items()):
        asks_each = "{round}" in arguments or state == "open"
        if not asks_each or not (arguments or name == "digest"):
            continue
        place = tmp_path / state
        place.mkdir(exist_ok=True)
        (place / "record.json").write_bytes(record.content)
        given = [each.format(directory=place, round=key) for each in arguments]
        done = lab(database.url, *name.split(), *given)
        assert _found_in(done.stdout + done.stderr, held) == [], name
        for path in place.rglob("*"):
            if path.is_file():
                assert _found_in(_text_of(path.read_bytes()), held) == [], (name, path.name)
        assert done.returncode == 0 or name == "polis export", (name, done.stderr)


@on_sqlite
def test_the_screen_the_command_and_the_description_say_what_was_kept_back(
    database: Database, held: Held, tmp_path: Path
) -> None:
    account = person(database, "administrator").account_id
    assert account
    with database.writing() as session:
        token = session_for(session, account, clock.now())
    app = AppTest.from_string("from pages.administration import screen\nscreen.render()", default_timeout=300)
    app.session_state["administration.part"] = "export"
    with patch.object(type(st.context), "cookies", PropertyMock(return_value={SESSION_COOKIE: token})):
        app.run()
    assert not app.exception, app.exception
    shown = " ".join(each.value for each in app.info)
    assert "2 votes are not revealed" in shown
    assert "1 workshop running now" in shown
    done = lab(database.url, "export", str(tmp_path / "out"))
    said = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))["description"]
    for words in ("2 votes are not revealed", "draft without ballots", "1 workshop running now"):
        assert words in said
        assert words in done.stdout
    with database.reading() as session:
        exported = session.scalars(select(Event).where(Event.verb == "exported")).one()
        assert exported.detail == {"way": "python -m lab export"}


@on_sqlite
def test_what_comes_back_is_a_lab_whose_hidden_votes_are_drafts_that_can_be_held_again(
    database: Database,
    held: Held,
    workshop: Workshop_,
    facilitator: Actor,
    empty_sqlite: Path,
    tmp_path: Path,
) -> None:
    assert lab(database.url, "export", str(tmp_path / "out")).returncode == 0
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    shutil.copy(empty_sqlite, tmp_path / "other.db")
    (tmp_path / "other.db").chmod(0o600)
    with other.writing() as session:
        import_lab(session, COMMAND_LINE, tmp_path / "out")
    assert lab(other.url, "check").stdout == "All is well.\n"
    with other.reading() as session:
        states = {key: state for key, state in session.execute(select(VoteRound.id, VoteRound.state))}
        assert {state: states[key] for state, key in held.rounds.items()} == {
            "open": "draft", "closed": "draft", "revealed": "revealed",
        }  # fmt: skip
        for model in (VoteJoin, Ballot, BallotEntry):
            assert set(session.scalars(select(model.round_id))) == {held.rounds["revealed"]}
        assert session.scalars(select(Note.join_id)).all() == [None]
        steps = select(Event.subject_id, Event.to_state).where(Event.subject_type == "vote_round")
        assert {state for key, state in session.execute(steps) if key == held.rounds["open"]} == {"draft"}
    again = held.rounds["closed"]
    with other.writing() as session:
        open_round(session, facilitator, again, NOW)
    assert cast(other, ballot(again, "y" * 40, (20, 30, 50)))
    with other.writing() as session:
        close_round(session, facilitator, again, now=NOW)
    assert lab(other.url, "check").stdout == "All is well.\n"
    other.close()


MAY_LEAVE: Final = {
    "vote_round.chain_head": "of a revealed round, in its published record",
    "vote_join.token_hash": "replaced: see lab.exchange.withheld",
    "vote_slip.code_hash": "replaced: see lab.exchange.withheld",
    "workshop_join.token_hash": "replaced: see lab.exchange.withheld",
    "ballot.salt": "erased at the close, and no ballot leaves before it",
    "ballot_entry.hash": "of a revealed round: a chain that anybody may check",
}


def test_every_column_that_sounds_like_a_secret_has_been_thought_of() -> None:
    sounds = re.compile(r"hash|token|secret|salt|chain|key$|password")
    leaves = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        if table.name not in LEFT_OUT
        for column in table.columns
        if sounds.search(column.name) and column.name not in SECRET
    }
    assert leaves <= set(MAY_LEAVE)


@on_sqlite
def test_an_option_is_offered_as_the_voters_saw_it(database: Database, held: Held) -> None:
    """There is something that could leak: the votes have options, ballots and joins."""
    with database.reading() as session:
        for model in (VoteOption, Ballot, VoteJoin):
            assert set(session.scalars(select(model.round_id))) >= set(held.rounds.values())
    assert len(held.secrets) > 30
