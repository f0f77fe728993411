"""The screens by address, so that a screen can link to another without importing it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final, Literal

import streamlit as st

from pages.parts import dialogs

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
LISTS: Final = {"project": "projects", "workshop": "workshops", "vote": "votes", "at-risk": "risks"}
"""Screens that show one record or the list of all, and the list's address in the menu. With one address for
both, a record's menu entry would not lead to the list: Streamlit keeps the query of the page one is on."""
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
"""The project tab that shows each kind of record."""


def page(
    address: str, render: Callable[[], None], *, default: bool = False, is_listed: bool = True
) -> st.Page:
    """A screen at its address, and in the menu if `is_listed`."""
    visibility: Literal["visible", "hidden"] = "visible" if is_listed else "hidden"
    title = TITLES[next((each for each, listed in LISTS.items() if listed == address), address)]
    return st.Page(render, title=title, url_path=address, default=default, visibility=visibility)


def key_in(name: str) -> uuid.UUID | None:
    """The id in this query parameter, or None."""
    try:
        return uuid.UUID(st.query_params.get(name, ""))
    except ValueError:
        return None


def go_to(address: str, **query: str) -> None:
    """Open another screen."""
    dialogs.close()
    # Streamlit finds a page by its address and runs the function the frame registered for it.
    st.switch_page(page(address, _registered_by_the_frame), query_params=query)


def open_list(address: str) -> None:
    """Open a screen as its menu entry does."""
    go_to(LISTS.get(address, address))


def _registered_by_the_frame() -> None:
    raise AssertionError("the frame's page of this address is run, never this one")


def open_project(project_id: uuid.UUID, tab: str = "overview", record: uuid.UUID | None = None) -> None:
    """Open a project's screen, optionally at one of its records."""
    go_to("project", project=str(project_id), tab=tab, **({"record": str(record)} if record else {}))


def open_workshop(workshop_id: uuid.UUID) -> None:
    """Open a workshop's screen."""
    go_to("workshop", workshop=str(workshop_id))


def open_round(round_id: uuid.UUID) -> None:
    """Open a round's screen."""
    go_to("vote", round=str(round_id))
