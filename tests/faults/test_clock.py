"""A clock that is put back, forward, or over the change of summer time: ballots go by their order, nothing is
younger than now, and a session that has ended does not come back."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from db.models import BallotEntry
from lab.access.commands import add_account, set_time_zone
from lab.access.rights import COMMAND_LINE
from lab.voting.integrity import damaged_rounds
from tests.accounts import session_for
from tests.cli.running import lab as command
from tests.conftest import NOW
from tests.faults.conftest import Figure
from tests.loops import run
from tests.served import Answer, Lab, Line, Phone, any_marks, close, served, stored

pytestmark = pytest.mark.fault

FAULT: Final = "clock back an hour, forward a year, across DST"
MARK: Final = "order by sequence; no negative age; sessions do not revive"
START: Final = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
"""Half an hour before the clocks of Berlin go back from three to two."""
HOUR, YEAR = dt.timedelta(hours=1), dt.timedelta(days=365)
JUMPS: Final = {
    "start": START,
    "back an hour": START - HOUR,
    "across the change of summer time": START + HOUR,
    "forward a year": START + YEAR,
    "back again": START + HOUR,
}
NEGATIVE: Final = re.compile(r"(?<![\w.-])[-−]\d+ (second|minute|hour|day|week|month|year)")


@pytest.fixture
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clock of this process and of the servers it starts."""
    file = tmp_path / "clock"
    file.write_text(START.isoformat())
    monkeypatch.setenv("LAB_CLOCK_FILE", str(file))
    return file


@pytest.fixture
def moved_lab(database_url: str, clock_file: Path, tmp_path: Path) -> Iterator[Lab]:
    """A served lab in Berlin whose clock can be moved."""
    yield from served(database_url, tmp_path)


def test_a_moved_clock_changes_no_order_and_revives_no_session(
    moved_lab: Lab, clock_file: Path, figure: Figure
) -> None:
    lab = moved_lab
    with lab.database.writing() as session:
        set_time_zone(session, COMMAND_LINE, time_zone="Europe/Berlin", now=START)
        account = add_account(
            session, COMMAND_LINE, name="Ada", email="ada@example.org", role="facilitator", password=None,
            now=START,
        )  # fmt: skip
        token = session_for(session, account, START)
    line = Line(lab.server.port)
    faithful = Phone(line, lab.round.code)
    last: dict[str, tuple[int, ...]] = {}
    signed_in, negative = {}, []

    def ask(path: str, **headers: str) -> Answer:
        return run(Line(lab.server.port).ask("GET", path, headers=headers))

    for jump, instant in JUMPS.items():
        clock_file.write_text(instant.isoformat())
        for phone in (faithful, *(Phone(Line(lab.server.port), lab.round.code) for _ in range(5))):
            phone.line = Line(lab.server.port)  # each story has an event loop of its own
            marks = any_marks()
            assert run(phone.hand_in(marks)).status == 200, jump
            last[phone.hash_in(lab.round.id)] = marks
        signed_in[jump] = ask("/board", Cookie=f"lab_session={token}").status == 200
        time.sleep(1)  # what was found over is written by a thread of its own
        for path in (f"/j/{lab.round.code}", f"/j/{lab.round.code}/wall", f"/j/{lab.round.code}/state"):
            negative += NEGATIVE.findall(ask(path).body.decode())
    assert len(stored(lab.database, lab.round.id)) == len(last) == 26
    kept = {key: marks for key, (_, marks) in stored(lab.database, lab.round.id).items()}
    with lab.database.reading() as session:
        chain = session.scalars(select(BallotEntry.seq).order_by(BallotEntry.seq)).all()
        problems = damaged_rounds(session, COMMAND_LINE)
    close(lab.database, lab.round.id)
    shown = ask(f"/v/{lab.round.id}").status
    changed = sum(kept[key] != marks for key, marks in last.items())
    figure(
        FAULT,
        MARK,
        f"{len(chain)} ballots in an unbroken chain, {changed} replaced by an earlier one, {len(negative)} "
        f"negative ages, session {'revived' if signed_in['back again'] else 'stays ended'}",
    )
    assert (changed, problems, negative, shown) == (0, [], [], 200)
    assert chain == list(range(1, 31))
    assert signed_in == {
        "start": True,
        "back an hour": True,
        "across the change of summer time": True,
        "forward a year": False,
        "back again": False,
    }


def negative_in(value: Any, path: str = "") -> Iterator[str]:
    """Every number below zero in an answer, by its place."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from negative_in(each, f"{path}/{name}")
    elif isinstance(value, list):
        for each in value:
            yield from negative_in(each, path)
    elif isinstance(value, (int, float)) and value < 0:
        yield f"{path}: {value}"


@pytest.mark.parametrize("moved", [-HOUR, -12 * HOUR, -72 * HOUR, YEAR], ids=str)
def test_no_number_of_the_lab_is_negative_when_the_clock_moves(
    moved: dt.timedelta, demo_file: Path, clock_file: Path, tmp_path: Path
) -> None:
    shutil.copy(demo_file, path := tmp_path / "lab.db")
    clock_file.write_text((NOW + moved).isoformat())
    for name in ("risk", "rates"):
        done = command(path, name, "--format", "json")
        assert done.returncode == 0, done.stderr
        assert list(negative_in(json.loads(done.stdout))) == []
    assert NEGATIVE.findall(command(path, "digest").stdout) == []
