"""Fields that several forms have, and how a date is written."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import streamlit as st

from lab.foundation.language import NOT_SAID
from lab.foundation.text import shortened, spoken
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

PRESENT: Final = {
    True: "sponsor present",
    False: "sponsor absent",
    None: f"whether the sponsor was there: {NOT_SAID.lower()}",
}
Key = TypeVar("Key")
YES_OR_NO: Final = {None: NOT_SAID, True: "Yes", False: "No"}


def day(date: dt.date | None) -> str:
    """A date as people read it, or that nobody said one."""
    return spoken(date) if date else NOT_SAID


def actions() -> Any:
    """A row for a card's buttons."""
    return st.container(horizontal=True, gap="small")


def open_button(what: str, *, key: str, width: Literal["content", "stretch"] = "content") -> bool:
    """A button of a list's row, “Open”. Who hears the screen hears also what it opens: frame.css hides the
    emphasised words of every button from the eye."""
    return st.button(f"Open *{plain(shortened(what, 80))}*", key=key, width=width)


def file_key(name: str) -> str:
    """The key of a field that takes files. The server keeps them with its half of the page, so in a new
    session the field is another one, and empty."""
    return f"{name}.{st.session_state.setdefault('forms.session', secrets.token_hex(4))}"


def told_apart(names: Mapping[Key, str]) -> dict[Key, str]:
    """Options of a list by their names, with a number after names that are there already: Streamlit takes the
    first of those that read alike."""
    seen: Counter[str] = Counter()
    apart: dict[Key, str] = {}
    for key, name in names.items():
        seen[name] += 1
        apart[key] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    return apart


def submit(words: Markdown = "Save") -> bool:
    """The button that ends a form."""
    return st.form_submit_button(words, type="primary")


def one_word(
    name: Markdown, words: Sequence[str], value: str | None = None, *, optional: bool = False, key: str
) -> Any:
    """One word of the vocabulary, or None if `optional`. Initially empty."""
    options: list[str | None] = [None, *words] if optional else list(words)
    chosen = options.index(value) if value in options else None
    return st.selectbox(name, options, chosen, format_func=label, placeholder="Choose", key=key)


def one_to_five(name: Markdown, value: int | None = None, *, key: str) -> Any:
    """A number from 1 to 5, or None."""
    return st.segmented_control(name, range(1, 6), default=value, key=key)


def yes_or_no(name: Markdown, value: bool | None = None, *, key: str) -> Any:
    """Yes, no, or None for not said."""
    options = [None, True, False]
    return st.radio(
        name, options, options.index(value), format_func=YES_OR_NO.__getitem__, horizontal=True, key=key
    )


def whole(value: float | None) -> int | None:
    """A number field's value as an int, or None."""
    return None if value is None else int(value)


def of_five(importance: int | None) -> Markdown:
    """An importance as text, “4 of 5”."""
    return f"importance {importance} of 5" if importance else f"importance {NOT_SAID.lower()}"


def future_day(name: Markdown, value: dt.date | None = None, *, key: str) -> Any:
    """A promised day, or none."""
    return st.date_input(
        name,
        value,
        min_value=dt.date(1990, 1, 1),
        max_value=dt.date(2100, 1, 1),
        key=key,
        help="May stay empty",
    )
