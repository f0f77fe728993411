"""Dialogs, and which one is open.

Streamlit keeps an open dialog with the server's half of a page. Once that is gone, after a restart or a long
sleep, a press in the dialog leads nowhere. So which dialog is open is kept where everything typed is kept, in
a field of the page: when the browser comes back, it sends its fields, and the dialog is drawn again with what
was typed in it.

So every dialog is made with `dialog`, and its call stands under an `if` with `button` or `is_open`;
`tests/pages/test_dialogs.py` looks for others.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final, Literal, ParamSpec

import streamlit as st

from pages.parts.plain import Markdown

Taken = ParamSpec("Taken")
_FIELD: Final = "kept.dialog"
"""The field that holds the screen and the key of the open dialog; frame.css hides fields that are `kept.`."""
_OVER: Final = "dialogs.over"
"""What the field held when its dialog was closed. It is emptied in the next run: within a run it can't be."""
_NEXT: Final = "dialogs.next"
_SCREEN: Final = "dialogs.screen"
_DRAWN: Final = "dialogs.drawn"


def dialog(
    title: Markdown, *, width: Literal["small", "medium", "large"] = "small"
) -> Callable[[Callable[Taken, None]], Callable[Taken, None]]:
    """Make a function draw a dialog."""
    return st.dialog(title, width=width, on_dismiss=close)


def button(
    words: Markdown,
    *,
    key: str,
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
    width: Literal["content", "stretch"] = "content",
    disabled: bool = False,
    help: Markdown | None = None,
) -> bool:
    """A button that opens a dialog. Returns whether to draw it: the button was pressed, and it has not been
    closed since. `key` ends with the record's id where there are several."""
    st.button(
        words, key=key, type=type, width=width, disabled=disabled, help=help, on_click=_open, args=(key,)
    )
    return is_open(key)


def is_open(key: str) -> bool:
    """Whether to draw the dialog of this key."""
    if opened() != key:
        return False
    st.session_state[_DRAWN] = key
    return True


def opened() -> str:
    """The key of the open dialog, or nothing."""
    held = st.session_state.get(_FIELD, "")
    screen, _, key = held.partition("/")
    return key if screen == _screen() and held != st.session_state.get(_OVER) else ""


def opened_record() -> uuid.UUID | None:
    """The record that the open dialog is about, if its key ends with one."""
    try:
        return uuid.UUID(opened().rpartition(".")[2])
    except ValueError:
        return None


def ask_for(key: str) -> None:
    """Run again with this dialog open, where no button opens it."""
    st.session_state[_NEXT] = f"{_screen()}/{key}"
    st.rerun()


def close() -> None:
    """The open dialog is not drawn any more from the next run on."""
    st.session_state[_OVER] = st.session_state.get(_FIELD, "")


def begin(screen: str) -> None:
    """Draw the field that holds which dialog is open. The frame does so in each run, before the screen."""
    state = st.session_state
    state[_SCREEN] = screen
    over, following = state.pop(_OVER, None), state.pop(_NEXT, None)
    if following is not None or (over is not None and over == state.get(_FIELD)):
        state[_FIELD] = following or ""
    st.text_input("Open dialog", key=_FIELD)
    state.pop(_DRAWN, None)


def end() -> None:
    """Forget a dialog that the screen had no place for: its record is gone, or the screen is another one."""
    if st.session_state.get(_FIELD) and st.session_state.get(_DRAWN) is None:
        close()


def as_opened(version: int, key: str) -> int:
    """A record's version as it was when the dialog was opened, though the record may have changed since, so
    that whoever saves is told of it."""
    return int(st.number_input("Version", value=version, key=f"kept.{key}"))


def _screen() -> str:
    return str(st.session_state.get(_SCREEN, ""))


def _open(key: str) -> None:
    st.session_state.pop(_OVER, None)
    st.session_state[_FIELD] = f"{_screen()}/{key}"
