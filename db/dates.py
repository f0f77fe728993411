"""Date arithmetic in SQL, which differs between databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Date, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class days_between(FunctionElement[int]):
    """Calendar days from the second date to the first."""

    type = Integer()
    inherit_cache = True
    name = "days_between"


class days_after(FunctionElement[dt.date]):
    """The date a number of days after a date."""

    type = Date()
    inherit_cache = True
    name = "days_after"


class earliest(FunctionElement[dt.date]):
    """The earliest date that is not null; null if all are."""

    type = Date()
    inherit_cache = True
    name = "earliest"


@compiles(days_between)
def _days_between(element: Any, compiler: Any, **kwargs: Any) -> str:
    later, earlier = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({later} - {earlier})"


@compiles(days_between, "sqlite")
def _days_between_sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    later, earlier = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"


@compiles(days_after)
def _days_after(element: Any, compiler: Any, **kwargs: Any) -> str:
    day, count = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({day} + {count})"


@compiles(days_after, "sqlite")
def _days_after_sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    day, count = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"date({day}, ({count}) || ' days')"


@compiles(earliest)
def _earliest(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"LEAST({', '.join(compiler.process(clause, **kwargs) for clause in element.clauses)})"


@compiles(earliest, "sqlite")
def _earliest_sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    days = (f"COALESCE({compiler.process(clause, **kwargs)}, '9999-12-31')" for clause in element.clauses)
    return f"NULLIF(MIN({', '.join(days)}), '9999-12-31')"
