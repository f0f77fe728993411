"""The words of what a room answered, counted for a word cloud and the list beside it. Pure.

A word counts once in a note, however often it is said there. Words of one language's grammar are left out by
the language of the note, which is the one whose stop words it has most of: “die” is an article in German and
a verb in English.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lab.foundation.folding import fold
from lab.workshops.room.stop_words import STOP_WORDS

STEPS: Final = (2, 3, 4, 6, 9, 14)
"""Notes from which a word is drawn one size larger; what one note says is only in the list. They are counts,
not shares of the largest: where no word is said often, none is large."""
MOST_IN_CLOUD: Final = 40
SHORTEST: Final = 2
"""Letters of a word."""
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is mostly written, and how many notes say it."""

    text: str
    notes: int
    size: int
    """Its step in the cloud from 1; 0 for a word that is only in the list."""


def words_said(notes: Sequence[str]) -> list[Word]:
    """The words of notes without those of grammar, those that most notes say first."""
    said = [_WORD.findall(note) for note in notes]
    folded = [[fold(word) for word in words] for words in said]
    languages = _languages(folded)
    counts: Counter[str] = Counter()
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for words, keys, language in zip(said, folded, languages, strict=True):
        left_out = STOP_WORDS.get(language, frozenset())
        kept = [(key, word) for key, word in zip(keys, words, strict=True) if len(key) >= SHORTEST]
        counts.update({key for key, _ in kept if key not in left_out})
        for key, word in kept:
            spellings[key][word] += 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [Word(_spelling(spellings[key]), number, _size(number)) for key, number in ordered]


def in_cloud(words: Iterable[Word]) -> list[Word]:
    """The words that are drawn, in the order of the alphabet, so that a growing count moves none."""
    drawn = [word for word in words if word.size][:MOST_IN_CLOUD]
    return sorted(drawn, key=lambda word: fold(word.text))


def _languages(notes: Sequence[Sequence[str]]) -> list[str]:
    """The language of each note: that of most of its stop words, of several the one of most in the room.
    Nothing where no note has any."""
    hits = [{name: len(stops.intersection(words)) for name, stops in STOP_WORDS.items()} for words in notes]
    in_all = {name: sum(each[name] for each in hits) for name in STOP_WORDS}
    if not any(in_all.values()):
        return [""] * len(notes)
    return [max(each, key=lambda name: (each[name], in_all[name])) for each in hits]


def _size(notes: int) -> int:
    return sum(notes >= step for step in STEPS)


def _spelling(spellings: Counter[str]) -> str:
    """The spelling used most; of several the one with fewest capitals."""
    return min(spellings, key=lambda word: (-spellings[word], sum(map(str.isupper, word)), word))
