"""`python -m lab import`: a register kept elsewhere, or an export of a whole lab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.access.commands import make_lab
from lab.access.queries import lab_facts
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading_or_empty, writing
from lab.cli.options import AsOfOption, DatabaseOption, Format, FormatOption, choose, chosen, instant
from lab.cli.whole import put_back
from lab.exchange.register.columns import Columns, suggest_columns
from lab.exchange.register.intake import COUNTED, Intake, survey_register, take_register
from lab.exchange.register.plan import read_register
from lab.exchange.register.values import in_one_sentence, problems_by_kind
from lab.exchange.tables import read_table_file
from lab.foundation import clock
from lab.foundation.errors import Invalid


def take(
    path: Annotated[Path, typer.Argument(help="A CSV file; or an export, as directory or zip.", exists=True)],
    what: Annotated[str | None, typer.Option("--as", help="What a file's rows are: recommendations.")] = None,
    text_column: Annotated[str | None, typer.Option("--text", help="Column: what was recommended.")] = None,
    project_from: Annotated[str | None, typer.Option(help="Column: which project it belongs to.")] = None,
    reference: Annotated[str | None, typer.Option(help="Column: its number in the register.")] = None,
    addressed_to: Annotated[str | None, typer.Option(help="Column: who is asked.")] = None,
    sent: Annotated[str | None, typer.Option(help="Column: when it was sent.")] = None,
    reply: Annotated[str | None, typer.Option(help="Column: what was answered, dates and all.")] = None,
    status: Annotated[str | None, typer.Option(help="Column: what became of it.")] = None,
    due: Annotated[str | None, typer.Option(help="Column: when it should be done.")] = None,
    title: Annotated[str | None, typer.Option(help="Column: its short title.")] = None,
    project_title: Annotated[str | None, typer.Option(help="Column: the project's title.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write. Without it nothing is written.")] = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Preview a register kept elsewhere, and with --yes import it (a second run adds nothing); or restore a
    whole export into an empty database. --as-of reads a register as on a past day."""
    choose(database, form, as_of)
    if path.is_dir() or (what is None and path.suffix == ".zip"):
        put_back(path)
        return
    if what != "recommendations":
        raise Invalid("Say what the rows of the file are: --as recommendations.")
    table = read_table_file(path)
    guess = suggest_columns(table)
    columns = Columns(
        text=text_column or guess.text,
        project_from=project_from or guess.project_from,
        reference=reference,
        addressed_to=addressed_to,
        sent=sent,
        reply=reply,
        status=status,
        due=due,
        title=title,
        project_title=project_title,
    )
    if not yes:
        with reading_or_empty() as session:
            now = instant(session)
            plan = read_register(table, columns, today=clock.day_of(session, now))
            _print_intake(survey_register(session, COMMAND_LINE, plan, now=now), written=False)
        return
    with writing() as session:
        now = instant(session)
        today = clock.day_of(session, now)
    plan = read_register(table, columns, today=today)  # takes as long as the file is: not while writing
    with writing() as session:
        if lab_facts(session) is None:
            make_lab(session, name="Our lab", now=now)
        intake = take_register(session, COMMAND_LINE, plan, now=now)
    _print_intake(intake, written=True)


def _print_intake(intake: Intake, *, written: bool) -> None:
    """Print what was or would be imported; for tables and CSV, doubtful rows go to standard error."""
    print_answer(
        intake.answer() | ({} if written else {"written": False}),
        [
            {
                "what": name.replace("_", " "),
                "added" if written else "would be added": intake.added[name],
                "unchanged": intake.unchanged[name],
            }
            for name in COUNTED
        ],
    )
    if chosen.form is Format.JSON:
        return
    for problem in intake.rejected:
        typer.echo(f"Not taken. {problem.message}", err=True)
    for _, alike in problems_by_kind(intake.warnings):
        typer.echo(in_one_sentence(alike), err=True)
    if not written:
        typer.echo("Nothing was written. Add --yes to write.", err=True)
