"""The drill of README's *Backups*, typed word for word: a backup every so often, looked at and restored."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, lab

pytestmark = pytest.mark.fault


def test_the_readme_s_drill_works_word_for_word(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("### Backups")[2].partition("\n###")[0]
    commands = re.findall(r"^    (.+)$", section, re.MULTILINE)
    assert len(commands) == 5
    assert lab(tmp_path / "var" / "lab.db", "demo", "--projects", "2").returncode == 0
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o700)
    known = {
        name: told for name, told in os.environ.items() if name not in ("DATABASE_URL", "LAB_BACKUP_KEY")
    }
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        # the shell becomes the command, so that SIGTERM ends it and not the shell
        assignment, _, rest = command.partition(" ") if "=" in command.split()[0] else ("", "", command)
        made = next(iter((tmp_path / "var").glob("backups/*.age")), Path("none yet"))
        shell = f"{assignment} exec {rest}".replace("var/backups/lab-….zip.age", str(made))
        process = subprocess.Popen(
            ["sh", "-c", shell], cwd=tmp_path, env=known | {"PYTHONPATH": str(ROOT), "PATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout
        if "--every" in command:
            assert "encrypted" in process.stdout.readline()
            process.terminate()
        said, complained = process.communicate(timeout=120)
        assert process.returncode == 0, (command, said, complained)
    assert said == "All is well.\n"
    drill = lab(tmp_path / "drill.db", "account", "list", "--format", "json").stdout
    assert drill == lab(tmp_path / "var" / "lab.db", "account", "list", "--format", "json").stdout
    assert {each.name for each in (tmp_path / "var").iterdir()} == {"lab.db", "backups"}
