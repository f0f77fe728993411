"""`python -m lab …`: what scripts, cron and administrators do, without a browser."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import func, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from db.engine import Database, database_url, sqlite_path
from db.models import Account, Event, Recommendation, Sponsor
from db.upgrade import is_ready, upgrade
from lab.access import commands as access
from lab.access.queries import lab_facts, people_with_access
from lab.access.rights import COMMAND_LINE
from lab.disillusion.hindsight.conclusion import comparison, headline, plain_numbers, refitted, remarks
from lab.disillusion.hindsight.fitting import Refit
from lab.disillusion.hindsight.refit import refit_model
from lab.disillusion.hindsight.replay import backtest as replay_lab
from lab.disillusion.hindsight.replay import span
from lab.disillusion.queries import risk_report
from lab.disillusion.upkeep.commands import catch_up
from lab.disillusion.upkeep.digest import as_text, digest
from lab.exchange.behaviour.records import fill_behaviour
from lab.exchange.demo import fill_demo
from lab.exchange.register import (
    Columns,
    problems_by_kind,
    read_register,
    suggest_columns,
    told_together,
)
from lab.exchange.tables import read_table_file, write_table
from lab.exchange.take_register import COUNTED, Intake, survey_register, take_register
from lab.exchange.whole import export_lab, import_lab
from lab.foundation import clock
from lab.foundation.errors import Invalid, LabError, NotFound
from lab.rates.queries import rates_report
from lab.voting.files import PREFLIB, Ballots, read_preflib, read_sheet, told
from lab.voting.integrity import damaged_rounds
from lab.voting.record import read_record, verify
from lab.voting.tally import GRADES, WAYS, count

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


class TallyMethod(StrEnum):
    """How ballots are counted; the last three say by which reading ranked ballots are told."""

    APPROVAL = "approval"
    SCORE = "score"
    RANKED = "ranked"
    DOTS = "dots"
    MAJORITY_JUDGMENT = "majority_judgment"
    SCHULZE = "schulze"
    IRV = "irv"
    BORDA = "borda"


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
        typer.echo(write_table(columns, rows), nl=False)
        return
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)


def _say(sentence: str, **answer: Any) -> None:
    """What was done: a sentence for people, the facts of it for scripts."""
    if chosen.form is Format.TABLE:
        typer.echo(sentence)
    else:
        _print(answer, [answer])


def _now() -> dt.datetime:
    """The present instant, or noon of the day that was asked for."""
    now = clock.now()
    return clock.instant_on(chosen.as_of, now) if chosen.as_of else now


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
    form: FormatOption = None,
) -> None:
    """Set up an empty database: the lab and its first administrator."""
    _choose(database, form)
    password = _secret(password_stdin)
    with _writing() as session:
        access.first_administrator(
            session, lab_name=lab_name, name=name, email=email, password=password, now=clock.now()
        )
    _say(f"{lab_name} is set up. Start it with `make run`.", lab=lab_name, administrator=email)


@application.command()
def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same lab.")] = 7,
    projects: Annotated[int, typer.Option(help="How many projects.")] = 28,
    behaviour: Annotated[
        bool, typer.Option("--behaviour", help="People, teams and sponsors with a will of their own.")
    ] = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Fill an empty database with a clearly fictional lab, whose history ends today or on the day given."""
    _choose(database, form, as_of)
    now = _now()
    with _writing() as session, typer.progressbar(length=projects, label="Projects", file=sys.stderr) as bar:
        done = 0

        def progress(made: int, _wanted: int) -> None:
            nonlocal done
            bar.update(made - done)
            done = made

        fill = fill_behaviour if behaviour else fill_demo
        fill(session, seed=seed, projects=projects, now=now, progress=progress)
        session.flush()
        catch_up(session, today=now.date(), now=now)
    _say(
        f"The demo lab has {projects} projects. Start it with `make run` and pick a person.",
        projects=projects,
        seed=seed,
    )


