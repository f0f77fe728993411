"""The answers to the pulse: what they may be, when too many come at once, and which lie far from the others.
Pure."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from lab.foundation import text
from lab.foundation.disclosure import LEAST

LONGEST_COMMENT: Final = 1000
"""Longest comment, in characters."""
COUNTING: Final = ("counted", "kept")
"""Answers that count in the pulse and in the score."""
UNSEEN: Final = ("counted", "held")
"""Answers that nobody has looked at."""
BURSTS: Final = ((10, dt.timedelta(minutes=10)), (40, dt.timedelta(days=1)))
"""More answers by one link than this, within that time, are a burst: it may be a full room, or one person
with many browsers, and only somebody who knows the room can tell."""
MOST_BY_A_LINK: Final = 500
"""Answers that one link may bring."""
FAR: Final = 3.5
LEAST_SPREAD: Final = 0.5
"""Half a step between answers, for when most people say the same."""

Key = TypeVar("Key")


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


def in_a_burst(came: Mapping[Key, dt.datetime], newest: dt.datetime) -> set[Key]:
    """Which of the answers by one link, the newest among them, came in a burst that the newest is part of."""
    found: set[Key] = set()
    for most, within in BURSTS:
        lately = {key for key, at in came.items() if newest - at < within}
        if len(lately) > most:
            found |= lately
    return found


def share_far_off(answers: Sequence[float], among: Sequence[float]) -> float | None:
    """The share of answers, each the mean of the two from 1 to 5, that lie far from the median of those that
    count: a modified z-score above 3.5 (Iglewicz & Hoaglin 1993). None where fewer than five count.
    """
    if len(among) < LEAST:
        return None
    median = statistics.median(among)
    spread = max(statistics.median([abs(each - median) for each in among]), LEAST_SPREAD)
    far = [each for each in answers if 0.6745 * abs(each - median) / spread > FAR]
    return len(far) / len(answers)
