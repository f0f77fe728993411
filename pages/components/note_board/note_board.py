"""The board of a workshop inside the console: notes that hosts drag, merge, mark and hide.

It talks to the server directly (lab/web/board/routes.py), so that moving a note does not rerun the script.
It shares its script and styles with the wall.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import streamlit as st

from lab.access.rights import Actor
from lab.web.pages import HERE

_ASSETS = HERE / "assets"
_mount = st.components.v2.component(
    "followthrough_note_board",
    html=Path(__file__).with_suffix(".html").read_text(encoding="utf-8"),
    css=(_ASSETS / "noteboard.css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def render(actor: Actor, workshop_id: uuid.UUID) -> None:
    """Show the board to a host; show nothing to anybody else."""
    if not actor.may("workshop.run"):
        return
    _mount(key=f"note_board.{workshop_id}", data={"workshop": str(workshop_id)})
