"""The lab, whose only screen is the board of one workshop: for tests and measurements of that board alone."""

from __future__ import annotations

import uuid
from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    from pages.components.note_board import note_board
    from pages.parts import shell

    st.set_page_config(layout="wide")
    note_board.render(shell.actor(), uuid.UUID(st.query_params["workshop"]))
else:
    from lab.web.pages import exception_handlers
    from lab.web.processes.server import lifespan, middleware
    from lab.web.routes import ROUTES

    app = st.App(
        Path(__file__).resolve(),
        routes=ROUTES,
        middleware=middleware(),
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
