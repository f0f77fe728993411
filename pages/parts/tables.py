"""Tables of text and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.plain import Markdown, plain


def text_table(columns: Mapping[str, Sequence[object]]) -> None:
    """A plain table of columns by heading. Not Streamlit's data frame: the CSV that it offers for download is
    not guarded against formulas, and what people typed stands in it."""
    st.table(
        {plain(name): [in_words(value) for value in column] for name, column in columns.items()},
        border="horizontal",
        hide_index=True,
    )


def in_words(value: object) -> Markdown:
    """A value of a table; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return plain(str(value))


def by_heading(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
