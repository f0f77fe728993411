"""The agenda, one line for each block: when it begins and ends, its kind, title and minutes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from db.words import AGENDA_SETTERS, BLOCK_KINDS
from lab.access.rights import Actor
from lab.foundation.text import quantity, shortened
from lab.voting.queries import RoundSummary, rounds_of
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.queries import Plan
from lab.workshops.plan.rules import LONGEST_BLOCK, MOST_BLOCKS, MOST_DOTS, clock_at, running_time
from lab.workshops.room.votes import make_planned_vote
from pages.parts import dialogs, forms, shell, vote_rounds
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.parts.vote_rounds import ForBlock
from pages.workshop import agenda_draft
from pages.workshop.agenda_draft import Draft, Rows

_STYLE: Final = Path(__file__).with_name("agenda.css")


@dataclass(frozen=True, slots=True)
class _Editing:
    """The agenda as it is edited: from this row on, with the votes that its blocks may hold."""

    plan: Plan
    rows: Rows
    first: int
    rounds: dict[uuid.UUID, RoundSummary]


def asked(block: Block) -> str:
    """What a block asks the room: its question, else its title."""
    return block.prompt or block.title


def rows(actor: Actor, plan: Plan, first: int = 0) -> bool:
    """The agenda from a block on, to be edited. Returns whether it has changes that are not saved."""
    st.html(_STYLE)
    saved = [each.block for each in plan.blocks]
    draft = agenda_draft.draft_of(plan)
    with shell.reading() as session:
        rounds = {
            each.id: each
            for each in rounds_of(session, actor, plan.project_id)
            if each.state == "draft" or each.id in {block.round_id for block in saved}
        }
    editing = _Editing(plan, draft.rows, first, rounds)
    before, typed = 0, []
    with st.container(key="agenda-rows", gap=None):
        for number, (key, block) in enumerate(draft.rows):
            if number >= first:
                block = _row(editing, number, key, block, before)
            typed.append((key, block))
            before += block.minutes
    draft = replace(draft, rows=typed)
    agenda_draft.keep(plan, draft)
    _below(plan, draft, before)
    _vote(actor, plan, draft, first)
    return draft.is_changed


def _below(plan: Plan, draft: Draft, minutes: int) -> None:
    """How long it all takes, and the buttons for the whole agenda."""
    blocks = [each for _, each in draft.rows]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        ends = clock_at(plan.begins, minutes)
        st.markdown(
            f"**{quantity(minutes, 'minute')}**" + (f", until {plain(ends)}" if ends else ""), width="content"
        )
        if st.button(
            "Add a block", key="agenda.add", disabled=len(blocks) >= MOST_BLOCKS,
            help=f"An agenda has at most {MOST_BLOCKS} blocks." if len(blocks) >= MOST_BLOCKS else None,
        ):  # fmt: skip
            _insert(plan.id, len(blocks), Block("ideas", "Ideas", 15))
            st.rerun()
        if not draft.is_changed:
            return
        if st.button("Save the agenda", type="primary", key="agenda.save") and shell.perform(
            plan_commands.set_agenda, plan.id, version=draft.version, blocks=blocks
        ):
            agenda_draft.drop(plan.id)
            shell.done("The agenda is saved.")
        if st.button("Undo the changes", key="agenda.undo"):
            agenda_draft.drop(plan.id)
            st.rerun()


def _vote(actor: Actor, plan: Plan, draft: Draft, first: int) -> None:
    """The dialog for the vote of a block, where one is open: it saves the agenda with the vote in it."""
    blocks = [each for _, each in draft.rows]
    for place, (key, block) in enumerate(draft.rows):
        if place >= first and block.kind == "vote" and dialogs.is_open(f"block.vote.{key}"):
            vote_rounds.make(
                actor, plan.project_id,
                ForBlock(
                    plan.id, asked(block), make_planned_vote,
                    {"version": draft.version, "blocks": blocks, "place": place},
                    lambda: agenda_draft.drop(plan.id),
                ),
            )  # fmt: skip


def _row(editing: _Editing, number: int, key: str, block: Block, before: int) -> Block:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"block-row-{key}"):
        time = st.container(width=104)
        with st.container(width=180):
            kind = st.selectbox(
                f"Kind of block {number + 1}", BLOCK_KINDS, BLOCK_KINDS.index(block.kind), format_func=label,
                label_visibility="collapsed", key=f"block.kind.{key}",
            )  # fmt: skip
        with st.container(width="stretch", key=f"block-title-{key}"):
            title = st.text_input(
                f"Title of block {number + 1}", block.title, max_chars=200, label_visibility="collapsed",
                placeholder="Title", key=f"block.title.{key}",
            )  # fmt: skip
        vote = st.container(width="content")
        with st.container(width=116):
            minutes = int(
                st.number_input(
                    f"Minutes of block {number + 1}", 1, LONGEST_BLOCK, block.minutes,
                    label_visibility="collapsed", key=f"block.minutes.{key}",
                )
            )  # fmt: skip
        time.markdown(f"**{plain(running_time(editing.plan.begins, before, minutes))}**")
        changed = replace(block, kind=kind, title=title, minutes=minutes)
        changed = _rest(editing, number, key, changed)
        if changed.kind == "vote" and changed.round_id is None:
            with vote:
                dialogs.button(f"Make a vote *for {_called(number, block)}*", key=f"block.vote.{key}")
        return changed


def _rest(editing: _Editing, number: int, key: str, block: Block) -> Block:
    """The buttons of a row, and what only some look at."""
    plan, last = editing.plan, len(editing.rows) - 1
    name = _called(number, block)
    st.button(
        f"↑ *Move up {name}*", key=f"block.up.{key}", disabled=number <= editing.first,
        on_click=_swap, args=(plan.id, number, number - 1),
    )  # fmt: skip
    st.button(
        f"↓ *Move down {name}*", key=f"block.down.{key}", disabled=number >= last,
        on_click=_swap, args=(plan.id, number, number + 1),
    )  # fmt: skip
    with st.popover(f"More *of {name}*"):
        prompt = st.text_input(
            "What the room is asked", block.prompt, max_chars=200, key=f"block.prompt.{key}"
        )
        raised = st.selectbox(
            "Raised by", (None, *AGENDA_SETTERS), (None, *AGENDA_SETTERS).index(block.raised_by),
            format_func=label, key=f"block.raised.{key}",
        )  # fmt: skip
        changed = _particulars(editing, key, replace(block, prompt=prompt, raised_by=raised))
        with forms.actions():
            st.button(
                "Duplicate", key=f"block.copy.{key}", disabled=last + 1 >= MOST_BLOCKS,
                on_click=_insert, args=(plan.id, number + 1, replace(changed, round_id=None)),
            )  # fmt: skip
            st.button("Remove", key=f"block.remove.{key}", on_click=_remove, args=(plan.id, number))
    return changed


def _called(number: int, block: Block) -> Markdown:
    """What a row's buttons call it."""
    return f"block {number + 1}, {plain(shortened(block.title, 40))}"


