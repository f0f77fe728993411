"""The room's process with something taken away: its store, or that ballots go into the database together."""

from __future__ import annotations

import asyncio
import sys

import uvicorn

from benchmarks.other_front import Nowhere
from lab.foundation import beside
from lab.voting.intake import store_process
from lab.web.processes.room_process import RoomServer, serve, serve_with
from lab.web.room_pages import room_pages


def main(kind: str) -> None:
    """Serve what is asked for over the socket that was given."""
    end = beside.given(sys.argv)
    if kind == "store-one-by-one":
        store_process.serve(end, most=1)
        return
    one_by_one = ["-m", "benchmarks.other_room", "store-one-by-one"]
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        if kind == "without-database":
            runner.run(serve_with(RoomServer(room_pages()), end, Nowhere()))
        else:
            runner.run(serve(end, one_by_one))


if __name__ == "__main__":
    main(sys.argv[1])
