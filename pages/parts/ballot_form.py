"""A ballot as a form of the desk: for stakeholders with an account, and for paper ballots typed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from lab.voting.queries import Option, Room
from lab.voting.tally import HIGHEST_SCORE, NO_MARK
from lab.voting.words import GRADE_NAMES
from pages.parts.plain import plain
from pages.parts.shell import label

HOW: Final = {
    "approval": "Tick every one you support.",
    "score": "A score from 0, not at all, to 5, very much.",
    "ranked": "1 is the first choice. Those left out come last.",
    "dots": "All dots together; several may go on one.",
    "majority_judgment": "Grade each on its own. Those left out count as “To reject”.",
}


def marks(room: Room, own: Sequence[int] | None, key: str) -> tuple[int, ...]:
    """The widgets of one ballot, filled with `own` marks where there are any, and the marks they hold."""
    st.caption(HOW[room.method])
    draw: Callable[[Room, Option, int, str], Any] = _DRAW[room.method]
    return tuple(
        _number(
            draw(room, option, own[option.place] if own else NO_MARK, f"{key}.{room.round_id}.{option.place}")
        )
        for option in room.options
    )


def group(room: Room, key: str) -> str | None:
    """Which group the ballot counts for, where the round asks."""
    if not room.groups:
        return None
    return st.selectbox("Group", room.groups, None, format_func=label, key=f"{key}.{room.round_id}.group")


def in_words(room: Room, ballot: Sequence[int]) -> str:
    """A ballot's marks in one line."""
    said = []
    for option, mark in zip(room.options, ballot, strict=True):
        if mark != NO_MARK and (mark or room.method in ("score", "majority_judgment")):
            words = GRADE_NAMES[mark] if room.method == "majority_judgment" else str(mark)
            said.append(option.title if room.method == "approval" else f"{option.title}: {words}")
    return " · ".join(said) or "no mark"


def _number(value: bool | int | None) -> int:
    return NO_MARK if value is None else int(value)


def _tick(room: Room, option: Option, own: int, key: str) -> bool:
    return st.checkbox(plain(option.title), own == 1, key=key)


def _score(room: Room, option: Option, own: int, key: str) -> int | None:
    return _pills(option, list(range(HIGHEST_SCORE + 1)), own, str, key)


def _grade(room: Room, option: Option, own: int, key: str) -> int | None:
    return _pills(option, list(range(len(GRADE_NAMES)))[::-1], own, GRADE_NAMES.__getitem__, key)


def _pills(option: Option, values: list[int], own: int, words: Callable[[int], str], key: str) -> int | None:
    default = own if own in values else None
    return st.segmented_control(plain(option.title), values, default=default, format_func=words, key=key)


def _place(room: Room, option: Option, own: int, key: str) -> int | None:
    places = list(range(1, len(room.options) + 1))
    return st.selectbox(
        plain(option.title), places, own - 1 if own in places else None, key=key, placeholder="Left out"
    )


def _dots(room: Room, option: Option, own: int, key: str) -> int:
    return int(st.number_input(plain(option.title), 0, room.budget, max(own, 0), key=key))


_DRAW: Final = {
    "approval": _tick,
    "score": _score,
    "ranked": _place,
    "dots": _dots,
    "majority_judgment": _grade,
}
