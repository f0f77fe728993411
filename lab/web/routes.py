"""All our own pages besides the screens."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from lab.exchange.whole import archive_lab, remember_export
from lab.foundation import clock
from lab.foundation.errors import LabError
from lab.foundation.place import lab_database
from lab.web import room_pages, rounds
from lab.web.board import routes as board
from lab.web.door import audit, choose_password, sign_in
from lab.web.door.address import arrival_of
from lab.web.door.identity import signed_in
from lab.web.health import health
from lab.web.pages import refused
from lab.web.public import handouts, pulse, stories
from lab.web.wall import remote


async def show_start(_request: Request) -> Response:
    """Redirect to the root, the only address of Streamlit's first screen."""
    return RedirectResponse("/", status_code=307)


async def export(request: Request) -> Response:
    """Download the whole lab as a zip; administrators only."""

    def write() -> Path:
        with lab_database().writing() as session:
            remember_export(session, signed_in(session, request), way="/export.zip", now=clock.now())
        with lab_database().reading() as session:
            actor = signed_in(session, request)
            folder = Path(mkdtemp(prefix="followthrough-"))
            try:
                archive_lab(session, actor, folder / "followthrough.zip")
            except BaseException:
                rmtree(folder)
                raise
            return folder

    try:
        folder = await run_in_threadpool(write)
    except LabError as refusal:
        return refused(refusal)
    return FileResponse(
        folder / "followthrough.zip",
        filename=f"followthrough-{clock.now():%Y-%m-%d}.zip",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(rmtree, folder),
    )


async def show_health(request: Request) -> Response:
    """Whether the server can read its database."""
    return await health(arrival_of(request), rooms="in the server's process")


ROUTES = [
    *room_pages.ROUTES,
    *board.ROUTES,
    *handouts.ROUTES,
    *remote.ROUTES,
    *pulse.ROUTES,
    *rounds.ROUTES,
    *sign_in.ROUTES,
    *choose_password.ROUTES,
    *audit.ROUTES,
    *stories.ROUTES,
    Route("/home", show_start, methods=["GET"]),
    Route("/export.zip", export, methods=["GET"]),
    Route("/health", show_health, methods=["GET"]),
]
