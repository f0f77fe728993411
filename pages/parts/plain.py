"""Shows user text as typed, never as markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """The text with every special character escaped, for widgets that read Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
