"""The form of a record, described once: it serves making the record and editing it.

A form is a list of fields. Each names the command's argument it fills, its label, what may be entered, and
whether it is in both forms, only in making or only in editing. A field that nobody has answered starts empty.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Literal

import streamlit as st

from lab.foundation.clock import TODAY
from lab.foundation.language import NOT_SAID
from lab.foundation.text import shortened
from lab.lifecycle.thread.records import Record
from pages.parts import dialogs, forms, shell
from pages.parts.plain import Markdown
from pages.parts.shell import label as word

Offered = Mapping[str, Sequence[Any]]
"""Options that depend on the project: records by kind, names by the field's name."""
FIRST_DAY: Final = dt.date(1990, 1, 1)
LAST_DAY: Final = dt.date(2100, 1, 1)
_DAY_HELP: Final = {
    "past": "The day on which it happened. The calendar opens at today.",
    "act": "Leave it empty for today.",
    "promised": "May stay empty",
    "any": None,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    """The argument of the command."""
    label: Markdown
    _: KW_ONLY
    of: str = ""
    """The record's attribute, if its name differs from the argument's."""
    only: Literal["making", "editing"] | None = None
    help: Markdown | None = None
    needed: bool = False
    """Whether the form itself requires it; not needed if the command refuses an empty value."""
    start: Any = None
    """The initial value in a new record. Only if it is true of most, or not a fact."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Show the widget and return what is in it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TextLine(Field):
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
class OneOf(Field):
    """One word of the vocabulary, or another key; may be empty unless needed."""

    words: Sequence[Any] = ()
    spoken: Callable[[Any], str] = word
    nothing: Markdown = NOT_SAID
    """The label of no answer."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """A selectbox, initially empty."""
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
class Buttons(OneOf):
    """One of a few words, side by side; may be empty unless needed."""

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """Radio buttons; a needed choice is initially empty."""
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
class SomeOf(Field):
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
        """Five buttons; pressing the chosen one again clears it."""
        return forms.one_to_five(self.label, value, key=key)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A whole number between two bounds, or none."""

    low: int = 0
    high: int = 100_000

    def draw(self, value: Any, key: str, offered: Offered) -> int | None:
        """A number input, initially empty."""
        typed = st.number_input(self.label, self.low, self.high, value, step=1, key=key, help=self.help)
        return None if typed is None else int(typed)


@dataclass(frozen=True, slots=True)
class Checkbox(Field):
    """A yes-or-no that the lab decides, such as whether the record is public."""

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
    """A date, initially empty. A `past` one is required and not in the future. That of an `act` may also stay
    empty, which means today, the day on which the button is pressed. A `promised` day may stay empty; `any`
    day may be past or planned."""

    time: Literal["past", "act", "promised", "any"] = "past"

    def draw(self, value: Any, key: str, offered: Offered) -> Any:
        """A date input."""
        typed = st.date_input(
            self.label,
            value,
            min_value=FIRST_DAY,
            max_value=shell.today() if self.time in ("past", "act") else LAST_DAY,
            key=key,
            help=self.help or _DAY_HELP[self.time],
        )
        return TODAY if typed is None and self.time == "act" else typed


@dataclass(frozen=True, slots=True)
class OneRecord(Field):
    """One record of the project, or none."""

    kind: str = ""
    nothing: Markdown = NOT_SAID
    """The label of no record."""

    def draw(self, value: Any, key: str, offered: Offered) -> uuid.UUID | None:
        """A list of the records."""
        names = _named(offered[self.kind])
        options = [None, *names]
        return st.selectbox(
            self.label,
            options,
            options.index(value) if value in names else 0,
            format_func=lambda option: names[option] if option else self.nothing,
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
    """A known name, or a new one."""

    def draw(self, value: Any, key: str, offered: Offered) -> str:
        """A selectbox that takes new names."""
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
    return forms.told_apart({record.id: shortened(record.words, 70) for record in records})


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one kind of record."""

    kind: str
    """The keys of its widgets begin with this."""
    fields: Sequence[Field] = field(default=())


def new(
    form: Form, offered: Offered | None = None, *, submit: Markdown = "Save", key: str = "", **known: Any
) -> dict[str, Any] | None:
    """The form of a new record, with `known` values filled in. Returns the command's arguments once it is
    sent and complete, else None. `key` distinguishes several forms of one kind on a screen."""
    asked = [each for each in form.fields if each.only != "editing"]
    values = {each.name: known.get(each.name, each.start) for each in asked}
    return _typed(asked, values, key or form.kind, offered or {}, submit)


def edit(
    form: Form,
    record: Any,
    offered: Offered | None = None,
    *,
    submit: Markdown = "Save",
    version: int | None = None,
) -> dict[str, Any] | None:
    """The form of an existing record. Returns the editing command's arguments once it is sent, else None.
    Where the record has a `version`, the one that the form began with is among them."""
    asked = [each for each in form.fields if each.only != "making"]
    values = {each.name: getattr(record, each.of or each.name) for each in asked}
    key = f"{form.kind}.edit"
    began_with = {} if version is None else {"version": dialogs.as_opened(version, key)}
    typed = _typed(asked, values, key, offered or {}, submit)
    return None if typed is None else typed | began_with


def _typed(
    asked: Sequence[Field], values: Mapping[str, Any], key: str, offered: Offered, submit: Markdown
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
