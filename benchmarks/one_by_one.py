"""The lab's server with a transaction of its own for each ballot."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    pass
else:
    from lab.voting import intake
    from lab.web.routes import ROUTES
    from lab.web.server import exception_handlers, lifespan, middleware

    intake.BATCH = 1  # type: ignore[misc]
    app = st.App(
        Path(__file__).resolve(),
        routes=ROUTES,
        middleware=middleware(),
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
