"""What somebody typed reaches a widget that reads Markdown only through `plain`.

Every call of a screen that shows Markdown is read from its source. Each part of the text it is given must be
written there, be a number or a day, be a word of the vocabulary, or have gone through `plain`. A function
that hands such text on says so: `Markdown` is the annotation of its argument or of its answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import pages
from tests.sources import parsed

SCREENS: Final = Path(pages.__file__).parent
ROOT: Final = SCREENS.parent
SAID: Final = (0, "body", "text", "help")
LABEL: Final = (0, "label", "help")
CHOICE: Final = (0, "label", "help", "format_func", "captions")
FIELD: Final = (1, "label", "help", "nothing")
WIDGETS: Final = [
    "button", "download_button", "link_button", "form_submit_button", "expander", "popover", "checkbox",
    "toggle", "selectbox", "multiselect", "text_input", "text_area", "number_input", "date_input",
    "time_input", "file_uploader", "camera_input", "slider", "select_slider",
]  # fmt: skip
FIELDS: Final = [
    "TextLine", "Paragraph", "OneOf", "Buttons", "SomeOf", "Scale", "Number", "Checkbox", "YesOrNo", "Day",
    "OneRecord", "SomeRecords", "NameOrNew", "WhoCame", "PeopleByGroup",
]  # fmt: skip
TAKES: Final[Mapping[str, Sequence[int | str]]] = {
    **dict.fromkeys(["markdown", "caption", "title", "header", "subheader", "badge", "write"], SAID),
    **dict.fromkeys(["info", "warning", "error", "success", "toast", "spinner", "dialog"], SAID),
    **dict.fromkeys(WIDGETS, LABEL),
    **dict.fromkeys(["radio", "segmented_control", "pills"], CHOICE),
    "metric": (0, 1, 2, "label", "value", "delta", "help"),
    "progress": (1, "text"),
    "image": (1, "caption"),
    "tabs": (0,),
    "table": (0,),
    **dict.fromkeys(FIELDS, FIELD),
}
"""Every call of Streamlit's that reads Markdown, and in which arguments; and the fields of our forms. The
options of lists, data frames, and what stands in a field are shown as they are."""
NOT_STREAMLIT: Final = {"answers.progress"}
"""Functions of ours that are called like one of these."""
WORDS: Final = {
    "plain",
    "label",
    "word",
    "day",
    "spoken",
    "spoken_days",
    "share_words",
    "len",
    "sum",
    "round",
    "range",
    "quantity",
    "in_time_said",
    "otherwise_said",
}
"""Functions that answer with plain text, a word of the vocabulary, a day, a number, or one with its noun."""
THROUGH: Final = {"lower", "upper", "capitalize", "removesuffix", "strip"}
"""Methods that bring nothing new into a text."""
LISTS: Final = {"enumerate", "reversed", "sorted", "list", "tuple", "map", "filter", "set", "zip"}
NUMERIC: Final = re.compile(r"[+]?,?(\.\d)?[fd%]?$")

WHERE_MADE: Final = "a field of a form, whose words are looked at where it is made"
KNOWN: Final[dict[tuple[str, str], str]] = {
    ("parts/fields.py", "self.label"): WHERE_MADE,
    ("project/engagements.py", "self.label"): WHERE_MADE,
    ("parts/fields.py", "f\"Still to be answered: {', '.join(missing)}.\""): WHERE_MADE,
    (
        "parts/tables.py",
        "{plain(name): [in_words(value) for value in column] for name, column in columns.items()}",
    ): "in_words makes text plain",
    ("parts/plain.py", "_PUNCTUATION.sub('\\\\\\\\\\\\1', apart)"): "this is what makes it plain",
}
"""Text that is let through as it is, and why."""


def is_harmless(annotation: str) -> bool:
    """Whether it says that something is no text, or text that may be read as Markdown."""
    return annotation == "Markdown" or not {"str", "Any", ""} & {*re.findall(r"\w+", annotation), annotation}


def said_of(node: ast.AST, of: type[ast.stmt]) -> Iterator[tuple[str, str]]:
    """What classes say of their attributes, or what classes and modules say of their functions."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.ClassDef):
            yield from said_of(each, of)
        elif isinstance(each, ast.FunctionDef) and of is ast.FunctionDef and each.returns is not None:
            yield each.name, ast.unparse(each.returns)
        elif isinstance(each, ast.FunctionDef) and "property" in map(ast.unparse, each.decorator_list):
            yield each.name, ast.unparse(each.returns) if each.returns else ""
        elif isinstance(node, ast.ClassDef) and isinstance(each, ast.AnnAssign) and of is ast.AnnAssign:
            yield ast.unparse(each.target), ast.unparse(each.annotation)


