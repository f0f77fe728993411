"""`python -m lab export`, and the import of such an export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.access.rights import COMMAND_LINE
from lab.cli.answers import report
from lab.cli.databases import reading, writing
from lab.cli.options import DatabaseOption, FormatOption, choose
from lab.exchange.arriving.take import import_lab, remember_import
from lab.exchange.whole import export_lab, remember_export
from lab.foundation import clock
from lab.foundation.text import quantity


def export(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.", file_okay=False)],
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Write the whole lab as CSV tables and pictures with a description; no passwords, no sessions."""
    choose(database, form)
    with reading():  # says so where there is no database, instead of making one
        pass
    with writing() as session:
        remember_export(session, COMMAND_LINE, way="python -m lab export", now=clock.now())
    with reading() as session:
        done = export_lab(session, COMMAND_LINE, directory)
    report(
        " ".join((f"{quantity(done.rows, 'row')} written to {directory}.", *done.kept_back)),
        rows=done.rows, directory=str(directory), kept_back=" ".join(done.kept_back),
    )  # fmt: skip


def put_back(path: Path) -> None:
    """Read an export, a directory or a zip, into an empty database."""
    with writing() as session:
        rows = import_lab(session, COMMAND_LINE, path)
        remember_import(session, COMMAND_LINE, rows=rows, now=clock.now())
    report(f"{quantity(rows, 'row')} read from {path}. Accounts come back without passwords.", rows=rows)
