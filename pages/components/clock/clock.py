"""The clock of the current block: the server sends the seconds left, the browser counts down in between."""

from __future__ import annotations

from pathlib import Path

from lab.workshops.room.queries import Standing
from pages.components.files import component
from pages.parts import shell

_mount = component("clock", Path(__file__).parent)


def show(now: Standing) -> None:
    """The time left in the current block, updated every second, or still while paused."""
    _mount(
        key="console.clock",
        data={
            "left": round(now.left(shell.now()).total_seconds() * 1000),
            "paused": now.paused_at is not None,
            "block": now.version,
        },
    )
