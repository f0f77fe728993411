"""The form of a record, described once: it serves making the record and editing it.

A form is a list of fields. Each says which argument of the command it fills, what it is called, what may be
entered, and whether it belongs to both forms, only to making or only to editing. A field whose answer nobody
has given yet starts empty.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Literal

import streamlit as st

from lab.foundation.language import NOT_SAID
from lab.foundation.text import shortened
from lab.lifecycle.thread.records import Record
from pages.parts import forms, shell
from pages.parts.shell import label as word

Offered = Mapping[str, Sequence[Any]]
"""What a field chooses from that is not fixed: records by their kind, names by the field's name."""
FIRST_DAY: Final = dt.date(1990, 1, 1)
LAST_DAY: Final = dt.date(2100, 1, 1)
_DAY_HELP: Final = {
    "past": "The day on which it happened. The calendar opens at today.",
    "act": "Leave it empty if you do it now: then it is today, as you press the button.",
    "promised": "May stay empty",
    "any": None,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    """The argument of the command."""
    label: str
    _: KW_ONLY
    of: str = ""
    """The record's attribute, where it has another name than the argument."""
    only: Literal["making", "editing"] | None = None
    help: str | None = None
    needed: bool = False
    """Whether the form asks again when it is empty; not for what the command refuses by itself."""
    start: Any = None
    """What a new record has here before anybody chose. Only where it is true of most, or is no fact."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Show the widget and return what is in it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Line(Field):
    """A line of text."""

    limit: int = 200
    placeholder: str | None = None

    def draw(self, value: Any, key: str, offered: Offered) -> str:
        """A text input."""
        return st.text_input(
            self.label,
            value or "",
            max_chars=self.limit,
            key=key,
            help=self.help,
            placeholder=self.placeholder,
        )


@dataclass(frozen=True, slots=True)
class Paragraph(Field):
    """Text of any length up to a limit."""

    limit: int = 4000

    def draw(self, value: Any, key: str, offered: Offered) -> str:
        """A text area."""
        return st.text_area(self.label, value or "", max_chars=self.limit, key=key, help=self.help)


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One word of the vocabulary, or one of other keys, or none where it is not needed."""

    words: Sequence[Any] = ()
    spoken: Callable[[Any], str] = word
    nothing: str = NOT_SAID
    """How no answer is called."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """A list to choose from; empty until somebody chooses."""
        options = list(self.words) if self.needed else [None, *self.words]
        return st.selectbox(
            self.label,
            options,
            options.index(value) if value in options else None,
            format_func=lambda option: self.nothing if option is None else self.spoken(option),
            key=key,
            help=self.help,
            placeholder="Choose",
        )


@dataclass(frozen=True, slots=True)
class Buttons(Choice):
    """One of a few words that stand side by side, or none where it is not needed."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Radio buttons; what is needed is not chosen until somebody does."""
        options = list(self.words) if self.needed else [None, *self.words]
        return st.radio(
            self.label,
            options,
            options.index(value) if value in options else None,
            format_func=lambda option: self.nothing if option is None else self.spoken(option),
            key=key,
            help=self.help,
        )


@dataclass(frozen=True, slots=True)
class Choices(Field):
    """Any number of words of the vocabulary."""

    words: Sequence[str] = ()

    def draw(self, value: Any, key: str, offered: Offered) -> list[str]:
        """A list to choose several from."""
        chosen = [each for each in value or () if each in self.words]
        return st.multiselect(self.label, self.words, chosen, format_func=word, key=key, help=self.help)


@dataclass(frozen=True, slots=True)
class Scale(Field):
    """1 to 5, or not said."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Five buttons; pressing the chosen one again empties it."""
        return forms.one_to_five(self.label, value, key=key)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A whole number between two bounds, or none."""

    low: int = 0
    high: int = 100_000

    def draw(self, value: Any, key: str, offered: Offered) -> int | None:
        """A number input; empty until somebody types."""
        typed = st.number_input(self.label, self.low, self.high, value, step=1, key=key, help=self.help)
        return None if typed is None else int(typed)


@dataclass(frozen=True, slots=True)
class Tick(Field):
    """Something the lab decides with a tick, such as whether the record is public."""

    def draw(self, value: Any, key: str, offered: Offered) -> bool:
        """A checkbox."""
        return st.checkbox(self.label, bool(value), key=key, help=self.help)


@dataclass(frozen=True, slots=True)
class YesOrNo(Field):
    """Yes, no, or not said."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Three radio buttons side by side."""
        return forms.yes_or_no(self.label, value, key=key)


@dataclass(frozen=True, slots=True)
class Day(Field):
    """A day, empty until somebody gives it. A `past` one is asked for and never in the future. That of an
    `act` is the same, but may stay empty: the act is done by pressing the button, so its day is today.
    A `promised` day may stay empty, too; `any` day is past or planned."""

    time: Literal["past", "act", "promised", "any"] = "past"

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """A date input."""
        return st.date_input(
            self.label,
            value,
            min_value=FIRST_DAY,
            max_value=shell.today() if self.time in ("past", "act") else LAST_DAY,
            key=key,
            help=self.help or _DAY_HELP[self.time],
        )


@dataclass(frozen=True, slots=True)
class OneRecord(Field):
    """One record of the project, or none."""

    kind: str = ""

    def draw(self, value: Any, key: str, offered: Offered) -> uuid.UUID | None:
        """A list of the records."""
        names = _named(offered[self.kind])
        options = [None, *names]
        return st.selectbox(
            self.label,
            options,
            options.index(value) if value in names else 0,
            format_func=lambda option: names[option] if option else "—",
            key=key,
            help=self.help,
        )


@dataclass(frozen=True, slots=True)
class SomeRecords(Field):
    """Any number of records of the project."""

    kind: str = ""

    def draw(self, value: Any, key: str, offered: Offered) -> list[uuid.UUID]:
        """A list to choose several from."""
        names = _named(offered[self.kind])
        chosen = [each for each in value or () if each in names]
        return st.multiselect(
            self.label, list(names), chosen, format_func=names.__getitem__, key=key, help=self.help
        )


@dataclass(frozen=True, slots=True)
class NameOrNew(Field):
    """A name the lab knows, or a new one."""

    def draw(self, value: Any, key: str, offered: Offered) -> str:
        """A list that takes new names."""
        names = list(offered[self.name])
        chosen = st.selectbox(
            self.label,
            names,
            names.index(value) if value in names else None,
            accept_new_options=True,
            placeholder="Choose, or type a new name",
            key=key,
            help=self.help,
        )
        return chosen or ""


def _named(records: Sequence[Record]) -> dict[uuid.UUID, str]:
    return {record.id: shortened(record.words, 70) for record in records}


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one kind of record."""

    kind: str
    """The keys of its widgets begin with this."""
    fields: Sequence[Field] = field(default=())


def new(
    form: Form, offered: Offered | None = None, *, submit: str = "Save", key: str = "", **known: Any
) -> dict[str, Any] | None:
    """The form of a new record, with what is `known` already filled in: the command's arguments once it is
    sent and nothing needed is missing, else None. `key` tells forms of one kind apart on one screen."""
    asked = [each for each in form.fields if each.only != "editing"]
    values = {each.name: known.get(each.name, each.start) for each in asked}
    return _typed(asked, values, key or form.kind, offered or {}, submit)


def edit(
    form: Form, record: Any, offered: Offered | None = None, *, submit: str = "Save"
) -> dict[str, Any] | None:
    """The form of a record that is there: the editing command's arguments once it is sent, else None."""
    asked = [each for each in form.fields if each.only != "making"]
    values = {each.name: getattr(record, each.of or each.name) for each in asked}
    return _typed(asked, values, f"{form.kind}.edit", offered or {}, submit)


def _typed(
    asked: Sequence[Field], values: Mapping[str, Any], key: str, offered: Offered, submit: str
) -> dict[str, Any] | None:
    with st.form(f"{key}.form", border=False):
        typed = {each.name: each.draw(values[each.name], f"{key}.{each.name}", offered) for each in asked}
        sent = forms.submit(submit)
    if not sent:
        return None
    missing = [each.label for each in asked if each.needed and typed[each.name] in (None, "")]
    if missing:
        st.error(f"Still to be answered: {', '.join(missing)}.")
        return None
    return typed
