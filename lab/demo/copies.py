"""A demo lab larger than what is played: copies of the played projects under other names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from db.keys import new_key
from db.models import Base, Project
from lab.foundation.folding import fold


def repeat(session: Session, wanted: int, progress: Callable[[int, int], None] | None) -> None:
    """Copy the history of the played projects under new keys and names until there are `wanted`. Votes
    are not copied: their records are sealed under the round's own key. Nor are boards: a code has one."""
    played = list(session.scalars(select(Project.id).order_by(Project.id)))
    tables = [table for table in Base.metadata.sorted_tables if _belongs_to_projects(table)]
    rows = {table: [dict(row) for row in session.execute(select(table)).mappings()] for table in tables}
    own = {row["id"] for table in tables if "id" in table.c for row in rows[table]}
    project_of = _owners(tables, rows)
    made = len(played)
    turn = 0
    while made < wanted:
        turn += 1
        copied = set(played[: wanted - made])
        renamed = {key: new_key() for key in sorted(own) if project_of.get(key) in copied}
        for table in tables:
            copies = [
                _copy(table, row, renamed, turn) for row in rows[table] if _is_copied(row, project_of, copied)
            ]
            for start in range(0, len(copies), 5000):
                session.execute(insert(table), copies[start : start + 5000])
        made += len(copied)
        if progress:
            progress(made, wanted)


def _belongs_to_projects(table: Table) -> bool:
    if table.name.startswith(("vote_", "ballot", "workshop", "note", "cluster", "stale_project")):
        return False
    if table.name in ("project", "event") or "project_id" in table.c:
        return True
    owners = {"engagement", "prototype", "recommendation", "reply", "stakeholder"}
    return any(key.column.table.name in owners for key in table.foreign_keys)


def _owners(tables: list[Table], rows: dict[Table, list[dict[str, Any]]]) -> dict[uuid.UUID, uuid.UUID]:
    owner: dict[uuid.UUID, uuid.UUID] = {}
    for table in tables:
        for row in rows[table]:
            if table.name == "project":
                owner[row["id"]] = row["id"]
            elif "id" in row:
                parent = row.get("project_id") or row.get("recommendation_id") or row.get("prototype_id")
                if parent is not None:
                    owner[row["id"]] = owner.get(parent, parent)
    return owner


def _is_copied(row: dict[str, Any], project_of: dict[uuid.UUID, uuid.UUID], copied: set[uuid.UUID]) -> bool:
    if row.get("subject_type") in ("vote_round", "workshop", "note"):
        return False
    for name, value in row.items():
        if isinstance(value, uuid.UUID) and (name == "id" or name.endswith("_id")) and value in project_of:
            return project_of[value] in copied
    return False


def _copy(
    table: Table, row: dict[str, Any], renamed: dict[uuid.UUID, uuid.UUID], turn: int
) -> dict[str, Any]:
    copy = {
        name: renamed.get(value, value) if isinstance(value, uuid.UUID) else value
        for name, value in row.items()
    }
    if table.name == "project":
        copy["slug"] = f"{row['slug']}-again-{turn}"
        copy["title"] = f"{row['title']} · {turn + 1}"
        copy["title_folded"] = fold(str(copy["title"]))
    if table.name == "foreseen_risk":
        copy["round_id"] = None
    if table.name == "event" and "recommendation" in row["detail"]:
        key = uuid.UUID(row["detail"]["recommendation"])
        copy["detail"] = row["detail"] | {"recommendation": str(renamed.get(key, key))}
    return copy
