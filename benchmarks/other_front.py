"""Variants of the light process for comparison: without its store, or with one transaction per ballot.

`python -m benchmarks.other_front without-database --port 8501`, or `one-by-one`.
"""

from __future__ import annotations

import asyncio
import sys

from lab.foundation import beside
from lab.voting.intake import store_process
from lab.voting.intake.ballots import BallotIn
from lab.voting.intake.queue import taking_elsewhere
from lab.web.processes.children import DeskChild, StoreChild
from lab.web.processes.front import Front, Listening, run_front


class Nowhere:
    """An intake that acknowledges ballots and drops them."""

    async def take(self, handed_in: BallotIn) -> str:
        """A receipt for nothing."""
        return handed_in.token_hash[:10]

    def submit(self, handed_in: BallotIn) -> None:
        """Nobody joins."""


class NoStore(StoreChild):
    """Replaces the store's child process by `Nowhere`."""

    async def run_once(self) -> None:
        """Take ballots until cancelled."""
        with taking_elsewhere(Nowhere()):
            self.is_ready = True
            await asyncio.Event().wait()


def main(kind: str, *arguments: str) -> None:
    """Serve what is asked for."""
    if kind == "store-one-by-one":
        store_process.serve(beside.given(arguments), most=1)
        return
    one_by_one = StoreChild(["-m", "benchmarks.other_front", "store-one-by-one"])
    store = NoStore() if kind == "without-database" else one_by_one
    run_front(Front(store, DeskChild()), Listening(int(arguments[-1]), "127.0.0.1"))


if __name__ == "__main__":
    main(*sys.argv[1:])
