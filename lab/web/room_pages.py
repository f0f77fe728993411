"""The ASGI application for phones, walls and results."""

from __future__ import annotations

from typing import Final

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from lab.web.board import routes as board
from lab.web.door.guard import Headed, SmallStatics
from lab.web.pages import exception_handlers, not_now, show_asset
from lab.web.phones import votes, workshops
from lab.web.phones.votes import BallotBox
from lab.web.public import handouts, pulse, report, results, stories
from lab.web.wall import pages as wall

UNDER: Final = ("/j/", "/v/", "/assets/")
"""Paths of phones, walls and results."""
ROUTES = [
    *workshops.ROUTES,
    *votes.ROUTES,
    *wall.ROUTES,
    *results.ROUTES,
    *board.PUBLIC_ROUTES,
    *handouts.ROOM_ROUTES,
    *report.ROUTES,
    Route("/assets/{name:path}", show_asset, methods=["GET"]),
]
OURS: Final = (*UNDER, "/p/", "/pictures/", "/pulse/")
"""Paths that the light process serves itself."""


def room_pages() -> ASGIApp:
    """The pages for phones, walls and results."""
    return _app(ROUTES)


def light_pages() -> ASGIApp:
    """The same plus the public pages."""
    return _app([*ROUTES, *stories.ROUTES, *pulse.ROUTES])


def _app(routes: list[Route]) -> ASGIApp:
    """Skips Streamlit's middleware, which is more than half of the cost of a ballot."""
    pages = ExceptionMiddleware(SmallStatics(Router(routes)), handlers=exception_handlers())
    return Headed(BallotBox(pages, take=workshops.hand_in_ballot, away=not_now))
