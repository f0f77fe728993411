"""How ballots come in: a bounded queue, one writer, many ballots to a commit, the answer only after it.

Whatever waits when the writer is free is its next batch; nobody waits for a batch to fill. A ballot that
the tables refuse is tried again alone, so it cannot fail the others.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db.engine import Database
from lab.foundation import clock
from lab.foundation.errors import LabError, TooMany
from lab.foundation.place import lab_database
from lab.voting.intake.ballots import BallotIn, BallotRules, take_ballots

CAPACITY: Final = 4096
"""Ballots that may wait; more are asked to come back."""
BATCH: Final = 512
AT_ONCE: Final = 16
"""So many are handed over before a turn of the event loop has ended: were they all to wait for its end, the
whole room would go in step, the phones waiting for the writer and the writer for the phones."""
RETRY_AFTER: Final = 2
"""Seconds after which a voter whose ballot could not be taken should try again."""
PATIENCE: Final = 8.0
"""Seconds a voter is kept waiting before being asked to try again."""

_log = logging.getLogger("followthrough")
Answer = str | LabError
"""A receipt, or why there is none."""
Take = Callable[[Session, Sequence[Any]], Sequence[Answer]]
"""Takes a batch in within one transaction, and answers each in its order."""
_Told = tuple[asyncio.Future[str] | Future[str], Answer]


@dataclass(slots=True)
class _Pending:
    """A ballot that waits, with who waits for it: a coroutine on its event loop, or a thread."""

    handed_in: Any
    future: asyncio.Future[str] | Future[str]
    loop: asyncio.AbstractEventLoop | None = None

    def begins(self) -> bool:
        """Whether somebody still waits: those who stopped are told to send again, so theirs is not stored
        behind their back."""
        if isinstance(self.future, Future):
            return self.future.set_running_or_notify_cancel()
        return not self.future.done()


def busy() -> TooMany:
    """The refusal when a ballot is not stored, or not known to be."""
    return TooMany(
        "The server could not store this just now. What you entered is kept; please send it again.",
        retry_after=RETRY_AFTER,
    )


def ballots_taken() -> Take:
    """Takes ballots in, and keeps what a ballot of each open round must fit between batches."""
    sheets: dict[object, BallotRules] = {}

    def take(session: Session, handed_in: Sequence[BallotIn]) -> Sequence[Answer]:
        return take_ballots(session, handed_in, now=clock.now(), sheets=sheets)

    return take


class Writer:
    """Stores batches, each in one transaction."""

    def __init__(self, database: Database, take: Take) -> None:
        self._database = database
        self._take = take
        self._connection: Connection | None = None

    def store(self, batch: Sequence[Any]) -> Sequence[Answer]:
        """Store a batch; for each of it a receipt, or why there is none."""
        try:
            return self._in_one(batch)
        except OperationalError:
            _log.warning(
                "What %d phones handed in could not be stored; they were asked to retry.", len(batch)
            )
            return [busy() for _ in batch]
        except Exception:
            if len(batch) > 1:
                return [self.store([each])[0] for each in batch]
            _log.exception("What a phone handed in could not be stored.")
            return [LabError("This could not be stored. Please reload the page and send it again.")]

    def close(self) -> None:
        """Give the connection back: only when nobody holds one does SQLite fold its log into the file, and
        overwrite there too what a close erased."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _in_one(self, batch: Sequence[Any]) -> Sequence[Answer]:
        """All in one transaction, on a connection that is kept as long as it serves."""
        connection, self._connection = self._connection or self._database.engine.connect(), None
        try:
            with Session(connection) as session, session.begin():
                answers = self._take(session, batch)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return answers


