"""What every model shares: naming, key and time columns, and the check that holds a vocabulary."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, MetaData, Text, TypeDecorator, Uuid
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, mapped_column

from db.keys import new_key


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant. Rejects naive datetimes; returns UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """The declarative base; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- the shape SQLAlchemy asks for
        dt.datetime: UtcDateTime,
        dict[str, Any]: JSON,
        str: Text,
        uuid.UUID: Uuid,
    }


Key = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=new_key)]
Version = Annotated[int, mapped_column(default=1)]


def one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """A check constraint: the column is one of these words, or null if nullable."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def same_as(column: str) -> Callable[[DefaultExecutionContext], Any]:
    """A column that starts with the value of another of its row."""

    def default(context: DefaultExecutionContext) -> Any:
        return context.get_current_parameters().get(column)  # type: ignore[no-untyped-call]

    return default
