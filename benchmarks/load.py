"""Prepared requests over many connections, sent by a small C program that is compiled when first used."""

from __future__ import annotations

import json
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    """Answers a second, times in milliseconds, and how many answers were not what they should be."""

    rate: float
    p50: float
    p95: float
    p99: float
    answers: int
    errors: int


def measure(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float = 0
) -> Measured:
    """One turn, by a process of its own. `rate` is in requests a second; 0 for as many as are answered."""
    with tempfile.NamedTemporaryFile() as file:
        for request in requests:
            file.write(struct.pack("=I", len(request)) + request)
        file.flush()
        command = [_program(), port, file.name, connections, seconds, rate]
        told = subprocess.run([str(each) for each in command], check=True, capture_output=True).stdout
    found = json.loads(told)
    return Measured(rate=found["answers"] / seconds, **found)


@cache
def _program() -> Path:
    return compiled("load.c")


def compiled(source: str, *options: str) -> Path:
    """What a C compiler makes of a source beside this file; gone when this process ends."""
    target = Path(_workshop().name) / Path(source).stem
    subprocess.run(["cc", "-O2", "-Wall", "-o", target, HERE / source, *options], check=True)
    return target


@cache
def _workshop() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="lab-bench-")