def _particulars(editing: _Editing, key: str, block: Block) -> Block:
    """What only blocks of this kind have."""
    if block.kind == "dots":
        dots = st.number_input("Dots for each person", 1, MOST_DOTS, block.dots, key=f"block.dots.{key}")
        return replace(block, dots=int(dots))
    if block.kind != "vote":
        return replace(block, round_id=None)
    rounds = editing.rounds
    options: list[uuid.UUID | None] = [None, *rounds]
    chosen = st.selectbox(
        "The vote", options, options.index(block.round_id) if block.round_id in rounds else 0,
        format_func=lambda each: shortened(rounds[each].question, 70) if each else "Choose later",
        key=f"block.round.{key}.{len(rounds)}",
    )  # fmt: skip
    return replace(block, round_id=chosen)


def _swap(workshop_id: uuid.UUID, one: int, other: int) -> None:
    rows = agenda_draft.rows_of(workshop_id)
    rows[one], rows[other] = rows[other], rows[one]
    agenda_draft.change(workshop_id, rows)


def _insert(workshop_id: uuid.UUID, number: int, block: Block) -> None:
    rows = agenda_draft.rows_of(workshop_id)
    rows.insert(number, (uuid.uuid4().hex[:8], block))
    agenda_draft.change(workshop_id, rows)


def _remove(workshop_id: uuid.UUID, number: int) -> None:
    rows = agenda_draft.rows_of(workshop_id)
    del rows[number]
    agenda_draft.change(workshop_id, rows)
