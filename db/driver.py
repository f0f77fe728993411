"""Statements that go to the driver itself: where they are ready, SQLAlchemy would need longer than SQLite."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def ask(connection: Connection, statement: str, *parameters: Any) -> list[Any]:
    """What the driver answers, as rows. Raises what SQLAlchemy would: its own kind of error."""
    failure = connection.dialect.loaded_dbapi.Error
    with closing(connection.connection.cursor()) as cursor:
        try:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []
        except failure as error:
            raise DBAPIError.instance(statement, None, error, failure) from error