@application.command("import")
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
    """Show what a register kept elsewhere would bring, and with --yes take it in (a second run adds nothing);
    or put a whole export back into an empty database. --as-of reads a register as on a past day."""
    _choose(database, form, as_of)
    if path.is_dir() or (what is None and path.suffix == ".zip"):
        with _writing() as session:
            rows = import_lab(session, COMMAND_LINE, path)
        _say(f"{rows:,} rows read from {path}. Accounts come back without passwords.", rows=rows)
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
    now = _now()
    plan = read_register(table, columns, today=now.date())
    if not yes:
        with _reading_or_empty() as session:
            _print_intake(survey_register(session, COMMAND_LINE, plan, now=now), written=False)
        return
    with _writing() as session:
        if lab_facts(session) is None:
            access.make_lab(session, name="Our lab", now=now)
        intake = take_register(session, COMMAND_LINE, plan, now=now)
    _print_intake(intake, written=True)


def _is_filled() -> bool:
    path = sqlite_path(chosen.url)
    if path is not None and not path.exists():
        return False
    database = Database(chosen.url)
    try:
        return is_ready(database.engine)
    finally:
        database.close()


@contextmanager
def _reading_or_empty() -> Iterator[Session]:
    """The lab's records, or those of an empty lab where there is none: a look must not make one."""
    if _is_filled():
        with _reading() as session:
            yield session
        return
    with TemporaryDirectory() as place:
        chosen.url = database_url(str(Path(place) / "empty.db"))
        with _writing() as session:
            yield session