@cache
def harmless(of: type[ast.stmt]) -> set[str]:
    """Attributes or functions that are no text, wherever they are."""
    said: dict[str, list[str]] = {}
    for folder in ("lab", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            for name, annotation in said_of(parsed(path), of):
                if folder == "pages" or not name.startswith("_"):
                    said.setdefault(name, []).append(annotation)
    return {name for name, every in said.items() if all(map(is_harmless, every))}


class Function:
    """What is known of the names in a function, and in those around it."""

    def __init__(self, node: ast.AST, around: Function | None) -> None:
        self.around = around
        self.bound: dict[str, list[tuple[ast.expr, tuple[int, ...]]]] = {}
        self.arguments: dict[str, str] = {}
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            given = node.args
            for each in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
                self.arguments[each.arg] = ast.unparse(each.annotation) if each.annotation else ""
        for each in own_nodes(node):
            self._note(each)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, ())
        elif isinstance(node, ast.AnnAssign) and is_harmless(ast.unparse(node.annotation)):
            self.arguments[ast.unparse(node.target)] = ast.unparse(node.annotation)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
            self._bind(node.target, node.value, ())
        elif isinstance(node, ast.For | ast.comprehension):
            self._bind_each(node.target, node.iter)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "append"
            and isinstance(node.func.value, ast.Name)
        ):
            self._bind(node.func.value, node.args[0], ())

    def _bind(self, target: ast.expr, value: ast.expr, place: tuple[int, ...]) -> None:
        if isinstance(target, ast.Name):
            self.bound.setdefault(target.id, []).append((value, place))
        elif isinstance(target, ast.Subscript):
            self._bind(target.value, value, place)
        elif isinstance(target, ast.Tuple):
            for index, each in enumerate(target.elts):
                self._bind(each, value, (*place, index))

    def _bind_each(self, target: ast.expr, source: ast.expr) -> None:
        """A loop's target: each of the source's elements."""
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Name):
            if source.func.id == "enumerate" and isinstance(target, ast.Tuple):
                self._bind(target.elts[0], ast.Constant(0), ())
                self._bind_each(target.elts[1], source.args[0])
                return
            if source.func.id == "zip" and isinstance(target, ast.Tuple):
                for each, one in zip(target.elts, source.args, strict=False):
                    self._bind_each(each, one)
                return
            if source.func.id in ("sorted", "reversed", "list", "tuple"):
                self._bind_each(target, source.args[0])
                return
        elements = source.elts if isinstance(source, ast.Tuple | ast.List) else [ast.Starred(source)]
        for element in elements:
            self._bind(target, element, ())

    def find(self, name: str) -> tuple[Function, list[tuple[ast.expr, tuple[int, ...]]], str | None] | None:
        if name in self.bound or name in self.arguments:
            return self, self.bound.get(name, []), self.arguments.get(name)
        return self.around.find(name) if self.around else None

    def is_safe(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:  # noqa: C901
        """Whether nothing that somebody typed can be read as Markdown in it."""
        match node:
            case ast.Constant() | ast.Compare() | ast.UnaryOp():
                return True
            case ast.JoinedStr(values=values):
                return all(self.is_safe(each, seen) for each in values)
            case ast.FormattedValue(value=value, format_spec=form):
                return self.is_safe(value, seen) or (form is not None and is_numeric(form))
            case ast.BinOp(op=ast.Sub() | ast.Mult() | ast.FloorDiv()):
                return True
            case ast.BinOp(right=ast.Constant(value=int())):
                return True
            case ast.BinOp(left=left, right=right):
                return self.is_safe(left, seen) and self.is_safe(right, seen)
            case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                return all(self.is_safe(each, seen) for each in values)
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_safe(body, seen) and self.is_safe(orelse, seen)
            case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt) | ast.SetComp(elt=elt):
                return self.is_safe(elt, seen)
            case ast.Dict(keys=keys, values=values):
                return all(each is not None and self.is_safe(each, seen) for each in [*keys, *values])
            case ast.DictComp(key=key, value=value):
                return self.is_safe(key, seen) and self.is_safe(value, seen)
            case ast.Starred(value=value) | ast.Subscript(value=value):
                return self.is_safe(value, seen)
            case ast.Lambda(body=body):
                return Function(node, self).is_safe(body, seen)
            case ast.Attribute(value=value, attr=name):
                if name in ("__getitem__", "get"):
                    return self.is_safe(value, seen)
                is_plain = name in ("day", "month", "year") or name.lstrip("_").isupper()
                return is_plain or name in harmless(ast.AnnAssign)
            case ast.Name(id=name):
                return self._is_safe_name(name, seen)
            case ast.Call():
                return self._is_safe_call(node, seen)
        return False

    def _is_safe_name(self, name: str, seen: frozenset[str]) -> bool:
        if name.lstrip("_").isupper() or name in WORDS:
            return True
        if name in seen:
            return True
        found = self.find(name)
        if found is None:
            return False
        there, values, annotation = found
        if annotation is not None and not is_harmless(annotation):
            return False
        return all(there.is_safe(value_at(value, place), seen | {name}) for value, place in values)

    def _is_safe_call(self, node: ast.Call, seen: frozenset[str]) -> bool:
        arguments = [*node.args, *(each.value for each in node.keywords)]
        match node.func:
            case ast.Name(id=name):
                if name == "map" and self.is_safe(arguments[0], seen):
                    return True
                if name in LISTS:
                    return all(self.is_safe(each, seen) for each in arguments)
                return name in WORDS or name in harmless(ast.FunctionDef)
            case ast.Attribute(value=value, attr="join"):
                return self.is_safe(value, seen) and self.is_safe(arguments[0], seen)
            case ast.Attribute(value=value, attr=name) if name in THROUGH:
                return self.is_safe(value, seen)
            case ast.Attribute(value=value, attr="replace"):
                return self.is_safe(value, seen)
            case ast.Attribute(value=value, attr="get" | "items" | "values" | "keys" | "__getitem__"):
                return self.is_safe(value, seen) and all(self.is_safe(each, seen) for each in arguments[1:])
            case ast.Attribute(attr=name):
                return name in WORDS or name in harmless(ast.FunctionDef)
        return False


