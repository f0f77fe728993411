"""`python -m lab demo`: a fictional lab to look around in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lab.cli.answers import report
from lab.cli.databases import writing
from lab.cli.options import AsOfOption, DatabaseOption, FormatOption, choose, instant
from lab.disillusion.upkeep.commands import catch_up
from lab.exchange.behaviour.records import fill_behaviour
from lab.exchange.demo import fill_demo
from lab.foundation import clock


def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same lab.")] = 7,
    projects: Annotated[int, typer.Option(help="How many projects.")] = 28,
    behaviour: Annotated[
        bool, typer.Option("--behaviour", help="People, teams and sponsors with a will of their own.")
    ] = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Fill an empty database with a clearly fictional lab, whose history ends today or on the day given."""
    choose(database, form, as_of)
    with writing() as session, typer.progressbar(length=projects, label="Projects", file=sys.stderr) as bar:
        now, done = instant(session), 0

        def progress(made: int, _wanted: int) -> None:
            nonlocal done
            bar.update(made - done)
            done = made

        fill = fill_behaviour if behaviour else fill_demo
        fill(session, seed=seed, projects=projects, now=now, progress=progress)
        session.flush()
        catch_up(session, today=clock.today(session, now), now=now)
    report(
        f"The demo lab has {projects} projects. Start it with `make run` and pick a person.",
        projects=projects,
        seed=seed,
    )
