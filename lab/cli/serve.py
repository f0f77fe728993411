"""`python -m lab serve`: the lab on one port, or one part of it for a proxy of your own."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from db.usable import guard_usable
from lab.cli.options import chosen
from lab.foundation.beside import ROOT
from lab.foundation.errors import LabError

STORE = Path("var/store.sock")


class ServedPart(StrEnum):
    """What to serve."""

    ALL = "all"
    ROOMS = "rooms"
    DESK = "desk"
    STORE = "store"


def serve(
    part: Annotated[
        ServedPart,
        typer.Argument(
            help="all: everything on one port. For a proxy of your own: rooms (phones, walls, results and "
            "public pages), desk (the screens), store (the writer of ballots)."
        ),
    ] = ServedPart.ALL,
    port: Annotated[int, typer.Option(envvar="STREAMLIT_SERVER_PORT", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(envvar="STREAMLIT_SERVER_ADDRESS", help="Listen here only, such as 127.0.0.1.")
    ] = "",
    certificate: Annotated[
        Path | None, typer.Option(envvar="STREAMLIT_SERVER_SSL_CERT_FILE", help="Serve over TLS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(envvar="STREAMLIT_SERVER_SSL_KEY_FILE")] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="The Unix socket of a store that was started alone; without it rooms start one."),
    ] = None,
) -> None:
    """Serve the lab until Ctrl-C or SIGTERM. Raises: Unusable: the database can't be used."""
    if not hasattr(os, "fork"):
        raise LabError("This needs a system such as Linux or macOS. Use: streamlit run lab_app.py")
    if bool(certificate) != bool(key):
        raise LabError("TLS needs both --certificate and --key.")
    guard_usable(chosen.url)
    os.environ["DATABASE_URL"] = chosen.url
    sys.stdout.flush()
    if part is ServedPart.STORE:
        _become("lab.web.processes.store", str(store or STORE))
    elif part is ServedPart.DESK:
        os.environ["LAB_PART"] = "desk"
        options = ["--server.port", str(port), *(["--server.address", address] if address else [])]
        tls = ["--server.sslCertFile", str(certificate), "--server.sslKeyFile", str(key)]
        _become("streamlit", "run", str(ROOT / "lab_app.py"), *options, *(tls if certificate else []))
    else:
        named = {"--address": address, "--certificate": certificate, "--key": key, "--store": store}
        given = [each for name, value in named.items() if value for each in (name, str(value))]
        rooms = ["--rooms"] if part is ServedPart.ROOMS else []
        _become("lab.web.processes.launch", "--port", str(port), *given, *rooms)


def _become(module: str, *arguments: str) -> None:
    """Replace this process, so that the server does not keep what the command line imported."""
    known = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([known] if known else [])])
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
