"""`python -m lab digest`: the week as text."""

from __future__ import annotations

import typer

from lab.access.rights import COMMAND_LINE
from lab.cli.databases import reading
from lab.cli.options import AsOfOption, DatabaseOption, choose, day_asked
from lab.disillusion.upkeep.digest import as_text
from lab.disillusion.upkeep.digest import digest as week


def digest(database: DatabaseOption = None, as_of: AsOfOption = None) -> None:
    """What changed this week and what waits for whom, as text for an e-mail. Nothing is sent."""
    choose(database, None, as_of)
    with reading() as session:
        typer.echo(as_text(week(session, COMMAND_LINE, today=day_asked(session))), nl=False)
