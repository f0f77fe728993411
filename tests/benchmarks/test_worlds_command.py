"""`python -m benchmarks.worlds`: a lab made by it is a lab like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.worlds.__main__ import application
from tests.cli.running import lab


@pytest.mark.slow
def test_a_lab_that_behaves_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    made = lab(path, "--seed", "7", "--projects", "32", commands=application)
    assert made.returncode == 0, made.stderr
    assert lab(path, "check").stdout == "All is well.\n"
    answer = json.loads(lab(path, "backtest", "--format", "json").stdout)
    assert answer["verdict"] != "too_short"
    assert answer["projects"] == 32
    score = answer["by"]["score"]["auroc"]
    assert 0 <= score["low"] < score["value"] < score["high"] <= 1
    assert answer["by"]["overdue"]["gain"]
    assert answer["calibration"]["skill"]
    table = lab(path, "backtest").stdout
    assert table.startswith("ordered by")
    assert "Days since last update" in table
    assert answer["said"][0] in table
