"""`python -m lab polis …`: conversations from and for Polis (pol.is)."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Annotated

import typer

from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer, report
from lab.cli.databases import reading, writing
from lab.cli.options import DatabaseOption, FormatOption, choose
from lab.exchange import conversations
from lab.foundation import clock
from lab.foundation.errors import Invalid
from lab.projects.queries import find_projects
from lab.voting.polis import Conversation, what_was_left_out

polis = typer.Typer(no_args_is_help=True, help="Import and export Polis conversations.")
DirectoryArgument = Annotated[
    Path,
    typer.Argument(help=f"With {', '.join(conversations.FILES)}.", exists=True, file_okay=False),
]


@polis.command("show")
def show(directory: DirectoryArgument, form: FormatOption = None) -> None:
    """Count a conversation; needs no database."""
    choose(None, form)
    conversation = _read(directory)
    rows = [
        {"agree": each.agree, "voted": each.voted, "statement": each.text}
        for each in conversations.statements(conversation)
    ]
    print_answer(rows, rows)
    _say_what_was_left_out(conversation)


@polis.command("import")
def take(
    directory: DirectoryArgument,
    project: Annotated[
        str, typer.Option(help="Words found only in this project's title, place or reference.")
    ],
    title: Annotated[str, typer.Option(help="Title of the online round.")] = "Polis conversation",
    held_on: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Its last day, where the files do not say when."),
    ] = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Import a conversation's statements into a project as contributions."""
    choose(database, form)
    conversation = _read(directory)
    with writing() as session:
        found = find_projects(session, COMMAND_LINE, project)
        if len(found) != 1:
            raise Invalid(
                f"{len(found) or 'No'} projects have “{project}” in their title, place or reference."
            )
        taken = conversations.take_conversation(
            session, COMMAND_LINE, found[0][0], conversation, title=title,
            held_on=held_on.date() if held_on else None, now=clock.now(),
        )  # fmt: skip
    _say_what_was_left_out(conversation)
    report(
        f"{taken.added} statements taken into “{found[0][1]}”; {taken.unchanged} were there.",
        added=taken.added,
        unchanged=taken.unchanged,
    )


@polis.command("export")
def write(
    round_id: Annotated[
        uuid.UUID, typer.Argument(help="Id of a revealed approval round, as in its address.")
    ],
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.", file_okay=False)],
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Write a round as the files of a Polis export."""
    choose(database, form)
    with reading() as session:
        files = conversations.export_conversation(session, COMMAND_LINE, round_id)
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Invalid(f"{directory} is not empty. Choose a new directory.")
    for name, content in files.items():
        (directory / name).write_bytes(content)
    report(f"{len(files)} files written to {directory}.", directory=str(directory))


def _say_what_was_left_out(conversation: Conversation) -> None:
    for sentence in what_was_left_out(conversation):
        typer.echo(sentence, err=True)


def _read(directory: Path) -> Conversation:
    files = {name: directory / name for name in conversations.FILES}
    return conversations.conversation_in(
        {name: path.read_bytes() for name, path in files.items() if path.is_file()}
    )
