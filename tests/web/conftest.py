"""A room without a browser: the pages' own routes behind the real doors, on an SQLite file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from db.engine import Database
from lab.voting.intake.queue import own_intake
from lab.web.door import limits
from lab.web.door.limits import Guesses, Pace
from lab.web.phones import workshops
from lab.web.processes.server import middleware
from lab.web.routes import ROUTES
from tests.voting.conftest import prototypes as prototypes


@pytest.fixture
def phone(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A phone's browser; without its cookies it is another phone."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setattr(limits, "guesses", Guesses())
    monkeypatch.setattr(limits, "pace", Pace())
    for each in (own_intake, workshops.intake):
        each.cache_clear()
    app = Starlette(routes=ROUTES, middleware=middleware())
    with TestClient(app, base_url="http://lab.example", follow_redirects=True) as client:
        yield client
    for each in (own_intake, workshops.intake):
        each().close()
        each.cache_clear()
