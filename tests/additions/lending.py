"""Lending: a screen in one file, as it would stand in `pages/`."""

from __future__ import annotations

import streamlit as st

from lab.projects.queries import sponsor_names
from pages.parts import shell
from pages.parts.plain import plain


def render() -> None:
    """To whom something can be lent. The query asks whether this person may know."""
    actor = shell.actor()
    with shell.reading() as session:
        names = sponsor_names(session, actor)
    st.title("Lending")
    st.markdown(", ".join(map(plain, names)) or "There is nobody to lend to.")
