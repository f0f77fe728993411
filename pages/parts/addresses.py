"""The screens by address, and the ways to them: a screen need not import the one it leads to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

import streamlit as st

TITLES: Final = {
    "home": "Home",
    "board": "Board",
    "project": "Project",
    "workshop": "Workshops",
    "vote": "Votes",
    "ballot": "Vote",
    "at-risk": "At risk",
    "backtest": "Backtest",
    "implementation": "Implementation",
    "portfolio": "Portfolio",
    "administration": "Administration",
}
"""Every screen's address and its name in the menu."""
TAB_OF: Final = {
    "stakeholder": "people",
    "engagement": "people",
    "contribution": "people",
    "expectation": "expectations",
    "prototype": "prototypes",
    "foreseen_risk": "prototypes",
    "test": "prototypes",
    "vote_round": "votes",
    "recommendation": "recommendations",
    "reply": "replies",
}
"""The tab of the project's screen that shows a kind of record."""


def page(address: str, render: Callable[[], None], *, default: bool = False) -> st.Page:
    """A screen for the menu."""
    return st.Page(render, title=TITLES[address], url_path=address, default=default)


def key_in(name: str) -> uuid.UUID | None:
    """The id that the present address carries under this name, if it is one."""
    try:
        return uuid.UUID(st.query_params.get(name, ""))
    except ValueError:
        return None


def go_to(address: str, **query: str) -> None:
    """Leave for another screen."""
    # Streamlit knows a page by its address; what draws it is what the frame registered there.
    st.switch_page(page(address, _registered_by_the_frame), query_params=query)


def _registered_by_the_frame() -> None:
    raise AssertionError("the frame's page of this address is run, never this one")


def open_project(project_id: uuid.UUID, tab: str = "overview", record: uuid.UUID | None = None) -> None:
    """Leave for a project's screen, at one of its records where one is named."""
    go_to("project", project=str(project_id), tab=tab, **({"record": str(record)} if record else {}))


def open_workshop(workshop_id: uuid.UUID) -> None:
    """Leave for a workshop's screen."""
    go_to("workshop", workshop=str(workshop_id))


def open_round(round_id: uuid.UUID) -> None:
    """Leave for a round's screen."""
    go_to("vote", round=str(round_id))
