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


@compiles(day_of, "sqlite")
def _day_of_sqlite(element: day_of, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(day_of, "postgresql")
def _day_of_postgresql(element: day_of, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"
