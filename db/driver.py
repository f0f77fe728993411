"""Runs statements directly on the driver, where SQLAlchemy would take longer than SQLite."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def ask(connection: Connection, statement: str, *parameters: Any) -> list[Any]:
    """The rows from the driver. Raises SQLAlchemy's errors."""
    failure = connection.dialect.loaded_dbapi.Error
    with closing(connection.connection.cursor()) as cursor:
        try:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []
        except failure as error:
            raise DBAPIError.instance(statement, None, error, failure) from error
