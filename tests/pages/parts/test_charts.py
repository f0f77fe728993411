"""Two screens that start at the same moment can both draw their charts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_pandas_is_whole_before_a_figure_is_made() -> None:
    """Half imported by another screen's thread, it ends a figure in an error."""
    looks = "import sys, pages.parts.charts; print(hasattr(sys.modules.get('pandas'), 'Series'))"
    said = subprocess.run([sys.executable, "-c", looks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"


def test_whoever_makes_figures_has_the_charts_of_the_screens() -> None:
    makers = [each for each in (ROOT / "pages").rglob("*.py") if "import plotly" in each.read_text("utf-8")]
    assert len(makers) > 5
    for each in makers:
        assert each.name == "charts.py" or "charts" in each.read_text("utf-8"), each
