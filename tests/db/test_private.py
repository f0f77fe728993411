"""What the lab creates may be read by its owner alone, and `check` says where it is otherwise."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, lab

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")


def open_below(folder: Path) -> list[str]:
    """What others may read below a folder, and the folder itself."""
    found = [folder, *folder.rglob("*")]
    return [str(each.relative_to(folder)) for each in found if each.stat().st_mode & 0o077]


@pytest.mark.slow
def test_records_and_exports_are_for_their_owner_alone(tmp_path: Path) -> None:
    def run(*arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "lab", *arguments],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": str(tmp_path / "var" / "lab.db")},
            umask=0o022,
            timeout=300,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    run("demo", "--projects", "2")
    run("export", str(tmp_path / "out"))
    assert {"out", "var"} == {each.name for each in tmp_path.iterdir()}
    assert [open_below(each) for each in tmp_path.iterdir()] == [[], []]


def test_check_names_a_file_that_others_may_read_and_the_command_that_mends_it(
    tmp_path: Path, empty_sqlite: Path
) -> None:
    folder = tmp_path / "the lab's"
    folder.mkdir(mode=0o755)
    shutil.copy(empty_sqlite, path := folder / "lab.db")
    assert lab(path, "check").stdout == "All is well.\n"
    path.chmod(0o644)
    folder.chmod(0o777)
    done = lab(path, "check")
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert [each.partition(" may ")[2].split()[0] for each in said] == ["read", "replace"]
    for each in said:
        subprocess.run(shlex.split(each.partition("Mend it with: ")[2]), check=True)
    assert lab(path, "check").stdout == "All is well.\n"
