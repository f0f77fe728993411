"""The board: columns of cards that can be dragged, or moved by menu and keyboard.

Why our own component: Streamlit has no drag and drop, and the packages that add it have no keyboard support
and lose the focus. It is plain HTML, CSS and JavaScript, so nothing has to be built.

The browser never moves a card by itself. It sends a request, marks the card as waiting, and redraws when the
server answers, because the gate decides whether a card may move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.components.files import component

RiskLevel = Literal["calm", "watch", "at_risk", "critical"]
Ageing = Literal["fresh", "older", "old"]


@dataclass(frozen=True)
class BoardCard:
    """One project as the board shows it."""

    id: str
    title: str
    sponsor: str
    place: str
    risk_level: RiskLevel | None
    """None if nothing has been assessed yet; then no chip is shown."""
    risk_word: str
    news: str
    """How long the people have heard nothing, in words."""
    next_promise: str
    """In words, such as "Next promise 12 Mar" or "Promise 9 days late"; empty for none."""
    next_promise_late: bool
    note: str
    """A short word such as "paused"; empty for none."""
    ageing: Ageing
    closed: bool
    """A closed card does not age."""


@dataclass(frozen=True)
class BoardColumn:
    """One stage with its goal. If `total` exceeds the number of cards, the column says so."""

    id: str
    title: str
    goal: str
    total: int
    cards: tuple[BoardCard, ...]


@dataclass(frozen=True)
class BoardAction:
    """A request from the browser. `column_id` is the target column of a move, None for opening a card."""

    kind: Literal["move", "open"]
    card_id: str
    column_id: str | None


WORDS: dict[str, str] = {
    "board": "Board",
    "empty": "Nothing here",
    "partial": "Showing {shown} of {total}",
    "projects": "{total} projects",
    "one_project": "1 project",
    "move": "Move to…",
    "move_card": "Move {title} to…",
    "menu": "Move to",
    "asked": "Moved to {column}: waiting for the gate",
    "waiting": "To {column}: waiting for the gate",
    "settled": "{title} is now in {column}",
    "edge": "This is the last column",
    "unanswered": "No answer yet. {title} stays in {column}",
    "hint": "Drag a card, or press “Move to…” on it. Keys: arrows walk, Enter opens, M lists the columns, "
    "Alt + Shift + left or right moves.",
    "hint_read_only": "Keys: arrows walk, Enter opens.",
    "closed": "closed",
}
"""All texts of the board, except the two below that need a plural."""


_mount = component(
    "board", Path(__file__).parent, modules=("elements.js", "cards.js", "menu.js", "dragging.js", "board.js")
)


def _for_browser(columns: Sequence[BoardColumn], *, answered: str | None, read_only: bool) -> dict[str, Any]:
    return {
        "columns": [asdict(column) for column in columns],
        "words": WORDS,
        "read_only": read_only,
        "answered": answered,
    }


def _action_from_browser(
    asked: dict[str, Any], columns: Sequence[BoardColumn], *, read_only: bool
) -> BoardAction | None:
    """The browser's request, or None if it names an unknown card or column or is not allowed."""
    card_id, column_id = asked.get("card_id"), asked.get("column_id")
    home = next((column for column in columns if any(card.id == card_id for card in column.cards)), None)
    if home is None or not isinstance(card_id, str):
        return None
    if asked.get("kind") == "open":
        return BoardAction("open", card_id, None)
    if asked.get("kind") != "move" or read_only or column_id == home.id:
        return None
    if not isinstance(column_id, str) or all(column.id != column_id for column in columns):
        return None
    return BoardAction("move", card_id, column_id)


def _remember_request(key: str) -> Callable[[], None]:
    """A callback that stores the request's id; echoed back, it clears the card's waiting mark."""

    def remember() -> None:
        asked = st.session_state[key].get("action")
        if isinstance(asked, dict):
            st.session_state[f"{key}.answered"] = str(asked.get("request", ""))

    return remember


def board(columns: Sequence[BoardColumn], *, key: str, read_only: bool = False) -> BoardAction | None:
    """Show the board and return a new request exactly once, else None.

    A move is only a request: a card has moved when `columns` of a later run says so. `key` must be unique on
    the page; the board also keeps `<key>.answered` and `<key>.delivered` in the session. With `read_only`
    cards can be opened but not moved, even if the browser asks for it.
    """
    result = _mount(
        key=key,
        data=_for_browser(columns, answered=st.session_state.get(f"{key}.answered"), read_only=read_only),
        on_action_change=_remember_request(key),
    )
    asked = result.action
    if not isinstance(asked, dict):
        return None
    request = str(asked.get("request", ""))
    # A run cut short by st.rerun() can see its trigger again; the request's id tells them apart.
    if request == st.session_state.get(f"{key}.delivered"):
        return None
    st.session_state[f"{key}.delivered"] = request
    return _action_from_browser(asked, columns, read_only=read_only)
