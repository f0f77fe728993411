"""How long one-time links are good, and what they are called. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

from lab.access.sessions.rules import token_hash_of

LASTS: Final = {"invitation": dt.timedelta(days=7), "reset": dt.timedelta(days=1)}
"""By purpose. A way back in is asked for when it is needed; an invitation may wait until there is time."""
KEPT: Final = dt.timedelta(days=90)
"""How long a link that is no longer good is kept."""


def link_hash(purpose: str, token: str) -> str:
    """What the database stores of a link: a token that was made for one purpose is worth nothing for
    another."""
    return token_hash_of(f"{purpose}:{token}")


def path_of(token: str) -> str:
    """The link's path on this lab's address."""
    return f"/password/{token}"
