"""Integrity checks by the database itself."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.address import sqlite_path

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
"""Rights of the group and of everybody."""


def damage(session: Session) -> list[str]:
    """Problems found by SQLite, one sentence each; PostgreSQL checks pages and references itself."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found = session.scalar(text("PRAGMA integrity_check"))
    problems = [] if found == "ok" else [f"The file is damaged: {found}"]
    for row in session.execute(text("PRAGMA foreign_key_check")):
        problems.append(f"A row of {row[0]} refers to a {row[2]} that does not exist")
    return problems


def open_to_others(url: str) -> list[str]:
    """Files of an SQLite database that other accounts of the machine may read, and a folder in which they may
    replace them, with the command that mends it; one sentence each."""
    path = sqlite_path(url)
    if path is None or os.name == "nt":
        return []
    path = path.resolve()
    files = [each for each in sorted(path.parent.glob(f"{path.name}*")) if _mode(each) & OTHERS]
    problems = []
    if files:
        names = ", ".join(map(str, files))
        problems.append(
            f"Other accounts of this machine may read {names}. Mend it with: chmod go= "
            + shlex.join(map(str, files))
        )
    # a folder with the sticky bit, such as /tmp, lets nobody replace files of others
    if _mode(path.parent) & (stat.S_IWGRP | stat.S_IWOTH) and not _mode(path.parent) & stat.S_ISVTX:
        problems.append(
            f"Other accounts of this machine may replace files in {path.parent}. Mend it with: chmod go-w "
            + shlex.quote(str(path.parent))
        )
    return problems


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0
