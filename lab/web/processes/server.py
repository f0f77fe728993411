"""Streamlit's process: middleware, start and stop, and the evaluations in the background."""

from __future__ import annotations

import datetime as dt
import gc
import importlib.util
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from db.engine import is_out_of_reach, reason_of
from db.upgrade import take_stock
from lab.disillusion.upkeep.commands import (
    AT_ONCE,
    evaluate,
    evaluated,
    is_behind,
    is_stale,
    refresh_stale,
    to_evaluate,
)
from lab.disillusion.upkeep.pace import LabPast
from lab.foundation import clock
from lab.foundation.place import close_lab_database, lab_database
from lab.voting.intake.queue import own_intake
from lab.web.door.guard import Headed, OwnDoor, SignedInOnly, SmallStatics, streamlit_policy
from lab.web.door.in_time import InTime
from lab.web.door.proxies import ClientBehind, KnownHost
from lab.web.following import ending_with_the_server
from lab.web.phones import workshops as workshop_rooms
from lab.web.processes.children import PART
from lab.web.processes.desk import ParentSocket, parents_secret
from lab.web.processes.startup import open_for_serving
from lab.web.room_pages import UNDER, room_pages
from lab.workshops.room.one_person import forget_phones, has_phones_to_forget

LOOK_EVERY = 0.5
"""Seconds between checks for projects that changed since they were scored, e.g. by the command line."""

_log = logging.getLogger("followthrough")


def middleware() -> list[Middleware]:
    """What every request passes, outermost first."""
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        raise RuntimeError("Streamlit is not installed: pip install -r requirements.txt")
    secret = parents_secret()
    index = Path(found.origin).parent / "static" / "index.html"
    return [
        Middleware(ClientBehind, parent=secret),
        # behind the light process these have been kept there
        *([] if secret else [Middleware(KnownHost), Middleware(InTime)]),
        Middleware(OwnDoor, pages=room_pages(), under=UNDER),
        Middleware(Headed, screen_policy=streamlit_policy(index)),
        Middleware(SignedInOnly),
        Middleware(SmallStatics),
    ]


@asynccontextmanager
async def lifespan(_app: Any, port: Callable[[], int] | None = None) -> AsyncIterator[None]:
    """Lock and migrate the database, and keep risk evaluations up to date while serving. Under `python -m lab
    serve` the parent process has done the first two and gets Streamlit's port.
    """
    # addresses of one-time links and pulses are secrets, so requests are not logged, as in the light process
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    parent = ParentSocket.inherited()
    part = os.environ.pop(PART, "")
    if parent and not await parent.may_open():
        os._exit(1)  # its parent has said why; an exception would add a traceback
    held = ExitStack() if parent else open_for_serving(part)
    lab_database().watch_file()
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(stop,), name="evaluations", daemon=True)
    keeper.start()
    intakes = (own_intake(), workshop_rooms.intake())
    gc.collect()
    gc.freeze()
    try:
        async with AsyncExitStack() as others:
            if parent and port:
                await others.enter_async_context(parent.serving(port()))
            others.enter_context(ending_with_the_server())
            yield
    finally:
        stop.set()
        keeper.join(timeout=5)
        for each in intakes:
            each.close()
        close_lab_database()
        held.close()


def _keep_up(stop: threading.Event) -> None:
    was_told = False
    while not stop.is_set():
        try:
            now = clock.now()
            with lab_database().reading() as session:
                due = is_behind(session, clock.today(session, now))
            if due:
                _evaluate_all(now)
                take_stock(lab_database().engine)
            while not stop.is_set() and _refresh_some(now):
                pass
            _forget_phones(now)
            was_told = False
        except Exception as error:
            if not is_out_of_reach(error):
                _log.exception("The risk evaluations could not be brought up to date; trying again.")
            elif not was_told:
                _log.error("The risk evaluations wait for the database: %s", reason_of(error))
                was_told = True
        gc.collect(1)
        stop.wait(LOOK_EVERY)


def _forget_phones(now: dt.datetime) -> None:
    with lab_database().reading() as session:
        due = has_phones_to_forget(session, now=now)
    if due:
        with lab_database().writing() as session:
            forget_phones(session, now=now)


def _evaluate_all(now: dt.datetime) -> None:
    """Make the due evaluations, a few projects in each short transaction."""
    with lab_database().reading() as session:
        today = clock.today(session, now)
        keys, past = to_evaluate(session, today), LabPast(session)
    for start in range(0, len(keys), AT_ONCE):
        with lab_database().writing() as session:
            evaluate(session, keys[start : start + AT_ONCE], past, today=today, now=now)
    with lab_database().writing() as session:
        evaluated(session, today)


def _refresh_some(now: dt.datetime) -> bool:
    """Score some stale projects in one short transaction; returns False if there were none. It checks first,
    because even an empty write transaction would make voters wait.
    """
    with lab_database().reading() as session:
        today = clock.today(session, now)
        if not is_stale(session, today):
            return False
        past = LabPast(session)
    with lab_database().writing() as session:
        return refresh_stale(session, today=today, now=now, past=past) > 0
