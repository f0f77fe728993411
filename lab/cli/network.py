"""`python -m lab network`: the public address and the trusted proxies."""

from __future__ import annotations

import json
import urllib.request
from typing import Annotated, Final

import typer

from lab.access.commands import set_network
from lab.access.network import Arrival, NetworkSettings, mismatches
from lab.access.queries import network_settings
from lab.access.rights import COMMAND_LINE
from lab.cli.answers import print_answer
from lab.cli.databases import reading, writing
from lab.cli.options import DatabaseOption, FormatOption, choose
from lab.foundation import clock

PATIENCE: Final = 10.0
"""Seconds to wait for an answer."""
LONGEST_ANSWER: Final = 100_000

PublicAddressOption = Annotated[
    str | None,
    typer.Option(
        "--public-address", help="Where people reach the lab, like https://lab.example.org; '' for none."
    ),
]
TrustedProxiesOption = Annotated[
    str | None,
    typer.Option("--trusted-proxies", help="Addresses and networks of proxies, with commas between."),
]


def network(
    public_address: PublicAddressOption = None,
    trusted_proxies: TrustedProxiesOption = None,
    database: DatabaseOption = None,
    form: FormatOption = None,
) -> None:
    """Show or set the public address and the trusted proxies."""
    choose(database, form)
    if public_address is not None or trusted_proxies is not None:
        with writing() as session:
            known = network_settings(session)
            set_network(
                session,
                COMMAND_LINE,
                public_address=known.public_address if public_address is None else public_address,
                trusted_proxies=str(known.trusted) if trusted_proxies is None else trusted_proxies,
                now=clock.now(),
            )
    with reading() as session:
        _show(network_settings(session))


def unlike_what_arrives(settings: NetworkSettings) -> list[str]:
    """Ask the lab at its public address how the request arrived; returns what does not match.

    Where it cannot be reached from here, that is said, and is no problem: some networks hide it from itself.
    """
    if not settings.public_address:
        return []
    at = f"{settings.public_address}/health"
    try:
        with urllib.request.urlopen(at, timeout=PATIENCE) as answer:
            told = json.loads(answer.read(LONGEST_ANSWER))["arrived"]
            came = Arrival(str(told["scheme"]), str(told["host"]), "", str(told["not_believed"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"{at} does not answer here as the lab would: {error}", err=True)
        return []
    return list(mismatches("", came, settings))


def _show(settings: NetworkSettings) -> None:
    told = {
        "public_address": settings.public_address,
        "trusted_proxies": str(settings.trusted),
        "set_by_environment": ", ".join(sorted(settings.set_outside)),
    }
    print_answer(told, [told])
