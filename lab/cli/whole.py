"""`python -m lab export`, and the import of such an export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.access.rights import COMMAND_LINE
from lab.cli.answers import report
from lab.cli.databases import reading, writing
from lab.cli.options import DatabaseOption, FormatOption, choose
from lab.exchange.whole import export_lab, import_lab


def export(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.", file_okay=False)],
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Write the whole lab as CSV tables and pictures with a description; no passwords, no sessions."""
    choose(database, form)
    with reading() as session:
        rows = export_lab(session, COMMAND_LINE, directory)
    report(f"{rows:,} rows written to {directory}.", rows=rows, directory=str(directory))


def put_back(path: Path) -> None:
    """Read an export, a directory or a zip, into an empty database."""
    with writing() as session:
        rows = import_lab(session, COMMAND_LINE, path)
    report(f"{rows:,} rows read from {path}. Accounts come back without passwords.", rows=rows)
