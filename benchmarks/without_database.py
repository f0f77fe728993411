"""The lab's server with its store alone taken away: what a ballot costs before any of it is durable."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    pass
else:
    from lab.voting.ballots import HandedIn
    from lab.web import rooms
    from lab.web.routes import ROUTES
    from lab.web.server import exception_handlers, lifespan, middleware

    class Nowhere:
        """Where ballots are acknowledged and forgotten."""

        async def take(self, handed_in: HandedIn) -> str:
            """A receipt for nothing."""
            return handed_in.token_hash[:10]

    rooms.intake = Nowhere  # type: ignore[assignment]
    app = st.App(
        Path(__file__).resolve(),
        routes=ROUTES,
        middleware=middleware(),
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
