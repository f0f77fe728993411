"""`python -m lab serve`: one port, three processes, one stop; and each of them started alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.engine import Database
from tests.loops import run
from tests.served import (
    ROOT,
    Answer,
    Lab,
    Line,
    Participant,
    Phone,
    Server,
    Way,
    any_marks,
    begin_a_workshop,
    fill,
    open_a_round,
    stored,
)

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc lists the processes"),
    pytest.mark.slow,
]


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    """A served lab, whose processes are killed here and come back."""
    return shared_lab


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that is bound to happen; the limit is only for a test that would hang."""
    limit = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


def ask(server: Server, path: str) -> Answer:
    return run(Line(server.port).ask("GET", path))


def child(server: Server, command: str) -> int | None:
    """The child process whose command line has this word, if it runs."""
    for each in server.processes[1:]:
        if command in Path(f"/proc/{each}/cmdline").read_text():
            return each
    return None


def test_phones_and_public_pages_are_answered_in_front_and_screens_by_the_desk(lab: Lab) -> None:
    assert len(lab.server.processes) == 3
    for path, status in (
        (f"/j/{lab.round.code}", 200),
        ("/assets/room.css", 200),
        ("/p/nothing", 404),
        ("/sign-in", 200),
        ("/_stcore/health", 200),
        ("/board", 303),
    ):
        assert ask(lab.server, path).status == status, path


def test_a_ballot_is_stored_and_answered_without_the_desk_which_health_tells_and_then_comes_back(
    lab: Lab,
) -> None:
    told = ask(lab.server, "/health").told()
    assert (told["database"], told["screens"], told["rooms"]) == ("ready", "ready", "in their own process")
    desk = child(lab.server, "streamlit")
    assert desk
    os.kill(desk, signal.SIGKILL)
    wait_until(lambda: ask(lab.server, "/health").status == 503, "the loss was not noticed")
    phone = Phone(Line(lab.server.port), lab.round.code)
    marks = any_marks()
    assert run(phone.hand_in(marks)).status == 200
    assert stored(lab.database, lab.round.id)[phone.hash_in(lab.round.id)][1] == marks
    wait_until(lambda: ask(lab.server, "/health").status == 200, "the desk was not started again")
    assert ask(lab.server, "/sign-in").status == 200
    assert child(lab.server, "streamlit") not in (None, desk)


def test_ballots_are_taken_while_the_store_is_lost_and_it_comes_back(lab: Lab) -> None:
    store = child(lab.server, "store_process")
    assert store
    os.kill(store, signal.SIGKILL)
    phone = Phone(Line(lab.server.port), lab.round.code)
    marks = any_marks()
    assert run(phone.hand_in(marks)).status == 200
    assert stored(lab.database, lab.round.id)[phone.hash_in(lab.round.id)][1] == marks
    wait_until(lambda: child(lab.server, "store_process") not in (None, store), "no store was started")
    lab.server.wait_for_room()


def test_many_newcomers_at_once_are_all_answered(lab: Lab) -> None:
    async def story() -> set[int]:
        lines = [Line(lab.server.port) for _ in range(400)]
        answers = await asyncio.gather(*(line.ask("GET", f"/j/{lab.round.code}/state") for line in lines))
        return {each.status for each in answers}

    assert run(story()) == {200}


def test_what_a_served_lab_creates_is_for_its_owner_alone(lab: Lab) -> None:
    run(Phone(Line(lab.server.port), lab.round.code).hand_in(any_marks()))
    path = Path(lab.database.engine.url.database or "")
    created = sorted(each for each in path.parent.iterdir() if each.name != "server.log")
    assert {each.name.removeprefix("lab.db") for each in created} >= {"", "-wal", "-shm", ".server-lock"}
    assert [each.name for each in created if each.stat().st_mode & 0o077] == []


def test_a_second_server_refuses_the_same_file(lab: Lab) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "lab.web.processes.launch", "--port", "1"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": lab.database.url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 3
    assert "already using" in second.stderr


def test_one_stop_ends_every_process_while_phones_follow(tmp_path: Path) -> None:
    """By SIGTERM, as systemd stops it; tests/faults has the other signals."""
    one_stop_ends_every_process(tmp_path, signal.SIGTERM)


def one_stop_ends_every_process(tmp_path: Path, how: signal.Signals) -> None:
    """Start a lab with a workshop that twenty phones follow, and stop its first process."""
    database = Database(url := f"sqlite:///{tmp_path / 'lab.db'}")
    fill(database)
    meeting = begin_a_workshop(database)
    server = Server(url, tmp_path / "server.log", way=Way.SERVE)
    server.start()
    server.wait_for_room()
    processes = server.processes

    async def story() -> None:
        streams = [Participant(server.port, meeting.code).follow() for _ in range(20)]
        await asyncio.gather(*(anext(each) for each in streams))
        os.kill(processes[0], how)
        for each in streams:
            assert [told async for told in each] == []

    try:
        run(story())
        assert server.process
        server.process.wait(60)
        wait_until(
            lambda: not any(Path(f"/proc/{each}").exists() for each in processes), "some processes go on"
        )
    finally:
        for each in processes:
            if Path(f"/proc/{each}").exists():
                os.kill(each, signal.SIGKILL)
        database.close()
    told = (tmp_path / "server.log").read_text()
    assert "Traceback" not in told
    assert "started again" not in told


@contextmanager
def alone(place: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m lab serve` with these arguments."""
    with (place / "parts.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lab", "serve", *arguments],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": f"sqlite:///{place / 'lab.db'}"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def status_at(port: int, path: str) -> int:
    """The status of an answer, 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_rooms_desk_and_store_can_be_started_each_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lab.db'}")
    fill(database)
    found = open_a_round(database)
    rooms, desk, store = free_port(), free_port(), tmp_path / "store.sock"
    here = ("--address", "127.0.0.1")
    with (
        alone(tmp_path, "store", "--store", str(store)),
        alone(tmp_path, "desk", "--port", str(desk), *here),
        alone(tmp_path, "rooms", "--port", str(rooms), *here, "--store", str(store)) as process,
    ):
        wait_until(lambda: status_at(rooms, "/health") == 200, "the rooms were not served")
        wait_until(lambda: status_at(desk, "/sign-in") == 200, "the desk was not served")
        with urllib.request.urlopen(f"http://127.0.0.1:{rooms}/health") as answer:
            assert b"screens" not in answer.read()
        assert status_at(rooms, "/sign-in") == 404
        wait_until(lambda: b"own process" in _health(rooms), "the store was not reached")
        phone = Phone(Line(rooms), found.code)
        marks = any_marks()
        assert run(phone.hand_in(marks)).status == 200
        assert stored(database, found.id)[phone.hash_in(found.id)][1] == marks
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        assert children == "", "with a store of its own it starts none"
        assert store.stat().st_mode & 0o077 == 0, "only its owner may speak with the store"
    database.close()


def _health(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        return bytes(answer.read())
