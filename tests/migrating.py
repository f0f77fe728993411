"""Databases of earlier releases."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import db


def upgrade_to(connection: Connection, revision: str) -> None:
    """Bring a database to the schema of a release, by its migration's number."""
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
