"""`python -m lab …`: what scripts, cron and administrators do, without a browser."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.engine import Database, database_url, sqlite_path
from db.models import Account, Event, Recommendation, Sponsor
from db.upgrade import is_ready, upgrade
from lab.access import commands as access
from lab.access.queries import lab_facts, people_with_access
from lab.access.rights import COMMAND_LINE
from lab.disillusion.commands import catch_up
from lab.disillusion.queries import risk_report
from lab.exchange.demo import fill_demo
from lab.exchange.register import Columns, read_register, suggest_columns
from lab.exchange.tables import read_table
from lab.exchange.take_register import take_register
from lab.exchange.whole import export_lab, import_lab
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError, NotFound
from lab.rates.queries import rates_report

application = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
account = typer.Typer(no_args_is_help=True, help="Who may sign in.")
application.add_typer(account, name="account")


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Role(StrEnum):
    """What somebody may do."""

    FACILITATOR = "facilitator"
    STAKEHOLDER = "stakeholder"
    SPONSOR = "sponsor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


@dataclass
class _Choices:
    url: str = ""
    as_of: dt.date | None = None
    form: Format = Format.TABLE


chosen = _Choices()

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="A file or URL; else DATABASE_URL, else var/lab.db.")
]
FormatOption = Annotated[Format | None, typer.Option("--format", help="table, json or csv.")]
AsOfOption = Annotated[dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A past day.")]


def _choose(database: str | None, form: Format | None = None, as_of: dt.datetime | None = None) -> None:
    if database or not chosen.url:
        chosen.url = database_url(database)
    chosen.form = form or chosen.form
    chosen.as_of = as_of.date() if as_of else chosen.as_of


@application.callback()
def options(database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None) -> None:
    """These may stand before or after the command."""
    chosen.url, chosen.form, chosen.as_of = database_url(database), form or Format.TABLE, None
    _choose(None, form, as_of)


@contextmanager
def _writing() -> Iterator[Session]:
    database = Database(chosen.url)
    try:
        upgrade(database.engine)
        with database.writing() as session:
            yield session
    finally:
        database.close()


@contextmanager
def _reading() -> Iterator[Session]:
    path = sqlite_path(chosen.url)
    if path is not None and not path.exists():
        raise NotFound(f"There is no database at {path}. Make one with `python -m lab init` or `demo`.")
    database = Database(chosen.url)
    try:
        if not is_ready(database.engine):
            raise NotFound("This database is empty. Fill it with `python -m lab init`, `demo` or `import`.")
        with database.reading() as session:
            yield session
    finally:
        database.close()


def _day() -> dt.date:
    return chosen.as_of or clock.now().date()


def _print(answer: Any, rows: list[dict[str, Any]]) -> None:
    """The whole answer as JSON, or its rows as a table or CSV."""
    if chosen.form is Format.JSON:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str))
        return
    columns = list(rows[0]) if rows else []
    if chosen.form is Format.CSV:
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        typer.echo(out.getvalue(), nl=False)
        return
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)


def _secret(password_stdin: bool) -> str:
    if password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Invalid("Give the password on standard input, with --password-stdin.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


PasswordOption = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]


@application.command()
def init(
    lab_name: Annotated[str, typer.Option(help="Name of the lab.")],
    name: Annotated[str, typer.Option(help="The first administrator's name.")],
    email: Annotated[str, typer.Option(help="The first administrator's e-mail address.")],
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
) -> None:
    """Set up an empty database: the lab and its first administrator."""
    _choose(database)
    password = _secret(password_stdin)
    with _writing() as session:
        access.first_administrator(
            session, lab_name=lab_name, name=name, email=email, password=password, now=clock.now()
        )
    typer.echo(f"{lab_name} is set up. Start it with `make run`.")


@application.command()
def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same lab.")] = 7,
    projects: Annotated[int, typer.Option(help="How many projects.")] = 28,
    database: DatabaseOption = None,
) -> None:
    """Fill an empty database with a clearly fictional lab."""
    _choose(database)
    now = clock.now()
    with _writing() as session, typer.progressbar(length=projects, label="Projects", file=sys.stderr) as bar:
        done = 0

        def progress(made: int, _wanted: int) -> None:
            nonlocal done
            bar.update(made - done)
            done = made

        fill_demo(session, seed=seed, projects=projects, now=now, progress=progress)
        session.flush()
        catch_up(session, today=now.date(), now=now)
    typer.echo(f"The demo lab has {projects} projects. Start it with `make run` and pick a person.")


@application.command("import")
def take(
    path: Annotated[Path, typer.Argument(help="A CSV file, or a directory that was exported.", exists=True)],
    what: Annotated[str | None, typer.Option("--as", help="What a file's rows are: recommendations.")] = None,
    text_column: Annotated[str | None, typer.Option("--text")] = None,
    project_from: Annotated[str | None, typer.Option()] = None,
    reference: Annotated[str | None, typer.Option()] = None,
    addressed_to: Annotated[str | None, typer.Option()] = None,
    sent: Annotated[str | None, typer.Option()] = None,
    reply: Annotated[str | None, typer.Option()] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Take in a register of recommendations kept elsewhere (a second run adds nothing), or a whole export."""
    _choose(database, form)
    if path.is_dir():
        with _writing() as session:
            rows = import_lab(session, COMMAND_LINE, path)
        _print({"rows": rows}, [{"rows": rows}])
        return
    if what != "recommendations":
        raise Invalid("Say what the rows of the file are: --as recommendations.")
    table = read_table(path.read_bytes())
    guess = suggest_columns(table)
    columns = Columns(
        text=text_column or guess.text,
        project_from=project_from or guess.project_from,
        reference=reference,
        addressed_to=addressed_to,
        sent=sent,
        reply=reply,
    )
    now = clock.now()
    plan = read_register(table, columns, today=now.date())
    if not yes:
        typer.echo(
            f"{len(plan.recommendations)} recommendations can be taken, {len(plan.rejected)} rows cannot.",
            err=True,
        )
        if not sys.stdin.isatty():
            raise Invalid("Nothing was written. Add --yes to write.")
        typer.confirm("Write them?", abort=True)
    with _writing() as session:
        if lab_facts(session) is None:
            access.make_lab(session, name="Our lab", now=now)
        taken = take_register(session, COMMAND_LINE, plan, now=now)
        session.flush()
        catch_up(session, today=now.date(), now=now)
    problems = [
        {"row": each.row, "kind": each.kind, "message": each.message}
        for each in (*plan.rejected, *plan.warnings)
    ]
    answer = taken | {"rejected": len(plan.rejected), "reported": problems}
    _print(answer, [taken | {"rejected": len(plan.rejected), "reported": len(problems)}])


