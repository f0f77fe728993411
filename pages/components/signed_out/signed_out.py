"""Covers a screen whose session has ended, until somebody signs in again.

The browser finds out by itself: its websocket was closed, and the lab's address leads it to the sign-in.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from pages.components.files import component

_mount = component("signed_out", Path(__file__).parent)


def watch(person: uuid.UUID | None) -> None:
    """Look out for the end of this person's session."""
    _mount(key="kept.signed_out", data={"person": str(person)})
