"""The files of docs/running: the service is closed to what it needs not, the container runs as nobody."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

RUNNING: Final = Path(__file__).resolve().parents[1] / "docs/running"
UNITS: Final = ("followthrough.service", "followthrough-backup.service", "followthrough-backup.timer")


def _systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze: apt-get install systemd")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line_of_a_unit(unit: str, tmp_path: Path) -> None:
    for each in UNITS:
        text = (RUNNING / each).read_text(encoding="utf-8")
        (tmp_path / each).write_text(text.replace("/opt/followthrough/.venv/bin/python", "/bin/true"))
    told = _systemd_analyze("verify", "--man=no", str(tmp_path / unit))
    assert unit not in told.stderr, told.stderr


def test_the_service_is_closed_to_what_it_does_not_need(tmp_path: Path) -> None:
    shutil.copy(RUNNING / "followthrough.service", tmp_path)
    told = _systemd_analyze(
        "security", "--offline=true", "--no-pager", str(tmp_path / "followthrough.service")
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found, told.stderr
    assert float(found[1]) <= 2


def test_the_services_records_are_its_users_alone() -> None:
    for unit in UNITS[:2]:
        text = (RUNNING / unit).read_text(encoding="utf-8")
        assert {"User=followthrough", "UMask=0077", "StateDirectoryMode=0700"} <= set(text.splitlines())


def test_the_container_runs_as_a_user_without_rights() -> None:
    lines = (RUNNING / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("USER 10001") < next(
        place for place, line in enumerate(lines) if line.startswith("CMD")
    )
    for line in lines:
        for source in re.findall(r"^COPY (.+) \S+$", line):
            assert all((RUNNING.parents[1] / each).exists() for each in source.split()), line
