"""Migrate a database to the newest schema, from empty or any earlier release."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from db.driver import ask
from db.usable import APPLICATION_ID

_PLACE = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """The number of the newest migration, with which the name of its file begins."""
    return max(path.name.partition("_")[0] for path in (_PLACE / "versions").glob("[0-9]*_*.py"))


def _is_newest(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found == newest_revision()


def _migrate(connection: Connection) -> None:
    # imported here: it takes as long as everything else of a command, and most databases are up to date
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_PLACE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and (lost := ask(connection, "PRAGMA foreign_key_check")):
        raise RuntimeError(f"an upgrade would leave references to nothing: {lost[:5]}")


def upgrade(engine: Engine) -> None:
    """Run the missing migrations, if any. If two processes start at once, one waits for the other. To change
    a table's checks SQLite has to recreate the table, which foreign keys forbid. So they are checked once at
    the end, before the commit.
    """
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            ask(connection, "PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(726354)"))
                if is_sqlite:
                    ask(connection, f"PRAGMA application_id = {APPLICATION_ID}")
                if not _is_newest(connection):
                    _migrate(connection)
        finally:
            if is_sqlite:
                ask(connection, "PRAGMA foreign_keys=ON")


def take_stock(engine: Engine) -> None:
    """Run ANALYZE on a sample, so that SQLite chooses good indexes.

    Without it one query of the board takes thirty times as long in a lab of 10,000 projects. PostgreSQL
    does this by itself.
    """
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
            connection.exec_driver_sql("ANALYZE")


def is_ready(engine: Engine) -> bool:
    """Whether the database has a schema."""
    return inspect(engine).has_table("alembic_version")
