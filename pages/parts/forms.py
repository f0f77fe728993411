"""Fields that several forms have, and how a date is written."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from lab.foundation.text import shortened, spoken
from lab.lifecycle.thread import Record
from pages.parts import shell
from pages.parts.shell import label


def day(date: dt.date | None) -> str:
    """A date as people read it."""
    return spoken(date) if date else "—"


def actions() -> Any:
    """A row for a card's buttons."""
    return st.container(horizontal=True, gap="small")


def submit(words: str = "Save") -> bool:
    """The button that ends a form."""
    return st.form_submit_button(words, type="primary")


def one_word(
    name: str, words: Sequence[str], value: str | None = None, *, optional: bool = False, key: str
) -> Any:
    """One word of the vocabulary, or none where that is an answer too."""
    options: list[str | None] = [None, *words] if optional else list(words)
    return st.selectbox(
        name, options, options.index(value) if value in options else 0, format_func=label, key=key
    )


def one_record(name: str, records: Sequence[Record], value: uuid.UUID | None = None, *, key: str) -> Any:
    """One record of the thread, or none."""
    words = {record.id: shortened(record.words, 70) for record in records}
    options: list[uuid.UUID | None] = [None, *words]
    return st.selectbox(
        name,
        options,
        options.index(value) if value in options else 0,
        format_func=lambda option: words[option] if option else "—",
        key=key,
    )


def some_records(name: str, records: Sequence[Record], value: Sequence[uuid.UUID] = (), *, key: str) -> Any:
    """Any number of records of the thread."""
    words = {record.id: shortened(record.words, 70) for record in records}
    return st.multiselect(
        name,
        list(words),
        [each for each in value if each in words],
        format_func=lambda option: words[option],
        key=key,
    )


def past_day(name: str, *, key: str) -> Any:
    """A day on which something happened, today unless said otherwise."""
    return st.date_input(name, shell.today(), min_value=dt.date(1990, 1, 1), max_value=shell.today(), key=key)


def future_day(name: str, value: dt.date | None = None, *, key: str) -> Any:
    """A promised day, or none."""
    return st.date_input(
        name,
        value,
        min_value=dt.date(1990, 1, 1),
        max_value=dt.date(2100, 1, 1),
        key=key,
        help="May stay empty",
    )
