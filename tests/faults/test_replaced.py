"""A file that is put in the place of a running server's database, moved away or written over is noticed, and
nothing more is written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db.engine import Database
from tests.faults.conftest import SHORT, Figure
from tests.loops import run
from tests.served import Lab, Line, Phone, any_marks, open_a_round, stored

pytestmark = pytest.mark.fault

NOTICED = 4
"""The exit status of a server whose file was replaced."""


def written_over(copy: Path, path: Path) -> None:
    """As `cp` does: the same file with another content."""
    path.write_bytes(copy.read_bytes())


def replaced(copy: Path, path: Path) -> None:
    """As `mv` and `rsync` do: another file with the same name."""
    copy.rename(path)


def moved_away(_: Path, path: Path) -> None:
    path.rename(path.with_name("away.db"))


@pytest.mark.parametrize("way", [written_over] if SHORT else [written_over, replaced, moved_away])
def test_a_file_replaced_under_a_running_server_is_noticed_and_not_written_to(
    way: Callable[[Path, Path], None], sqlite_lab: Lab, tmp_path: Path, figure: Figure
) -> None:
    lab, path = sqlite_lab, tmp_path / "lab.db"
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    later = open_a_round(lab.database)  # so that the copy is an earlier state
    phone = Phone(Line(lab.server.port), later.code)
    assert run(phone.hand_in(any_marks())).status == 200
    lab.database.close()  # nobody but the server has the file open
    way(copy, path)
    content = path.read_bytes() if path.exists() else b""
    answer = run(Phone(Line(lab.server.port), later.code).send(any_marks()))
    health = run(Line(lab.server.port).ask("GET", "/health"))
    began = time.monotonic()
    assert lab.server.process
    status = lab.server.process.wait(30)
    ended = time.monotonic() - began
    told = (tmp_path / "server.log").read_text()
    figure(
        "database replaced, moved or written over under a running server",
        "noticed; nothing more written; said in one line and in /health",
        f"{way.__name__.replace('_', ' ')}: next ballot {answer.status}, ended after {ended:.0f} s",
    )
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert (health.status, "replaced or written over" in health.told()["database"]) == (503, True)
    assert status == NOTICED
    assert told.count("was replaced or written over while the lab was running") == 1
    assert "Traceback" not in told
    assert (path.read_bytes() if path.exists() else b"") == content
    assert not Path(f"{path}-wal").exists()
    if path.exists():
        again = Database(f"sqlite:///{path}")
        assert stored(again, lab.round.id) == {}
        again.close()
        lab.server.start()
        assert run(Phone(Line(lab.server.port), lab.round.code).hand_in(any_marks())).status == 200
