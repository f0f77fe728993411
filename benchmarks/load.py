"""Send prepared requests over many connections, each waiting for its answer before the next.

A process of its own, so that measuring takes nothing from the server's: `python -m benchmarks.load PORT FILE
CONNECTIONS SECONDS [RATE]`. FILE holds a pickled list of requests, as bytes; RATE is in requests a second.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

PATIENCE = 10.0
"""Seconds after the end for which answers are waited for."""


@dataclass(frozen=True)
class Measured:
    """Answers a second, times in milliseconds, and how many answers were not what they should be."""

    rate: float
    p50: float
    p95: float
    p99: float
    answers: int
    errors: int


class Caller(asyncio.Protocol):
    """One connection that asks its requests again and again until the time is over."""

    def __init__(self, requests: list[bytes], first: float, until: float, pace: float) -> None:
        self._requests = requests
        self._next = first
        self._until = until
        self._pace = pace
        self._asked = 0
        self._began = 0.0
        self._got = b""
        self.took: list[float] = []
        self.errors = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._ask()

    def _ask(self) -> None:
        now = time.perf_counter()
        if now >= self._until:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        if self._pace:
            if now < self._next:
                asyncio.get_running_loop().call_later(self._next - now, self._ask)
                return
            self._next += self._pace
        self._began = now
        self._transport.write(self._requests[self._asked % len(self._requests)])
        self._asked += 1

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(body) < length:
            return
        self.took.append(time.perf_counter() - self._began)
        self.errors += head[9:12] not in (b"200", b"302", b"303")
        self._got = b""
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.errors += 1
            self.done.set_result(None)


async def call(port: int, requests: list[bytes], connections: int, seconds: float, rate: float) -> Measured:
    """Ask from so many connections at once, each with its own share of the requests."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter() + 0.1
    callers = [
        Caller(
            requests[place::connections] or requests,
            began + (place / rate if rate else 0),
            began + seconds,
            connections / rate if rate else 0,
        )
        for place in range(connections)
    ]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)
    _, silent = await asyncio.wait([caller.done for caller in callers], timeout=seconds + PATIENCE)
    took = sorted(each for caller in callers for each in caller.took)

    def at(share: float) -> float:
        return 1000 * took[min(int(share * len(took)), len(took) - 1)] if took else float("nan")

    errors = len(silent) + sum(caller.errors for caller in callers)
    return Measured(len(took) / seconds, at(0.5), at(0.95), at(0.99), len(took), errors)


def main() -> None:
    """Measure, and print the figures as JSON."""
    port, file, connections, seconds, *rate = sys.argv[1:]
    requests = pickle.loads(Path(file).read_bytes())
    measured = uvloop.run(
        call(int(port), requests, int(connections), float(seconds), float(rate[0]) if rate else 0)
    )
    print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
