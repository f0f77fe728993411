"""Runs statements directly on the driver, where SQLAlchemy would take longer than SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Statement = tuple[str, tuple[Any, ...]]
"""SQL with the driver's placeholders, and its parameters."""


def ask(connection: Connection, statement: str, *parameters: Any) -> list[Any]:
    """The rows from the driver, none for a statement that returns none. Raises SQLAlchemy's errors."""
    with _sqlalchemys_errors(connection, statement), closing(connection.connection.cursor()) as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def ask_together(connection: Connection, queries: Sequence[Statement]) -> list[list[Any]]:
    """The rows of each query, for which PostgreSQL is asked in one round trip."""
    with _sqlalchemys_errors(connection, queries[0][0]), _pipeline(connection), ExitStack() as closed_later:
        cursors = [closed_later.enter_context(closing(connection.connection.cursor())) for _ in queries]
        for cursor, query in zip(cursors, queries, strict=True):
            cursor.execute(*query)
        return [list(cursor.fetchall()) for cursor in cursors]


def tell_together(connection: Connection, statements: Sequence[Statement]) -> None:
    """Run statements that return no rows, in order; PostgreSQL gets them in one round trip."""
    if statements:
        with _sqlalchemys_errors(connection, statements[0][0]), _pipeline(connection):
            for statement in statements:
                with closing(connection.connection.cursor()) as cursor:
                    cursor.execute(*statement)


def _pipeline(connection: Connection) -> Any:
    """psycopg's pipeline mode: nobody waits for the answer of a statement before sending the next."""
    if connection.dialect.name != "postgresql":
        return nullcontext()
    return connection.connection.driver_connection.pipeline()  # type: ignore[union-attr]


@contextmanager
def _sqlalchemys_errors(connection: Connection, statement: str) -> Iterator[None]:
    failure = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except failure as error:
        raise DBAPIError.instance(statement, None, error, failure) from error