def _print_intake(intake: Intake, *, written: bool) -> None:
    """What came or would come. Beside a table or CSV, the rows in question are named on standard error."""
    _print(
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
        typer.echo(told_together(alike), err=True)
    if not written:
        typer.echo("Nothing was written. Add --yes to write.", err=True)


@application.command()
def export(
    directory: Annotated[Path, typer.Argument(help="A new or empty directory.", file_okay=False)],
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Write the whole lab as CSV tables and pictures with a description; no passwords, no sessions."""
    _choose(database, form)
    with _reading() as session:
        rows = export_lab(session, COMMAND_LINE, directory)
    _say(f"{rows:,} rows written to {directory}.", rows=rows, directory=str(directory))


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


@application.command("digest")
def week(database: DatabaseOption = None, as_of: AsOfOption = None) -> None:
    """What changed this week and what waits for whom, as text for an e-mail. Nothing is sent."""
    _choose(database, None, as_of)
    with _reading() as session:
        typer.echo(as_text(digest(session, COMMAND_LINE, today=_day())), nl=False)


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
def backtest(
    since: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Else the first opening.")
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Else today.")
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit the score to this history; use it only if it does better.")
    ] = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Replay the lab's history: would the score have found who was about to leave disappointed?"""
    _choose(database, form)
    fitted: Refit | None = None
    with _writing() if refit else _reading() as session:
        first = span(session, COMMAND_LINE).first
        if first is None:
            raise NotFound("There is no project whose history could be replayed.")
        start, end = since.date() if since else first, until.date() if until else _day()
        lived, found = replay_lab(session, COMMAND_LINE, start=start, end=end)
        if refit:
            fitted = refit_model(session, COMMAND_LINE, lived.past(), start=start, end=end, now=clock.now())
    said = [headline(found), *remarks(found), *([refitted(fitted)] if fitted else [])]
    answer = {"from": start, "to": end, "said": said, **plain_numbers(found)}
    if fitted:
        answer["refit"] = plain_numbers(fitted) | {"better": fitted.better}
    _print(answer, comparison(found))
    if chosen.form is Format.TABLE:
        typer.echo("\n".join(said))


@application.command()
def tally(
    path: Annotated[
        Path, typer.Argument(help="PrefLib (soc, soi, toc, toi, cat) or CSV.", exists=True, dir_okay=False)
    ],
    method: Annotated[TallyMethod, typer.Option()],
    budget: Annotated[int | None, typer.Option(help="Dots a ballot may give.", min=1)] = None,
    grades: Annotated[int, typer.Option(help="Grades in a CSV file, 0 the worst.", min=2)] = GRADES,
    form: FormatOption = None,
) -> None:
    """Count a file of ballots; needs no database."""
    _choose(None, form)
    way = method.value if method.value in WAYS else None
    ballots = _ballots(path, "ranked" if way else method.value, budget, grades)
    found = count(
        "ranked" if way else method.value,
        ballots.marks,
        weights=ballots.weights,
        budget=budget,
        grades=ballots.grades,
    )
    answer = told(found, ballots.options, way)
    rows, place = [], 1
    for level in answer["ranking"]:
        rows += [{"place": place, "option": name, "support": answer["support"][name]} for name in level]
        place += len(level)
    _print(answer, rows)


def _ballots(path: Path, method: str, budget: int | None, grades: int) -> Ballots:
    kind = path.suffix.lower().removeprefix(".")
    if kind in PREFLIB:
        try:
            return read_preflib(path.read_text(encoding="utf-8-sig"), kind, method)
        except UnicodeDecodeError as error:
            raise Invalid(f"{path} is not text in UTF-8.") from error
    if kind == "csv":
        return read_sheet(read_table_file(path), method, budget=budget, grades=grades)
    raise Invalid(f"Ballots are read from files that end in .csv, .{', .'.join(PREFLIB)}.")


@application.command()
def check(database: DatabaseOption = None, form: FormatOption = None) -> None:
    """Look for damage: the file itself, records their events do not explain, altered ballots."""
    _choose(database, form)
    problems: list[str] = []
    with _reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            found = session.scalar(text("PRAGMA integrity_check"))
            problems += [] if found == "ok" else [f"The file is damaged: {found}"]
            for row in session.execute(text("PRAGMA foreign_key_check")):
                problems.append(f"A row of {row[0]} refers to a {row[2]} that does not exist")
        problems += _unexplained(session)
        problems += damaged_rounds(session)
    if problems and chosen.form is Format.TABLE:
        typer.echo("\n".join(problems), err=True)
    elif problems or chosen.form is not Format.TABLE:
        _print({"problems": problems}, [{"problem": problem} for problem in problems])
    else:
        typer.echo("All is well.")
    if problems:
        raise typer.Exit(1)


@application.command("verify")
def verify_record(
    path: Annotated[Path, typer.Argument(help="record.json of a closed round.", exists=True, dir_okay=False)],
    form: FormatOption = None,
) -> None:
    """Recount the published record of a round; status 1 where it does not agree with itself."""
    chosen.form = form or chosen.form
    found = verify(read_record(path.read_bytes()))
    ranking = [{"place": place, "options": " = ".join(level)} for place, level in enumerate(found.ranking, 1)]
    _print(
        {
            "question": found.question,
            "ballots": found.ballots,
            "receipts": found.receipts,
            "ranking": found.ranking,
            "digest": found.digest,
            "problems": found.problems,
        },
        ranking,
    )
    for problem in found.problems:
        typer.echo(problem, err=True)
    if found.problems:
        raise typer.Exit(1)
    if chosen.form is Format.TABLE:
        typer.echo(f"{found.ballots} ballots recount to the published ranking. SHA-256 {found.digest}")


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
    form: FormatOption = None,
) -> None:
    """Give somebody access."""
    _choose(database, form)
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
    _say(f"{email} may sign in as {role.value}.", email=email, role=role.value)


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
def disable(
    email: Annotated[str, typer.Option()], database: DatabaseOption = None, form: FormatOption = None
) -> None:
    """Take access away, at once."""
    _choose(database, form)
    _with_account(email, lambda session, key: access.disable_account(session, COMMAND_LINE, key, clock.now()))
    _say(f"{email} can no longer sign in.", email=email, disabled=True)


@account.command()
def enable(
    email: Annotated[str, typer.Option()], database: DatabaseOption = None, form: FormatOption = None
) -> None:
    """Give access back."""
    _choose(database, form)
    _with_account(email, lambda session, key: access.enable_account(session, COMMAND_LINE, key, clock.now()))
    _say(f"{email} may sign in again.", email=email, disabled=False)


@account.command("password")
def new_password(
    email: Annotated[str, typer.Option()],
    password_stdin: PasswordOption = False,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Set a new password and end the account's sessions."""
    _choose(database, form)
    secret = _secret(password_stdin)
    _with_account(
        email, lambda session, key: access.set_password(session, COMMAND_LINE, key, secret, clock.now())
    )
    _say(f"{email} has a new password.", email=email, password="set")


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
    except (DBAPIError, ArgumentError) as trouble:
        reason = str(getattr(trouble, "orig", None) or trouble).strip().splitlines()[0]
        typer.echo(f"The database cannot be used: {reason}", err=True)
        sys.exit(2)
    except OSError as trouble:
        typer.echo(f"{trouble.filename or 'A file'} cannot be used: {trouble.strerror or trouble}", err=True)
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    main()
