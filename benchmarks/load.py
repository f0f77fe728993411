"""Sends prepared requests over many connections with a small C program, compiled on first use."""

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
    """Responses per second, times in milliseconds, and number of wrong responses."""

    rate: float
    p50: float
    p95: float
    p99: float
    answers: int
    errors: int


def measure(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float = 0
) -> Measured:
    """One measurement in a separate process. `rate` is in requests per second; 0 for as fast as possible."""
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
    """Compile a C source in this folder; the program is deleted when this process ends."""
    target = Path(_workshop().name) / Path(source).stem
    subprocess.run(["cc", "-O2", "-Wall", "-o", target, HERE / source, *options], check=True)
    return target


@cache
def _workshop() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="lab-bench-")
