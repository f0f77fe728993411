"""`python -m lab renew-secret`: a new secret, after somebody may have read the old one."""

from __future__ import annotations

from contextlib import nullcontext

from db.engine import sqlite_path
from db.lock import hold
from lab.access import commands as access
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import report
from lab.cli.databases import reading, writing
from lab.cli.options import DatabaseOption, FormatOption, choose, chosen
from lab.foundation import clock


def renew_secret(database: DatabaseOption = None, form: FormatOption = None) -> None:
    """Replace the secret with which the lab signs; pulse links that are out end. Stop the lab first."""
    choose(database, form)
    with reading():  # says so where there is no lab
        pass
    path = sqlite_path(chosen.url)
    with hold(path) if path else nullcontext(), writing() as session:
        access.renew_secret(session, COMMAND_LINE, now=clock.now())
    report(
        "The lab has a new secret. Pulse links that are out no longer work: make new ones. On PostgreSQL, "
        "restart every server of this lab now.",
        secret="renewed",
    )
