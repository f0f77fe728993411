"""`python -m lab`: for scripts and cron, beside a running server or without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lab(path: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command on the database file, not talking to a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"sqlite:///{path}"},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_lab_is_set_up_and_people_get_and_lose_access(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    made = lab(
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
    assert refused.returncode == 2 and "only administrator" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert lab(path, "check").returncode == 0


def test_the_demo_answers_the_questions_of_a_manager(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    assert lab(path, "demo", "--seed", "7").returncode == 0
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
    assert again.returncode == 2 and "already in use" in again.stderr


def test_a_backtest_says_when_it_cannot_tell_and_a_refit_leaves_things_alone(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    assert lab(path, "demo", "--seed", "7").returncode == 0
    answer = json.loads(lab(path, "backtest", "--refit", "--format", "json").stdout)
    assert (answer["verdict"], answer["by"], answer["refit"]["moved"]) == ("too_short", {}, "nothing")
    assert answer["said"][0].startswith(
        "Too short a history to tell: 2 people left disappointed, in 1 project"
    )
    assert "10 are needed" in answer["said"][-1]
    backwards = lab(path, "backtest", "--from", "2026-01-01", "--to", "2025-01-01")
    assert backwards.returncode == 2 and "must end after" in backwards.stderr


def test_a_lab_that_behaves_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    assert lab(path, "demo", "--behaviour", "--seed", "7", "--projects", "60").returncode == 0
    assert lab(path, "check").stdout == "All is well.\n"
    answer = json.loads(lab(path, "backtest", "--format", "json").stdout)
    assert answer["verdict"] != "too_short" and answer["projects"] == 60
    score = answer["by"]["score"]["auroc"]
    assert 0 <= score["low"] < score["value"] < score["high"] <= 1
    assert answer["by"]["overdue"]["gain"] and answer["calibration"]["skill"]
    table = lab(path, "backtest").stdout
    assert table.startswith("ordered by") and "Days since last update" in table
    assert answer["said"][0] in table


def test_nothing_prompts_and_nothing_is_written_without_yes(tmp_path: Path) -> None:
    path, register = tmp_path / "lab.db", tmp_path / "register.csv"
    register.write_text("project,advice\nA,Do it\n", encoding="utf-8")
    arguments = (
        "import",
        str(register),
        "--as",
        "recommendations",
        "--project-from",
        "project",
        "--text",
        "advice",
    )
    refused = lab(path, *arguments)
    assert refused.returncode == 2 and "--yes" in refused.stderr and not path.exists()
    done = lab(path, *arguments, "--yes", "--format", "json")
    assert json.loads(done.stdout)["recommendations"] == 1
    missing = lab(tmp_path / "none.db", "risk")
    assert missing.returncode == 2 and "There is no database" in missing.stderr
    prompted = lab(tmp_path / "new.db", "init", "--lab-name", "L", "--name", "A", "--email", "a@b.org")
    assert prompted.returncode == 2 and "--password-stdin" in prompted.stderr
