"""CONTRIBUTING.md names the files that a change touches, and the lists are true.

A field, a method of voting and a screen are added to a copy of the repository, in the listed files and in no
other. Then the copy is linted, its imports are held to the walls, and its own tests run: those of what was
added and those that know what there is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).resolve().parents[1]
ADDITIONS: Final = ROOT / "tests" / "additions"
COPIED: Final = ("benchmarks", "db", "docs", "lab", "pages", "tests", "pyproject.toml", "lab_app.py")
LEFT: Final = shutil.ignore_patterns("journeys", "faults", "test_contributing.py")
NEXT_MIGRATION: Final = f"{len(list((ROOT / 'db/migrations/versions').glob('0*.py'))) + 1:04}"

Edit = Callable[[str], str]


def files_to_touch(what: str) -> list[str]:
    """The files that CONTRIBUTING.md lists under a heading, in its order."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.split(f"### {what}\n")[1].split("\n#")[0]
    return re.findall(r"^- `([^`]+)`", section, re.MULTILINE)


def after(anchor: str, line: str, within: str = "") -> Edit:
    """An edit that puts a line after the first one like `anchor`, from `within` on."""

    def edit(text: str) -> str:
        start = text.index(within)
        place = text.index(anchor, start) + len(anchor)
        return f"{text[:place]}{line}{text[place:]}"

    return edit


def all_of(*edits: Edit) -> Edit:
    """Several edits of one file."""
    return lambda text: reduce(lambda done, edit: edit(done), edits, text)


def new(text: str) -> Edit:
    """A file that was not there."""
    return lambda _: text


def addition(name: str) -> Edit:
    """A new file as it lies in `tests/additions`."""
    return new((ADDITIONS / name).read_text(encoding="utf-8"))


MIGRATION: Final = f'''"""A recommendation names the budget line that is to pay for it"""

import sqlalchemy as sa
from alembic import op

revision = '{NEXT_MIGRATION}'
down_revision = '{int(NEXT_MIGRATION) - 1:04}'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('recommendation', sa.Column('budget_line', sa.Text(), nullable=True))
'''
IMPORTANCE: Final = 'importance=text.number_or_none(importance, "Importance", 1, 5),\n'
CLEANED: Final = '        budget_line=text.line(budget_line, "Budget line", required=False) or None,\n'
ARGUMENT: Final = "    budget_line: str | None = None,\n"
DRAFT, EDIT = "def draft_recommendation(", "def edit_recommendation("
FIELD: Final[Mapping[str, Edit]] = {
    "db/models/followthrough.py": after(
        "    text: Mapped[str]\n", "    budget_line: Mapped[str | None]\n", "class Recommendation("
    ),
    "db/migrations/versions/<number>_<what>.py": new(MIGRATION),
    "lab/followthrough/commands.py": all_of(
        after("recorded_on: When = TODAY,\n", ARGUMENT, DRAFT),
        after(IMPORTANCE, CLEANED, DRAFT),
        after("now: dt.datetime,\n", ARGUMENT, EDIT),
        after(IMPORTANCE, CLEANED, EDIT),
    ),
    "lab/lifecycle/thread/records.py": after(
        "    text: str\n", "    budget_line: str | None\n", "class RecommendationRecord("
    ),
    "pages/project/recommendations.py": after(
        'Scale("importance", "Importance"),\n',
        '        TextLine("budget_line", "Budget line"),\n',
        "FORM = Form(",
    ),
    "tests/followthrough/test_<what>.py": addition("budget_line.py"),
}
METHOD: Final[Mapping[str, Edit]] = {
    "lab/voting/methods/<name>.py": addition("stars.py"),
}
SCREEN: Final[Mapping[str, Edit]] = {
    "pages/<name>.py": addition("lending.py"),
    "pages/parts/addresses.py": after('"portfolio": "Portfolio",\n', '    "lending": "Lending",\n'),
    "pages/frame/navigation.py": all_of(
        after("from pages import backtest, ballot, board, home, ", "lending, "),
        after(
            '("rates.read", "portfolio", portfolio.render),\n',
            '    ("project.read", "lending", lending.render),\n',
        ),
    ),
    "pyproject.toml": after(" home | implementation |", " lending |", "lead to each other by address alone"),
    "tests/pages/test_<name>.py": addition("lending_mirror.py"),
}
ADDED: Final = {
    "A field of a recommendation": (FIELD, {"<number>": NEXT_MIGRATION, "<what>": "budget_line"}),
    "A voting method": (METHOD, {"<name>": "stars"}),
    "A screen": (SCREEN, {"<name>": "lending"}),
}
TRIED: Final = (
    "tests/followthrough/test_budget_line.py",
    "tests/pages/test_lending.py",
    "tests/web/phones/test_a_new_method.py::test_a_new_method_is_drawn_voted_counted_said_published_and_verified",
    "tests/web/phones/test_a_new_method.py::test_ballots_of_a_new_method_are_read_from_a_sheet",
)
"""The tests of what was added."""
STILL_TRUE: Final = (
    "tests/db/test_defaults.py",
    "tests/db/test_schema.py::test_the_migrations_make_exactly_the_models",
    "tests/pages/parts/test_fields.py::test_every_field_fills_an_argument_of_the_command",
    "tests/pages/test_forms_start_empty.py",
    "tests/test_house_rules.py",
    "tests/test_state_and_event.py::test_a_random_play_is_replayed_from_its_events_for_every_day[sqlite-1]",
    "tests/test_state_and_event.py::test_a_play_through_every_command_is_replayed_from_its_events_for_every_day",
)
"""Tests that go through all columns, forms, commands or screens: they need no line for what was added."""


CHECKS: Final = (
    ("ruff", "check", "--no-cache"),
    ("lint-imports", "--no-logo", "--no-cache"),
    ("vulture",),
)
"""What of `make check` takes moments."""


def run_in(place: Path, *command: str) -> str:
    """What a command says that has to succeed."""
    ran = subprocess.run(
        command,
        cwd=place,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, f"{command[:3]}: {ran.stdout[-8000:]}{ran.stderr[-2000:]}"
    return ran.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository once more, without its database and its slowest tests."""
    place = tmp_path / "copy"
    place.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=LEFT)
        else:
            shutil.copy(ROOT / name, place / name)
    return place


@pytest.mark.parametrize("what", ADDED)
def test_the_list_names_the_files_that_the_change_below_touches(what: str) -> None:
    edits, _ = ADDED[what]
    listed = files_to_touch(what)
    assert listed == list(edits)


def test_a_field_a_method_and_a_screen_are_added_in_the_listed_files_alone(copy: Path) -> None:
    for edits, names in ADDED.values():
        for listed, edit in edits.items():
            path = copy / re.sub(r"<\w+>", lambda found, names=names: names[found[0]], listed)
            path.write_text(
                edit(path.read_text(encoding="utf-8") if path.is_file() else ""), encoding="utf-8"
            )
    for tool in CHECKS:
        run_in(copy, str(Path(sys.executable).with_name(tool[0])), *tool[1:])
    said = run_in(copy, sys.executable, "-m", "pytest", "-q", "-m", "not postgres", *TRIED, *STILL_TRUE)
    assert "skipped" not in said.splitlines()[-1]
