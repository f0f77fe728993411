"""The lab's server with a transaction of its own for each ballot."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    pass
else:
    from lab.web.pages import exception_handlers
    from lab.web.processes import doorkeeper
    from lab.web.processes.server import lifespan, middleware
    from lab.web.routes import ROUTES

    doorkeeper.PROGRAM[:] = ["-m", "benchmarks.other_room", "one-by-one"]
    app = st.App(
        Path(__file__).resolve(),
        routes=ROUTES,
        middleware=middleware(),
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
