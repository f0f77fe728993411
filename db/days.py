"""Calendar days in SQL, written as each database wants them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class day_of(FunctionElement[Any]):
    """The UTC day of an instant."""

    type = Date()
    inherit_cache = True


class days_before(FunctionElement[Any]):
    """The day so many days before another."""

    type = Date()
    inherit_cache = True


@compiles(day_of, "sqlite")
def _day_of_sqlite(element: day_of, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(day_of, "postgresql")
def _day_of_postgresql(element: day_of, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"


@compiles(days_before, "sqlite")
def _days_before_sqlite(element: days_before, compiler: Any, **options: Any) -> str:
    day, count = (compiler.process(clause, **options) for clause in element.clauses)
    return f"date({day}, -({count}) || ' days')"


@compiles(days_before, "postgresql")
def _days_before_postgresql(element: days_before, compiler: Any, **options: Any) -> str:
    day, count = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(CAST({day} AS DATE) - ({count}))"
