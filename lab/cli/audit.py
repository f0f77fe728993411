"""`python -m lab audit`: who did what when."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from lab.access.audit.queries import AuditedActs, acts
from lab.access.audit.words import COLUMNS, as_row
from lab.access.queries import account_called
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading
from lab.cli.options import DatabaseOption, Format, FormatOption, choose, chosen
from lab.foundation.errors import Invalid
from lab.projects.queries import find_projects

SHOWN = ("when", "who", "what", "project", "more")
"""Columns of the table for people; JSON and CSV have all."""


def audit(
    person: Annotated[str | None, typer.Option(help="E-mail address of who did it.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of record, such as account or project.")] = None,
    project: Annotated[str | None, typer.Option(help="Words of a project's title.")] = None,
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest first.")] = 100,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Who did what when: sign-ins, rights, exports, and every change of a record."""
    choose(database, form)
    with reading() as session:
        projects = find_projects(session, COMMAND_LINE, project) if project else ()
        if project and len(projects) != 1:
            raise Invalid(f"{len(projects) or 'No'} projects have “{project}” in their title or place.")
        wanted = AuditedActs(
            person=account_called(session, COMMAND_LINE, person) if person else None,
            kind=kind,
            project=projects[0][0] if projects else None,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
        rows = [as_row(act) for act in acts(session, COMMAND_LINE, wanted, limit=limit)]
    columns = SHOWN if chosen.form is Format.TABLE else COLUMNS
    print_answer(rows, [{column: row[column] for column in columns} for row in rows])
