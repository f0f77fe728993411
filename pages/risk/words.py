"""What the at-risk screens share: levels and scores in words, and links to records."""

from __future__ import annotations

import uuid
from pathlib import Path

import streamlit as st

from pages.parts import addresses
from pages.parts.addresses import TAB_OF
from pages.parts.plain import Markdown

STYLE = Path(__file__).with_name("risk.css")
"""CSS: titles in the list look like links; on paper, text replaces the buttons."""
BADGE = {"calm": "green", "watch": "yellow", "at_risk": "orange", "critical": "red"}


def printed(words: Markdown, key: str) -> None:
    """Text that is shown only in print, where buttons are not."""
    with st.container(key=f"printed-{key}"):
        st.markdown(words)


def band(low: float, high: float) -> Markdown:
    """A score's interval."""
    return f"{low:.0f}–{high:.0f}"


def score_change(before: float, after: float | None, lead: Markdown = "") -> Markdown:
    """“71 → 54”, or empty if it can't be computed or shows no difference."""
    same = after is None or f"{before:.0f}" == f"{after:.0f}"
    return "" if same else f"{lead}{before:.0f} → {after:.0f}"


def go(**chosen: str | None) -> None:
    """Open what this query asks for, and without one the list."""
    query = {name: value for name, value in chosen.items() if value}
    if query:
        addresses.go_to("at-risk", **query)
    addresses.open_list("at-risk")


def open_record(project_id: uuid.UUID, tab: str, kind: str, record: str) -> None:
    """Open the project's screen at the record behind a driver, or at the tab where one acts on it."""
    addresses.open_project(project_id, tab, uuid.UUID(record) if kind in TAB_OF else None)
