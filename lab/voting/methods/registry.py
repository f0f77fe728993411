"""All voting methods: one per file in this folder. Pure."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from lab.foundation.errors import Invalid
from lab.voting import methods
from lab.voting.methods.method import Method

_NO_METHODS: Final = ("method", "registry")


def _found() -> Iterator[Method]:
    for file in pkgutil.iter_modules(methods.__path__):
        if file.name not in _NO_METHODS:
            yield import_module(f"{methods.__name__}.{file.name}").METHOD


_known: Final[dict[str, Method]] = {each.name: each for each in _found()}


def method_names() -> tuple[str, ...]:
    """The names of all methods, in menu order."""
    return tuple(sorted(_known, key=lambda name: (_known[name].listed, name)))


def method_named(name: str, blank_means: str | None = None) -> Method:
    """The method of that name, as it counts rounds in which an unmarked option `blank_means` that, or new
    rounds if left out. Raises `Invalid` if there is none."""
    try:
        method = _known[name]
        return method if blank_means is None else method.where_blank_means(blank_means)
    except KeyError:
        raise Invalid(
            f"There is no method of voting named “{name[:40]}”, only {', '.join(method_names())}.",
            field="method",
        ) from None


@contextmanager
def registered(method: Method) -> Iterator[Method]:
    """Within the block this method is registered too.

    Raises:
        ValueError: there is one of that name.
    """
    if method.name in _known:
        raise ValueError(f"there is already a method named {method.name}")
    _known[method.name] = method
    try:
        yield method
    finally:
        del _known[method.name]
