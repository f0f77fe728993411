"""Differences in exports of earlier versions, so that they can still be imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Column, ColumnDefault
from sqlalchemy.orm import Session

from lab.disillusion.upkeep.features import rebuild_features
from lab.exchange.cells import text_cell, text_of
from lab.exchange.scope import written
from lab.foundation.folding import fold
from lab.past.edits import keep_promises
from lab.workshops.after.keeping import keep_dots

COLUMNS_SINCE: Final[dict[tuple[str, str], Callable[[dict[str, str]], str]]] = {
    ("lab", "time_zone"): lambda row: "UTC",
    ("lab", "session_idle_minutes"): lambda row: "120",
    ("lab", "session_hours"): lambda row: "12",
    ("account", "email_folded"): lambda row: _folded(row["email"]),
    ("sponsor", "name_folded"): lambda row: _folded(row["name"]),
    ("project", "title_folded"): lambda row: _folded(row["title"]),
    ("project", "place_folded"): lambda row: _folded(row["place"]),
    ("project", "reference_folded"): lambda row: _folded(row["reference"]),
    ("event", "day"): lambda row: row["at"][:10],
    ("vote_round", "closed_on"): lambda row: row["closed_at"][:10],
    ("workshop", "ended_on"): lambda row: row["ended_at"][:10],
    ("workshop", "wrapped_up_on"): lambda row: row["wrapped_up_at"][:10],
    ("vote_round", "blank_means"): lambda row: _blank_means(row),
    ("project", "promised_cadence_days"): lambda row: row["cadence_days"],
    ("recommendation", "promised_cadence_days"): lambda row: row["cadence_days"],
    ("recommendation", "promised_due"): lambda row: row["due"],
    ("pulse", "standing"): lambda row: "counted",
    ("project", "pulse_links_ended"): lambda row: "0",
}
"""Columns that older exports lack, each with its cell: the value from the migration that added the column.
`bring_up_to_date` corrects promises that were edited, and counts the dots of
contributions. A column that may be empty and is not listed is
empty."""
COLUMNS_GONE: Final = frozenset({("project_feature", "people_waiting"), ("project_feature", "last_heard_on")})
"""Columns of older exports that are no longer kept."""
TABLES_SINCE: Final = frozenset({"vote_slip", "project_wait", "notes_apart", "block_reaction"})
"""Tables that older exports lack: computed from the others, or empty."""


def cell_since(table: str, column: Column[Any]) -> Callable[[dict[str, str]], str] | None:
    """How to fill a column that an export lacks: as listed, else with the column's own default; None if it
    may not be missing."""
    found = COLUMNS_SINCE.get((table, column.name))
    if found is not None:
        return found
    default = column.default
    if isinstance(default, ColumnDefault) and default.is_scalar:
        cell = written(default.arg, column)
        return lambda row: cell
    return (lambda row: "") if column.nullable else None


def bring_up_to_date(session: Session) -> None:
    """Compute what follows from other records, whatever an export says of it: kept promises, the dots of
    contributions and the derived tables."""
    session.flush()
    keep_promises(session)
    keep_dots(session)
    rebuild_features(session)


def _blank_means(row: dict[str, str]) -> str:
    """A score that nobody has voted in yet goes by the rule of new rounds."""
    is_new = row["state"] == "draft" and row["method"] == "score"
    return "no_opinion" if is_new else "least"


def _folded(cell: str) -> str:
    """The cell of a folded column, from the cell of the column it folds."""
    return text_cell(fold(text_of(cell)))
