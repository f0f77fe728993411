"""How ballots come in: a bounded queue, one writer, many ballots to a commit, the answer only after it.

Whatever waits when the writer is free is its next batch; nobody waits for a batch to fill. A ballot that
the tables refuse is tried again alone, so it cannot fail the others.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache
from typing import Final

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from db.engine import Database
from lab.foundation import clock
from lab.foundation.errors import LabError, TooMany
from lab.foundation.place import lab_database
from lab.voting.ballots import HandedIn, Sheet, take_ballots

CAPACITY: Final = 4096
"""Ballots that may wait; more are asked to come back."""
BATCH: Final = 512
RETRY_AFTER: Final = 2
"""Seconds after which a voter whose ballot could not be taken should try again."""
PATIENCE: Final = 8.0
"""Seconds a voter is kept waiting before being asked to try again."""

_log = logging.getLogger("followthrough")
Pending = tuple[HandedIn, "Future[str]"]


def busy() -> TooMany:
    """What a voter is told whose ballot is not stored, or not known to be."""
    return TooMany(
        "The server could not store this just now. Your choices are kept; please send them again.",
        retry_after=RETRY_AFTER,
    )


class Intake:
    """The one writer of a process."""

    def __init__(self, database: Database, capacity: int = CAPACITY) -> None:
        self._database = database
        self._waiting: queue.Queue[Pending | None] = queue.Queue(capacity)
        self._sheets: dict[object, Sheet] = {}
        self._writer = threading.Thread(target=self._write, name="ballots", daemon=True)
        self._writer.start()

    def submit(self, handed_in: HandedIn) -> Future[str]:
        """Queue a ballot or a join; the future holds the receipt once it is durably stored, or the refusal.

        Raises:
            TooMany: the queue is full.
        """
        future: Future[str] = Future()
        try:
            self._waiting.put_nowait((handed_in, future))
        except queue.Full:
            raise busy() from None
        return future

    def waiting(self) -> int:
        """How many ballots wait."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Store what waits, and stop."""
        self._waiting.put(None)
        self._writer.join(timeout=20)

    def _write(self) -> None:
        while True:
            first = self._waiting.get()
            batch, last = self._whatever_waits(first)
            if batch:
                self._store(batch)
            if last:
                return

    def _whatever_waits(self, first: Pending | None) -> tuple[list[Pending], bool]:
        batch: list[Pending] = []
        next_one = first
        while next_one is not None:
            # somebody who stopped waiting is told to send again, so theirs is not stored behind their back
            if next_one[1].set_running_or_notify_cancel():
                batch.append(next_one)
            if len(batch) >= BATCH:
                return batch, False
            try:
                next_one = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _store(self, batch: list[Pending]) -> None:
        try:
            answers = self._transaction([handed_in for handed_in, _ in batch])
        except OperationalError:
            _log.warning("%d ballots could not be stored; their voters were asked to retry.", len(batch))
            answers = [busy()] * len(batch)
        except (SQLAlchemyError, LabError):
            if len(batch) > 1:
                for each in batch:
                    self._store([each])
                return
            _log.exception("A ballot was refused by the tables.")
            answers = [LabError("This ballot could not be stored. Please reload the page and vote again.")]
        except Exception:
            _log.exception("The writer of ballots failed; their voters were asked to retry.")
            answers = [busy()] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if isinstance(answer, LabError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _transaction(self, handed_in: Sequence[HandedIn]) -> Sequence[str | LabError]:
        with self._database.writing() as session:
            return take_ballots(session, handed_in, now=clock.now(), sheets=self._sheets)


@cache
def intake() -> Intake:
    """This process's writer for the lab's database."""
    return Intake(lab_database())