def value_at(value: ast.expr, place: tuple[int, ...]) -> ast.expr:
    """The part of a tuple that is written there; else the whole."""
    for index in place:
        if not isinstance(value, ast.Tuple) or any(isinstance(each, ast.Starred) for each in value.elts):
            return value
        value = value.elts[index]
    return value


def is_numeric(form: ast.expr) -> bool:
    written = "".join(
        str(each.value) for each in getattr(form, "values", []) if isinstance(each, ast.Constant)
    )
    return bool(written) and (NUMERIC.match(written) is not None or written.startswith("%"))


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function but not in the functions inside it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(node))
    while waiting:
        each = waiting.pop()
        yield each
        if not isinstance(each, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(each))


def functions(tree: ast.AST, around: Function | None = None) -> Iterator[tuple[ast.AST, Function]]:
    here = Function(tree, around)
    yield tree, here
    for node in own_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield from functions(node, here)


def takers(node: ast.FunctionDef) -> set[int | str]:
    """Which arguments of a function of ours are Markdown."""
    given = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
    found: set[int | str] = {
        each.arg
        for each in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if each.annotation is not None and ast.unparse(each.annotation) == "Markdown"
    }
    return found | {given.index(str(name)) for name in found if name in given}


Taker = tuple[str, str, set[int | str]]
"""A function of ours: its module, its name, and which of its arguments are Markdown."""


def every_taker(every: Mapping[str, ast.Module]) -> list[Taker]:
    return [
        (module, node.name, takers(node))
        for module, tree in every.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]


def own_takers(name: str, every: Sequence[Taker]) -> dict[str, set[int | str]]:
    """Functions with an argument that is Markdown, as a screen calls them: by name, or with that of their
    module."""
    found: dict[str, set[int | str]] = {}
    for other, called, places in every:
        if other == name or not called.startswith("_"):
            found.setdefault(f"{Path(other).stem}.{called}", set()).update(places)
            if other == name or called not in found:
                found[called] = set(places)
    return found


