"""What the at-risk screens share: levels and scores in words, and ways to the records."""

from __future__ import annotations

import uuid
from pathlib import Path

import streamlit as st

from pages.parts import addresses
from pages.parts.addresses import TAB_OF

STYLE = Path(__file__).with_name("risk.css")
"""Titles of the list look like links. On paper there are no buttons, so what they say stands in words."""
BADGE = {"calm": "green", "watch": "yellow", "at_risk": "orange", "critical": "red"}


def printed(words: str, key: str) -> None:
    """Words that only paper shows, in place of a button."""
    with st.container(key=f"printed-{key}"):
        st.markdown(words)


def band(low: float, high: float) -> str:
    """A score's interval."""
    return f"{low:.0f}–{high:.0f}"


def step(before: float, after: float | None, lead: str = "") -> str:
    """“71 → 54”, or nothing where it cannot be known."""
    return "" if after is None else f"{lead}{before:.0f} → {after:.0f}"


def go(**chosen: str | None) -> None:
    """Turn the address of this screen; what is not named goes."""
    st.query_params.from_dict({name: value for name, value in chosen.items() if value})


def open_record(project_id: uuid.UUID, tab: str, kind: str, record: str) -> None:
    """Leave for the project's screen, at the record a driver rests on or the tab where it is acted on."""
    addresses.open_project(project_id, tab, uuid.UUID(record) if kind in TAB_OF else None)
