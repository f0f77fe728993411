"""Integrity checks by the database itself."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def damage(session: Session) -> list[str]:
    """Problems found by SQLite, one sentence each; PostgreSQL checks pages and references itself."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found = session.scalar(text("PRAGMA integrity_check"))
    problems = [] if found == "ok" else [f"The file is damaged: {found}"]
    for row in session.execute(text("PRAGMA foreign_key_check")):
        problems.append(f"A row of {row[0]} refers to a {row[2]} that does not exist")
    return problems
