"""Cleans and limits user input before it is stored."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from lab.foundation.errors import Invalid

LINE = 200
"""The longest single line, in characters: titles, names, places."""
PARAGRAPH = 4000
"""The longest running text, in characters."""
EARLIEST = dt.date(1990, 1, 1)
"""The first day on which something can have happened: before it a date is a slip."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")


def _clean(value: str) -> str:
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    value = "".join(character for character in value if not "\ud800" <= character <= "\udfff")
    cleaned = _CONTROL.sub("", value).strip()
    return cleaned if says_something(cleaned) else ""


def has_hidden(value: str) -> bool:
    """Whether it has characters that cleaning takes out: control, direction-changing, half of a pair."""
    return bool(_CONTROL.search(value)) or any("\ud800" <= character <= "\udfff" for character in value)


def says_something(value: str) -> bool:
    """Whether it has any visible character."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in value)


def line(value: str | None, name: str, *, required: bool = True, limit: int = LINE) -> str:
    """One line of text: trimmed, without control or direction-changing characters.

    Raises:
        Invalid: it is empty though required, or longer than `limit` characters.
    """
    cleaned = " ".join(_clean(_bounded(value, name, limit)).split())
    return _within(cleaned, name, required, limit)


def paragraph(value: str | None, name: str, *, required: bool = True, limit: int = PARAGRAPH) -> str:
    """Running text; line breaks are kept. Raises `Invalid` as `line` does."""
    return _within(_clean(_bounded(value, name, limit)), name, required, limit)


def _bounded(value: str | None, name: str, limit: int) -> str:
    """The value, unless it is so long that cleaning it would take a while and could not make it fit."""
    if value and len(value) > 4 * limit + 1000:
        _within(value, name, False, limit)
    return value or ""


def _within(cleaned: str, name: str, required: bool, limit: int) -> str:
    if required and not cleaned:
        raise Invalid(f"{name} is missing. Please fill it in.", field=name)
    if len(cleaned) > limit:
        raise Invalid(
            f"{name} has {len(cleaned):,} characters; at most {limit:,} fit. Please shorten it.", field=name
        )
    return cleaned


def chosen(value: str | None, words: tuple[str, ...], name: str) -> str:
    """One of the vocabulary's words."""
    if value is None:
        raise Invalid(f"{name} is missing. Please choose.", field=name)
    if value not in words:
        raise Invalid(f"{name} must be one of: {', '.join(words)}.", field=name)
    return value


def chosen_or_none(value: str | None, words: tuple[str, ...], name: str) -> str | None:
    """One of the vocabulary's words, or nothing."""
    return None if value in (None, "") else chosen(value, words, name)


def number(value: int | None, name: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    if value is None:
        raise Invalid(f"{name} is missing. Please fill it in.", field=name)
    if not low <= value <= high:
        raise Invalid(f"{name} must be between {low:,} and {high:,}; it is {value:,}.", field=name)
    return value


def number_or_none(value: int | None, name: str, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`, or nothing."""
    return None if value is None else number(value, name, low, high)


def happened(day: dt.date | None, today: dt.date, name: str = "Date") -> dt.date:
    """A date on which something happened: not after today and not before 1990."""
    if day is None:
        raise Invalid(f"{name} is missing. Please choose a day.", field=name)
    if day > today:
        raise Invalid(
            f"{name} {spoken(day)} is in the future; only what has happened can be recorded.", field=name
        )
    if day < EARLIEST:
        raise Invalid(f"{name} {spoken(day)} is before 1990. Please check the year.", field=name)
    return day


def planned(day: dt.date, after: dt.date, name: str) -> dt.date:
    """A promised date: not before `after`, and within ten years of it."""
    if day < after:
        raise Invalid(
            f"{name} {spoken(day)} lies before {spoken(after)}. Please choose a later date.", field=name
        )
    if (day - after).days > 3660:
        raise Invalid(f"{name} {spoken(day)} is more than ten years away. Please check the year.", field=name)
    return day


def shortened(text: str, limit: int = 80) -> str:
    """The text on one line, cut at a word with an ellipsis when longer than `limit` characters."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    return flat[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def quantity(number: int, one: str, many: str = "") -> str:
    """A number with its noun: “1 day”, “1,350 days”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spoken(day: dt.date) -> str:
    """A date in running words: 3 Mar 2026."""
    return f"{day.day} {day:%b %Y}"
