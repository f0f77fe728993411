"""`/health`: whether the database can be read, and the state of the server's parts."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Final

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from db.engine import is_out_of_reach, reason_of
from db.served_file import FileReplaced
from lab.access.network import Arrival
from lab.access.queries import lab_facts
from lab.foundation.place import lab_database
from lab.web.pages import AWAY

REPLACED: Final = "replaced or written over by another program"

_log = logging.getLogger("followthrough")


async def health(came: Arrival, *, is_whole: bool = True, **parts: str) -> Response:
    """200 with how the request arrived and the state of the server's parts; 503 if one is down
    or the database is out of reach."""

    def read() -> bool:
        with lab_database().reading() as session:
            return lab_facts(session) is not None

    began = time.perf_counter()
    try:
        has_lab = await run_in_threadpool(read)
    except DBAPIError as error:
        if not is_out_of_reach(error):
            raise
        _log.error("The database did not answer: %s", reason_of(error))
        # no more than that: anybody may ask, and the driver names hosts and paths
        what = REPLACED if isinstance(error, FileReplaced) else "out of reach"
        return JSONResponse({"database": what, **parts}, 503, headers={"Retry-After": str(AWAY)})
    took = round(time.perf_counter() - began, 4)
    return JSONResponse(
        {"database": "ready", "lab": has_lab, "seconds": took, "arrived": asdict(came), **parts},
        200 if is_whole else 503,
    )
