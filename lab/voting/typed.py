"""A paper ballot as it is typed in: a line of numbers. Pure."""

from __future__ import annotations

import re
from typing import Final

from lab.foundation.errors import Invalid
from lab.voting.methods.method import Method, Order, Tick
from lab.voting.methods.registry import method_named

BLANK: Final = "0"
"""Typed for a ballot without a mark."""
_LEFT_OUT: Final = ("-", "–", "_", ".")


def how_to_type(method: str) -> str:
    """What to type for a ballot by this method."""
    match _widget(method_named(method)):
        case Tick():
            return (
                f"Type the numbers of the options that are ticked, such as 1 3; {BLANK} for a blank ballot."
            )
        case Order():
            return (
                f"Type the options' numbers, first choice first, such as 3 1 2; {BLANK} for a blank ballot."
            )
        case _:
            return (
                "Type the mark of each option in the order of their numbers, such as 5 - 3; a dash where "
                "there is none, one dash alone for a blank ballot."
            )


def marks_typed(method: str, line: str, options: int) -> tuple[int, ...]:
    """The marks of a ballot, in the order of the options.

    Raises:
        Invalid: the line says something else than such a ballot.
    """
    words = re.split(r"[\s,;]+", line.strip().strip(",;"))
    if words == [""]:
        raise Invalid("Type what is on the ballot.", field="line")
    blank = method_named(method).blank
    widget = _widget(method_named(method))
    if isinstance(widget, Tick | Order):
        return _by_option(words, options, blank, is_order=isinstance(widget, Order))
    return _by_mark(words, options, blank)


def _widget(method: Method) -> object:
    return method.widget(2, 1)


def _by_option(words: list[str], options: int, blank: int, *, is_order: bool) -> tuple[int, ...]:
    marks = [blank] * options
    if words == [BLANK]:
        return tuple(marks)
    for place, word in enumerate(words, start=1):
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 4 else 0
        if not 1 <= number <= options:
            raise Invalid(f"“{word[:20]}” is no option; they are numbered from 1 to {options}.", field="line")
        if marks[number - 1] > 0:
            raise Invalid(f"Option {number} is there twice.", field="line")
        marks[number - 1] = place if is_order else 1
    return tuple(marks)


def _by_mark(words: list[str], options: int, blank: int) -> tuple[int, ...]:
    if len(words) == 1 and words[0] in _LEFT_OUT:
        return (blank,) * options
    if len(words) != options:
        raise Invalid(f"There are {options} options, and {len(words)} marks are typed.", field="line")
    for word in words:
        if word not in _LEFT_OUT and not (word.isascii() and word.isdigit() and len(word) < 6):
            raise Invalid(f"“{word[:20]}” is no mark. Type a number, or a dash for none.", field="line")
    return tuple(blank if word in _LEFT_OUT else int(word) for word in words)
