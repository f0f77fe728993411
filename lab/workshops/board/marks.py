"""The marks of a note."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Prototype
from db.words import NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.foundation import clock, text
from lab.foundation.errors import Invalid
from lab.workshops.board.changing import BoardChange


def stored_mark(session: Session, board: BoardChange, name: str, value: Any, now: dt.datetime) -> Any:
    """Check a mark and return the value to store.

    Raises:
        Invalid: there is no such mark, or it cannot have this value.
    """
    match name:
        case "kind":
            return text.chosen(value, NOTE_KINDS, "Kind")
        case "chosen" if isinstance(value, bool):
            return value
        case "importance":
            return value if value is None else text.number(value, "Importance", 1, 5)
        case "within_power":
            return text.chosen_or_none(value, WITHIN_POWER, "Within our power")
        case "said_back":
            return text.chosen_or_none(value, SAID_BACK, "What was said back")
        case "promised_by":
            return text.line(value, "Who promised", required=False)
        case "promised_for":
            return value if value is None else text.planned(value, clock.today(session, now), "Promised for")
        case "prototype_id":
            return _prototype(session, board.project_id, value)
    raise Invalid(f"A note cannot be marked like this: {name}.", field=name)


def _prototype(session: Session, project_id: uuid.UUID, key: uuid.UUID | None) -> uuid.UUID | None:
    known = key and session.scalar(
        select(Prototype.id).where(Prototype.id == key, Prototype.project_id == project_id)
    )
    if key and not known:
        raise Invalid("Choose a prototype of the same project.", field="prototype_id")
    return key


def loggable(marks: Mapping[str, Any]) -> dict[str, Any]:
    """Marks as JSON values, for the event log."""
    plain = (str, int, float, bool, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in marks.items()}
