"""What the tests of faults share: a served lab, long or short, on SQLite and on PostgreSQL, and the table of
what was found, which is printed at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.journeys.conftest import browser as browser
from tests.postgres import empty
from tests.served import Lab, served

SHORT = bool(os.environ.get("LAB_FAULTS_SHORT"))
"""A few minutes' worth of the same tests, for every change."""

Figure = Callable[[str, str, str], None]
"""`figure(fault, pass mark, what was found)`: a line of the table."""

_FIGURE = "figure"


def number(full: int, short: int) -> int:
    """How often, in the full and in the short form."""
    return short if SHORT else full


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """A line of the table that is printed at the end. Call it before the assertions, so that a figure that
    misses its mark is in the table as well."""

    def add(fault: str, mark: str, found: str) -> None:
        request.node.user_properties.append((_FIGURE, [fault, mark, _database(request.node), found]))

    return add


def _database(item: pytest.Item) -> str:
    return "PostgreSQL" if item.get_closest_marker("postgres") else "SQLite"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table: each fault once, in the order of the tests, with what was found on each database; and
    what was not tried here, with the reason."""
    rows: dict[tuple[str, str], list[str]] = {}
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            for name, told in getattr(report, "user_properties", ()):
                if name == _FIGURE and report.when == "call":
                    fault, mark, database, found = told
                    said = f"{database}: {found}" + ("" if outcome == "passed" else " (NOT MET)")
                    rows.setdefault((fault, mark), []).append(said)
    if not rows:
        return
    skipped = sorted({report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())})
    terminalreporter.section("faults")
    terminalreporter.write_line("| fault | pass mark | found |")
    terminalreporter.write_line("| --- | --- | --- |")
    for (fault, mark), found in rows.items():
        terminalreporter.write_line(f"| {fault} | {mark} | {'; '.join(found)} |")
    for reason in skipped:
        terminalreporter.write_line(f"Not tried: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for a served lab."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lab.db'}"
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    empty(engine)
    engine.dispose()
    return url


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    """A served lab on each kind of database."""
    yield from served(database_url, tmp_path)


@pytest.fixture
def sqlite_lab(tmp_path: Path) -> Iterator[Lab]:
    """A served lab on a file."""
    yield from served(f"sqlite:///{tmp_path / 'lab.db'}", tmp_path)
