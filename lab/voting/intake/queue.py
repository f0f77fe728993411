"""The ballot queue: bounded, one writer, many ballots per commit, receipts after the commit. Everything in
the queue when the writer is free is its next batch; it does not wait for a batch to fill. If the database
refuses a batch, its ballots are retried one by one, so one can't fail the others.
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
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.engine import Database, is_out_of_reach
from lab.foundation import clock
from lab.foundation.errors import LabError, TooMany
from lab.foundation.place import lab_database
from lab.voting.intake.ballots import BallotIn, BallotRules, take_ballots

CAPACITY: Final = 4096
"""Size of the queue; further ballots get `TooMany`."""
BATCH: Final = 512
AT_ONCE: Final = 16
"""Flush every 16, or phones and writer run in lockstep."""
RETRY_AFTER: Final = 2
"""Seconds until a voter whose ballot could not be taken should retry."""
PATIENCE: Final = 8.0
"""Seconds a voter waits before being asked to retry."""

_log = logging.getLogger("followthrough")
Answer = str | LabError
"""A receipt or an error."""
Take = Callable[[Session, Sequence[Any]], Sequence[Answer]]
"""Stores a batch in one transaction and answers each in order."""
_Told = tuple[asyncio.Future[str] | Future[str], Answer]


@dataclass(slots=True)
class _Pending:
    """A queued ballot with its waiter: a coroutine on its event loop, or a thread."""

    handed_in: Any
    future: asyncio.Future[str] | Future[str]
    loop: asyncio.AbstractEventLoop | None = None

    def begins(self) -> bool:
        """Whether somebody still waits. If not, they were asked to send again, so this one must not be
        stored."""
        if isinstance(self.future, Future):
            return self.future.set_running_or_notify_cancel()
        return not self.future.done()


def busy() -> TooMany:
    """The error for a ballot that is not stored, or perhaps not."""
    return TooMany(
        "The server could not store this just now. What you entered is kept; please send it again.",
        retry_after=RETRY_AFTER,
    )


def ballots_taken() -> Take:
    """Stores ballots, caching the rules of open rounds between batches."""
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
        """Store a batch; returns a receipt or an error for each."""
        try:
            return self._in_one(batch)
        except DBAPIError as error:
            if not is_out_of_reach(error):
                return self._one_by_one(batch)
            _log.warning(
                "What %d phones handed in could not be stored; they were asked to retry.", len(batch)
            )
            return [busy() for _ in batch]
        except Exception:  # whatever one of them did, the others' ballots are stored; alone, it is logged
            return self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Any]) -> Sequence[Answer]:
        """Store each alone, so that the one at fault fails alone."""
        if len(batch) > 1:
            return [self.store([each])[0] for each in batch]
        _log.exception("What a phone handed in could not be stored.")
        return [LabError("This could not be stored. Please reload the page and send it again.")]

    def close(self) -> None:
        """Close the connection. SQLite merges the write-ahead log into the file only when no connection is
        open, and only then is erased data overwritten there."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _in_one(self, batch: Sequence[Any]) -> Sequence[Answer]:
        """One transaction, on a connection that is kept open while it works."""
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
    """The single writer of a process; of ballots unless given another `take`."""

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
        """Wake the writer once per turn of the event loop instead of for each ballot."""
        for each in arrived:
            self._waiting.put(each)
        arrived.clear()

    def _guard_capacity(self) -> None:
        if self.waiting() >= self._capacity:
            raise busy()

    def waiting(self) -> int:
        """Number of queued ballots."""
        return self._waiting.qsize() + sum(map(len, self._arrived.values()))

    def close(self) -> None:
        """Store the queue and stop."""
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
    """Wake each event loop once, for all of its waiters."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Told]] = {}
    for pending, answer in zip(batch, answers, strict=True):
        if pending.loop is None:
            _tell([(pending.future, answer)])
        else:
            by_loop.setdefault(pending.loop, []).append((pending.future, answer))
    for loop, answered in by_loop.items():
        # a closed loop has no waiters
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
    """Fail everything that waits, because it may or may not have been stored."""
    if not future.done():
        future.set_exception(busy())


class Takes(Protocol):
    """Where ballots go: a `WriteQueue` of this process, or another process."""

    async def take(self, handed_in: Any) -> str:
        """Submit a ballot and wait for its receipt."""

    def submit(self, handed_in: Any) -> object:
        """Submit something without waiting for it."""


_elsewhere: list[Takes] = []


def intake() -> Takes:
    """Where this process submits ballots."""
    return _elsewhere[-1] if _elsewhere else own_intake()


@contextmanager
def taking_elsewhere(other: Takes) -> Iterator[None]:
    """Within the block, ballots go to `intake`."""
    _elsewhere.append(other)
    try:
        yield
    finally:
        _elsewhere.remove(other)


@cache
def own_intake() -> WriteQueue:
    """This process's writer for the lab's database."""
    return WriteQueue(lab_database())
