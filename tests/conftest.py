"""A fresh lab for every test: on SQLite always, on PostgreSQL where one can be started."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import event

from db.engine import Database
from db.upgrade import upgrade
from lab.access.commands import add_account, make_lab
from lab.access.rights import COMMAND_LINE, Actor
from lab.demo.commands import fill_demo
from lab.disillusion.upkeep.commands import catch_up
from tests import postgres
from tests.served import Lab, Way, served

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
"""When tests take place, unless they say otherwise."""


def pytest_configure() -> None:
    """Let the garbage collector look less often than whenever there are 700 new objects.

    That is a twentieth of the time of commands, and more of what it takes to import the lab.
    """
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first, an equal share for each worker, so that none is left with one at the end.

    `--dist worksteal` gives each worker an equal run of the list, and lets the idle steal from the ends.
    Journeys go to two workers of three: each of these starts a server and a browser, and waits for them while
    another computes. Modules that share a served lab go to one worker.
    """
    modules: dict[str, dict[str, list[pytest.Item]]] = {kind: defaultdict(list) for kind in (*_LONG, "short")}
    for item in items:
        kind = next((each for each in _LONG if item.get_closest_marker(each)), "short")
        shares = kind == "slow" and "shared_lab" in getattr(item, "fixturenames", ())
        modules[kind]["shared_lab" if shares else item.nodeid.partition("::")[0]].append(item)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    runs: list[list[pytest.Item]] = [[] for _ in range(workers)]
    busy = [0.0] * workers
    for kind in _LONG:
        may = range(-(-workers * 2 // 3) if kind == "journey" else workers)
        for module in modules[kind].values():
            chosen = min(may, key=busy.__getitem__)
            runs[chosen] += module
            busy[chosen] += 15 if kind == "journey" else len(module) / 2  # seconds, on the average
    short = [item for module in modules["short"].values() for item in module]
    for place, run in enumerate(runs):
        later = sum(map(len, runs[place + 1 :]))
        missing = max(0, (len(run) + len(short) + later) // (workers - place) - len(run))
        run += short[:missing]
        del short[:missing]
    items[:] = [item for run in runs for item in run]


_LONG = ("journey", "slow")
"""Marks of long tests."""


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end: the modules, and two thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Look once for components of Streamlit among the installed packages, not for every screen.

    Each AppTest reads the metadata of all packages four times over, a tenth of a second, and
    has no setting for it. What it finds does not change while tests run.
    """
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    with patch.object(manifest_scanner, "scan_component_manifests", return_value=found):
        yield


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database of this test process; skips loudly, or fails where one is required."""
    url = postgres.own_database(postgres.shared_folder(tmp_path_factory))
    if url is None:
        if os.environ.get("LAB_REQUIRE_POSTGRES"):
            pytest.fail("PostgreSQL is required here and none could be started")
        pytest.skip("no PostgreSQL: set LAB_TEST_POSTGRES or install tests/requirements.txt")
    return url


@pytest.fixture(scope="session")
def hurried_postgres(postgres_url: str) -> str:
    """The same, on a server that does not wait for the disk."""
    postgres.hurry(postgres_url)
    return postgres_url


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty database file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.commit()
    database.close()
    return path


class OneEngine(Database):
    """A database that every test opens in a file of its own, but by one engine: with an engine for each test,
    SQLAlchemy would compile all statements again for each, a third of the time that most tests take."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path}")
        self._path = path
        event.listen(self.engine, "do_connect", self._choose_the_file)

    def _choose_the_file(self, _dialect: object, _record: object, where: list[str], _how: object) -> None:
        where[0] = str(self._path)

    def move_to(self, path: Path) -> None:
        """Open another file from now on."""
        self.close()
        self._path, self.url = path, f"sqlite:///{path}"


@pytest.fixture(scope="session")
def one_engine(empty_sqlite: Path) -> OneEngine:
    """The engine of the tests of this process on SQLite."""
    return OneEngine(empty_sqlite)


@pytest.fixture(scope="session")
def one_engine_on_postgres(hurried_postgres: str) -> Database:
    """The engine of the tests of this process on PostgreSQL."""
    return Database(hurried_postgres)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> Iterator[Database]:
    """A database with a schema and no lab."""
    if request.param == "postgres":
        # its connections stay: each is a process of the server, which learns all tables anew
        on_postgres: Database = request.getfixturevalue("one_engine_on_postgres")
        postgres.empty(on_postgres.engine)
        yield on_postgres
        return
    shutil.copy(empty_sqlite, tmp_path / "lab.db")
    database: OneEngine = request.getfixturevalue("one_engine")
    database.move_to(tmp_path / "lab.db")
    yield database
    database.close()


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demo lab of seed 7, scored, to be copied: one for all processes of the run."""
    path = postgres.shared_folder(tmp_path_factory) / "demo" / "lab.db"
    with postgres.one_at_a_time(path.parent.with_suffix(".lock")):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            _fill_with_the_demo_lab(f"sqlite:///{path.with_suffix('.filling')}")
            path.with_suffix(".filling").rename(path)
    return path


@pytest.fixture(scope="session")
def demo_on_postgres(hurried_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same on PostgreSQL, filled by the same commands; the name of its database."""
    noted = postgres.shared_folder(tmp_path_factory) / "demo-on-postgres"
    with postgres.one_at_a_time(noted.with_suffix(".lock")):
        if not noted.exists():
            made = postgres.beside(hurried_postgres, "demo")
            _fill_with_the_demo_lab(made)
            noted.write_text(postgres.name_in(made), encoding="utf-8")
    return noted.read_text(encoding="utf-8")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def demo_lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The demo lab of seed 7 at `NOW`, scored: a copy to read and to change."""
    if request.param == "postgres":
        demo = request.getfixturevalue("demo_on_postgres")
        database = Database(postgres.beside(request.getfixturevalue("hurried_postgres"), "copy", like=demo))
    else:
        shutil.copy(request.getfixturevalue("demo_file"), tmp_path / "demo.db")
        database = Database(f"sqlite:///{tmp_path / 'demo.db'}")
    yield database
    database.close()


def _fill_with_the_demo_lab(url: str) -> None:
    database = Database(url)
    upgrade(database.engine)
    with database.writing() as session:
        fill_demo(session, seed=7, now=NOW)
        session.flush()
        catch_up(session, today=NOW.date(), now=NOW)
    database.close()


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A served lab with an open round for all tests that need its processes and nothing of what is in it. Its
    system allows few open files unless asked for more."""
    place = tmp_path_factory.mktemp("shared")
    yield from served(f"sqlite:///{place / 'lab.db'}", place, way=Way.SERVE, open_files=256)


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A lab with nothing in it yet."""
    with empty_database.writing() as session:
        make_lab(session, name="Harbour Lab", now=NOW)
    return empty_database


@pytest.fixture
def facilitator(database: Database) -> Actor:
    """Somebody who may do the lab's work."""
    return person(database, "facilitator")


def person(database: Database, role: str, sponsor_id: uuid.UUID | None = None) -> Actor:
    """A new account under `role`, as the actor its session would give."""
    name = f"{role.capitalize()} {uuid.uuid4().hex[:6]}"
    with database.writing() as session:
        key = add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=f"{name.replace(' ', '.')}@example.org",
            role=role,
            password=None,
            now=NOW,
            sponsor_id=sponsor_id,
        )
    return Actor(key, name, role, sponsor_id)
