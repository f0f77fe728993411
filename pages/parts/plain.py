"""What people typed, shown as they typed it: never as markup."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """The text for a place where Streamlit reads Markdown: every special character escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
