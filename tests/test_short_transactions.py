"""Nothing slow inside a write transaction: whoever writes makes everybody else wait."""

from __future__ import annotations

import ast
import threading
import time
from collections import defaultdict
from collections.abc import Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event

from db.engine import Database
from lab.access import commands
from lab.access.passwords import hashed
from lab.access.queries import password_to_match
from lab.access.rights import COMMAND_LINE, Actor
from lab.access.sessions.rules import Visitor
from lab.access.sessions.signing_in import checked_own_password, sign_in
from lab.projects.commands import start_project
from tests.conftest import NOW
from tests.sources import parsed

ROOT: Final = Path(__file__).parents[1]
PASSWORD: Final = "amber kettle bridge"

SLOW_MODULES: Final = (
    "argon2", "zxcvbn", "PIL", "zipfile", "shutil", "subprocess", "socket", "ssl", "http", "urllib.request",
    "httpcore2", "segno", "scipy", "jinja2", "tempfile",
)  # fmt: skip
"""What hashes, renders, packs, fits, starts processes or speaks to the network."""
SLOW_CALLS: Final = {
    "read_bytes", "read_text", "write_bytes", "write_text", "sleep", "urlopen",
}  # fmt: skip
"""Methods that read and write files, or wait."""
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
MAY: Final = {
    "lab.foundation.clock.now": "reads a file only where a test moves the clock",
    "lab.exchange.arriving.take.import_lab": "fills an empty database, which nobody uses yet",
}
"""What writes for long, and why nobody waits for it."""


class House:
    """Every function of the lab, what it calls by name, and what of that is slow. Methods of objects are not
    followed: the demo lab, which draws pictures, fills an empty database."""

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        self.calls: defaultdict[str, set[str]] = defaultdict(set)
        self.slow: defaultdict[str, set[str]] = defaultdict(set)
        self.roots: set[str] = set()
        for module, tree in trees.items():
            names = dict(_imported(tree))
            own = {each.name: f"{module}.{each.name}" for each in tree.body if isinstance(each, FUNCTIONS)}
            for node in ast.walk(tree):
                if isinstance(node, FUNCTIONS):
                    self._look(f"{module}.{node.name}", node, names | own)

    def _look(self, name: str, function: Any, names: dict[str, str]) -> None:
        arguments = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
        if {"session", "now"} <= arguments:
            self.roots.add(name)
        self._gather(name, function.body, names)
        for node in ast.walk(function):
            if isinstance(node, ast.With) and any(
                isinstance(each.context_expr, ast.Call) and _last(each.context_expr.func) == "writing"
                for each in node.items
            ):
                inside = f"{name}, while writing at line {node.lineno}"
                self.roots.add(inside)
                self._gather(inside, node.body, names)

    def _gather(self, name: str, body: list[ast.stmt], names: dict[str, str]) -> None:
        for node in (each for statement in body for each in ast.walk(statement)):
            if isinstance(node, ast.Call):
                called = _dotted(node.func, names)
                self.calls[name].add(called)
                is_slow = called.startswith(SLOW_MODULES) or called.rpartition(".")[2] in SLOW_CALLS
                if is_slow or called == "open":
                    self.slow[name].add(called)

    def found(self) -> dict[str, str]:
        """Slow calls by the root from which they are reached."""
        return {root: slow for root in sorted(self.roots) if (slow := self._reached(root))}

    def _reached(self, root: str, may: Container[str] = MAY) -> str | None:
        waiting, seen = [root], {root}
        while waiting:
            name = waiting.pop()
            if name in may:
                continue
            if self.slow.get(name):
                return f"{name} calls {min(self.slow[name])}"
            more = self.calls.get(name, set()) - seen
            seen |= more
            waiting += more
        return None


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"
        elif isinstance(node, ast.Import):
            for each in node.names:
                name = each.name if each.asname else each.name.partition(".")[0]
                yield each.asname or name, name


def _dotted(called: ast.expr, names: dict[str, str]) -> str:
    text = ast.unparse(called)
    first, dot, rest = text.partition(".")
    return names.get(first, first) + dot + rest


def _last(called: ast.expr) -> str:
    return ast.unparse(called).rpartition(".")[2]


