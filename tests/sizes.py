"""No file of our own code is over 500 lines, unless it says why: `python -m tests.sizes`.

A file says why in its first 30 lines, in a comment or its docstring: "Over 500 lines: " and the reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("lab", "db", "pages", "benchmarks", "docs", "tests")
KINDS = {".py", ".js", ".css", ".html", ".sh"}
WRITTEN_ONCE = ROOT / "db" / "migrations" / "versions"
MOST = 500
REASON = re.compile(r"Over 500 lines: \S.{20,}")


def too_long(root: Path = ROOT) -> Iterator[tuple[Path, int]]:
    """The files over the limit that do not say why, with their lines."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in KINDS or path.is_relative_to(WRITTEN_ONCE):
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            if len(lines) > MOST and not any(map(REASON.search, lines[:30])):
                yield path, len(lines)


if __name__ == "__main__":
    found = list(too_long())
    for path, lines in found:
        print(f"{path.relative_to(ROOT)}: {lines} lines, at most {MOST}")
    sys.exit(bool(found))
