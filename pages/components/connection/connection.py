"""Says when the browser has lost its connection and has it back.

Streamlit's script in the browser asks for a run as soon as it is connected again, if the page has a fragment
that runs from time to time. So there is one here. Every connection has a key of its own (RFC 6455), which
tells that the page is older than the connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from pages.components.files import component

_mount = component("connection", Path(__file__).parent)
_ASKS_AGAIN_EVERY: Final = 3600.0
"""Seconds. It only has to be there."""


def watch() -> None:
    """Let the browser come back, and say that it did."""
    _comes_back()
    result = _mount(
        key="kept.connection",
        data={"connection": st.context.headers.get("Sec-WebSocket-Key", "")},
        on_again_change=lambda: None,
    )
    if result.again:
        st.toast(
            "Reconnected. What you typed is still here. If you had pressed a button, press it again.",
            duration="infinite",
        )


@st.fragment(run_every=_ASKS_AGAIN_EVERY)
def _comes_back() -> None:
    """Nothing is drawn."""
