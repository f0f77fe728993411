"""Makes a backup of the lab while it is in use, and puts one back."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import delete, func, make_url, select
from sqlalchemy.orm import Session

from db.copying import copy_database, copy_rows, put_in_place, settle, sync
from db.engine import Database, sqlite_path
from db.lock import hold
from db.models import Base, Lab
from db.upgrade import upgrade
from db.usable import guard_usable, known_revisions
from lab.access.rights import Actor, require
from lab.exchange.backup import package
from lab.exchange.backup.package import Manifest, OpenedBackup
from lab.exchange.scope import LEFT_OUT
from lab.foundation.errors import Conflict
from lab.foundation.events import remember
from lab.voting.unlinking import unlink_open_rounds

BACKED_UP: Final = "backed_up"
"""The event of a backup."""


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup that was made."""

    path: Path
    manifest: Manifest


def make_backup(
    url: str, actor: Actor, directory: Path, *, key: str | None, clock: Callable[[], dt.datetime]
) -> MadeBackup:
    """Back the lab up into `directory`, and record that. It takes no part in writing while it copies, so
    nobody waits for it.

    Sessions and failed sign-ins stay behind: whoever holds the backup is not signed in by it. Of a vote that
    is open the ballots are in it, and who cast which is not.
    """
    require(actor, "lab.administer")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = sqlite_path(url)
    # what is not encrypted yet stays beside the database
    with TemporaryDirectory(prefix=".backup-", dir=path.parent if path else None) as folder:
        copy = Path(folder) / package.DATABASE
        complete_until = clock()
        copy_database(url, copy)
        open_rounds, rows = _cleaned(copy, actor)
        settle(copy)
        manifest = Manifest(
            complete_until=complete_until.astimezone(dt.UTC).isoformat(),
            schema=known_revisions()[-1],
            rows=rows,
            open_rounds=open_rounds,
            bytes=copy.stat().st_size,
            sha256=package.digest(copy),
        )
        target = directory / package.name_of(_stem(url), complete_until, is_encrypted=key is not None)
        package.write(Path(folder), manifest, target, key)
    _record(url, actor, target, manifest, now=clock(), is_encrypted=key is not None)
    return MadeBackup(target, manifest)


def _stem(url: str) -> str:
    path = sqlite_path(url)
    return path.stem if path else make_url(url).database or "lab"


def _cleaned(copy: Path, actor: Actor) -> tuple[list[str], dict[str, int]]:
    """Take out of a copy what may not leave; returns the questions of open votes, and the rows by table."""
    database = Database(f"sqlite:///{copy}")
    try:
        with database.writing() as session:
            for name in LEFT_OUT:
                session.execute(delete(Base.metadata.tables[name]))
            return unlink_open_rounds(session, actor), _counted(session)
    finally:
        database.close()


def _counted(session: Session) -> dict[str, int]:
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def _record(
    url: str, actor: Actor, path: Path, manifest: Manifest, *, now: dt.datetime, is_encrypted: bool
) -> None:
    database = Database(url)
    try:
        with database.writing() as session:
            if (lab := session.get(Lab, 1)) is not None:
                remember(
                    session,
                    actor,
                    lab,
                    BACKED_UP,
                    now=now,
                    place=str(path.resolve()),
                    complete_until=manifest.complete_until,
                    encrypted=is_encrypted,
                )
    finally:
        database.close()


def keep_newest(url: str, directory: Path, actor: Actor, keep: int) -> list[Path]:
    """Remove all but the newest backups of this database; returns what was removed."""
    require(actor, "lab.administer")
    gone = package.earlier(directory, _stem(url))[:-keep]
    for each in gone:
        each.unlink()
    return gone


def restore_backup(url: str, actor: Actor, backup: OpenedBackup, *, now: dt.datetime) -> Path | None:
    """Put a backup in the place of the lab's database. What a file held before is kept beside it; returns its
    path, or None where there was none.

    Raises:
        AlreadyServed: a server uses the database.
        Conflict: a PostgreSQL database is not empty, or a folder has the file's name.
        Unusable: the backup is of a newer version of the lab.
    """
    require(actor, "lab.administer")
    guard_usable(f"sqlite:///{backup.database}")
    _prepare(backup, actor, now)
    path = sqlite_path(url)
    if path is None:
        _into_server(url, backup)
        return None
    path = path.resolve()
    if path.is_dir():
        raise Conflict(f"{path} is a folder. Name a file with DATABASE_URL.")
    with hold(path):
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        shutil.copyfile(backup.database, part)
        sync(part)
        return put_in_place(part, path, f"{path.name}.before-{now.astimezone(dt.UTC):%Y%m%dT%H%M%S%fZ}")


def _prepare(backup: OpenedBackup, actor: Actor, now: dt.datetime) -> None:
    """Bring it up to date, and record where it comes from."""
    database = Database(f"sqlite:///{backup.database}")
    try:
        upgrade(database.engine)
        with database.writing() as session:
            if (lab := session.get(Lab, 1)) is not None:
                until = backup.manifest.complete_until
                remember(session, actor, lab, "restored", now=now, complete_until=until)
    finally:
        database.close()
    settle(backup.database)


def _into_server(url: str, backup: OpenedBackup) -> None:
    guard_usable(url)
    target, source = Database(url), Database(f"sqlite:///{backup.database}")
    try:
        upgrade(target.engine)
        with target.reading() as session:
            if session.get(Lab, 1) is not None:
                raise Conflict(
                    "This PostgreSQL database holds a lab already. Make an empty one (createdb), name it in "
                    "DATABASE_URL, and restore into that."
                )
        with source.engine.connect() as read:
            copy_rows(read, target)
    finally:
        source.close()
        target.close()
