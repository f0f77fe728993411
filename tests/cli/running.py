"""A command of the lab in this process: with its own arguments, input and database, as a script runs it.

Starting Python and importing the lab takes a second and a half; most tests of commands need none of that.
Those that are about the process itself use `lab_process`.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import typer

from lab.cli import application, run
from lab.cli.options import Options, chosen

ROOT = Path(__file__).resolve().parents[2]

Done = subprocess.CompletedProcess[str]


def lab(database: Path | str, *arguments: str, given: str = "", commands: typer.Typer = application) -> Done:
    """Run a command on a database, a file or an address, not talking to a terminal."""
    vars(chosen).update(vars(Options()))  # a process begins without options
    written, complained = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(written), redirect_stderr(complained):
        patch.setenv("DATABASE_URL", _address(database))
        patch.setattr(sys, "argv", ["lab", *arguments])
        patch.setattr(sys, "stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            run(commands)
    code = ended.value.code
    assert isinstance(code, int)
    said = []
    for stream in (written, complained):
        stream.seek(0)
        said.append(stream.read())
    return subprocess.CompletedProcess(arguments, code, *said)


def lab_process(database: Path | str, *arguments: str, given: str = "") -> Done:
    """The same by `python -m lab`, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": _address(database)},
        input=given,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _address(database: Path | str) -> str:
    return f"sqlite:///{database}" if isinstance(database, Path) else database