@application.command()
def export(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.", file_okay=False)],
    database: DatabaseOption = None,
) -> None:
    """Write the whole lab as CSV tables with a description; no passwords, no sessions."""
    _choose(database)
    with _reading() as session:
        rows = export_lab(session, COMMAND_LINE, directory)
    typer.echo(f"{rows} rows written to {directory}.")


@application.command()
def risk(database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None) -> None:
    """Disillusion risk of every running project, worst first."""
    _choose(database, form, as_of)
    with _reading() as session:
        report = risk_report(session, COMMAND_LINE, _day())
    rows = [
        {
            "project": row["project"],
            "level": row["level"],
            "score": row["score"],
            "low": row["low"],
            "high": row["high"],
            "first driver": row["drivers"][0]["sentence"] if row["drivers"] else "",
        }
        for row in report
    ]
    _print({"as_of": str(_day()), "projects": report}, rows)


@application.command()
def rates(database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None) -> None:
    """Implementation, heard-back rate, recommendations, people waiting (lists: --format json)."""
    _choose(database, form, as_of)
    with _reading() as session:
        report = rates_report(session, COMMAND_LINE, _day())
    rows = [
        {"number": name, "value": value} for name, value in _flat(report, "") if not isinstance(value, list)
    ]
    _print(report, rows)


def _flat(values: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above} {key}".replace("_", " ").strip()
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value


