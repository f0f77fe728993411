"""Options of every command."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from db.engine import Session, database_url
from lab.foundation import clock


class Format(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass
class Options:
    """The options, given before or after the command's name."""

    url: str = ""
    as_of: dt.date | None = None
    form: Format = Format.TABLE


chosen = Options()
"""The options of this run; `choose` sets them."""

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="A file or URL; else DATABASE_URL, else var/lab.db.")
]
FormatOption = Annotated[Format | None, typer.Option("--format", help="table, json or csv.")]
AsOfOption = Annotated[dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A past day.")]


def before_the_command(
    database: DatabaseOption = None, form: FormatOption = None, as_of: AsOfOption = None
) -> None:
    """These may stand before or after the command."""
    chosen.url, chosen.form, chosen.as_of = database_url(database), form or Format.TABLE, None
    choose(None, form, as_of)


def choose(database: str | None, form: Format | None = None, as_of: dt.datetime | None = None) -> None:
    """Options after the command's name override those before it."""
    if database or not chosen.url:
        chosen.url = database_url(database)
    chosen.form = form or chosen.form
    chosen.as_of = as_of.date() if as_of else chosen.as_of


def day_asked(session: Session) -> dt.date:
    """The day in --as-of, or today in the lab."""
    return chosen.as_of or clock.today(session, clock.now())


def instant(session: Session) -> dt.datetime:
    """Now, or noon in the lab on the day in --as-of."""
    now = clock.now()
    return clock.instant_on(chosen.as_of, now, clock.zone(session)) if chosen.as_of else now
