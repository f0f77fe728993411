"""Markdown of a screen as people read it."""

from __future__ import annotations

import re


def as_read(markdown: str) -> str:
    """The text without the backslashes and the signs without width that keep it from being read as markup."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")
