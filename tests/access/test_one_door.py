"""Rights are asked in one place: whoever reads or writes the records names the permission it needs, or is
listed in `public_on_purpose` with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.access.public_on_purpose import INSIDE, PUBLIC
from tests.sources import parsed

ROOT = Path(__file__).resolve().parents[2]
ASKS = {"require", "may", "answers_for"}
EDGES = ("pages", "lab/web", "lab/cli")
"""Where requests come in: what is listed as `INSIDE` must never be called from here."""


@dataclass(frozen=True)
class Function:
    """A function of `lab`, with the name under which the lists know it."""

    module: str
    tree: ast.FunctionDef

    @property
    def name(self) -> str:
        return f"{self.module}.{self.tree.name}"

    @property
    def arguments(self) -> set[str]:
        given = self.tree.args
        return {each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


LAB_EDGES = ("lab.web.", "lab.cli.")


def _modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        dotted = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        yield dotted.removesuffix(".__init__"), parsed(path)


@cache
def _functions() -> tuple[Function, ...]:
    return tuple(
        Function(module, node)
        for module, tree in _modules("lab")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )


@cache
def _doors() -> tuple[Function, ...]:
    """Public functions that are handed a session of the database."""
    return tuple(
        Function(module, node)
        for module, tree in _modules("lab")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not module.startswith(LAB_EDGES)
        and not node.name.startswith("_")
        and {"session", "transaction"} & Function(module, node).arguments
    )


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", None) or getattr(node.func, "attr", "")


def _hands_on_the_actor(node: ast.Call) -> bool:
    given = (*node.args, *(keyword.value for keyword in node.keywords))
    return any("actor" in (getattr(each, "id", ""), getattr(each, "attr", "")) for each in given)


def _asks(function: Function, seen: frozenset[str] = frozenset()) -> bool:
    """Whether it asks for a permission, itself or through what it hands its actor to."""
    calls = [node for node in ast.walk(function.tree) if isinstance(node, ast.Call)]
    if any(_called(call) in ASKS for call in calls):
        return True
    names = {_called(call) for call in calls if _hands_on_the_actor(call)} - seen - {function.tree.name}
    return any(
        _asks(each, seen | names)
        for each in _functions()
        if each.tree.name in names and "actor" in each.arguments
    )


def _reached(folder: str) -> Iterator[tuple[str, str]]:
    """(module, dotted name it imports, or takes from a module it imports) for every file below a folder."""
    for module, tree in _modules(folder):
        known: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                known |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        yield from ((module, name) for name in known.values())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in known
            ):
                yield module, f"{known[node.value.id]}.{node.attr}"


def _listed(name: str, names: Mapping[str, str]) -> bool:
    return any(fnmatch(name, each) for each in names)


def _silent() -> set[str]:
    """Doors that ask nobody."""
    return {each.name for each in _doors() if "actor" not in each.arguments or not _asks(each)}


def test_whoever_takes_a_session_asks_for_a_permission_or_is_public_on_purpose() -> None:
    unlisted = sorted(name for name in _silent() if not _listed(name, PUBLIC | INSIDE))
    assert unlisted == [], "these ask for no permission: give them an actor, or list them with the reason"


def test_the_lists_name_only_functions_that_ask_nobody() -> None:
    silent = _silent()
    assert [each for each in PUBLIC | INSIDE if not any(fnmatch(name, each) for name in silent)] == []


@pytest.mark.parametrize("folder", EDGES)
def test_what_leaves_the_asking_to_others_is_not_called_where_requests_come_in(folder: str) -> None:
    silent = _silent()
    assert [each for each in _reached(folder) if each[1] in silent and not _listed(each[1], PUBLIC)] == []


def test_what_may_be_called_from_outside_is_listed_by_its_full_name() -> None:
    assert [name for name in PUBLIC if "*" in name] == []


def test_a_function_that_asks_nobody_is_found_and_one_that_asks_is_not() -> None:
    source = """
def read_all(session): return session
def rename(session, actor): actor.name
def asks(session, actor): require(actor, "project.read")
"""
    found = [Function("lab.x", each) for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]
    assert [_asks(each) for each in found] == [False, False, True]
