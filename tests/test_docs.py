"""Documentation names files, commands and make targets that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from typer.main import get_command

from lab.cli import application

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/**/*.md"))),
)
FOLDERS: Final = ("lab", "db", "pages", "tests", "docs", "benchmarks", ".ci", ".streamlit")
PATH: Final = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]+)`")
LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]+)")
COMMAND: Final = re.compile(r"`python -m lab ([a-z-]+(?: [a-z]+(?:\\\|[a-z]+)*)?)")
TARGET: Final = re.compile(r"(?:`|^    )make ([a-z][a-z-]*)", re.MULTILINE)
MODULE: Final = re.compile(r"python -m ((?:benchmarks|tests)[.\w]*)")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands() -> set[str]:
    """Every command of `python -m lab`, as it is typed."""
    found = set()
    for name, command in get_command(application).commands.items():  # type: ignore[attr-defined]
        nested = getattr(command, "commands", None)
        found |= {f"{name} {each}" for each in nested} if nested else {name}
    return found


def in_the_table() -> set[str]:
    """The commands that README's table lists; `add\\|list` stands for two."""
    rows = [row for row in text_of("README.md").splitlines() if row.startswith("| `python -m lab ")]
    found = set()
    for row in rows:
        for typed in COMMAND.findall(row.split(" | ")[0]):
            name, _, rest = typed.partition(" ")
            is_group = any(each.startswith(f"{name} ") for each in commands())
            found |= {f"{name} {each}" for each in rest.split("\\|")} if is_group else {name}
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_names_or_links_to_is_there(page: str) -> None:
    text = text_of(page)
    named = [each for each in PATH.findall(text) if not (ROOT / each).exists()]
    linked = [each for each in LINK.findall(text) if not (ROOT / page).parent.joinpath(each).exists()]
    assert (named, linked) == ([], [])


def test_readme_lists_every_command_and_no_other() -> None:
    assert in_the_table() == commands()


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_every_command_a_page_names_exists(page: str) -> None:
    known = commands()
    groups = {each.split()[0] for each in known}
    for typed in re.findall(r"`python -m lab ([a-z-]+)", text_of(page)):
        assert typed in groups, typed


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_every_make_target_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):.*## ", text_of("Makefile"), re.MULTILINE))
    assert "test-quick" in targets
    assert set(TARGET.findall(text_of(page))) - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_module_a_page_starts_is_there(page: str) -> None:
    for module in MODULE.findall(text_of(page)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_target_of_make_is_described_or_begins_with_a_dot() -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)[0].split()
    described = re.findall(r"^([a-z][a-z-]*):.*## ", text_of("Makefile"), re.MULTILINE)
    assert set(phony) == set(described)


def test_the_options_that_readme_shows_are_those_of_the_commands() -> None:
    known = get_command(application).commands  # type: ignore[attr-defined]
    for row in text_of("README.md").splitlines():
        found = re.match(r"\| `python -m lab ([\w-]+)([^`]*)`", row)
        if not found or getattr(known[found[1]], "commands", None):
            continue
        options = {name for each in known[found[1]].params for name in each.opts}
        assert set(re.findall(r"--[a-z-]+", found[2])) - options == set(), found[0]
