"""A database that can't be used is refused in one line, by every command and every way of serving, and
nothing is written."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

import db
from db import usable
from db.engine import Database, Unusable, database_url
from db.lock import AlreadyServed, hold
from db.upgrade import upgrade
from db.usable import APPLICATION_ID, guard_usable, known_revisions
from lab.cli import application
from tests.cli.running import ROOT, lab

COMMANDS = (
    ("risk",),
    ("digest",),
    ("rates",),
    ("backtest",),
    ("backtest", "--refit"),
    ("check",),
    ("audit",),
    ("renew-secret",),
    ("export", "out"),
    ("network",),
    ("network", "--public-address", "https://lab.example.org"),
    ("backup", "out"),
    ("account", "list"),
    ("account", "add", "--email", "a@example.org", "--name", "A", "--role", "manager", "--password-stdin"),
    ("account", "invite", "--email", "a@example.org", "--name", "A", "--role", "manager"),
    ("account", "reset", "--email", "a@example.org"),
    ("account", "role", "--email", "a@example.org", "--role", "manager"),
    ("account", "signout", "--email", "a@example.org"),
    ("account", "disable", "--email", "a@example.org"),
    ("account", "enable", "--email", "a@example.org"),
    ("account", "password", "--email", "a@example.org", "--password-stdin"),
    ("init", "--lab-name", "L", "--name", "A", "--email", "a@example.org", "--password-stdin"),
    ("demo",),
    ("import", "register.csv", "--as", "recommendations"),
    ("import", "register.csv", "--as", "recommendations", "--yes"),
    ("polis", "import", str(ROOT / "tests/voting/invented-conversation"), "--project", "warm"),
    ("polis", "export", "01890a5d-ac96-774b-bcce-b302099a8057", "out"),
    ("serve",),
    ("serve", "rooms"),
    ("serve", "desk"),
    ("serve", "store"),
)
"""Every command that opens the lab's database."""


