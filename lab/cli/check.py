"""`python -m lab check`: find damaged or altered records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from db.integrity import damage, open_to_others
from lab.access.queries import network_settings
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.backup import KeyFileOption, given_key
from lab.cli.databases import reading
from lab.cli.network import unlike_what_arrives
from lab.cli.options import DatabaseOption, Format, FormatOption, choose, chosen
from lab.exchange.backup.package import opened
from lab.exchange.backup.queries import damage_in
from lab.followthrough.integrity import unexplained_recommendations
from lab.voting.integrity import damaged_rounds


def check(
    backup: Annotated[
        Path | None, typer.Option(help="Check this backup instead of the lab.", dir_okay=False)
    ] = None,
    key_file: KeyFileOption = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Look for damage (the file itself and who may read it, records that don't match their events, altered
    ballots), and whether what a proxy passes on matches the public address."""
    choose(database, form)
    problems, well = _of_backup(backup, key_file) if backup else (_of_lab(), "All is well.")
    if problems and chosen.form is Format.TABLE:
        typer.echo("\n".join(problems), err=True)
    elif problems or chosen.form is not Format.TABLE:
        print_answer({"problems": problems}, [{"problem": problem} for problem in problems])
    else:
        typer.echo(well)
    if problems:
        raise typer.Exit(1)


def _of_lab() -> list[str]:
    with reading() as session:
        problems = [
            *damage(session),
            *unexplained_recommendations(session, COMMAND_LINE),
            *damaged_rounds(session, COMMAND_LINE),
        ]
        settings = network_settings(session)
    return [*problems, *open_to_others(chosen.url), *unlike_what_arrives(settings)]


def _of_backup(path: Path, key_file: Path | None) -> tuple[list[str], str]:
    with opened(path, given_key(key_file)) as backup:
        problems = damage_in(backup, COMMAND_LINE)
        told = backup.manifest
    return problems, (
        f"The backup is whole: {sum(told.rows.values()):,} rows of schema {told.schema}, everything "
        f"acknowledged before {told.complete_until}."
    )
