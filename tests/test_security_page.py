"""docs/security.md and SECURITY.md name tests and files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("docs/security.md", "SECURITY.md")
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_test_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {each for each in re.findall(r"`([\w./-]+)`", text) if "/" in each and not each.startswith("/")}
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    tests = set(re.findall(r"`(test_\w+)`", text))
    assert sorted(each for each in tests if f"def {each}(" not in written) == []


def test_every_chapter_is_answered_and_every_row_says_how() -> None:
    chapters = [int(each) for each in re.findall(r"^## V(\d+) ", PAGE, re.MULTILINE)]
    assert chapters == list(range(1, 18))
    rows = re.findall(r"^\| (\d+\.\d+\.\d+[^|]*) \| ([^|]*) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 150
    assert {how.strip("*") for _, how, _ in rows} == {"met", "in part", "not met", "n/a"}
    assert all(len(why) > 5 for _, _, why in rows)
