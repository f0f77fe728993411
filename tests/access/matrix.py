"""The table of rights as cells: every command and query, route and screen, and what each role gets of it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import lab
from tests.conftest import NOW

THROUGH: Final = {
    "lab.disillusion.upkeep.following.perform_and_refresh": None,
    "lab.exchange.register.intake.take_register": "lab.administer",
    "lab.exchange.whole.archive_lab": "lab.administer",
    "lab.followthrough.addressing.draft_to_sponsor": "project.write",
    "lab.followthrough.commands.answer_recommendation": "recommendation.answer",
    "lab.followthrough.commands.note_reply": "recommendation.answer",
    "lab.followthrough.commands.report_progress": "recommendation.answer",
    "lab.projects.commands.publish_project": "project.move",
    "lab.projects.commands.unpublish_project": "project.move",
    "lab.rates.queries.rates_report": "rates.read",
    "lab.stakeholders.commands.keep_contact_and_account": "contact.read",
    "lab.voting.queries.result_for_lab": "project.read",
    **{
        f"lab.workshops.board.commands.{name}": "workshop.run"
        for name in (
            "add_cluster", "drop_cluster", "edit_note", "hide_note", "let_on_the_wall", "mark_note",
            "merge_notes", "move_note", "part_note", "place_cluster", "rename_cluster", "show_note",
            "write_note",
        )
    },
    "lab.workshops.board.several.move_several": "workshop.run",
    "lab.workshops.board.several.set_apart": "workshop.run",
    "lab.workshops.board.several.write_list": "workshop.run",
}  # fmt: skip
"""Functions that ask through another one, and for what; None where it is what the caller hands them."""
OWN: Final = {
    "lab.access.commands.change_own_password": "changes the actor's own password",
    "lab.access.keys.account_voter": "the actor's own key",
    "lab.access.queries.password_to_match": "the actor's own hash",
    "lab.access.sessions.commands.end_session": "ends one's own session; a foreign one is no session",
    "lab.followthrough.commands.give_verdict": "what one expected oneself; the lab's people write any",
    "lab.stakeholders.queries.stakeholder_of_account": "the actor's own stakeholder",
    "lab.voting.commands.voter_of_account": "the actor's own place in a vote",
}
"""Functions that answer everybody about what is their own; tests name what a foreign id gets."""
INSIDE: Final = {
    "lab.followthrough.steps.take_step": "a part of commands that ask",
    "lab.foundation.events.remember": "the record of commands that ask",
    "lab.workshops.after.keeping.set_mark": "a part of commands that ask",
    "lab.workshops.board.changing.remember_note": "a part of commands that ask",
}
"""Functions with an actor that only commands call."""


@dataclass(frozen=True)
class Asking:
    """A command or query, and the permission it asks for."""

    name: str
    call: Callable[..., Any]
    right: str


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of the lab that is handed a session and somebody who acts."""
    for module in pkgutil.walk_packages(lab.__path__, "lab."):
        if module.name.startswith(("lab.cli", "lab.web", "lab.demo")) or module.name.endswith("__main__"):
            continue
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            is_own = function.__module__ == module.name and not name.startswith("_")
            if is_own and {"session", "actor"} <= set(inspect.signature(function).parameters):
                yield f"{module.name}.{name}", function


def rights_asked(function: Callable[..., Any]) -> list[str]:
    """The permissions that its source asks for by name."""
    return [
        ast.literal_eval(call.args[1])
        for call in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "require"
        and len(call.args) == 2
        and isinstance(call.args[1], ast.Constant)
    ]


def asking() -> Iterator[Asking]:
    """Every command and query with its one permission."""
    for name, function in functions():
        if name in OWN or name in INSIDE:
            continue
        asked = rights_asked(function)
        right = asked[0] if len(asked) == 1 else THROUGH.get(name)
        if right:
            yield Asking(name, function, right)


def arguments(call: Callable[..., Any]) -> dict[str, Any]:
    """Something of the right kind for every argument that must be given: ids of nothing."""
    return {
        name: _something(str(each.annotation))
        for name, each in inspect.signature(call).parameters.items()
        if each.default is inspect.Parameter.empty and name not in ("session", "actor")
    }


def _something(kind: str) -> Any:
    for begins, value in (
        ("uuid.UUID", uuid.uuid4()), ("str", "x"), ("int", 1), ("bool", False), ("float", 0.5),
        ("dt.datetime", NOW), ("dt.date", NOW.date()), ("Sequence", ()), ("Iterable", ()), ("tuple", ()),
        ("Collection", ()), ("Mapping", {}), ("dict", {}), ("list", []), ("set", set()),
    ):  # fmt: skip
        if kind.startswith(begins):
            return value
    return None
