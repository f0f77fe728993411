"""Compares each screen's rerun with 10,000 projects and with 18: `make bench`.

The reference is the same screen on the small demo lab, in the same run. A rerun of a screen's script is
timed whole: identity, queries, and what Streamlit makes of them.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import PropertyMock, patch

import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Database
from db.upgrade import take_stock, upgrade
from lab.access.queries import demo_people
from lab.demo.commands import fill_demo
from lab.demo.script import CLOSED, RUNNING
from lab.disillusion.upkeep.commands import catch_up
from lab.foundation import clock
from tests.accounts import session_for

SCREENS = {
    "home": "pages.home",
    "board": "pages.board",
    "at risk": "pages.risk.screen",
    "implementation": "pages.implementation.screen",
    "portfolio": "pages.portfolio",
}
"""Each screen and the module that draws it."""
RERUNS = 15
SIZES = (18, 10_000)
PROMISED = 3.0
"""Largest allowed ratio."""


@dataclass(frozen=True)
class ServedLab:
    """A lab's file, and the session of somebody who has signed in to it."""

    path: Path
    token: str

    @contextmanager
    def as_the_facilitator(self) -> Iterator[None]:
        """Within this, screens show this lab to them."""
        os.environ["DATABASE_URL"] = f"sqlite:///{self.path}"
        cookies = PropertyMock(return_value={"lab_session": self.token})
        with patch.object(type(st.context), "cookies", cookies):
            yield

    def opened(self, module: str) -> AppTest:
        """A screen that has been shown once."""
        app = AppTest.from_string(f"from {module} import render\nrender()", default_timeout=120)
        with self.as_the_facilitator():
            app.run()
        assert not app.exception, app.exception
        return app


def main() -> None:
    """Build both labs, rerun every screen, print medians in milliseconds and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        labs = [_build(Path(folder) / f"{size}.db", size) for size in SIZES]
        print(f"{'screen':<16}{SIZES[0]:>10,}{SIZES[1]:>10,}{'ratio':>8}  within {PROMISED:g}×")
        for screen, module in SCREENS.items():
            small, large = _medians(labs, module)
            kept = "yes" if large / small <= PROMISED else "no"
            print(f"{screen:<16}{small * 1000:>8.1f}ms{large * 1000:>8.1f}ms{large / small:>8.2f}  {kept}")


def _build(path: Path, size: int) -> ServedLab:
    print(f"Filling a lab of {size:,} projects …", file=sys.stderr)
    database = Database(f"sqlite:///{path}")
    upgrade(database.engine)
    now = clock.now()
    with database.writing() as session:
        # a small lab whose screens show something: all that run, and some that are closed
        fill_demo(session, seed=7, projects=size, plots=(*RUNNING, *CLOSED), now=now)
        session.flush()
        catch_up(session, today=now.date(), now=now)
    take_stock(database.engine)
    with database.writing() as session:
        facilitator = demo_people(session)[0]
        token = session_for(session, facilitator.id, now)
    database.close()
    return ServedLab(path, token)


def _medians(labs: Sequence[ServedLab], module: str) -> list[float]:
    """Median seconds of a rerun in each lab; the labs take turns, so that whatever else the machine does
    slows down both."""
    shown = [each.opened(module) for each in labs]
    times: list[list[float]] = [[] for _ in labs]
    for _ in range(RERUNS):
        for lab, app, seconds in zip(labs, shown, times, strict=True):
            with lab.as_the_facilitator():
                began = time.perf_counter()
                app.run()
                seconds.append(time.perf_counter() - began)
    return [statistics.median(each) for each in times]


if __name__ == "__main__":
    main()
