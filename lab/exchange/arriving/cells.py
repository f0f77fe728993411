"""Cells of an export that comes in, read and checked by the rule of their column."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NoReturn

from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, Uuid

from db.base import Base, UtcDateTime
from lab.exchange.arriving.columns import rule_of, states
from lab.exchange.cells import text_of
from lab.exchange.tables import unguard
from lab.foundation.errors import Invalid
from lab.foundation.folding import fold

FOLDED: Final = "_folded"
_WHOLE: Final = re.compile(r"-?[0-9]{1,12}")
_REAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?")


def value_of(cell: str, column: Column[Any]) -> Any:
    """The value in a cell. Raises `Invalid` with what is wrong and what to do."""
    if cell == "":
        if not column.nullable:
            raise Invalid("The cell is empty. Write what belongs there, as the lab wrote it.")
        return None
    return rule_of(column)(_parser_of(column)(cell))


@cache
def _parser_of(column: Column[Any]) -> Callable[[str], Any]:
    return next((parse for known, parse in _PARSERS if isinstance(column.type, known)), text_of)


def _key(cell: str) -> uuid.UUID:
    try:
        key = uuid.UUID(cell)
    except ValueError:
        _not("a key such as 01a21f83-55a7-7061-a2aa-db338cdd4a7e", cell)
    return key if str(key) == cell else _not("a key in the usual form", cell)


def _instant(cell: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(cell)
    except ValueError:
        _not("an instant such as 2026-03-02T09:00:00+00:00", cell)


def _truth(cell: str) -> bool:
    return cell == "true" if cell in ("true", "false") else _not("true or false", cell)


def _day(cell: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(cell)
    except ValueError:
        _not("a day such as 2026-03-02", cell)
    return day if day.isoformat() == cell else _not("a day such as 2026-03-02", cell)


def _whole(cell: str) -> int:
    return int(cell) if _WHOLE.fullmatch(cell) else _not("a whole number", cell)


def _real(cell: str) -> float:
    return float(cell) if _REAL.fullmatch(cell) else _not("a number", cell)


def _json(cell: str) -> Any:
    try:
        return json.loads(unguard(cell), parse_constant=_constant)
    except RecursionError as error:
        raise Invalid("The lists and objects in it are too deep or too many.") from error
    except ValueError as error:
        raise Invalid(f"It is not JSON: {str(error)[:80]}.") from error


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _not(what: str, cell: str) -> NoReturn:
    raise Invalid(f"“{cell[:40]}” is not {what}.")


_PARSERS: Final = (
    (Uuid, _key),
    (UtcDateTime, _instant),
    (Boolean, _truth),
    (Date, _day),
    (Integer, _whole),
    (Float, _real),
    (JSON, _json),
)


def with_folded(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its folded columns made from the columns they fold, whatever they held."""
    made = {name: fold(row[name.removesuffix(FOLDED)] or "") for name in row if name.endswith(FOLDED)}
    return row | made


def check_event(row: Mapping[str, Any]) -> None:
    """The states that an event names are those of its kind of record, and what it says of the values before
    would fit the record."""
    known = states(row["subject_type"])
    for name in ("from_state", "to_state"):
        if known and row[name] is not None and row[name] not in known:
            raise Invalid(f"A {row['subject_type']} is never “{row[name][:40]}”.")
    detail = row["detail"]
    if not isinstance(detail, dict):
        raise Invalid("The detail of an event must be an object, such as {}.")
    for name in ("waived", "risks_waived"):
        listed = detail.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise Invalid(f"“{name}” must be a list of texts.")
    for each in detail.get("risks_waived", []):
        _key(each)
    before = detail.get("before", {})
    if not isinstance(before, dict):
        raise Invalid("“before” must be an object.")
    columns = Base.metadata.tables[row["subject_type"]].columns
    for name, value in before.items():
        _check_before(columns.get(name), name, value)


def _check_before(column: Column[Any] | None, name: str, value: Any) -> None:
    """The value that an event says a column had, or a set of links."""
    if column is None:
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        if any(isinstance(part, dict | list) for part in parts):
            raise Invalid(f"“before” holds something unknown under “{name[:40]}”.")
    elif value is None:
        if not column.nullable:
            raise Invalid(f"“before” says that “{name[:40]}” was empty, and it never is.")
    elif not isinstance(value, _kind_of(column)) or (
        isinstance(value, bool) and not isinstance(column.type, Boolean)
    ):
        raise Invalid(f"“before” holds a wrong kind of value for “{name[:40]}”.")
    elif not (value == "" and column.default is not None):
        is_written = isinstance(column.type, Uuid | UtcDateTime | Date)
        rule_of(column)(_parser_of(column)(str(value)) if is_written else value)


def _kind_of(column: Column[Any]) -> type | tuple[type, ...]:
    """What the value of a column is in JSON."""
    if isinstance(column.type, JSON):
        return (dict, list)
    if isinstance(column.type, Integer | Float):
        return (int, float)
    return bool if isinstance(column.type, Boolean) else str
