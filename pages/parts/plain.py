"""Shows user text as typed, never as markup."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

Markdown: TypeAlias = str
"""Text for a widget that reads Markdown, with everything that somebody typed already made plain. Whoever
takes or answers such text says so with this name; `tests/pages/test_user_text.py` follows it."""

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_JOINED: Final = "\u2060"
"""A word joiner: it has no width and breaks no line."""
_READ_AFTERWARDS: Final = re.compile(
    r"(?P<address>https?:)(?=//)"
    r"|(?P<host>\bwww)(?=\.)"
    r"|(?P<mail>(?<=[-.\w+])@)(?=[-\w])"
    r"|(?P<name>:)(?=[\w+-]+:)"
    r"|(?P<arrow>(?<!\S)[-<>~])(?=(?:[->=]|->)(?!\S))",
    re.IGNORECASE,
)
"""What Streamlit's Markdown turns into links, emoji and arrows after it has taken the backslashes away."""


def plain(text: str) -> Markdown:
    """The text for a widget that reads Markdown, so that it is shown as it was typed, on one line. Every sign
    with a meaning is escaped. Addresses, `:names:` and arrows are looked for after that, so they are held
    apart by a sign without width."""
    apart = _READ_AFTERWARDS.sub(lambda found: found.group() + _JOINED, " ".join(text.split()))
    return _PUNCTUATION.sub(r"\\\1", apart)
