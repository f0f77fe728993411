"""The repository's Python as trees, read once for all tests that look at it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a file. It is everybody's: look at it, and leave it as it is."""
    return ast.parse(path.read_text(encoding="utf-8"))