@application.command()
def check(database: DatabaseOption = None) -> None:
    """Look for damage: the file itself, and records whose state their events do not explain."""
    _choose(database)
    problems: list[str] = []
    with _reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            found = session.scalar(text("PRAGMA integrity_check"))
            problems += [] if found == "ok" else [f"The file is damaged: {found}"]
            for row in session.execute(text("PRAGMA foreign_key_check")):
                problems.append(f"A row of {row[0]} refers to a {row[2]} that does not exist")
        problems += _unexplained(session)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("All is well.")


def _unexplained(session: Session) -> list[str]:
    last = (
        select(
            Event.subject_id,
            Event.to_state,
            func.row_number()
            .over(partition_by=Event.subject_id, order_by=(Event.at.desc(), Event.id.desc()))
            .label("place"),
        )
        .where(Event.subject_type == "recommendation", Event.to_state.is_not(None))
        .subquery()
    )
    rows = session.execute(
        select(Recommendation.title, Recommendation.status, last.c.to_state)
        .outerjoin(last, (last.c.subject_id == Recommendation.id) & (last.c.place == 1))
        .where(func.coalesce(last.c.to_state, "") != Recommendation.status)
        .limit(20)
    )
    return [
        f"Recommendation “{title}” is {status}, but its events say {said or 'nothing'}"
        for title, status, said in rows
    ]


@account.command("add")
def add(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    sponsor: Annotated[str | None, typer.Option(help="Name of the sponsor they answer for.")] = None,
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
) -> None:
    """Give somebody access."""
    _choose(database)
    password = _secret(password_stdin)
    with _writing() as session:
        sponsor_id = session.scalar(select(Sponsor.id).where(Sponsor.name == sponsor)) if sponsor else None
        if sponsor and sponsor_id is None:
            raise NotFound(f"There is no sponsor called “{sponsor}”.")
        access.add_account(
            session,
            COMMAND_LINE,
            name=name,
            email=email,
            role=role.value,
            password=password,
            sponsor_id=sponsor_id,
            now=clock.now(),
        )
    typer.echo(f"{email} may sign in as {role.value}.")


@account.command("list")
def list_accounts(database: DatabaseOption = None, form: FormatOption = None) -> None:
    """Everybody with access."""
    _choose(database, form)
    with _reading() as session:
        people = people_with_access(session, COMMAND_LINE)
    rows = [
        {
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "sponsor": person.sponsor or "",
            "disabled": person.disabled,
        }
        for person in people
    ]
    _print(rows, rows)


@account.command()
def disable(email: Annotated[str, typer.Option()], database: DatabaseOption = None) -> None:
    """Take access away, at once."""
    _choose(database)
    _with_account(email, lambda session, key: access.disable_account(session, COMMAND_LINE, key, clock.now()))
    typer.echo(f"{email} can no longer sign in.")


@account.command()
def enable(email: Annotated[str, typer.Option()], database: DatabaseOption = None) -> None:
    """Give access back."""
    _choose(database)
    _with_account(email, lambda session, key: access.enable_account(session, COMMAND_LINE, key, clock.now()))
    typer.echo(f"{email} may sign in again.")


@account.command("password")
def new_password(
    email: Annotated[str, typer.Option()],
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
) -> None:
    """Set a new password and end the account's sessions."""
    _choose(database)
    secret = _secret(password_stdin)
    _with_account(
        email, lambda session, key: access.set_password(session, COMMAND_LINE, key, secret, clock.now())
    )
    typer.echo(f"{email} has a new password.")


def _with_account(email: str, act: Callable[[Session, uuid.UUID], None]) -> None:
    with _writing() as session:
        key = session.scalar(select(Account.id).where(Account.email == email.strip().lower()))
        if key is None:
            raise NotFound(f"There is no account for {email}.")
        act(session, key)


def main() -> NoReturn:
    """Run a command; what is wrong is said in one line, with exit status 2."""
    try:
        application()
    except LabError as refusal:
        typer.echo(refusal.message, err=True)
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    main()
