"""Starting and stopping: schema, the file's lock, and what happens when nobody is looking."""

from __future__ import annotations

import datetime as dt
import gc
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Router

from db.engine import sqlite_path
from db.lock import AlreadyServed, hold
from db.upgrade import take_stock, upgrade
from lab.disillusion.commands import catch_up, is_behind, is_stale, refresh_stale
from lab.foundation import clock
from lab.foundation.errors import TooMany
from lab.foundation.place import lab_database
from lab.voting.intake import intake
from lab.web import rooms, workshop_board, workshop_report, workshop_rooms
from lab.web.following import ending_with_the_server
from lab.web.guard import Headed, OwnDoor, SignedInOnly, SmallStatics, streamlit_policy
from lab.web.pages import refused

LOOK_EVERY = 0.5
"""Seconds between looks at what has changed since it was scored: also by commands beside the server."""
AWAY = 5
"""Seconds after which somebody whose page could not be made should try again."""

_log = logging.getLogger("followthrough")


def middleware() -> list[Middleware]:
    """What every request passes, outermost first."""
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        raise RuntimeError("Streamlit is not installed: pip install -r requirements.txt")
    index = Path(found.origin).parent / "static" / "index.html"
    own = Router(
        [
            *workshop_rooms.ROUTES,
            *rooms.ROUTES,
            *workshop_board.PUBLIC_ROUTES,
            *workshop_report.ROUTES,
        ]
    )
    pages = ExceptionMiddleware(SmallStatics(own), handlers=exception_handlers())
    return [
        Middleware(Headed, screen_policy=streamlit_policy(index)),
        Middleware(OwnDoor, pages=pages, under=("/j/", "/v/")),
        Middleware(SignedInOnly),
        Middleware(SmallStatics),
    ]


def exception_handlers() -> dict[Any, Any]:
    """What is answered when a page of ours cannot be made."""
    return {OperationalError: _no_database}


async def _no_database(request: Request, error: Exception) -> Response:
    """The database is away, full or locked: a matter of time, never of the visitor."""
    _log.error("The database did not answer: %s", error)
    away = TooMany("The lab's records cannot be reached just now. Please try again.", retry_after=AWAY)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(
            {"problem": away.message}, status_code=503, headers={"Retry-After": str(away.retry_after)}
        )
    response = refused(away)
    response.status_code = 503
    return response


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Bring the database up to date, hold its file, and keep the evaluations coming while serving."""
    database = lab_database()
    path = sqlite_path(database.url)
    try:
        held = hold(path) if path else None
    except AlreadyServed as refusal:
        print(refusal, file=sys.stderr, flush=True)
        os._exit(3)
    upgrade(database.engine)
    take_stock(database.engine)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(stop,), name="evaluations", daemon=True)
    keeper.start()
    intakes = (intake(), workshop_rooms.intake())
    gc.collect()
    gc.freeze()
    try:
        with ending_with_the_server():
            yield
    finally:
        stop.set()
        keeper.join(timeout=5)
        for each in intakes:
            each.close()
        database.close()
        if held:
            held.close()


def _keep_up(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            now = clock.now()
            with lab_database().reading() as session:
                due = is_behind(session, now.date())
            if due:
                with lab_database().writing() as session:
                    catch_up(session, today=now.date(), now=now)
                take_stock(lab_database().engine)
            while not stop.is_set() and _refresh_some(now):
                pass
        except Exception:
            _log.exception("The risk evaluations could not be brought up to date; trying again.")
        gc.collect(1)
        stop.wait(LOOK_EVERY)


def _refresh_some(now: dt.datetime) -> bool:
    """Score again what is out of date, some of it in one short transaction; whether there was anything.

    It looks before it writes: a transaction that writes nothing would still make voters wait.
    """
    with lab_database().reading() as session:
        if not is_stale(session, now.date()):
            return False
    with lab_database().writing() as session:
        return refresh_stale(session, today=now.date(), now=now) > 0
