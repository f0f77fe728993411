"""`python -m lab …`: what scripts, cron and administrators do, without a browser.

A file for each noun; every command is listed here, in the order that `--help` shows.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from db.engine import UNUSABLE, Unusable, reason_of
from db.lock import AlreadyServed
from lab.cli.account import account, init
from lab.cli.audit import audit
from lab.cli.backup import backup, restore
from lab.cli.check import check
from lab.cli.demo import demo
from lab.cli.digest import digest
from lab.cli.network import network
from lab.cli.options import before_the_command
from lab.cli.polis import polis
from lab.cli.rates import rates
from lab.cli.register import take
from lab.cli.risk import backtest, risk
from lab.cli.secret import renew_secret
from lab.cli.serve import serve
from lab.cli.votes import tally, verify
from lab.cli.whole import export
from lab.foundation.errors import LabError

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="`python -m lab …`: what scripts, cron and administrators do, without a browser.",
)
application.callback()(before_the_command)
application.command("init")(init)
application.command("serve")(serve)
application.command("demo")(demo)
application.command("import")(take)
application.command("export")(export)
application.command("backup")(backup)
application.command("restore")(restore)
application.command("risk")(risk)
application.command("digest")(digest)
application.command("rates")(rates)
application.command("backtest")(backtest)
application.command("tally")(tally)
application.command("audit")(audit)
application.command("check")(check)
application.command("network")(network)
application.command("renew-secret")(renew_secret)
application.command("verify")(verify)
application.add_typer(account, name="account")
application.add_typer(polis, name="polis")


def run(commands: typer.Typer = application) -> NoReturn:
    """Run a command; a mistake is reported in one line, with exit status 2."""
    try:
        commands()
    except LabError as refusal:
        typer.echo(refusal.message, err=True)
        sys.exit(2)
    except (Unusable, AlreadyServed) as trouble:
        typer.echo(str(trouble), err=True)
        sys.exit(2)
    except UNUSABLE as trouble:
        typer.echo(f"The database cannot be used: {reason_of(trouble)}", err=True)
        sys.exit(2)
    except OSError as trouble:
        typer.echo(f"{trouble.filename or 'A file'} cannot be used: {trouble.strerror or trouble}", err=True)
        sys.exit(2)
    sys.exit(0)
