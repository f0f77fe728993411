"""`python -m lab risk` and `backtest`: the disillusion score, and whether it would have helped."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading, writing
from lab.cli.options import AsOfOption, DatabaseOption, Format, FormatOption, choose, chosen, day_asked
from lab.disillusion.explanation import risk_report
from lab.disillusion.hindsight.conclusion import comparison, headline, plain_numbers, refitted, remarks
from lab.disillusion.hindsight.fitting import Refit
from lab.disillusion.hindsight.refit import adopt_refit, fit_to_past
from lab.disillusion.hindsight.replay import backtest as replay_lab
from lab.disillusion.hindsight.replay import span
from lab.foundation import clock
from lab.foundation.errors import NotFound


def risk(database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None) -> None:
    """Disillusion risk of every running project, worst first."""
    choose(database, form, as_of)
    with reading() as session:
        as_of_day = day_asked(session)
        report = risk_report(session, COMMAND_LINE, as_of_day)
    rows = [
        {
            "project": row["project"],
            "level": row["level"],
            "score": row["score"],
            "low": row["low"],
            "high": row["high"],
            "person-days waiting": row["people_waiting"],
            "stalled since": row["stalled_since"] or "",
            "news promised by": row["news_promised_by"] or "",
            "first driver": row["drivers"][0]["sentence"] if row["drivers"] else "",
        }
        for row in report
    ]
    print_answer({"as_of": str(as_of_day), "projects": report}, rows)


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
    choose(database, form)
    fitted: Refit | None = None
    with reading() as session:
        first = span(session, COMMAND_LINE).first
        if first is None:
            raise NotFound("There is no project whose history could be replayed.")
        start, end = since.date() if since else first, until.date() if until else day_asked(session)
        lived, found = replay_lab(session, COMMAND_LINE, start=start, end=end)
        if refit:
            fitted, in_use = fit_to_past(session, COMMAND_LINE, lived.past())
    if fitted:
        with writing() as session:
            adopt_refit(session, COMMAND_LINE, fitted, in_use, start=start, end=end, now=clock.now())
    sentences = [headline(found), *remarks(found), *([refitted(fitted)] if fitted else [])]
    answer = {"from": start, "to": end, "said": sentences, **plain_numbers(found)}
    if fitted:
        answer["refit"] = plain_numbers(fitted) | {"better": fitted.better}
    print_answer(answer, comparison(found))
    if chosen.form is Format.TABLE:
        typer.echo("\n".join(sentences))
