"""`python -m lab demo`: a fictional lab to look around in."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from typing import Annotated, Any, Protocol

import typer

from db.engine import Session
from lab.cli.answers import report
from lab.cli.databases import writing
from lab.cli.options import AsOfOption, DatabaseOption, FormatOption, choose, instant
from lab.demo.commands import fill_demo
from lab.disillusion.upkeep.commands import catch_up
from lab.foundation import clock
from lab.foundation.text import quantity

SeedOption = Annotated[int, typer.Option(help="The same seed gives the same lab.")]
ProjectsOption = Annotated[int, typer.Option(help="How many projects.")]


class Fill(Protocol):
    """A function that fills an empty database with an invented lab."""

    def __call__(
        self,
        session: Session,
        *,
        seed: int,
        now: dt.datetime,
        projects: int,
        progress: Callable[[int, int], None],
    ) -> Any: ...


def demo(
    seed: SeedOption = 7,
    projects: ProjectsOption = 28,
    database: DatabaseOption = None,
    form: FormatOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Fill an empty database with a clearly fictional lab, whose history ends today or on the day given."""
    choose(database, form, as_of)
    fill_with(fill_demo, seed=seed, projects=projects)


def fill_with(fill: Fill, *, seed: int, projects: int) -> None:
    """Fill the chosen database, showing progress, and evaluate the risk of what it then holds."""
    with writing() as session, typer.progressbar(length=projects, label="Projects", file=sys.stderr) as bar:
        now, done = instant(session), 0

        def progress(made: int, _wanted: int) -> None:
            nonlocal done
            bar.update(made - done)
            done = made

        fill(session, seed=seed, projects=projects, now=now, progress=progress)
        session.flush()
        catch_up(session, today=clock.today(session, now), now=now)
    report(
        f"The demo lab has {quantity(projects, 'project')}. Start it with `make run` and pick a person.",
        projects=projects,
        seed=seed,
    )