def _trees() -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): parsed(path)
        for folder in ("lab", "db", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }


def test_nothing_that_takes_long_is_reached_from_inside_a_write_transaction() -> None:
    house = House(_trees())
    assert len(house.roots) > 100
    assert house.found() == {}
    assert [name for name in MAY if not house._reached(name, ())] == [], (
        "these are quick: take them off the list"
    )


def test_the_rule_about_short_transactions_sees_what_it_forbids() -> None:
    source = """
from lab.b import heavy
import zipfile
def set_password(session, account, password, now): account.password = heavy(password)
def show():
    with database().writing() as session:
        light(session)
        zipfile.ZipFile("x")
def fine():
    heavy("x")
    with database().writing() as session:
        light(session)
def light(session): return 1
"""
    other = """
from argon2 import PasswordHasher
def heavy(x): return deeper(x)
def deeper(x): PasswordHasher().hash(x)
"""
    found = House({"lab.a": ast.parse(source), "lab.b": ast.parse(other)}).found()
    assert found == {
        "lab.a.set_password": "lab.b.deeper calls argon2.PasswordHasher",
        "lab.a.show, while writing at line 6": "lab.a.show, while writing at line 6 calls zipfile.ZipFile",
    }


class Holds:
    """How long write transactions hold the lock, in processor time of their thread: waiting for a disk or for
    a busy machine is not counted, work is."""

    def __init__(self, database: Database) -> None:
        self.longest: defaultdict[str, float] = defaultdict(float)
        self.what = threading.local()
        self._began = threading.local()
        for name, heard in (("begin", self._begin), ("commit", self._end), ("rollback", self._end)):
            event.listen(database.engine, name, heard)

    def _begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            self._began.at = time.thread_time()

    def _end(self, _connection: Connection) -> None:
        began = getattr(self._began, "at", None)
        if began is not None:
            self._began.at = None
            what = getattr(self.what, "name", "before")
            self.longest[what] = max(self.longest[what], time.thread_time() - began)


def test_signing_in_and_new_passwords_hold_the_write_lock_no_longer_than_a_plain_write(
    empty_database: Database,
) -> None:
    with empty_database.writing() as session:
        ada = commands.first_administrator(
            session, lab_name="Lab", name="Ada", email="ada@example.org", password=hashed(PASSWORD), now=NOW
        )
    actor, holds = Actor(ada, "Ada", "administrator"), Holds(empty_database)

    def write(turn: int) -> None:
        holds.what.name = "a plain write"
        for place in range(4):
            with empty_database.writing() as session:
                start_project(session, COMMAND_LINE, title=f"Project {turn} {place}", challenge="", now=NOW)

    def come_in(turn: int) -> None:
        holds.what.name = "signing in"
        browser = Visitor(f"192.0.2.{turn}", f"192.0.2.{turn}")
        for password in ("wrong", PASSWORD):
            sign_in(empty_database, email="ada@example.org", password=password, visitor=browser, now=NOW)

    def choose_anew(_turn: int) -> None:
        holds.what.name = "a new password"
        matched, new = checked_own_password(empty_database, actor, current=PASSWORD, password=PASSWORD)
        with empty_database.writing() as session:
            stored = password_to_match(session, actor)  # the others change it too
            commands.change_own_password(session, actor, current=stored, password=new, now=NOW)
        assert matched is None or matched.startswith("$argon2id$")

    for each in (write, come_in, choose_anew):  # what the first of a kind has to compile counts for none
        each(0)
    holds.longest.clear()
    began = time.thread_time()
    hashed(PASSWORD)
    hash_took = time.thread_time() - began
    with ThreadPoolExecutor(6) as threads:
        for done in [
            threads.submit(each, turn) for turn in range(1, 5) for each in (write, come_in, choose_anew)
        ]:
            done.result()
    plain = holds.longest.pop("a plain write")
    assert set(holds.longest) == {"signing in", "a new password"}
    for what, longest in holds.longest.items():
        assert longest < 3 * plain, f"{what}: {longest / plain:.1f} times a plain write"
        assert longest < hash_took, f"{what}: as long as a hash takes"
