"""The form of a project, for starting one and editing it, and the list to choose one from."""

from __future__ import annotations

import uuid
from typing import Any, Final

import streamlit as st

from db.words import CYCLE_PHASES, FORMS, MODES
from lab.access.rights import Actor
from lab.foundation.text import shortened
from lab.lifecycle.commands import undo_move
from lab.projects.commands import start_project
from lab.projects.queries import find_projects
from pages.parts import fields, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.fields import Form, Number, OneOf, Paragraph, SomeOf, TextLine
from pages.parts.plain import plain
from pages.parts.shell import label

PROJECTS: Final = 500
"""How many running projects can be chosen from, newest first."""
FORM: Final = Form(
    "project",
    (
        TextLine("title", "Title"),
        Paragraph("challenge", "Challenge: the question to answer"),
        TextLine("sponsor", "Sponsor"),
        TextLine("place", "Place"),
        SomeOf("forms", "Form", words=FORMS),
        OneOf("mode", "Mode", words=MODES, only="editing"),
        OneOf("cycle_phase", "Cycle phase", words=CYCLE_PHASES, only="editing"),
        Number(
            "cadence_days",
            "Days between news to the people",
            low=1,
            high=365,
            needed=True,
            only="editing",
        ),
    ),
)


@dialog("Start a project")
def start(following: str = "") -> None:
    """Start a project; then open the dialog of this key, if one is to follow."""
    typed = fields.new(FORM, submit="Start")
    if typed and shell.perform(start_project, refresh="answer", **typed):
        said = f"Started: {plain(typed['title'])}"
        shell.done(said, following=following)


def undo(project_id: uuid.UUID, before: str) -> None:
    """Take the project's last move back."""
    if shell.perform(undo_move, project_id, refresh=project_id):
        shell.done(f"The move is undone. The project is at {label(before)} again.")


def choose(actor: Actor, *, key: str) -> uuid.UUID | None:
    """One of the running projects; None until one is chosen."""
    titles = _titles(actor)
    return st.selectbox(
        "Project", list(titles), None, format_func=titles.__getitem__,
        placeholder="Which project is it for?", key=key,
    )  # fmt: skip


def choose_or_name(actor: Actor, *, key: str) -> uuid.UUID | str:
    """One of the running projects, or the title of a new one; empty until there is either."""
    titles = _titles(actor)
    if not titles:
        return st.text_input(
            "Project", max_chars=200, key=f"{key}.new", placeholder="What is the project called?",
            help="It is started with this title. Everything else about it can be said later.",
        ).strip()  # fmt: skip
    chosen: Any = st.selectbox(
        "Project", list(titles), None, format_func=lambda each: titles.get(each, each),
        placeholder="Choose one, or type the title of a new one", accept_new_options=True, key=key,
    )  # fmt: skip
    return chosen or ""


def _titles(actor: Actor) -> dict[uuid.UUID, str]:
    with shell.reading() as session:
        found = find_projects(session, actor, running=True, limit=PROJECTS)
    return forms.told_apart({key: shortened(title, 80) for key, title in found})
