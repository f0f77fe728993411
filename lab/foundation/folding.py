"""Text comparison: one folding for every search, key, slug and code. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from anyascii import anyascii

_UNSEEN: Final = ("Cc", "Cf", "Cs")
LONGEST_SLUG: Final = 60
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_CODE: Final = 40


def fold(text: str) -> str:
    """The text in a form for comparing: NFKC, casefold, runs of blanks to one, without invisible characters.

    Case folding can undo NFKC, and NFKC can make blanks, so it is repeated until nothing changes:
    `fold(fold(x)) == fold(x)`. Accents stay, so “Łódź” and “Lodz” are two places.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())  # the same in a tenth of the time
    folded = _folded_once(text)
    while folded != text:
        text, folded = folded, _folded_once(folded)
    return folded


def _folded_once(text: str) -> str:
    seen = "".join(each for each in text if each.isspace() or unicodedata.category(each) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def code_of(typed: str) -> str:
    """A typed join code or receipt as stored: capitals without spaces and dashes."""
    if typed.isascii() and typed.isalnum():
        return typed[:LONGEST_CODE].upper()  # as every phone sends it
    kept = (each for each in fold(typed).upper() if each != " " and unicodedata.category(each) != "Pd")
    return "".join(kept)[:LONGEST_CODE]


def is_slug(text: str) -> bool:
    """Whether a text can be a slug of a title."""
    return len(text) <= LONGEST_SLUG + 12 and _SLUG.fullmatch(text) is not None


def slug(title: str, taken: Iterable[str] = ()) -> str:
    """A URL slug for a title: lower-case ASCII words joined by hyphens, not in `taken`.

    Letters are transliterated: “Łódź” gives `lodz`, “Straße” `strasse`, “Проверка” `proverka`.
    """
    letters = "".join(_ascii(each) for each in unicodedata.normalize("NFKC", title))
    base = "-".join(re.findall(r"[a-z0-9]+", letters.lower()))[:LONGEST_SLUG].strip("-") or "project"
    used = set(taken)
    name, count = base, 1
    while name in used:
        count += 1
        name = f"{base}-{count}"
    return name


def _ascii(character: str) -> str:
    """Transliterate letters and numbers; drop everything else that is not ASCII."""
    if character.isascii():
        return character
    if character.isspace():
        return " "
    return anyascii(character) if unicodedata.category(character)[0] in "LN" else ""
