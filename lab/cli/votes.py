"""`python -m lab tally` and `verify`: counting a file of ballots, recounting a published record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from lab.cli.answers import print_answer
from lab.cli.options import Format, FormatOption, choose, chosen
from lab.exchange.tables import read_table_file
from lab.foundation.errors import Invalid
from lab.foundation.text import quantity
from lab.voting.counting.common_ground import SEED, Certainty, certainty
from lab.voting.counting.sums import GRADES
from lab.voting.files import (
    GROUP_COLUMN,
    MEANINGS,
    PREFLIB,
    TIMES_COLUMN,
    Ballots,
    plain_count,
    read_preflib,
    read_sheet,
    special_columns,
)
from lab.voting.methods.registry import method_named, method_names
from lab.voting.record import read_record
from lab.voting.record import verify as recount
from lab.voting.rules import MOST_OPTIONS
from lab.voting.tally import count

MOST_RESAMPLED: Final = 10_000
"""Rows of a file above which the bootstrap would take longer than the count is worth."""
READINGS: Final = {reading: name for name in method_names() for reading in method_named(name).readings}
"""Names of other methods that read the same ballots, each with the ballots' method."""
CHOICES: Final = ", ".join((*method_names(), *READINGS))


def tally(
    path: Annotated[
        Path, typer.Argument(help="PrefLib (soc, soi, toc, toi, cat) or CSV.", exists=True, dir_okay=False)
    ],
    method: Annotated[str, typer.Option(help=f"One of {CHOICES}.")],
    budget: Annotated[int | None, typer.Option(help="Dots a ballot may give.", min=1)] = None,
    grades: Annotated[int, typer.Option(help="Grades in a CSV file, 0 the worst.", min=2)] = GRADES,
    group_column: Annotated[
        str | None,
        typer.Option(help="Column of a CSV file that says whose ballots these are; or none."),
    ] = None,
    ballots_column: Annotated[
        str | None,
        typer.Option(help="Column of a CSV file that says how often each row was cast; or none."),
    ] = None,
    form: FormatOption = None,
) -> None:
    """Count a file of ballots; needs no database."""
    choose(None, form)
    way = method if method in READINGS else None
    name = READINGS.get(method, method)
    columns = {GROUP_COLUMN: group_column, TIMES_COLUMN: ballots_column}
    ballots = _ballots(path, name, budget, grades, columns)
    found = count(
        name,
        ballots.marks,
        weights=ballots.weights,
        budget=budget,
        grades=ballots.grades,
    )
    answer = plain_count(found, ballots.options, way, _certainty(name, ballots))
    if chosen.form is Format.TABLE:
        typer.echo(answer["blanks"], err=True)
    rows, place = [], 1
    for level in answer["ranking"]:
        rows += [
            {"place": place if answer["winners"] else None, "option": name}
            | {what: answer[what][name] for what in ("averages", "support", "marked") if answer[what]}
            for name in level
        ]
        place += len(level)
    print_answer(answer, rows)
    if chosen.form is Format.TABLE and answer["sentence"]:
        typer.echo(answer["sentence"])


def verify(
    path: Annotated[Path, typer.Argument(help="record.json of a closed round.", exists=True, dir_okay=False)],
    form: FormatOption = None,
) -> None:
    """Recount the published record of a round; exit status 1 if it is inconsistent."""
    chosen.form = form or chosen.form
    found = recount(read_record(path.read_bytes()))
    ranking = [{"place": place, "options": " = ".join(level)} for place, level in enumerate(found.ranking, 1)]
    print_answer(
        {
            "question": found.question,
            "ballots": found.ballots,
            "receipts": found.receipts,
            "ranking": found.ranking,
            "sentence": found.sentence,
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
        typer.echo(found.sentence)
        typer.echo(
            f"{quantity(found.ballots, 'ballot')} recount to the published ranking. SHA-256 {found.digest}"
        )


def _certainty(name: str, ballots: Ballots) -> Certainty | None:
    """How sure the ranking is; not asked of elections larger than a round can be."""
    if len(ballots.options) > MOST_OPTIONS or len(ballots.marks) > MOST_RESAMPLED:
        return None
    return certainty(
        method_named(name), ballots.marks, seed=SEED, weights=ballots.weights, grades=ballots.grades
    )


def _ballots(
    path: Path, method: str, budget: int | None, grades: int, columns: Mapping[str, str | None]
) -> Ballots:
    kind = path.suffix.lower().removeprefix(".")
    if kind in PREFLIB:
        try:
            return read_preflib(path.read_text(encoding="utf-8-sig"), kind, method)
        except UnicodeDecodeError as error:
            raise Invalid(f"{path} is not text in UTF-8.") from error
    if kind == "csv":
        table = read_table_file(path, keeps_blank_rows=True)
        for meaning, heading in special_columns(table, columns).items():
            if columns[meaning] is None:
                typer.echo(
                    f"The column “{heading}” is read as {MEANINGS[meaning]}, not as an option. "
                    f"If it is one, say --{'group' if meaning == GROUP_COLUMN else 'ballots'}-column none.",
                    err=True,
                )
        return read_sheet(table, method, budget=budget, grades=grades, columns=columns)
    raise Invalid(f"Ballots are read from files that end in .csv, .{', .'.join(PREFLIB)}.")
