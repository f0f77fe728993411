"""Checks the answers to the pulse. Pure."""

from __future__ import annotations

from typing import Any, Final

from lab.foundation import text

LONGEST_COMMENT: Final = 1000
"""Longest comment, in characters."""


def pulse(trust: int | None, difference: int | None, comment: str) -> dict[str, Any]:
    """Two answers from 1 (not at all) to 5 (wholly), to "I trust this will lead to something" and "What I
    said made a difference", and what was added in words; by the names under which they are kept.

    Raises:
        Invalid: an answer is outside 1 to 5, or the words are too long.
    """
    return {
        "trust": text.number(trust, "The first answer", 1, 5),
        "difference": text.number(difference, "The second answer", 1, 5),
        "comment": text.paragraph(comment, "What you want to add", required=False, limit=LONGEST_COMMENT),
    }
