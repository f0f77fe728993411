"""A ballot as a Streamlit form, for stakeholders with an account and for paper ballots."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from lab.voting.counting.sums import GRADES, NO_MARK
from lab.voting.methods.method import Amount, Order, PickOne, Tick
from lab.voting.methods.registry import method_named
from lab.voting.queries import RoundView
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label


def marks(room: RoundView, own: Sequence[int] | None, key: str) -> tuple[int, ...]:
    """Draw the widgets of one ballot, filled with the `own` marks if any. Returns the entered marks."""
    st.caption(plain(method_named(room.method, room.blank_means).instruction(room.budget)))
    return tuple(
        _mark(
            room,
            plain(option.title),
            own[option.place] if own else NO_MARK,
            f"{key}.{room.round_id}.{option.place}",
        )
        for option in room.options
    )


def group(room: RoundView, key: str) -> str | None:
    """The group the ballot counts for, if the round asks."""
    if not room.groups:
        return None
    return st.selectbox("Group", room.groups, None, format_func=label, key=f"{key}.{room.round_id}.group")


def in_words(room: RoundView, ballot: Sequence[int]) -> str:
    """A ballot's marks in one line."""
    method = method_named(room.method, room.blank_means)
    marked = [
        (option.title, mark) for option, mark in zip(room.options, ballot, strict=True) if mark != NO_MARK
    ]
    in_words = [f"{title}: {words}" for title, mark in marked if (words := method.mark_in_words(mark))]
    return " · ".join(in_words) or "no mark"


def _mark(room: RoundView, title: Markdown, own: int, key: str) -> int:
    """One option's widget and the mark it holds."""
    method = method_named(room.method, room.blank_means)
    match method.widget(len(room.options), room.budget):
        case Tick():
            return int(st.checkbox(title, own == 1, key=key))
        case Amount(highest=highest):
            return int(st.number_input(title, 0, highest, max(own, 0), key=key))
        case PickOne(choices=choices):
            words = dict(choices)
            return _number(
                st.segmented_control(
                    title,
                    list(words),
                    default=own if own in words else None,
                    format_func=lambda mark: plain(words[mark]),
                    key=key,
                )
            )
        case Order(options=options):
            return _listed(title, range(1, options + 1), own, str, key)
        case _:
            low, high = method.limits(len(room.options), room.budget, GRADES)
            return _listed(title, range(low, high + 1), own, method.mark_in_words, key)


def _listed(title: Markdown, marks: Sequence[int], own: int, words: Callable[[int], str], key: str) -> int:
    at = marks.index(own) if own in marks else None
    return _number(st.selectbox(title, list(marks), at, format_func=words, key=key, placeholder="Left out"))


def _number(value: int | None) -> int:
    return NO_MARK if value is None else value