def shown(call: ast.Call, own: Mapping[str, set[int | str]]) -> Iterator[ast.expr]:
    """What a call shows as Markdown."""
    called = ast.unparse(call.func)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else called
    places = own.get(called) or (() if called in NOT_STREAMLIT else TAKES.get(name, ()))
    for place in places:
        if isinstance(place, int):
            yield from call.args[place : place + 1]
        else:
            yield from (each.value for each in call.keywords if each.arg == place)
    if name in ("radio", "segmented_control", "pills") and not any(
        each.arg == "format_func" for each in call.keywords
    ):
        yield from call.args[1:2]


def unsafe(tree: ast.Module, own: Mapping[str, set[int | str]]) -> Iterator[tuple[int, str]]:
    """Every text that is shown as Markdown and may hold what somebody typed."""
    for node, here in functions(tree):
        for each in own_nodes(node):
            if isinstance(each, ast.Call):
                for text in shown(each, own):
                    if not here.is_safe(text):
                        yield each.lineno, ast.unparse(text)
            elif (
                isinstance(each, ast.Return)
                and isinstance(node, ast.FunctionDef)
                and node.returns is not None
                and ast.unparse(node.returns) == "Markdown"
                and each.value is not None
                and not here.is_safe(each.value)
            ):
                yield each.lineno, ast.unparse(each.value)


def screens() -> dict[str, ast.Module]:
    return {path.relative_to(SCREENS).as_posix(): parsed(path) for path in sorted(SCREENS.rglob("*.py"))}


@cache
def found() -> dict[tuple[str, str], int]:
    """Where such texts are: the screen, the text, and its line."""
    trees = screens()
    every = every_taker(trees)
    return {
        (name, text): line
        for name, tree in trees.items()
        for line, text in unsafe(tree, own_takers(name, every))
    }


def test_what_somebody_typed_is_made_plain_wherever_markdown_is_read() -> None:
    unknown = {where: line for where, line in found().items() if where not in KNOWN}
    assert unknown == {}


def test_what_is_let_through_is_still_there() -> None:
    assert set(KNOWN) - set(found()) == set()


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(each.title)",
        "st.markdown(f'**{each.title}**')",
        "st.caption(' · '.join([plain(each.title), each.place]))",
        "st.button('Open', help=each.title)",
        "words = each.title\nst.button(words)",
        "words = 'about '\nwords += each.title\nst.info(words)",
        "facts = []\nfacts.append(each.title)\nst.caption(' · '.join(facts))",
        "for name, value in (('Owner', head.owner),):\n    st.markdown(f'{name}: {value}')",
        "st.radio('Which', titles)",
        "st.radio('Which', keys, format_func=lambda key: titles[key])",
        "st.error(refusal.message)",
        "def said(words: Markdown) -> None: ...\nsaid(each.title)",
        "def said(each: Any) -> Markdown:\n    return each.title",
        "def said(words: str) -> None:\n    st.toast(words)",
        "st.image(picture, caption=each.description)",
        "st.dialog(each.title)",
    ],
)
def test_the_rule_about_markdown_sees_what_it_forbids(line: str) -> None:
    tree = ast.parse(line)
    assert list(unsafe(tree, own_takers("x.py", every_taker({"x.py": tree}))))


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown('**Closed**')",
        "st.markdown(f'**{plain(each.title)}** · {label(each.stage)} · {day(each.on)}')",
        "st.caption(f'{count:,} of {total:,}: {share:.0%}')",
        "st.selectbox('Which', keys, format_func=lambda key: titles[key])",
        "st.text(each.title)",
        "st.text_input('Title', each.title)",
        "facts = [plain(each.title)]\nfacts.append('public')\nst.caption(' · '.join(facts))",
        "for name in ('Owner', 'Place'):\n    st.markdown(name)",
        "def said(words: Markdown) -> None:\n    st.toast(words)",
    ],
)
def test_the_rule_about_markdown_lets_pass_what_is_plain(line: str) -> None:
    tree = ast.parse(line)
    assert list(unsafe(tree, own_takers("x.py", every_taker({"x.py": tree})))) == []
