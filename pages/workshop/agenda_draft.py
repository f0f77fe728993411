"""An agenda while it is edited: kept in a field of the page, so that it outlives the server's half of it."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from lab.workshops.plan.agendas import Block
from lab.workshops.plan.queries import Plan

Rows = list[tuple[str, Block]]


@dataclass(frozen=True)
class Draft:
    """The rows being edited, each with a key of its own; the agenda they began from, and its version."""

    rows: Rows
    base: list[Block]
    version: int
    is_drawn: bool = False
    """Whether the field was drawn in this run: a new session has to read it first."""

    @property
    def is_changed(self) -> bool:
        """Whether the agenda differs from what it began from."""
        return [block for _, block in self.rows] != self.base


def draft_of(plan: Plan) -> Draft:
    """The agenda as it is being edited, or as it is saved. If another host has changed the agenda meanwhile,
    saving reports a conflict."""
    saved = [each.block for each in plan.blocks]
    found: Draft | None = st.session_state.get(_name(plan.id))
    is_new = _name(plan.id) not in st.session_state
    if is_new:
        found = read_draft(st.text_input("Agenda", key=_field(plan.id)))
    if found is None or (not found.is_changed and found.base != saved):
        # a new session has the same keys, and so finds what was typed in these rows
        rows = [(f"{plan.version}-{place}", block) for place, block in enumerate(saved)]
        found = Draft(rows, saved, plan.version)
    if found.base == saved:
        found = replace(found, version=plan.version)
    found = replace(found, is_drawn=is_new)
    st.session_state[_name(plan.id)] = found
    return found


def keep(plan: Plan, draft: Draft) -> None:
    """Keep what was typed in this run, for the next one."""
    st.session_state[_name(plan.id)] = replace(draft, is_drawn=False)
    if not draft.is_drawn:
        st.session_state[_field(plan.id)] = written_draft(draft) if draft.is_changed else ""
        st.text_input("Agenda", key=_field(plan.id))


def change(workshop_id: uuid.UUID, rows: Rows) -> None:
    """Have these rows in the next run."""
    name = _name(workshop_id)
    st.session_state[name] = replace(st.session_state[name], rows=rows)


def rows_of(workshop_id: uuid.UUID) -> Rows:
    """The rows as they are edited."""
    return list(st.session_state[_name(workshop_id)].rows)


def drop(workshop_id: uuid.UUID) -> None:
    """Forget the draft: it is saved, or undone. The field is emptied in the next run."""
    st.session_state[_name(workshop_id)] = None


def _name(workshop_id: uuid.UUID) -> str:
    return f"agenda.{workshop_id}"


def _field(workshop_id: uuid.UUID) -> str:
    return f"kept.agenda.{workshop_id}"


def written_draft(draft: Draft) -> str:
    """The draft as the field of the page keeps it."""
    return json.dumps(asdict(draft), default=str)


def read_draft(text: str) -> Draft | None:
    """What the field of an older session holds; None for nothing, or for what is no agenda."""
    try:
        told = json.loads(text)
        rows = [(str(key), _block(block)) for key, block in told["rows"]]
        return Draft(rows, [_block(block) for block in told["base"]], int(told["version"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _block(told: dict[str, Any]) -> Block:
    return Block(
        kind=str(told["kind"]),
        title=str(told["title"]),
        minutes=int(told["minutes"]),
        prompt=str(told["prompt"]),
        raised_by=None if told["raised_by"] is None else str(told["raised_by"]),
        round_id=None if told["round_id"] is None else uuid.UUID(told["round_id"]),
        dots=int(told["dots"]),
    )
