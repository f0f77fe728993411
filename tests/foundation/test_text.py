"""What people type is cleaned, bounded and never silently lost."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.foundation import text
from lab.foundation.errors import Invalid
from tests.conftest import NOW


def test_lines_lose_control_and_direction_characters_and_paragraphs_keep_their_breaks() -> None:
    assert text.line("  a\x00b\u202e  c\n", "Title") == "ab c"
    assert text.paragraph("one\r\ntwo", "Text") == "one\ntwo"


@pytest.mark.parametrize("value", [None, "", " \u202e\n "])
def test_what_is_required_cannot_be_blank(value: str | None) -> None:
    with pytest.raises(Invalid, match="Title is missing"):
        text.line(value, "Title")
    assert text.line(value, "Title", required=False) == ""


def test_too_long_says_how_long_and_how_much_fits() -> None:
    with pytest.raises(Invalid, match=r"201 characters; at most 200"):
        text.line("x" * 201, "Title")


def test_what_happened_lies_in_the_past_and_what_is_promised_does_not() -> None:
    today = NOW.date()
    assert text.happened(today, NOW.date()) == today
    for day in (today + dt.timedelta(days=1), dt.date(1889, 1, 1)):
        with pytest.raises(Invalid):
            text.happened(day, NOW.date())
    for day in (today - dt.timedelta(days=1), today + dt.timedelta(days=4000)):
        with pytest.raises(Invalid):
            text.planned(day, today, "Due")


@given(st.text(max_size=300), st.integers(8, 90))
def test_shortened_text_fits(value: str, limit: int) -> None:
    assert len(text.shortened(value, limit)) <= limit
