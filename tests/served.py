"""A lab that is served by a process of its own, a round in it, and the phones of the room: for tests and
measurements of what only a real server on a real database can show."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import select

from db.engine import Database
from db.models import Ballot, VoteJoin, VoteRound, Workshop, WorkshopBlock
from db.upgrade import upgrade
from lab.access.commands import make_lab
from lab.access.keys import random_part
from lab.access.queries import lab_facts
from lab.access.rights import COMMAND_LINE
from lab.foundation import clock
from lab.projects.commands import start_project
from lab.prototypes.commands import make_prototype
from lab.voting import rules
from lab.voting.commands import close_round, make_round, open_round
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.commands import plan_workshop
from lab.workshops.room.commands import begin, go_to
from lab.workshops.room.rules import token_hash as participant_hash

ROOT = Path(__file__).resolve().parents[1]
Told = TypeVar("Told")
PATIENCE = 300.0
"""Seconds after which a server that does not start is given up."""


class Way(StrEnum):
    """How a lab is served."""

    SERVE = "serve"
    """A light process in front of Streamlit, as `python -m lab serve` starts it."""
    STREAMLIT = "streamlit"
    """`streamlit run lab_app.py`."""


def chosen_way() -> Way:
    """The way that `LAB_SERVED_BY` names; by default the one of `make run`."""
    return Way(os.environ.get("LAB_SERVED_BY", Way.SERVE))


def command(port: int, app: str = "lab_app.py", way: Way | None = None) -> list[str]:
    """The command line of a server on the loopback interface; apps of tests are served by Streamlit."""
    if (way or chosen_way()) is Way.SERVE and app == "lab_app.py":
        return [
            sys.executable, "-m", "lab.web.processes.launch", "--port", str(port), "--address", "127.0.0.1",
        ]  # fmt: skip
    return [
        sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port),
        "--server.address", "127.0.0.1",
    ]  # fmt: skip


@dataclass(frozen=True)
class Start:
    """How many seconds a server needed from the start of its process until it answered that it is well."""

    took: float
    crowded_out: float
    """Of these: when it could have run, had other processes not had the processors."""

    @property
    def alone(self) -> float:
        """How long it takes where nothing else runs."""
        return self.took - self.crowded_out


class Server:
    """A served lab on a database, which can be killed and started again.

    `program` replaces the arguments that Python is started with, before `--port` and the port.
    """

    def __init__(
        self,
        database_url: str,
        log: Path,
        *,
        app: str = "lab_app.py",
        way: Way | None = None,
        program: Sequence[str] | None = None,
        open_files: int | None = None,
        **environment: str,
    ) -> None:
        # as a system allows that many unless it is asked for more
        self._under = ["sh", "-c", f'ulimit -S -n {open_files}; exec "$@"', "sh"] if open_files else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._is_front = bool(program) or ((way or chosen_way()) is Way.SERVE and app == "lab_app.py")
        self._command = (
            [sys.executable, *program, "--port", str(self.port)] if program else command(self.port, app, way)
        )
        self._environment = os.environ | {"DATABASE_URL": database_url} | environment
        # as for a lab that runs it: compiled once
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Start:
        """Start it, and wait until it answers that it is well."""
        began = time.perf_counter()
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [*self._under, *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self._is_well():
            if self.process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise AssertionError(f"the server did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.01)
        return Start(time.perf_counter() - began, self._crowded_out())

    def _is_well(self) -> bool:
        return self._health().startswith(b"HTTP/1.1 200")

    def _health(self) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                line.sendall(b"GET /health HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
                return b"".join(iter(lambda: line.recv(4096), b""))
        except OSError:
            return b""

    def _crowded_out(self) -> float:
        assert self.process is not None
        told = Path(f"/proc/{self.process.pid}/schedstat")
        return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0

    def wait_for_room(self) -> None:
        """Wait until the ballots' store is ready; a server without child processes needs no wait."""
        if not self._is_front:
            return
        until = time.perf_counter() + PATIENCE
        while b"own process" not in self._health():
            assert time.perf_counter() < until, self._log.read_text()[-3000:]
            time.sleep(0.02)

    @property
    def processes(self) -> list[int]:
        """Its own, that of the room's pages, and that of the ballots' store, as far as they run."""
        assert self.process is not None
        found = [self.process.pid]
        for each in found:
            for told in Path(f"/proc/{each}/task").glob("*/children"):
                found += map(int, told.read_text().split())
        return found

    def processor_seconds(self) -> float:
        """How long it has kept processors busy since it was started."""
        ticks = 0
        for each in self.processes:
            told = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(told[11]) + int(told[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """As a power cut would: nothing is finished, nothing is closed."""
        if self.process is not None and self.process.poll() is None:
            for each in self.processes:
                os.kill(each, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an administrator would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class Round:
    """An open round, and how to reach it."""

    id: uuid.UUID
    code: str


def fill(database: Database) -> None:
    """Give an empty database its schema and a lab."""
    upgrade(database.engine)
    with database.writing() as session:
        if lab_facts(session) is None:
            make_lab(session, name="Harbour Lab", now=clock.now())


def open_a_round(
    database: Database, *, options: int | Sequence[str] = 12, method: str = "approval", **facts: Any
) -> Round:
    """An open round on so many prototypes, or on these."""
    titles = [f"Prototype {place}" for place in range(options)] if isinstance(options, int) else options
    now = clock.now()
    with database.writing() as session:
        project = start_project(
            session, COMMAND_LINE, title="Letters", challenge="Why?", sponsor="Court", place="Here", now=now
        )
        made = [
            make_prototype(session, COMMAND_LINE, project, title=title, fidelity="paper", now=now)
            for title in titles
        ]
        round_id = make_round(
            session, COMMAND_LINE, project, question="Which first?", method=method,
            options=[(each, "") for each in made], now=now, **facts,
        )  # fmt: skip
        open_round(session, COMMAND_LINE, round_id, now)
        return Round(round_id, session.scalars(select(VoteRound.code).where(VoteRound.id == round_id)).one())


@dataclass
class Lab:
    """A server, its database as seen beside it, and an open round of twelve prototypes."""

    server: Server
    database: Database
    round: Round


def served(url: str, tmp_path: Path, **facts: Any) -> Iterator[Lab]:
    """A lab with an open round behind a running server."""
    database = Database(url)
    fill(database)
    server = Server(url, tmp_path / "server.log", **facts)
    try:
        found = open_a_round(database)
        server.start()
        server.wait_for_room()
        yield Lab(server, database, found)
    finally:
        server.kill()
        database.close()


def close(database: Database, round_id: uuid.UUID) -> None:
    """Close and reveal a round, beside the server as a facilitator's screen does."""
    with database.writing() as session:
        close_round(session, COMMAND_LINE, round_id, now=clock.now())


def stored(database: Database, round_id: uuid.UUID) -> dict[str, tuple[str | None, tuple[int, ...] | None]]:
    """Receipt and marks of everybody who joined an open round, by the hash of their token."""
    with database.reading() as session:
        rows = session.execute(
            select(VoteJoin.token_hash, VoteJoin.receipt, Ballot.marks)
            .outerjoin(
                Ballot, (Ballot.round_id == VoteJoin.round_id) & (Ballot.voter_id == VoteJoin.voter_id)
            )
            .where(VoteJoin.round_id == round_id)
        )
        return {token: (receipt, tuple(marks) if marks else None) for token, receipt, marks in rows}


@dataclass(frozen=True)
class Answer:
    """What the server answered, and how many seconds it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took: float

    def told(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Line:
    """One connection to the server, opened again when it breaks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._used = 0.0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and wait for the whole answer.

        Raises:
            OSError: the connection broke, so that nobody knows what became of the request.
        """
        began = time.perf_counter()
        # the server hangs up on lines that were silent for five seconds
        if self._writer is None or self._writer.is_closing() or began - self._used > 3:
            self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self._reader is not None
        head = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if method == "POST":
            head |= {"Content-Length": str(len(body)), "Content-Type": "application/x-www-form-urlencoded"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        try:
            self._writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            first, *told = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            got = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in told)}
            content = await self._reader.readexactly(int(got.get("content-length", "0")))
        except asyncio.IncompleteReadError as error:
            self.close()
            raise ConnectionResetError("the server hung up") from error
        except BaseException:
            self.close()
            raise
        self._used = time.perf_counter()
        return Answer(int(first.split()[1]), got, content, time.perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


def in_a_thread(story: Coroutine[Any, Any, Told]) -> Told:
    """What a coroutine answers, from a thread of its own: a browser's driver may hold this one's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


def form_of(marks: Sequence[int], **more: str) -> dict[str, str]:
    """The fields of a ballot as the page's form sends them; options without a mark are left out."""
    return {f"mark-{place}": str(mark) for place, mark in enumerate(marks) if mark > 0} | more


@dataclass(eq=False)
class Browser:
    """What a phone's browser keeps: its connection, the room's code, and the token the server gave it."""

    line: Line
    code: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What it sends with every request."""
        return {"Cookie": f"lab_voter={self.token}"} if self.token else {}

    async def look(self, path: str = "") -> Answer:
        """Ask for the room's page, or for what is below it; a first answer brings the token."""
        answer = await self.line.ask("GET", f"/j/{self.code}{path}", headers=self.headers)
        if not self.token:
            self.token = token_in(answer.headers.get("set-cookie", ""))
        return answer

    async def join(self) -> None:
        """Ask until the server has given a token."""
        while not self.token:
            try:
                if (await self.look()).status < 500:
                    continue
            except OSError:
                pass
            await asyncio.sleep(0.02)


def token_in(set_cookie: str) -> str:
    """The phone's token in a Set-Cookie header, empty if there is none."""
    found = re.search(r"lab_voter=([^;]+)", set_cookie)
    return found[1] if found else ""


class Phone(Browser):
    """A phone in a vote."""

    def hash_in(self, round_id: uuid.UUID) -> str:
        """Under what the database knows it."""
        return rules.token_hash(round_id, random_part(self.token))

    async def send(self, marks: Sequence[int], **more: str) -> Answer:
        """Hand in a ballot once, as the page's script does, on the page that was asked for before."""
        if not self.token and (page := await self.look()).status >= 400:
            return page
        body = urlencode({"voter": self.token} | form_of(marks, **more)).encode()
        headers = self.headers | {"Accept": "application/json"}
        return await self.line.ask("POST", f"/j/{self.code}", body, headers)

    async def hand_in(self, marks: Sequence[int], **more: str) -> Answer:
        """Hand in a ballot, again and again until the server has taken or refused it."""
        while True:
            try:
                answer = await self.send(marks, **more)
                if answer.status < 500:
                    return answer
            except OSError:
                pass
            await asyncio.sleep(0.02)


def any_marks() -> tuple[int, ...]:
    """Approvals on twelve prototypes that hardly two voters share."""
    return tuple(secrets.randbelow(2) for _ in range(12))


@dataclass(frozen=True)
class Meeting:
    """A running workshop, how to reach it, and its blocks in their order."""

    id: uuid.UUID
    code: str
    blocks: tuple[uuid.UUID, ...]


def begin_a_workshop(database: Database, kinds: Sequence[str] = ("ideas",) * 12, **facts: Any) -> Meeting:
    """A workshop of these kinds of blocks, in the first of them."""
    now = clock.now()
    with database.writing() as session:
        project = start_project(session, COMMAND_LINE, title="Warm homes", challenge="How?", now=now)
        workshop_id = plan_workshop(
            session, COMMAND_LINE, project, title="Warm homes, first workshop", held_on=now.date(), now=now,
            blocks=[
                Block(kind, f"Part {place}: {kind}", 10, f"What do you see in part {place}?")
                for place, kind in enumerate(kinds)
            ],
            **facts,
        )  # fmt: skip
        begin(session, COMMAND_LINE, workshop_id, now=now)
        blocks = session.scalars(select(WorkshopBlock.id).order_by(WorkshopBlock.place))
        return Meeting(workshop_id, session.get_one(Workshop, workshop_id).code, tuple(blocks))


def lead_to(database: Database, meeting: Meeting, place: int) -> None:
    """Lead the room to another block, beside the server as a host's console does."""
    with database.writing() as session:
        go_to(session, COMMAND_LINE, meeting.id, place=place, now=clock.now())


class Participant(Browser):
    """A phone in a workshop: it writes notes, and follows the room as a page's script does."""

    def __init__(self, port: int, code: str) -> None:
        super().__init__(Line(port), code)

    @property
    def headers(self) -> dict[str, str]:
        """What it sends with every request."""
        return super().headers | {"Accept-Encoding": "gzip"}

    def hash_in(self, workshop_id: uuid.UUID) -> str:
        """Under what the database knows it."""
        return participant_hash(workshop_id, random_part(self.token))

    async def write(self, block: uuid.UUID, words: str, key: str) -> Answer:
        """Send a note once, as the page's script does, on the page that was asked for before."""
        if not self.token and (page := await self.look()).status >= 400:
            return page
        fields = {"voter": self.token, "block": str(block), "key": key, "words": words}
        headers = self.headers | {"Accept": "application/json"}
        return await self.line.ask("POST", f"/j/{self.code}/note", urlencode(fields).encode(), headers)

    async def follow(self, path: str = "/events") -> AsyncIterator[str]:
        """What the server tells of the room, until it hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.line.port)
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        try:
            writer.write(f"GET /j/{self.code}{path} HTTP/1.1\r\nHost: lab\r\n{head}\r\n".encode())
            told = await reader.readuntil(b"\r\n\r\n")
            if not told.startswith(b"HTTP/1.1 200"):
                raise ConnectionRefusedError(told.decode("latin-1"))
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    yield line.removeprefix(b"data: ").decode().strip()
        finally:
            writer.transport.abort()
