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
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from db.engine import sqlite_path
from db.lock import AlreadyServed, hold
from db.upgrade import take_stock, upgrade
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
from lab.foundation.place import lab_database
from lab.voting.intake.queue import own_intake
from lab.web.door.guard import Headed, OwnDoor, SignedInOnly, SmallStatics, streamlit_policy
from lab.web.following import ending_with_the_server
from lab.web.phones import workshops as workshop_rooms
from lab.web.processes.doorkeeper import room
from lab.web.room_pages import UNDER, room_pages

CONNECTIONS = 65_536
"""The most that may be open at once in each process."""
LOOK_EVERY = 0.5
"""Seconds between looks at what has changed since it was scored: also by commands beside the server."""

_log = logging.getLogger("followthrough")


def middleware() -> list[Middleware]:
    """What every request passes, outermost first."""
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        raise RuntimeError("Streamlit is not installed: pip install -r requirements.txt")
    index = Path(found.origin).parent / "static" / "index.html"
    return [
        Middleware(OwnDoor, pages=room_pages(), under=UNDER),
        Middleware(Headed, screen_policy=streamlit_policy(index)),
        Middleware(SignedInOnly),
        Middleware(SmallStatics),
    ]


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
    _make_room_for_connections()
    upgrade(database.engine)
    take_stock(database.engine)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(stop,), name="evaluations", daemon=True)
    keeper.start()
    intakes = (own_intake(), workshop_rooms.intake())
    gc.collect()
    gc.freeze()
    try:
        async with room.running():
            with ending_with_the_server(room.stopping):
                yield
    finally:
        stop.set()
        keeper.join(timeout=5)
        for each in intakes:
            each.close()
        database.close()
        if held:
            held.close()


def _make_room_for_connections() -> None:
    """Allow this process and those it starts as many open connections as the system lets them have: the usual
    1,024 are fewer than a thousand phones and what the lab itself needs."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = CONNECTIONS if most == resource.RLIM_INFINITY else min(most, CONNECTIONS)
        with suppress(ValueError, OSError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _keep_up(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            now = clock.now()
            with lab_database().reading() as session:
                due = is_behind(session, now.date())
            if due:
                _evaluate_all(now)
                take_stock(lab_database().engine)
            while not stop.is_set() and _refresh_some(now):
                pass
        except Exception:
            _log.exception("The risk evaluations could not be brought up to date; trying again.")
        gc.collect(1)
        stop.wait(LOOK_EVERY)


def _evaluate_all(now: dt.datetime) -> None:
    """Make the evaluations that are due, some projects in each short transaction."""
    today = now.date()
    with lab_database().reading() as session:
        keys, past = to_evaluate(session, today), LabPast(session)
    for start in range(0, len(keys), AT_ONCE):
        with lab_database().writing() as session:
            evaluate(session, keys[start : start + AT_ONCE], past, today=today, now=now)
    with lab_database().writing() as session:
        evaluated(session, today)


def _refresh_some(now: dt.datetime) -> bool:
    """Score again what is out of date, some of it in one short transaction; whether there was anything.

    It looks before it writes: a transaction that writes nothing would still make voters wait.
    """
    with lab_database().reading() as session:
        if not is_stale(session, now.date()):
            return False
        past = LabPast(session)
    with lab_database().writing() as session:
        return refresh_stale(session, today=now.date(), now=now, past=past) > 0
