"""How long one-time links are good, and what they are called. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

LASTS: Final = {"invitation": dt.timedelta(days=7), "reset": dt.timedelta(days=1)}
"""By purpose. A way back in is asked for when it is needed; an invitation may wait until there is time."""
KEPT: Final = dt.timedelta(days=90)
"""How long a link that is no longer good is kept."""


def signed_for(purpose: str) -> str:
    """What a link's token is signed for: one that was made for another purpose is worth nothing."""
    return f"{purpose} link"


def path_of(token: str) -> str:
    """The link's path on this lab's address."""
    return f"/password/{token}"
