"""A child process that stores ballots, so that receiving and storing don't compete for the GIL.

Ballots go there in packets, and receipts come back. As in a `WriteQueue`, everything that has arrived when
the writer is free is its next batch.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import select
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from lab.foundation import beside
from lab.foundation.errors import LabError
from lab.foundation.place import close_lab_database, lab_database
from lab.voting.intake.queue import (
    AT_ONCE,
    BATCH,
    CAPACITY,
    PATIENCE,
    Answer,
    Writer,
    ballots_taken,
    busy,
    give_up,
)

PROGRAM: Final = ["-m", "lab.voting.intake.store_process"]
"""Arguments for Python, by default."""
HEAD: Final = 4
"""Bytes of a packet's length."""


def packed(messages: Sequence[Any]) -> bytes:
    """One packet. Pickle is safe here, because the socket connects processes of this program only."""
    packet = pickle.dumps(messages, pickle.HIGHEST_PROTOCOL)
    return len(packet).to_bytes(HEAD, "big") + packet


class Packets:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._came = bytearray()

    def messages(self, data: bytes) -> Iterator[Any]:
        """The messages completed by these bytes."""
        self._came += data
        while len(self._came) >= HEAD:
            end = HEAD + int.from_bytes(self._came[:HEAD], "big")
            if len(self._came) < end:
                return
            packet = bytes(self._came[HEAD:end])
            del self._came[:end]
            # safe: a socket pair, whose other end is this lab's own process; phones' words come as values
            yield from pickle.loads(packet)


class StoreProcess(asyncio.Protocol):
    """The store, as seen from the process that receives ballots. `lost` is called when it has ended."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._is_heard = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None
        self._packets = Packets()
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[str] | None] = {}
        self._unsaid: list[tuple[int, float, Any]] = []

    @classmethod
    @asynccontextmanager
    async def running(cls, lost: Callable[[], None], program: Sequence[str]) -> AsyncIterator[StoreProcess]:
        """Within the block it runs; afterwards it stores what it has and ends. The block begins when it is
        ready, or has died before that.
        """
        ours, theirs = socket.socketpair()
        process = beside.start(program, theirs)
        try:
            async with cls.over(lost, ours) as store:
                yield store
        finally:
            await asyncio.to_thread(beside.ended, process)

    @classmethod
    @asynccontextmanager
    async def over(cls, lost: Callable[[], None], connected: socket.socket) -> AsyncIterator[StoreProcess]:
        """The store at the other end of a socket, which is closed after the block."""
        store = cls(lost)
        await store._loop.create_unix_connection(lambda: store, sock=connected)
        try:
            await store._is_heard.wait()
            yield store
        finally:
            store._hang_up()

    async def take(self, handed_in: Any) -> str:
        """Submit a ballot and wait for its receipt. Raises: TooMany: the queue is full, or the ballot was not
        stored within `PATIENCE`. LabError: it was refused.
        """
        future: asyncio.Future[str] = self._loop.create_future()
        self._say(handed_in, future)
        out_of_patience = self._loop.call_later(PATIENCE, give_up, future)
        try:
            return await future
        finally:
            out_of_patience.cancel()

    def submit(self, handed_in: Any) -> None:
        """Submit a join without waiting. Raises: TooMany: the queue is full."""
        self._say(handed_in, None)

    def _say(self, handed_in: Any, future: asyncio.Future[str] | None) -> None:
        if self._transport is None or len(self._waiting) >= CAPACITY:
            raise busy()
        number = next(self._numbers)
        self._waiting[number] = future
        if not self._unsaid:
            self._loop.call_soon(self._send)
        self._unsaid.append((number, time.monotonic() + PATIENCE, handed_in))
        if len(self._unsaid) == AT_ONCE:
            self._send()

    def _send(self) -> None:
        if self._unsaid and self._transport:
            self._transport.write(packed(self._unsaid))
        self._unsaid.clear()

    def _hang_up(self) -> None:
        self._send()
        if self._transport:
            self._transport.close()

    def _heard(self, number: int, answer: Answer) -> None:
        future = self._waiting.pop(number, None)
        if future is None or future.done():
            return
        if isinstance(answer, LabError):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def connection_made(self, transport: Any) -> None:
        """The socket is open."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Receive answers; the first packet is empty and means that the process is ready."""
        self._is_heard.set()
        for number, answer in self._packets.messages(data):
            self._heard(number, answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended. What it stored last is unknown, so all who wait are asked to send again."""
        self._transport = None
        self._is_heard.set()
        for number in list(self._waiting):
            self._heard(number, busy())
        self._lost()


def serve(end: socket.socket, most: int = BATCH) -> None:
    """Run the store until the other end is closed."""
    writer = Writer(lab_database(), ballots_taken())
    packets = Packets()
    gc.freeze()
    end.sendall(packed([]))
    while data := end.recv(1 << 18):
        waiting = list(packets.messages(data))
        while len(waiting) < most and select.select([end], [], [], 0)[0] and (data := end.recv(1 << 18)):
            waiting += packets.messages(data)
        for start in range(0, len(waiting), most):
            batch = waiting[start : start + most]
            now = time.monotonic()
            # a ballot whose sender was asked to send again must not be stored twice
            taken = [each for each in batch if each[1] > now]
            late = [(number, busy()) for number, until, _ in batch if until <= now]
            answers = writer.store([handed_in for *_, handed_in in taken]) if taken else []
            answered = zip((number for number, *_ in taken), answers, strict=True)
            end.sendall(packed([*answered, *late]))
    writer.close()


def listen(path: Path) -> None:
    """Serve every process that connects to this Unix socket, until SIGTERM or Ctrl-C.

    Packets are pickled, so only the user who started the store may connect.
    """
    path.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
    finally:
        os.umask(mask)
    with listening:
        listening.listen()
        while True:
            connected, _ = listening.accept()
            threading.Thread(target=_serve_and_close, args=(connected,), daemon=True).start()


def _serve_and_close(connected: socket.socket) -> None:
    with connected, suppress(ConnectionError):
        serve(connected)


if __name__ == "__main__":
    lab_database().watch_file()
    serve(beside.given(sys.argv))
    close_lab_database()
