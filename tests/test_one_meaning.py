"""One meaning per name: no two classes share one, nor do two functions that are imported by name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.sources import parsed

ROOT: Final = Path(__file__).parents[1]
CLASSES: Final = {
    "Interval": "an estimate between its bounds; rates and backtest do not import each other",
}
"""Classes of one name that mean the same, and why there are two."""
FUNCTIONS: Final = {
    "backtest": "the command of the terminal prints what the function computes",
    "digest": "the command of the terminal prints what the function computes",
    "keep_promises": "both keep what was promised: with a step, and for records that came in without",
    "rates": "the command of the terminal prints what the function computes",
    "token_hash": "SHA-256 over a voter's token and the round, or the workshop",
    "verify": "the command of the terminal prints what the function computes",
}
"""Functions of one name that mean the same, and why there are two."""


@cache
def modules(root: Path) -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the lab by its dotted name, but for migrations."""
    return tuple(_modules(root))


def _modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for folder in ("lab", "db", "pages"):
        for path in sorted((root / folder).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            if "migrations" not in name:
                yield name, parsed(path)


def shared_classes(root: Path) -> Mapping[str, set[str]]:
    """Names of classes that several modules define."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in modules(root):
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].add(module)
    return {name: places for name, places in found.items() if len(places) > 1}


def shared_functions(root: Path) -> Mapping[str, set[str]]:
    """Names under which functions of several modules are imported: a reader cannot tell which is called."""
    found: dict[str, set[str]] = defaultdict(set)
    trees = dict(modules(root))
    defined = {
        (module, node.name)
        for module, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if (node.module, alias.name) in defined:
                        found[alias.name].add(node.module)
    return {name: places for name, places in found.items() if len(places) > 1}


def test_no_two_classes_share_a_name() -> None:
    assert set(shared_classes(ROOT)) == set(CLASSES)


def test_no_two_functions_are_imported_by_one_name() -> None:
    assert set(shared_functions(ROOT)) == set(FUNCTIONS)


def test_a_shared_name_is_found(tmp_path: Path) -> None:
    for folder in ("lab", "db", "pages"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lab" / "one.py").write_text("class Room: ...\ndef show(): ...\n", encoding="utf-8")
    (tmp_path / "lab" / "two.py").write_text(
        "from lab.one import show\nclass Room: ...\ndef show(): ...\n", encoding="utf-8"
    )
    (tmp_path / "pages" / "three.py").write_text("from lab.two import show as other\n", encoding="utf-8")
    assert shared_classes(tmp_path) == {"Room": {"lab.one", "lab.two"}}
    assert shared_functions(tmp_path) == {"show": {"lab.one", "lab.two"}}
