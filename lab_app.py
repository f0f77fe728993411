"""Followthrough's one entry: `streamlit run lab_app.py`.

Streamlit runs this file as the script of every screen; the server imports it once, as the application that
also carries our own pages. It finds the application by reading this source: `app = st.App(…)` stays literal.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    from pages.frame.navigation import show

    show()
else:
    from streamlit.runtime.pages_manager import PagesManager

    from lab.web.pages import exception_handlers
    from lab.web.processes.server import lifespan, middleware
    from lab.web.routes import ROUTES

    # Otherwise Streamlit would offer every file in pages/ to anybody, past the sign-in.
    PagesManager.uses_pages_directory = False
    app = st.App(
        Path(__file__).resolve(),
        routes=ROUTES,
        middleware=middleware(),
        lifespan=partial(lifespan, port=lambda: st.get_option("server.port")),
        exception_handlers=exception_handlers(),
    )
