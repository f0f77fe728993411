"""Opens the lab's database for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from db.engine import Database, Session, database_url, sqlite_path
from db.upgrade import is_ready, upgrade
from db.usable import guard_usable
from lab.cli.options import chosen
from lab.foundation.errors import NotFound


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction on the database, which is created or upgraded first. Raises: Unusable."""
    guard_usable(chosen.url)
    database = Database(chosen.url)
    try:
        upgrade(database.engine)
        with database.writing() as session:
            yield session
    finally:
        database.close()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries. Raises: NotFound: there is no database yet, or it is empty. Unusable."""
    guard_usable(chosen.url, as_it_is=True)
    path = sqlite_path(chosen.url)
    if path is not None and not path.exists():
        raise NotFound(f"There is no database at {path}. Make one with `python -m lab init` or `demo`.")
    database = Database(chosen.url)
    try:
        if not is_ready(database.engine):
            raise NotFound("This database is empty. Fill it with `python -m lab init`, `demo` or `import`.")
        with database.reading() as session:
            yield session
    finally:
        database.close()


@contextmanager
def reading_or_empty() -> Iterator[Session]:
    """A session for queries; on an in-memory empty lab if there is no database, because a preview must not
    create one."""
    if _is_filled():
        with reading() as session:
            yield session
        return
    with TemporaryDirectory() as directory:
        chosen.url = database_url(str(Path(directory) / "empty.db"))
        with writing() as session:
            yield session


def _is_filled() -> bool:
    guard_usable(chosen.url)
    path = sqlite_path(chosen.url)
    if path is not None and not path.exists():
        return False
    database = Database(chosen.url)
    try:
        return is_ready(database.engine)
    finally:
        database.close()
