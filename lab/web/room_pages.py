"""What a whole room asks for at once, as one application: the pages of phones, of the wall and of results."""

from __future__ import annotations

from typing import Final

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from lab.web.board import routes as workshop_board
from lab.web.door.guard import Headed, SmallStatics
from lab.web.pages import exception_handlers, no_database, show_asset
from lab.web.phones import votes as rooms
from lab.web.phones import workshops as workshop_rooms
from lab.web.phones.votes import BallotBox
from lab.web.public import handouts as workshop_files
from lab.web.public import pulse, stories
from lab.web.public import report as workshop_report

UNDER: Final = ("/j/", "/v/", "/assets/")
"""Where these pages are."""
ROUTES = [
    *workshop_rooms.ROUTES,
    *rooms.ROUTES,
    *workshop_board.PUBLIC_ROUTES,
    *workshop_files.ROOM_ROUTES,
    *workshop_report.ROUTES,
    Route("/assets/{name:path}", show_asset, methods=["GET"]),
]


OURS: Final = (*UNDER, "/p/", "/pictures/", "/pulse/")
"""Where the pages are that the light process answers itself."""


def room_pages() -> ASGIApp:
    """What phones, walls and results ask for."""
    return _app(ROUTES)


def light_pages() -> ASGIApp:
    """The same, and the pages that anybody may read."""
    return _app([*ROUTES, *stories.ROUTES, *pulse.ROUTES])


def _app(routes: list[Route]) -> ASGIApp:
    """Without what Streamlit adds to every request: its sessions, checks and compression would be more than
    half of the work of taking a ballot."""
    pages = ExceptionMiddleware(SmallStatics(Router(routes)), handlers=exception_handlers())
    return Headed(BallotBox(pages, take=workshop_rooms.hand_in_ballot, away=no_database))
