"""Every dialog is one that a page finds again when its connection was lost: `pages/parts/dialogs.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dialogs import DOORS
from tests.pages.test_user_text import screens

HOME = "parts/dialogs.py"
KEEPS = ("dialogs.button", "dialogs.is_open")


def dialogs_of(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """Every dialog: its file and the name of its function."""
    return {
        (name, node.name)
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(each).startswith("dialog(") for each in node.decorator_list)
    }


def unkept(name: str, tree: ast.Module, known: set[tuple[str, str]]) -> Iterator[str]:
    """Calls of a dialog that nothing draws again in a new session."""
    public = {f"{Path(where).stem}.{function}" for where, function in known if not function.startswith("_")}

    def look(node: ast.AST, *, is_kept: bool) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            is_kept = False
        if isinstance(node, ast.Call) and not is_kept:
            called = ast.unparse(node.func)
            if (name, called) in known or called in public:
                yield f"pages/{name}:{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.If):
            asks = any(
                isinstance(each, ast.Call) and ast.unparse(each.func) in KEEPS for each in ast.walk(node.test)
            )
            for each in node.body:
                yield from look(each, is_kept=is_kept or asks)
            for each in [node.test, *node.orelse]:
                yield from look(each, is_kept=is_kept)
            return
        for child in ast.iter_child_nodes(node):
            yield from look(child, is_kept=is_kept)

    yield from look(tree, is_kept=False)


def test_no_screen_makes_a_dialog_of_its_own() -> None:
    bare = [
        f"pages/{name}:{node.lineno}"
        for name, tree in screens().items()
        if name != HOME
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("dialog", "dialog_decorator")
    ]
    assert bare == []


def test_every_dialog_is_drawn_again_where_its_button_was_pressed_before_the_connection_was_lost() -> None:
    trees = screens()
    known = dialogs_of(trees)
    assert len(known) > 50
    assert [found for name, tree in trees.items() for found in unkept(name, tree, known)] == []


@pytest.mark.parametrize(
    "line",
    [
        "_edit(head)",
        "if st.button('Edit', key='edit'):\n    _edit(head)",
        "if dialogs.button('Edit', key='edit'):\n    pass\nelse:\n    _edit(head)",
        "if dialogs.is_open('edit'):\n    def later():\n        _edit(head)",
    ],
)
def test_the_rule_about_dialogs_sees_what_it_forbids(line: str) -> None:
    assert list(unkept("x.py", ast.parse(line), {("x.py", "_edit")}))


SCREEN = """
import streamlit as st
from pages.parts import dialogs

@dialogs.dialog("Ask")
def ask(number):
    st.text(f"asked {number}")
    if st.button("Save", key="save"):
        dialogs.close()
        st.rerun()

dialogs.begin(st.session_state.get("where", "here"))
for number in (1, 2):
    if st.session_state.get("has", True) and dialogs.button(f"Open {number}", key=f"open.{number}"):
        ask(number)
dialogs.end()
"""


def drawn(app: AppTest) -> list[str]:
    assert not app.exception, app.exception
    return [each.value for each in app.text]


@pytest.fixture
def app() -> AppTest:
    """A screen with two buttons, each of which opens a dialog."""
    return AppTest.from_string(SCREEN, default_timeout=60).run()


def test_an_open_dialog_stays_open_when_the_whole_page_is_drawn_again(app: AppTest) -> None:
    assert drawn(app) == []
    assert drawn(app.button(key="open.2").click().run()) == ["asked 2"]
    assert drawn(app.run()) == ["asked 2"]


def test_a_new_session_that_gets_the_fields_of_the_page_draws_the_dialog_again(app: AppTest) -> None:
    app.button(key="open.1").click().run()
    field = app.text_input(key="kept.dialog").value
    new = AppTest.from_string(SCREEN, default_timeout=60).run()
    assert drawn(new) == []
    assert drawn(new.text_input(key="kept.dialog").set_value(field).run()) == ["asked 1"]


def test_a_closed_dialog_stays_closed(app: AppTest) -> None:
    app.button(key="open.1").click().run()
    app.button(key="save").click().run()
    assert drawn(app.run()) == []
    assert app.text_input(key="kept.dialog").value == ""
    assert drawn(app.button(key="open.1").click().run()) == ["asked 1"], "and may be opened again"


def test_a_dialog_that_was_open_on_another_screen_is_forgotten(app: AppTest) -> None:
    app.button(key="open.1").click().run()
    app.session_state["where"] = "elsewhere"
    assert drawn(app.run()) == []
    app.session_state["where"] = "here"
    app.run()
    assert drawn(app.run()) == []


def test_a_dialog_whose_button_is_gone_is_forgotten(app: AppTest) -> None:
    app.button(key="open.1").click().run()
    app.session_state["has"] = False
    assert drawn(app.run()) == []
    app.session_state["has"] = True
    app.run()
    assert drawn(app.run()) == []


def test_every_dialog_is_among_those_that_are_tried_across_a_restart() -> None:
    assert dialogs_of(screens()) == set(DOORS)
