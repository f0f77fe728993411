"""Says when the browser has lost its connection and has it back, and lets people type on where they were.

Streamlit's script in the browser asks for a run as soon as it is connected again, if the page has a fragment
that runs from time to time. So there is one here. Every connection has a key of its own (RFC 6455); that of
the one before is in a field of the page, which the browser sends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from pages.components.files import component

_mount = component("connection", Path(__file__).parent)
_ASKS_AGAIN_EVERY: Final = 3600.0
"""Seconds. It only has to be there."""
_FIELD: Final = "kept.connection"
_NEXT: Final = "connection.next"


def watch() -> None:
    """Let the browser come back, and say that it did. The frame does so in each run, before the screen."""
    _comes_back()
    state = st.session_state
    if _NEXT in state:
        state[_FIELD] = state.pop(_NEXT)
    if _FIELD in state:
        before = st.text_input("Connection", key=_FIELD)
    else:
        before = st.text_input("Connection", _key(), key=_FIELD)
    if before != _key():
        state[_NEXT] = _key()
        st.toast(
            "Reconnected. What you typed is still here. If you had pressed a button, see whether it was "
            "saved, else press it again.",
            duration="infinite",
        )


def type_on() -> None:
    """Give the focus back to the field that was typed in. The frame does so after the screen is drawn."""
    _mount(key="kept.focus", data={"connection": _key()})


def _key() -> str:
    return str(st.context.headers.get("Sec-WebSocket-Key", ""))


@st.fragment(run_every=_ASKS_AGAIN_EVERY)
def _comes_back() -> None:
    """Nothing is drawn."""
