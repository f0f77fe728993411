"""No request is logged: the address of a one-time link or a pulse is a secret."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lab.web.processes.server import lifespan
from tests.loops import run


@pytest.mark.slow
def test_the_desk_logs_no_addresses_whatever_streamlit_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", str(tmp_path / "lab.db"))
    requests = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(requests, "level", logging.INFO)
    requests.setLevel(logging.INFO)

    async def serve() -> bool:
        async with lifespan(None):
            return requests.isEnabledFor(logging.INFO)

    assert not run(serve())
