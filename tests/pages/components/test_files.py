"""The files of our browser components: where they are, and how their modules are joined."""

from __future__ import annotations

import re
from pathlib import Path

from pages.components.files import joined

PAGES = Path(__file__).parents[3] / "pages"
BOARD = PAGES / "components" / "board"
MODULES = ("elements.js", "cards.js", "menu.js", "dragging.js", "board.js")


def test_the_board_names_every_module_after_those_it_imports() -> None:
    assert sorted(MODULES) == sorted(path.name for path in BOARD.glob("*.js"))
    assert f"modules={MODULES!r}".replace("'", '"') in (BOARD / "board.py").read_text(encoding="utf-8")
    before: dict[str, str] = {}
    for module in MODULES:
        text = (BOARD / module).read_text(encoding="utf-8")
        for names, source in re.findall(r"^import \{ (.*?) \} from '\./(.*?)'", text, re.MULTILINE):
            for name in names.split(", "):
                assert re.search(rf"^export (function|class) {name}\b", before[source], re.MULTILINE)
        before[module] = text


def test_joined_modules_are_one_with_a_single_default_export() -> None:
    script = joined([BOARD / module for module in MODULES])
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert re.findall(r"^export .*", script, re.MULTILINE) == ["export default function (component) {"]
    names = re.findall(r"^(?:function|class|const) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names)), "two modules use one name"


def test_neither_styles_nor_scripts_are_written_in_python() -> None:
    for path in PAGES.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("<style", "<script", "addEventListener", "unsafe_allow_html"):
            assert word not in text, f"{word} in {path}"
