"""How soon the notes of a board that look alike are found, beside comparing all pairs with difflib.

`python -m benchmarks.alike [NOTES …]`. Notes are drawn from 200 words, each tenth says again what another
said, with one word changed.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from itertools import combinations

from lab.foundation.folding import fold
from lab.workshops.board.alike import notes_alike

PROMISED_NOTES = 500
PROMISED_SECONDS = 1.0
TURNS = 3
SAMPLE = 3000
"""Pairs that difflib compares."""
SYLLABLES = ["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su", "ta", "ve", "wo", "zi", "cha", "she"]


def main() -> None:
    """Compare boards of several sizes."""
    print(f"{'notes':>7}{'found in s':>12}{'difflib s':>12}{'times':>8}")
    for notes in [int(each) for each in sys.argv[1:]] or [100, PROMISED_NOTES]:
        texts = written(notes)
        ours = statistics.median(timed(lambda: notes_alike(texts)) for _ in range(TURNS))  # noqa: B023
        pairs = all_pairs(texts)
        verdict = "" if notes > PROMISED_NOTES else "kept" if ours <= PROMISED_SECONDS else "NOT KEPT"
        print(f"{notes:>7}{ours:>12.3f}{pairs:>12.1f}{pairs / ours:>8.0f}  {verdict}")


def written(notes: int) -> list[str]:
    """As many notes of 4 to 18 words."""
    chance = random.Random(notes)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(200)]
    texts = [" ".join(chance.choices(words, k=chance.randint(4, 18))) for _ in range(notes - notes // 10)]
    for said in texts[: notes // 10]:
        changed = said.split()
        changed[chance.randrange(len(changed))] = chance.choice(words)
        texts.append(" ".join(changed))
    return texts


def all_pairs(texts: list[str]) -> float:
    """Seconds in which the standard library compares all pairs: measured on some, multiplied up."""
    pairs = list(combinations([fold(each) for each in texts], 2))
    some = random.Random(1).sample(pairs, min(SAMPLE, len(pairs)))
    took = timed(lambda: [SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in some])
    return took * len(pairs) / len(some)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
