"""A power cut takes what was not synced: everything that was acknowledged had been."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lab.access.rights import COMMAND_LINE
from lab.voting.integrity import damaged_rounds
from tests.faults.conftest import Figure, number
from tests.faults.disk import lose_what_was_not_synced, preloaded
from tests.faults.test_killed import PHONES, Crowd, wrong
from tests.loops import run
from tests.served import Lab, served

pytestmark = pytest.mark.fault

WRITES = """
import os, sqlite3, sys
lab = sqlite3.connect(sys.argv[1], isolation_level=None)
lab.execute("PRAGMA journal_mode = WAL")
lab.execute(f"PRAGMA synchronous = {sys.argv[2]}")
lab.execute("CREATE TABLE ballot (number INTEGER)")
for number in range(100):
    lab.execute("INSERT INTO ballot VALUES (?)", (number,))
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("synchronous", "left"), [("FULL", 100), ("NORMAL", 0)])
def test_the_stand_in_for_the_disk_loses_what_was_not_synced_and_nothing_else(
    synchronous: str, left: int, tmp_path: Path
) -> None:
    path = tmp_path / "lab.db"
    subprocess.run(
        [sys.executable, "-c", WRITES, str(path), synchronous], env=os.environ | {"LD_PRELOAD": preloaded()}
    )
    lost = lose_what_was_not_synced(path)
    assert (lost > 0) == (left == 0)
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        there = connection.execute("SELECT count(*) FROM ballot").fetchone()[0] if tables else 0
    assert there == left


def test_no_acknowledged_ballot_is_lost_when_the_log_is_cut_back_to_the_last_sync(
    tmp_path: Path, figure: Figure
) -> None:
    for lab in served(f"sqlite:///{tmp_path / 'lab.db'}", tmp_path, LD_PRELOAD=preloaded()):
        through_power_cuts(lab, tmp_path / "lab.db", figure)


def through_power_cuts(lab: Lab, path: Path, figure: Figure) -> None:
    kills, between = number(full=30, short=3), number(full=700, short=300)
    crowd = Crowd(lab)
    lost = []
    lab.database.close()  # nobody but the server has the file open

    def cut() -> None:
        lab.server.kill()
        lost.append(lose_what_was_not_synced(path))
        lab.server.start()

    async def story() -> None:
        voting = [asyncio.create_task(crowd.vote()) for _ in range(PHONES)]
        for _ in range(kills):
            await crowd.until(crowd.ballots + between)
            await asyncio.to_thread(cut)
        await crowd.until(crowd.ballots + between)
        crowd.done = True
        await asyncio.gather(*voting)

    run(story())
    mistakes = wrong(crowd)
    figure(
        "log cut back to the last fsync (preloaded shim)",
        "0 acknowledged lost",
        f"{kills} cuts, {sum(map(bool, lost))} of them took unsynced bytes ({sum(lost):,} in all); "
        f"{crowd.ballots:,} acknowledged, {len(mistakes)} lost",
    )
    assert crowd.refused == []
    assert mistakes == []
    with lab.database.reading() as session:
        assert damaged_rounds(session, COMMAND_LINE) == []
