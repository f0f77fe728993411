"""A migration that is killed at any statement has not begun, or is complete; and then it completes."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text

from db.engine import Database, Unusable, open_engine
from db.integrity import damage
from db.keys import new_key
from db.upgrade import upgrade
from db.usable import guard_usable, known_revisions
from tests.db.test_upgrading import fill, upgrade_to
from tests.faults.conftest import SHORT, Figure
from tests.postgres import beside, name_in

pytestmark = pytest.mark.fault

BEFORE = "0007"
"""The schema from which labs come in."""


def counted(engine: Engine, die_at: int | None = None) -> list[int]:
    """Count statements from here on, and end this process as a power cut would before one of them."""
    count = [0]

    @event.listens_for(engine, "before_cursor_execute")
    def _count(*_: Any) -> None:
        count[0] += 1
        if count[0] == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def killed_at(url: str, statement: int) -> bool:
    """Migrate in a process of its own that dies before this statement; whether it died."""
    child = os.fork()
    if child == 0:
        engine = open_engine(url)
        counted(engine, statement)
        upgrade(engine)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def fresh(url: str, place: Path, source: Path) -> str:
    """A lab of the earlier schema, as it was before each try."""
    if not url.startswith("postgresql"):
        for left in place.glob("lab.db*"):
            left.unlink()
        shutil.copy(source, place / "lab.db")
        return f"sqlite:///{place / 'lab.db'}"
    return beside(url, "migrated", like=f"{name_in(url)}_earlier")


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_migration_killed_at_any_statement_has_not_begun_or_is_complete(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, figure: Figure
) -> None:
    source = tmp_path / "earlier" / "lab.db"
    server = request.getfixturevalue("postgres_url") if kind == "postgres" else ""
    earlier = Database(beside(server, "earlier") if server else f"sqlite:///{source}")
    with earlier.engine.begin() as connection:
        upgrade_to(connection, BEFORE)
        if server:
            connection.execute(
                text("INSERT INTO sponsor (id, name) VALUES (:key, 'Council')"), {"key": new_key()}
            )
        else:
            fill(connection)
    earlier.close()
    whole = open_engine(fresh(server, tmp_path, source))
    count = counted(whole)
    upgrade(whole)
    whole.dispose()
    tried = range(1, count[0] + 1, max(1, count[0] // 15) if SHORT else 1)
    half_done = []
    for statement in tried:
        url = fresh(server, tmp_path, source)
        assert killed_at(url, statement), statement
        engine = open_engine(url)
        with engine.begin() as connection:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if revision != BEFORE or inspect(engine).has_table("known_device"):
            half_done.append(statement)
        upgrade(engine)
        with Database(url).reading() as session:
            if damage(session) or session.scalar(text("SELECT name FROM sponsor")) != "Council":
                half_done.append(statement)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
        engine.dispose()
        with pytest.raises(Unusable, match="newer version"):
            guard_usable(url)
    figure(
        "migration killed at each step",
        "completes or rolls back; newer schema refused by older code",
        f"{len(tried)} of {count[0]} statements from {BEFORE} to {known_revisions()[-1]}: "
        f"{len(half_done)} left half done",
    )
    assert half_done == []
