"""`python -m benchmarks.worlds`: fill an empty database with a lab that behaves.

python -m benchmarks.worlds --projects 300 --database world.db
"""

from __future__ import annotations

import typer

from benchmarks.worlds.records import fill_behaviour
from lab.cli import run
from lab.cli.demo import ProjectsOption, SeedOption, fill_with
from lab.cli.options import AsOfOption, DatabaseOption, FormatOption, choose

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def world(
    seed: SeedOption = 7,
    projects: ProjectsOption = 300,
    database: DatabaseOption = None,
    form: FormatOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Fill an empty database with a lab whose people, teams and sponsors have a will of their own."""
    choose(database, form, as_of)
    fill_with(fill_behaviour, seed=seed, projects=projects)


if __name__ == "__main__":
    run(application)