def damaged(path: Path, _: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def a_text(path: Path, _: Path) -> None:
    path.write_text("Dear administrator,\n" * 400)


def cut_short(path: Path, whole: Path) -> None:
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def cut_within_a_page(path: Path, whole: Path) -> None:
    path.write_bytes(whole.read_bytes()[:-1000])


def damaged_inside(path: Path, whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    data[100:4096] = bytes(3996)
    path.write_bytes(data)


def anothers(path: Path, _: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)")
    connection.close()


def anothers_with_migrations(path: Path, _: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE project (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('0013')")
    connection.close()


def anothers_by_its_number(path: Path, _: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA application_id = 1196444487")
        connection.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
    connection.close()


def newer(path: Path, whole: Path) -> None:
    shutil.copy(whole, path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()


def a_folder(path: Path, _: Path) -> None:
    path.mkdir()


def twice_named(path: Path, whole: Path) -> None:
    shutil.copy(whole, path)
    path.with_name("the same.db").hardlink_to(path)


FILES: dict[Callable[[Path, Path], None], str] = {
    damaged: "is damaged, or not a database",
    a_text: "is damaged, or not a database",
    cut_short: "lab.db is ",
    cut_within_a_page: "is cut short",
    damaged_inside: "is damaged, or not a database",
    anothers: "belongs to another application",
    anothers_with_migrations: "belongs to another application",
    anothers_by_its_number: "belongs to another application",
    newer: "made by a newer version",
    a_folder: "is a folder",
    twice_named: "under 2 names",
}
ADDRESSES = {
    "mysql://root:hunter2@localhost/lab": "not in 'mysql'",
    "http://example.org/lab": "not in 'http'",
    "://": "not the address of a database",
    "postgresql://u:hunter2@h:port/lab": "not the address of a database",
    "sqlite://": "in memory",
    "sqlite:///lab.db?mode=ro&nonsense=1": "not the path of a file",
    "postgresql://u:hunter2@127.0.0.1:1/lab": "Connection refused",
    "postgresql://u:hunter2@no-such-host.invalid/lab": "no-such-host.invalid",
    "postgresql://u:hunter2@127.0.0.1:1/lab?nonsense=1": "nonsense",
}


def one_line(said: str) -> str:
    """What was said, which must be one line without a traceback or a password."""
    lines = said.strip().splitlines()
    assert len(lines) == 1, said
    assert "Traceback" not in said
    assert "hunter2" not in said
    return lines[0]


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else b""
        for each in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
def test_a_file_that_is_no_lab_of_this_version_is_refused_in_one_line(
    make: Callable[[Path, Path], None], tmp_path: Path, empty_sqlite: Path
) -> None:
    make(path := tmp_path / "lab.db", empty_sqlite)
    before = everything_in(tmp_path)
    with pytest.raises(Unusable, match=FILES[make]) as refusal:
        guard_usable(database_url(str(path)))
    one_line(str(refusal.value))
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_leads_to_no_database_is_refused_in_one_line(address: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unusable, match=ADDRESSES[address]) as refusal:
        guard_usable(database_url(address))
    one_line(str(refusal.value))
    assert time.monotonic() - began < 10


def test_a_server_that_takes_the_call_and_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(Unusable, match="No PostgreSQL server answers") as refusal:
            guard_usable(database_url(f"postgresql://u:hunter2@127.0.0.1:{silent.getsockname()[1]}/lab"))
        one_line(str(refusal.value))


@pytest.mark.postgres
def test_a_server_that_answers_late_is_waited_for_by_who_serves(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(usable, "PATIENCE", 0.0)  # nobody answers that fast
    guard_usable(postgres_url, is_silent=said.append)
    assert one_line(*said).startswith("No PostgreSQL server answers yet")


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
@pytest.mark.parametrize("make", [newer, a_text])
def test_every_command_refuses_it_with_exit_status_2_and_writes_nothing(
    arguments: tuple[str, ...], make: Callable[[Path, Path], None], tmp_path: Path, empty_sqlite: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    make(path := tmp_path / "lab.db", empty_sqlite)
    (tmp_path / "register.csv").write_text("project,text\nWarm homes,Insulate\n")
    monkeypatch.chdir(tmp_path)
    before = everything_in(tmp_path)
    done = lab(path, *arguments, given="amber kettle bridge\n")
    assert (done.returncode, done.stdout) == (2, ""), done
    assert FILES[make] in one_line(done.stderr)
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize(
    "address", ["mysql://root:hunter2@localhost/lab", "postgresql://u:hunter2@127.0.0.1:1/lab"]
)
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
def test_every_command_refuses_an_address_without_a_database(
    arguments: tuple[str, ...], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "register.csv").write_text("project,text\nWarm homes,Insulate\n")
    monkeypatch.chdir(tmp_path)
    done = lab(address, *arguments, given="amber kettle bridge\n")
    assert (done.returncode, done.stdout) == (2, ""), done
    assert ADDRESSES[address] in one_line(done.stderr)


@pytest.mark.parametrize("arguments", [("risk",), ("digest",), ("rates",), ("account", "list"), ("check",)])
def test_what_only_reads_leaves_an_earlier_schema_as_it_is_and_says_so(
    arguments: tuple[str, ...], tmp_path: Path, empty_sqlite: Path
) -> None:
    shutil.copy(empty_sqlite, path := tmp_path / "lab.db")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0012'")
    connection.close()
    done = lab(path, *arguments)
    assert done.returncode == 2
    assert "of an earlier version" in one_line(done.stderr)


WITHOUT_A_DATABASE = {"tally", "verify", "polis show", "restore"}


def test_the_commands_tried_are_all_that_open_a_database() -> None:
    named = {each.name for each in application.registered_commands}
    for group in application.registered_groups:
        assert group.typer_instance
        named |= {f"{group.name} {each.name}" for each in group.typer_instance.registered_commands}
    tried = {arguments[0] for arguments in COMMANDS} | {" ".join(arguments[:2]) for arguments in COMMANDS}
    assert named - tried == WITHOUT_A_DATABASE


WAYS = {
    "the whole lab": ("-m", "lab", "serve", "--port", "1"),
    "the light process": ("-m", "lab.web.processes.launch", "--port", "1"),
    "rooms": ("-m", "lab.web.processes.launch", "--port", "1", "--rooms"),
    "store": ("-m", "lab.web.processes.store", "store.sock"),
    "streamlit": ("-m", "streamlit", "run", "lab_app.py", "--server.port", "1"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "address"),
    [
        ("the whole lab", "newer.db"),
        ("streamlit", "postgresql://u:hunter2@127.0.0.1:2/lab"),  # at 1 it would call itself
    ],
)
def test_a_server_refuses_it_in_one_line(way: str, address: str, tmp_path: Path, empty_sqlite: Path) -> None:
    """tests/faults has every way of serving."""
    is_refused_in_one_line(way, address, tmp_path, empty_sqlite)


def is_refused_in_one_line(way: str, address: str, tmp_path: Path, empty_sqlite: Path) -> None:
    """Start a server on a database of a newer version, or at an address."""
    newer(path := tmp_path / "newer.db", empty_sqlite)
    before = everything_in(tmp_path)
    done = subprocess.run(
        [sys.executable, *WAYS[way]],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": str(path) if address == "newer.db" else address},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2, done
    one_line(done.stderr)
    assert everything_in(tmp_path) == before


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder below none that is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.slow
def test_a_file_that_may_not_be_read_is_named(scratch: Path, empty_sqlite: Path) -> None:
    shutil.copy(empty_sqlite, path := scratch / "lab.db")
    path.chmod(0)
    # root may read everything, unless it gives that up
    alone = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if alone and not shutil.which(alone[0]):
        pytest.skip("root needs setpriv to give up reading everything")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "lab", "--database", str(path), "risk"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert "may not be read by this account" in one_line(done.stderr)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"database": "no_such_lab"}, "no_such_lab"),
        ({"username": "nobody_here", "password": "hunter2"}, "FATAL"),
    ],
)
def test_what_postgresql_refuses_is_said_in_one_line(
    change: dict[str, str], says: str, postgres_url: str
) -> None:
    address = make_url(postgres_url).set(**change).render_as_string(hide_password=False)
    done = lab(address, "risk")
    assert done.returncode == 2
    assert says in one_line(done.stderr)


@pytest.mark.postgres
def test_a_newer_schema_in_postgresql_is_refused(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    try:
        done = lab(postgres_url, "risk")
        assert done.returncode == 2
        assert "made by a newer version" in one_line(done.stderr)
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{known_revisions()[-1]}'")
        database.close()


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert {each.revision for each in script.walk_revisions()} == set(known_revisions())
    assert script.get_current_head() == known_revisions()[-1]


def test_a_lab_of_any_schema_of_ours_and_an_empty_file_are_taken(tmp_path: Path, empty_sqlite: Path) -> None:
    (tmp_path / "empty.db").touch()
    for path in (empty_sqlite, tmp_path / "empty.db", tmp_path / "none yet" / "lab.db"):
        guard_usable(database_url(str(path)))
    assert not (tmp_path / "none yet").exists()


def test_a_lab_s_file_bears_the_application_s_number(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    upgrade(database.engine)
    database.close()
    with sqlite3.connect(tmp_path / "lab.db") as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()


def test_a_second_server_is_refused_through_a_link_as_well(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "lab.db").touch()
    (tmp_path / "link.db").symlink_to(real / "lab.db")
    (tmp_path / "folder").symlink_to(real)
    with hold(real / "lab.db"):
        for other in (tmp_path / "link.db", tmp_path / "folder" / "lab.db", real / ".." / "real" / "lab.db"):
            with pytest.raises(AlreadyServed):
                hold(other)
    hold(tmp_path / "link.db").close()
