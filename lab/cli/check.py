"""`python -m lab check`: find damaged or altered records."""

from __future__ import annotations

import typer

from db.integrity import damage, open_to_others
from lab.access.queries import network_settings
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading
from lab.cli.network import unlike_what_arrives
from lab.cli.options import DatabaseOption, Format, FormatOption, choose, chosen
from lab.followthrough.integrity import unexplained_recommendations
from lab.voting.integrity import damaged_rounds


def check(database: DatabaseOption = None, form: FormatOption = None) -> None:
    """Look for damage (the file itself and who may read it, records that don't match their events, altered
    ballots), and whether what a proxy passes on matches the public address."""
    choose(database, form)
    with reading() as session:
        problems = [
            *damage(session),
            *unexplained_recommendations(session, COMMAND_LINE),
            *damaged_rounds(session, COMMAND_LINE),
        ]
        settings = network_settings(session)
    problems += [*open_to_others(chosen.url), *unlike_what_arrives(settings)]
    if problems and chosen.form is Format.TABLE:
        typer.echo("\n".join(problems), err=True)
    elif problems or chosen.form is not Format.TABLE:
        print_answer({"problems": problems}, [{"problem": problem} for problem in problems])
    else:
        typer.echo("All is well.")
    if problems:
        raise typer.Exit(1)
