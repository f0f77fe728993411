"""`python -m lab backup` and `restore`."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from db.engine import UNUSABLE, reason_of, sqlite_path
from db.usable import guard_usable
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import report
from lab.cli.databases import reading
from lab.cli.options import DatabaseOption, FormatOption, choose, chosen
from lab.exchange.backup import keys
from lab.exchange.backup.commands import keep_newest, make_backup, restore_backup
from lab.exchange.backup.package import opened
from lab.exchange.backup.queries import damage_in
from lab.foundation import clock
from lab.foundation.errors import Invalid

UNITS: Final = {"m": 60, "h": 3600, "d": 86400}

KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        envvar="LAB_BACKUP_KEY_FILE",
        help="A file with the key; or put the key itself in LAB_BACKUP_KEY.",
        dir_okay=False,
    ),
]


def backup(
    directory: Annotated[
        Path | None, typer.Argument(help="Where backups go; else backups/ beside the database.")
    ] = None,
    every: Annotated[str | None, typer.Option(help="Again and again, such as every 30m, 1h or 1d.")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but the newest so many.")] = None,
    key_file: KeyFileOption = None,
    make_key: Annotated[Path | None, typer.Option(help="Write a new key to this file, and end.")] = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Back up the whole lab while it is in use, encrypted where a key is given."""
    choose(database, form)
    if make_key:
        _make_key(make_key)
        return
    seconds = _seconds(every) if every else None
    key = given_key(key_file)
    with reading():  # says so where there is no lab
        pass
    place = directory or (sqlite_path(chosen.url) or Path("var/lab.db")).parent / "backups"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing unencrypted is left behind
    try:
        _back_up(place, key, keep)
        while seconds:
            time.sleep(seconds)
            _again(place, key, keep)
    except KeyboardInterrupt:
        return


def _make_key(path: Path) -> None:
    recipient = keys.make_key(path)
    report(
        f"The key is in {path}. Whoever has it can open the backups, and without it nobody can: keep a copy "
        f"somewhere else. The server needs no more than LAB_BACKUP_KEY={recipient}",
        key_file=str(path), recipient=recipient,
    )  # fmt: skip


def _back_up(directory: Path, key: str | None, keep: int | None) -> None:
    made = make_backup(chosen.url, COMMAND_LINE, directory, key=key, clock=clock.now)
    gone = keep_newest(chosen.url, directory, COMMAND_LINE, keep) if keep else []
    number = len(made.manifest.open_rounds)
    left_out = (
        f" {number} votes are open: their ballots are in it, and who cast which is not."
        if number > 1
        else " A vote is open: its ballots are in it, and who cast which is not."
        if number
        else ""
    )
    report(
        f"{made.path}: everything acknowledged before {made.manifest.complete_until} is in it, "
        f"{'encrypted' if key else 'not encrypted'}.{left_out}",
        path=str(made.path), complete_until=made.manifest.complete_until, encrypted=bool(key),
        open_rounds=number, removed=len(gone),
    )  # fmt: skip


def _again(directory: Path, key: str | None, keep: int | None) -> None:
    """A later turn, which a full disk or an absent database doesn't end for good."""
    try:
        _back_up(directory, key, keep)
    except UNUSABLE as trouble:
        typer.echo(f"No backup was made: {reason_of(trouble)}", err=True)
    except OSError as trouble:
        typer.echo(f"No backup was made: {trouble}", err=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    key_file: KeyFileOption = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Put a backup in the place of the lab's database. What was there before is kept beside it."""
    choose(database, form)
    path = sqlite_path(chosen.url)
    if path is None:
        guard_usable(chosen.url)
    folder = path.resolve().parent if path else None
    with opened(file, given_key(key_file), folder if folder and folder.is_dir() else None) as found:
        if problems := damage_in(found, COMMAND_LINE):
            raise Invalid(f"{file} is damaged, so nothing was changed: {problems[0]}")
        kept = restore_backup(chosen.url, COMMAND_LINE, found, now=clock.now())
        until = found.manifest.complete_until
    before = f" What was there before is in {kept}." if kept else ""
    report(
        f"The lab is as it was at {until}.{before} Everybody signs in again.",
        complete_until=until, kept=str(kept or ""),
    )  # fmt: skip


def given_key(file: Path | None) -> str | None:
    """The key in the file or in LAB_BACKUP_KEY, or None."""
    if file is not None:
        return keys.key_in(file.read_text(encoding="utf-8", errors="replace"))
    told = os.environ.get("LAB_BACKUP_KEY", "")
    return keys.key_in(told) if told else None


def _seconds(every: str) -> int:
    found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", every.strip().lower())
    if not found:
        raise Invalid("Say how often as 30m, 1h or 1d.")
    return int(found[1]) * UNITS[found[2]]
