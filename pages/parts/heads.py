"""The head of a record's screen: what it is called, one line of facts, and the way back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.plain import Markdown, plain


def head(
    title: str, facts: Markdown, *, key: str, back: Callable[[], None], is_low: bool = False
) -> st.delta_generator.DeltaGenerator:
    """Draw the head. `back` leads to the project. A low head is one line, to leave the screen to the room.
    Returns the row of the facts, for more links."""
    with st.container(horizontal=is_low, vertical_alignment="center", key=f"{key}-head-{is_low}"):
        st.title(plain(title), anchor=False, width="content" if is_low else "stretch")
        row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.markdown(facts, width="content")
    if row.button("Back to the project", type="tertiary", key=f"{key}.back"):
        back()
    return row