class WriteQueue:
    """The one writer of a process, of ballots unless it is given something else to `take`."""

    def __init__(self, database: Database, capacity: int = CAPACITY, take: Take | None = None) -> None:
        self._writer = Writer(database, take or ballots_taken())
        self._capacity = capacity
        self._waiting: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._arrived: dict[asyncio.AbstractEventLoop, list[_Pending]] = {}
        self._thread = threading.Thread(target=self._write, name="ballots", daemon=True)
        self._thread.start()

    def submit(self, handed_in: Any) -> Future[str]:
        """Queue a ballot or a join; the future holds the receipt once it is durably stored, or the refusal.

        Raises:
            TooMany: the queue is full.
        """
        self._guard_capacity()
        future: Future[str] = Future()
        self._waiting.put(_Pending(handed_in, future))
        return future

    async def take(self, handed_in: Any) -> str:
        """Queue a ballot and wait, on the event loop, for its receipt.

        Raises:
            TooMany: the queue is full, or it could not be stored within `PATIENCE`.
            LabError: it was refused.
        """
        self._guard_capacity()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        arrived = self._arrived.setdefault(loop, [])
        if not arrived:
            loop.call_soon(self._hand_over, arrived)
        arrived.append(_Pending(handed_in, future, loop))
        if len(arrived) == AT_ONCE:
            self._hand_over(arrived)
        out_of_patience = loop.call_later(PATIENCE, give_up, future)
        try:
            return await future
        finally:
            out_of_patience.cancel()

    def _hand_over(self, arrived: list[_Pending]) -> None:
        """Wake the writer once for what one turn of the event loop brought, rather than for each."""
        for each in arrived:
            self._waiting.put(each)
        arrived.clear()

    def _guard_capacity(self) -> None:
        if self.waiting() >= self._capacity:
            raise busy()

    def waiting(self) -> int:
        """How many ballots wait."""
        return self._waiting.qsize() + sum(map(len, self._arrived.values()))

    def close(self) -> None:
        """Store what waits, and stop."""
        self._waiting.put(None)
        self._thread.join(timeout=20)

    def _write(self) -> None:
        while True:
            first = self._waiting.get()
            batch, last = self._whatever_waits(first)
            if batch:
                _answer(batch, self._writer.store([each.handed_in for each in batch]))
            if last:
                self._writer.close()
                return

    def _whatever_waits(self, first: _Pending | None) -> tuple[list[_Pending], bool]:
        batch: list[_Pending] = []
        next_one = first
        while next_one is not None:
            if next_one.begins():
                batch.append(next_one)
            if len(batch) >= BATCH:
                return batch, False
            try:
                next_one = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True


def _answer(batch: Sequence[_Pending], answers: Sequence[Answer]) -> None:
    """Wake each event loop once, however many wait on it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Told]] = {}
    for pending, answer in zip(batch, answers, strict=True):
        if pending.loop is None:
            _tell([(pending.future, answer)])
        else:
            by_loop.setdefault(pending.loop, []).append((pending.future, answer))
    for loop, answered in by_loop.items():
        # a loop that is closed has nobody left who waits
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, answered)


def _tell(answered: Iterable[_Told]) -> None:
    for future, answer in answered:
        if future.done():
            continue
        if isinstance(answer, LabError):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def give_up(future: asyncio.Future[str]) -> None:
    """Let nobody wait any longer: whether it will be stored is not known."""
    if not future.done():
        future.set_exception(busy())


class Takes(Protocol):
    """Where ballots go: into a `WriteQueue` of this process, or to another process."""

    async def take(self, handed_in: Any) -> str:
        """Have a ballot stored, and wait for its receipt."""

    def submit(self, handed_in: Any) -> object:
        """Have something stored without waiting for it."""


_elsewhere: list[Takes] = []


def intake() -> Takes:
    """Where this process's pages hand ballots in."""
    return _elsewhere[-1] if _elsewhere else own_intake()


@contextmanager
def taking_elsewhere(other: Takes) -> Iterator[None]:
    """Within the block, ballots go there."""
    _elsewhere.append(other)
    try:
        yield
    finally:
        _elsewhere.remove(other)


@cache
def own_intake() -> WriteQueue:
    """This process's writer for the lab's database."""
    return WriteQueue(lab_database())
