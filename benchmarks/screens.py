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


def main() -> None:
    """Build both labs, rerun every screen, print medians in milliseconds and their ratio."""
    took: dict[str, list[float]] = {screen: [] for screen in SCREENS}
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            path = Path(place) / f"{size}.db"
            token = _build(path, size)
            for screen in SCREENS:
                took[screen].append(_rerun(path, token, screen))
    print(f"{'screen':<16}{SIZES[0]:>10,}{SIZES[1]:>10,}{'ratio':>8}  within {PROMISED:g}×")
    for screen, (small, large) in took.items():
        ratio = large / small
        kept = "yes" if ratio <= PROMISED else "no"
        print(f"{screen:<16}{small * 1000:>8.1f}ms{large * 1000:>8.1f}ms{ratio:>8.2f}  {kept}")


def _build(path: Path, size: int) -> str:
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
    return token


def _rerun(path: Path, token: str, screen: str) -> float:
    os.environ["DATABASE_URL"] = f"sqlite:///{path}"
    cookies = PropertyMock(return_value={"lab_session": token})
    with patch.object(type(st.context), "cookies", cookies):
        app = AppTest.from_string(f"from {SCREENS[screen]} import render\nrender()", default_timeout=120)
        app.run()
        assert not app.exception, app.exception
        times = []
        for _ in range(RERUNS):
            began = time.perf_counter()
            app.run()
            times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
