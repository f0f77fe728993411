"""Whether a database can be used by this version of the lab, before anything is written to it.

A file may be damaged, cut short, of another application, or of a newer version; a server may not answer. Each
is said in one line with what to do, within two seconds. A server on a busy machine may answer later: who
serves says so and waits on, since after a power cut both start at once.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from db.address import Unusable, said, sqlite_path

APPLICATION_ID: Final = 0x466F6C77
"""In the header of every file of ours ("Folw"), so that another application's file is known by it."""
PATIENCE: Final = 1.5
"""Seconds that a PostgreSQL server has for its answer, before anything is said."""
LONGER: Final = 30.0
"""Seconds that it has where somebody waits on for it."""
VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_OURS: Final = "recommendation_expectation"
"""A table that every lab has had from its first schema on, and hardly another application."""
_RESTORE: Final = "Put back a backup with `python -m lab restore FILE`."


def guard_usable(url: str, *, as_it_is: bool = False, is_silent: Callable[[str], None] | None = None) -> None:
    """Refuse a database that can't be used; one that does not exist yet can. With `as_it_is` the schema must
    be this version's, because the caller won't bring it up to date. `is_silent` is told in a sentence when a
    server has not answered in time, and has it waited for.

    Raises:
        Unusable: what is wrong with it, and what to do.
    """
    path = sqlite_path(url)
    if path is None:
        import_module("psycopg")  # its time is not the server's
        _in_time(lambda: _guard_server(url, as_it_is), said(url), is_silent)
    elif _is_there(path):
        with _file(path) as connection:
            _guard_length(path, connection)
            _guard_owner(path, connection)
            _guard_schema(str(path), _revisions_in(connection), as_it_is)


def known_revisions() -> tuple[str, ...]:
    """The revisions of the schema that this version knows, oldest first."""
    return tuple(sorted(each.name.partition("_")[0] for each in VERSIONS.glob("[0-9]*.py")))


def _is_there(path: Path) -> bool:
    """Whether there is a file with something in it."""
    try:
        if not path.parent.is_dir() and path.parent.exists():
            raise Unusable(f"{path.parent} is not a folder. Name another file with DATABASE_URL.")
        facts = path.stat()
    except FileNotFoundError:
        _guard_folder(path.parent)
        return False
    except OSError as error:
        raise Unusable(f"{path} cannot be reached: {error.strerror}. Correct DATABASE_URL.") from error
    if stat.S_ISDIR(facts.st_mode):
        raise Unusable(f"{path} is a folder, not a database. Name a file in it, such as {path / 'lab.db'}.")
    if not stat.S_ISREG(facts.st_mode):
        raise Unusable(f"{path} is not an ordinary file. Name another one with DATABASE_URL.")
    if facts.st_nlink > 1:
        raise Unusable(
            f"{path} is one file under {facts.st_nlink} names (hard links), and SQLite would keep a log for "
            "each, which destroys it. Keep one name: remove the others, or copy the file and use the copy."
        )
    if not os.access(path, os.R_OK):
        raise Unusable(f"{path} may not be read by this account. Run this as its owner, or chown the file.")
    return facts.st_size > 0 or Path(f"{path}-wal").exists()


def _guard_folder(folder: Path) -> None:
    """Refuse a folder in which no file can be made."""
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unusable(f"No file can be made in {folder}: this account may not write there. Choose another.")


@contextmanager
def _file(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that creates nothing. Read-only would leave the files of the log behind; this one takes
    them away again."""
    try:
        address = f"file:{quote(str(path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=1.0)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname in ("SQLITE_BUSY", "SQLITE_LOCKED"):
            return  # somebody is writing, so it is in use and whole
        raise Unusable(
            f"{path} cannot be opened ({error}). The lab must be able to write this file and its folder: "
            f"look at `ls -l {path}*`, or run this as their owner."
        ) from error
    except sqlite3.DatabaseError as error:
        raise Unusable(f"{path} is damaged, or not a database of SQLite ({error}). {_RESTORE}") from error


def _guard_length(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a file that has lost its end. While there is a log, the file may be behind it."""
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        return
    pages, size = (connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "page_size"))
    there = path.stat().st_size
    if there < pages * size:
        raise Unusable(f"{path} is cut short: {there:,} of {pages * size:,} bytes are there. {_RESTORE}")


def _guard_owner(path: Path, connection: sqlite3.Connection) -> None:
    number = connection.execute("PRAGMA application_id").fetchone()[0]
    if number == APPLICATION_ID:
        return
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if number or (tables and not {"alembic_version", _OURS} <= tables):
        raise Unusable(
            f"{path} belongs to another application. Nothing was changed in it. Name another file with "
            "DATABASE_URL or --database."
        )


def _revisions_in(connection: sqlite3.Connection) -> list[str]:
    try:
        return [number for (number,) in connection.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise


def _guard_schema(where: str, revisions: list[str], as_it_is: bool) -> None:
    known = known_revisions()
    if any(each not in known for each in revisions):
        raise Unusable(
            f"{where} was made by a newer version of Followthrough (schema {', '.join(revisions)}; this one "
            f"knows up to {known[-1]}). Start that version, or put back a backup made by this one."
        )
    if as_it_is and revisions and revisions != [known[-1]]:
        raise Unusable(
            f"{where} is of an earlier version of Followthrough (schema {revisions[0]}; this one has "
            f"{known[-1]}). Start the lab once with `python -m lab serve`, which brings it up to date."
        )


def _in_time(look: Callable[[], None], where: str, is_silent: Callable[[str], None] | None) -> None:
    """Look in a thread of its own: finding a host by its name can't be told to hurry."""
    failures: list[Exception] = []

    def run() -> None:
        try:
            look()
        except Exception as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, name="database check", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive() and is_silent:
        is_silent(
            f"No PostgreSQL server answers yet at {where}; waiting up to {LONGER:.0f} seconds for it. "
            "If it does not run, start it, or correct DATABASE_URL."
        )
        thread.join(LONGER)
    if thread.is_alive():
        raise Unusable(f"No PostgreSQL server answers at {where}. Start it, or correct DATABASE_URL.")
    if failures:
        raise failures[0]


def _guard_server(url: str, as_it_is: bool) -> None:
    where = said(url)
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": int(LONGER)})
    try:
        with engine.connect() as connection:
            tables = connection.execute(
                text("SELECT to_regclass('alembic_version'), to_regclass(:ours)"), {"ours": _OURS}
            ).one()
            has_schema, has_ours = (each is not None for each in tables)
            if has_schema != has_ours:
                raise Unusable(
                    f"{where} holds another application's tables. Make a database for the lab alone."
                )
            found = connection.execute(text("SELECT version_num FROM alembic_version")) if has_schema else ()
            _guard_schema(where, [number for (number,) in found], as_it_is)
    except DBAPIError as error:
        raise Unusable(
            f"PostgreSQL at {where} cannot be used: {_last_line(error)}. Start it, or correct DATABASE_URL."
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        raise Unusable(
            f"{where} is not the address of a PostgreSQL database: {_last_line(error)}."
        ) from error
    finally:
        engine.dispose()


def _last_line(error: Exception) -> str:
    """What the driver says is wrong. Of a host's several addresses it says so for each; one line will do."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    reason = next((each for each in lines if "FATAL" in each), lines[0])
    return " ".join(reason.split()).rstrip(".?")
