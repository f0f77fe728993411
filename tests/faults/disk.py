"""The preloaded disk of disk.c: what it lists as unsynced is lost as in a power cut, and it can fail."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

SOURCE = Path(__file__).with_name("disk.c")


@cache
def preloaded() -> str:
    """The compiled library, for LD_PRELOAD."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("a C compiler is needed to stand in for the disk (Debian: apt-get install gcc libc6-dev)")
    library = Path(mkdtemp(prefix="lab-disk-")) / "disk.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return str(library)


def lose_what_was_not_synced(database: Path) -> int:
    """Take from the log of a killed server what never reached the disk; returns how many bytes that were."""
    log, listed = (database.with_name(database.name + each) for each in ("-wal", "-wal.unsynced"))
    if not listed.exists() or not log.exists():
        return 0
    content = bytearray(log.read_bytes())
    lost = 0
    for line in listed.read_text().splitlines():
        offset, length = map(int, line.split())
        content[offset : offset + length] = bytes(max(0, min(length, len(content) - offset)))
        lost += length
    log.write_bytes(bytes(content).rstrip(b"\0") if lost else content)
    listed.unlink()
    return lost
