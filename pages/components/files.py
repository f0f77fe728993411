"""A component's HTML, CSS and JavaScript, read from the files beside its Python.

Streamlit takes a component's script as one text; only an installed package may serve several files. So a
script of several modules is joined here: they stay real modules for the linter and the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_IMPORT = re.compile(r"^import \{[^}]*\} from '\./[\w.]+';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)


def component(name: str, folder: Path, modules: Sequence[str] = ()) -> Any:
    """Register the component whose files are named after its folder, and return the function that mounts it.
    `modules` lists a script's modules, each after those it imports."""
    return st.components.v2.component(
        f"followthrough_{name}",
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        css=(folder / f"{name}.css").read_text(encoding="utf-8"),
        js=joined([folder / module for module in modules or (f"{name}.js",)]),
    )


def joined(modules: Sequence[Path]) -> str:
    """JavaScript modules concatenated, with the imports between them removed."""
    return "\n".join(
        _EXPORT.sub("", _IMPORT.sub("", module.read_text(encoding="utf-8"))) for module in modules
    )
