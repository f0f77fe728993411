"""Rules of the house that no linter knows: one way to a day, and records written by commands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from db.models import Base
from tests.sources import parsed

ROOT: Final = Path(__file__).parents[1]
CLOCK: Final = "lab/foundation/clock.py"
DAYS_TYPED: Final = {
    "lab/cli/audit.py": "typer reads a day as the date-time of its midnight, without a time zone",
    "lab/cli/options.py": "typer reads a day as the date-time of its midnight, without a time zone",
    "lab/cli/polis.py": "typer reads a day as the date-time of its midnight, without a time zone",
    "lab/cli/risk.py": "typer reads a day as the date-time of its midnight, without a time zone",
}
WRITERS: Final = {
    "lab/foundation/events.py": "remember() appends the event itself",
    "lab/foundation/records.py": "guard_version() numbers the version for commands",
    # commands of a file that is not called commands.py: each asks for a permission and remembers an event
    "lab/disillusion/hindsight/refit.py": "adopt_refit(): a model is tried and adopted",
    "lab/voting/slips.py": "issue_slips(), withdraw_slips(), parts of entering, taking back and closing",
    "lab/voting/intake/ballots.py": "ballots from phones: a batch at a time, for those who hold the code",
    "lab/access/phone_links.py": "which account took part on a phone: from the intake of phones",
    "lab/workshops/room/one_person.py": "a phone's join becomes its account's: from the intake of phones",
    "lab/workshops/room/intake.py": "notes, dots and pulses from phones: likewise",
    "lab/workshops/room/paper.py": "what was counted and dotted on paper",
    "lab/workshops/room/photos.py": "photos of flipcharts",
    "lab/workshops/room/pulse.py": "pulses by a signed link",
    # parts of the commands beside them
    "lab/followthrough/steps.py": "a recommendation's steps, and the promises kept with them",
    "lab/workshops/after/keeping.py": "confirm(): what the notes become",
    "lab/workshops/after/undoing.py": "undo(): a wrap-up is taken back",
    "lab/workshops/board/changing.py": "the board's revision, and notes that stand alone again",
    "lab/workshops/room/reactions.py": "counts of what phones handed in",
    "lab/workshops/room/quick_poll.py": "a command that inserts a block",
    "lab/workshops/board/several.py": "commands on several notes at once",
    "lab/workshops/board/positions.py": "where a note lies in its column",
    # upkeep: derived from the records, and made anew from them at any time
    "lab/disillusion/upkeep/features.py": "the feature table",
    "lab/past/edits.py": "kept promises of records that came in without them",
    # whole labs, into an empty database
    "lab/exchange/arriving/take.py": "an export read back as it was written",
    "lab/demo/copies.py": "the demo lab, again and again",
    # a copy of the lab, on its way into a backup or out of one
    "db/copying.py": "rows of a whole database, as they are",
    "lab/voting/unlinking.py": "open votes in the copy, without the way from a person to their ballot",
}
"""Files that write records and are not called commands.py, and why."""
COLUMNS: Final = {column.name for table in Base.metadata.tables.values() for column in table.columns}


def _files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "migrations" not in name:
                yield name, parsed(path)


def _days_taken(tree: ast.Module) -> Iterator[int]:
    """Lines on which an instant is made a day, or the machine is asked for its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if (name == "date" and not node.args) or name in ("today", "utcnow", "fromtimestamp"):
                is_clock = isinstance(node.func.value, ast.Name) and node.func.value.id in ("clock", "shell")
                if not is_clock:
                    yield node.lineno


def test_the_clock_is_the_only_way_from_an_instant_to_a_day() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in _files("lab", "pages", "db")
        if name != CLOCK and name not in DAYS_TYPED
        for line in _days_taken(tree)
    ]
    assert found == []


def test_the_rule_about_days_sees_what_it_forbids() -> None:
    forbidden = "now.date()\ndt.date.today()\ndt.datetime.utcnow()\nclock.now().date()"
    assert list(_days_taken(ast.parse(forbidden))) == [1, 2, 3, 4]
    assert list(_days_taken(ast.parse("clock.today(session, now)\nshell.today()\ndt.date(2026, 1, 1)"))) == []


def _writes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines that write records: through a session, by change(), or by setting a column of a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_a_write(node.func):
            yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if _is_a_column(each):
                        yield node.lineno, ast.unparse(each)


def _is_a_write(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        owner = ast.unparse(called.value)
        return owner.endswith("session") and called.attr in ("add", "add_all", "delete", "merge")
    return isinstance(called, ast.Name) and called.id in ("change", "insert", "update", "delete")


def _is_a_column(target: ast.expr) -> bool:
    """An object's own attributes may be called like a column; so may the command line's options."""
    if not isinstance(target, ast.Attribute) or target.attr not in COLUMNS:
        return False
    return ast.unparse(target.value) not in ("self", "chosen")


def test_records_are_written_by_commands_and_by_the_few_that_say_why() -> None:
    writing = {
        name: sorted(found)
        for name, tree in _files("lab", "pages", "db")
        if not name.endswith("/commands.py") and (found := list(_writes(tree)))
    }
    assert {name: lines for name, lines in writing.items() if name not in WRITERS} == {}
    assert set(WRITERS) - set(writing) == set(), "these write nothing any more: take them off the list"


@pytest.mark.parametrize(
    "line",
    [
        "session.add(row)",
        "self.session.delete(row)",
        "session.execute(update(Project))",
        "change(row, due=day)",
        "project.stage = 'implement'",
        "before, project.stage = project.stage, stage",
        "recommendation.due_moves += 1",
    ],
)
def test_the_rule_about_writing_sees_what_it_forbids(line: str) -> None:
    assert len(list(_writes(ast.parse(line)))) == 1
