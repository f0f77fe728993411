"""What is known of backups: the last one, and whether one is whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.integrity import damage
from db.models import Base, Event
from db.upgrade import upgrade
from lab.access.rights import Actor, require
from lab.exchange.backup.commands import BACKED_UP
from lab.exchange.backup.package import OpenedBackup
from lab.followthrough.integrity import unexplained_recommendations
from lab.voting.integrity import damaged_rounds


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The newest backup on record."""

    made_at: dt.datetime
    place: str
    is_encrypted: bool


def last_backup(session: Session, actor: Actor) -> LastBackup | None:
    """The newest backup, or None where none was made."""
    require(actor, "lab.administer")
    row = session.scalars(
        select(Event)
        .where(Event.subject_type == "lab", Event.verb == BACKED_UP)
        .order_by(Event.recorded_at.desc(), Event.id.desc())
        .limit(1)
    ).first()
    return None if row is None else LastBackup(row.recorded_at, row.detail["place"], row.detail["encrypted"])


def damage_in(backup: OpenedBackup, actor: Actor) -> list[str]:
    """Problems of an opened backup, which is brought up to date for it; one sentence each."""
    require(actor, "lab.administer")
    database = Database(f"sqlite:///{backup.database}")
    try:
        with database.reading() as session:
            problems = [*damage(session), *_missing(session, backup)]
        if problems:
            return problems
        upgrade(database.engine)
        with database.reading() as session:
            return [*unexplained_recommendations(session, actor), *damaged_rounds(session, actor)]
    finally:
        database.close()


def _missing(session: Session, backup: OpenedBackup) -> list[str]:
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    return [
        f"{name} has {found:,} rows and should have {number:,}"
        for name, number in backup.manifest.rows.items()
        if name in tables
        and (found := session.scalar(select(func.count()).select_from(tables[name])) or 0) != number
    ]
