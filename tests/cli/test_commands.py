"""`python -m lab`: for scripts and cron, beside a running server or without one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.exchange.register.intake import COUNTED
from tests.cli.running import ROOT, lab, lab_process
from tests.conftest import NOW

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo lab, on its last day."""
    (tmp_path / "clock").write_text(NOW.isoformat(), encoding="utf-8")
    monkeypatch.setenv("LAB_CLOCK_FILE", str(tmp_path / "clock"))
    return Path(shutil.copy(demo_file, tmp_path / "demo.db"))


def test_a_lab_is_set_up_and_people_get_and_lose_access(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    made = lab_process(
        path, "init", "--lab-name", "Harbour Lab", "--name", "Ada", "--email", "ada@example.org",
        "--password-stdin", given="amber kettle bridge\n",
    )  # fmt: skip
    assert (made.returncode, made.stderr) == (0, "")
    added = lab(
        path, "account", "add", "--email", "bo@example.org", "--name", "Bo", "--role", "manager",
        "--password-stdin", given="copper window field\n",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert lab(path, "account", "disable", "--email", "bo@example.org").returncode == 0
    people = json.loads(lab(path, "account", "list", "--format", "json").stdout)
    assert [(each["name"], each["role"], each["disabled"]) for each in people] == [
        ("Ada", "administrator", False),
        ("Bo", "manager", True),
    ]
    refused = lab(path, "account", "disable", "--email", "ada@example.org")
    assert refused.returncode == 2
    assert "only administrator" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert lab(path, "check").returncode == 0


def test_the_demo_answers_the_questions_of_a_manager(demo: Path) -> None:
    path = demo
    rates = json.loads(lab(path, "rates", "--format", "json").stdout)["implementation_rate"]
    assert (rates["implemented"], rates["closed"], rates["rate"]) == (9, 18, 0.5)
    assert (round(rates["low"], 3), round(rates["high"], 3)) == (0.290, 0.710)
    report = json.loads(lab(path, "risk", "--format", "json").stdout)["projects"]
    assert len(report) == 10
    for project in report:
        points = sum(driver["points"] for driver in project["drivers"])
        assert points == pytest.approx(project["score"], abs=1e-9)
    assert lab(path, "risk", "--format", "csv").stdout.startswith("project,level,score")
    assert lab(path, "check").stdout == "All is well.\n"
    again = lab(path, "demo")
    assert again.returncode == 2
    assert "already in use" in again.stderr


def test_a_backtest_says_when_it_cannot_tell_and_a_refit_leaves_things_alone(demo: Path) -> None:
    path = demo
    answer = json.loads(lab(path, "backtest", "--refit", "--format", "json").stdout)
    assert (answer["verdict"], answer["by"], answer["refit"]["moved"]) == ("too_short", {}, "nothing")
    assert answer["said"][0].startswith(
        "Too short a history to tell: 2 people left disappointed, in 1 project"
    )
    assert "10 are needed" in answer["said"][-1]
    backwards = lab(path, "backtest", "--from", "2026-01-01", "--to", "2025-01-01")
    assert backwards.returncode == 2
    assert "must end after" in backwards.stderr


def test_a_register_is_shown_first_and_written_only_with_yes(tmp_path: Path) -> None:
    path, register = tmp_path / "lab.db", tmp_path / "register.csv"
    register.write_text("project,advice\nA,Do it\n,Do that\n", encoding="utf-8")
    arguments = (
        "import", str(register), "--as", "recommendations", "--project-from", "project", "--text", "advice",
    )  # fmt: skip
    nothing = dict.fromkeys(COUNTED, 0)
    one = nothing | {"projects": 1, "recommendations": 1}
    looked = lab(path, *arguments, "--format", "json")
    assert (looked.returncode, looked.stderr) == (0, "")
    assert not path.exists()
    answer = json.loads(looked.stdout)
    assert answer.pop("written") is False
    assert (answer["added"], answer["unchanged"]) == (one, nothing)
    (rejected,) = answer["rejected"]
    assert rejected["row"] == 3
    assert "the project is not known" in rejected["reason"]
    shown = lab(path, *arguments)
    assert "Not taken. Row 3" in shown.stderr
    assert "Nothing was written" in shown.stderr
    assert json.loads(lab(path, *arguments, "--yes", "--format", "json").stdout) == answer
    again = json.loads(lab(path, *arguments, "--yes", "--format", "json").stdout)
    assert (again["added"], again["unchanged"]) == (nothing, one)
    unknown = lab(path, *arguments, "--reply", "answer")
    assert unknown.returncode == 2
    assert "no column “answer”" in unknown.stderr


def test_a_file_that_is_no_register_is_refused_in_one_line(tmp_path: Path) -> None:
    for content, reason in (
        (b"project,advice\n" + b"A,Do it\n" * 2_700_000, "20 MiB is the most"),
        (b"PK\x03\x04rest", "spreadsheet or a zip"),
        (b"\xff\xfep\x00\x00\xd8", "not text"),
        (b"", "empty"),
    ):
        register = tmp_path / "register.csv"
        register.write_bytes(content)
        refused = lab(tmp_path / "lab.db", "import", str(register), "--as", "recommendations", "--yes")
        assert refused.returncode == 2, refused.stderr
        assert reason in refused.stderr, refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "lab.db").exists()


def test_a_command_starts_without_loading_what_only_statistics_need() -> None:
    loaded = "import sys, lab.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "lab.rates.survival" in done.stdout.split()
    assert not {"scipy.stats", "scipy.optimize", "scipy.integrate"} & set(done.stdout.split())


def test_nothing_prompts_without_a_terminal(tmp_path: Path) -> None:
    missing = lab(tmp_path / "none.db", "risk")
    assert missing.returncode == 2
    assert "There is no database" in missing.stderr
    prompted = lab_process(
        tmp_path / "new.db", "init", "--lab-name", "L", "--name", "A", "--email", "a@b.org"
    )
    assert prompted.returncode == 2
    assert "--password-stdin" in prompted.stderr


def test_options_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    path = tmp_path / "there.db"
    assert lab(tmp_path / "unused.db", "demo", "--projects", "3", "--database", str(path)).returncode == 0
    assert not (tmp_path / "unused.db").exists()
    for arguments in (
        ("rates", "--database", str(path), "--format", "json", "--as-of", "2020-01-01"),
        ("--database", str(path), "--format", "json", "--as-of", "2020-01-01", "rates"),
    ):
        answered = json.loads(lab(tmp_path / "unused.db", *arguments).stdout)
        assert answered["implementation_rate"]["closed"] == 0
    for arguments in (
        ("check",), ("export", str(tmp_path / "out")), ("import", str(tmp_path / "out")),
        ("demo", "--projects", "2", "--as-of", "2026-03-01"), ("account", "list"),
    ):  # fmt: skip
        place = tmp_path / f"{arguments[0]}.db" if arguments[0] in ("import", "demo") else path
        done = lab(tmp_path / "unused.db", *arguments, "--database", str(place), "--format", "json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout), done.stderr
    again = lab(tmp_path / "unused.db", "import", str(tmp_path / "out"), "--database", str(path))
    assert again.returncode == 2
    assert "already in use" in again.stderr
