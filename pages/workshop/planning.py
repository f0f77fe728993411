"""Planning a workshop: its facts, whom it invites, and the agenda block by block."""

from __future__ import annotations

import uuid
from dataclasses import replace

import streamlit as st

from db.words import AGENDA_SETTERS, BLOCK_KINDS
from lab.access.rights import Actor
from lab.foundation.language import NOT_SAID
from lab.foundation.text import quantity, shortened
from lab.voting.queries import RoundSummary, rounds_of
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.agendas import Block
from lab.workshops.plan.queries import Plan
from lab.workshops.plan.rules import LONGEST_BLOCK, MOST_BLOCKS, clock_at, running_time
from lab.workshops.room import commands as room_commands
from pages.parts import addresses, dialogs, forms, shell, vote_rounds, workshop_list
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.workshop import agenda_draft
from pages.workshop.agenda_draft import Rows


def render(actor: Actor, plan: Plan) -> None:
    """A planned workshop: its facts, the agenda, and the button to begin."""
    _said(plan)
    actions = st.container()  # shown above the long agenda, although it depends on whether that is saved
    is_changed = _agenda(actor, plan)
    with actions, forms.actions():
        if dialogs.button(
            "Begin", type="primary", key="plan.begin", disabled=is_changed or not plan.blocks,
            help="Save the agenda first." if is_changed else None,
        ):  # fmt: skip
            _begin(plan)
        if dialogs.button("Edit", key="plan.edit"):
            _edit(plan)
        st.link_button("Run sheet", f"/w/{plan.id}/run-sheet")
        st.link_button("Calendar entry", f"/j/{plan.code}/calendar.ics")
        st.link_button("Open the wall", f"/j/{plan.code}/wall")
        if dialogs.button("Call it off", key="plan.drop"):
            _drop(plan)


def _said(plan: Plan) -> None:
    invited = ", ".join(label(group) + (f" ({hoped:,})" if hoped else "") for group, hoped in plan.invited)
    st.markdown(
        f"- When: {day(plan.held_on)}{f', {plain(plan.begins)}' if plan.begins else ''}\n"
        f"- Where: {plain(plan.place) or NOT_SAID}\n- Hosts: {plain(plan.hosts) or NOT_SAID}\n"
        f"- Invited: {invited or NOT_SAID}\n- Taking part can change: {label(plan.declared_influence)}\n"
        f"- Join code: **{plain(plan.code[:3])} {plain(plan.code[3:])}**"
    )


@dialog("Edit the plan", width="large")
def _edit(plan: Plan) -> None:
    typed = workshop_list.facts(f"plan.edit.{plan.id}", plan)
    version = dialogs.as_opened(plan.version, "plan.edit.version")
    if st.button("Save", type="primary", key="plan.edit.save") and shell.perform(
        plan_commands.edit_workshop, plan.id, version=version, refresh=plan.project_id, **typed
    ):
        shell.done("The plan is changed.")


@dialog("Begin the workshop")
def _begin(plan: Plan) -> None:
    if plan.held_on != shell.today():
        st.write(f"It is planned for {day(plan.held_on)}. Begun now, it is held today.")
    st.write("After you begin, the facts of the workshop can't be changed. The rest of the agenda can.")
    if st.button("Begin now", type="primary", key="plan.begin.sure") and shell.perform(
        room_commands.begin, plan.id, refresh=plan.project_id
    ):
        shell.done("The workshop is running.")


@dialog("Call the workshop off")
def _drop(plan: Plan) -> None:
    st.write("This deletes the plan and the join code for good.")
    if st.button("Call it off", type="primary", key="plan.drop.sure") and shell.perform(
        plan_commands.drop_workshop, plan.id, refresh=plan.project_id
    ):
        addresses.open_project(plan.project_id, "workshops")


def ahead(actor: Actor, plan: Plan, place: int) -> None:
    """The rest of a running workshop's agenda, which can be edited while the room works."""
    _rows(actor, plan, first=place + 1)


def _agenda(actor: Actor, plan: Plan) -> bool:
    st.header("Agenda", anchor=False)
    return _rows(actor, plan)


def _rows(actor: Actor, plan: Plan, first: int = 0) -> bool:
    """The form for the agenda from a block on. Returns whether it has unsaved changes."""
    saved = [each.block for each in plan.blocks]
    draft = agenda_draft.draft_of(plan)
    rows = draft.rows
    with shell.reading() as session:
        rounds = {
            each.id: each
            for each in rounds_of(session, actor, plan.project_id)
            if each.state == "draft" or each.id in {block.round_id for block in saved}
        }
    before, typed = 0, []
    for number, (key, block) in enumerate(rows):
        if number >= first:
            block = _row(actor, plan, rows, number, key, block, before, rounds, first)
        typed.append((key, block))
        before += block.minutes
    ends = clock_at(plan.begins, before)
    st.markdown(f"**{quantity(before, 'minute')}**" + (f", until {plain(ends)}" if ends else ""))
    draft = replace(draft, rows=typed)
    agenda_draft.keep(plan, draft)
    is_changed = draft.is_changed
    with forms.actions():
        if st.button("Add a block", key="agenda.add", disabled=len(typed) >= MOST_BLOCKS):
            agenda_draft.change(plan.id, [*typed, (uuid.uuid4().hex[:8], Block("ideas", "Ideas", 15))])
            st.rerun()
        if is_changed:
            if st.button("Save the agenda", type="primary", key="agenda.save") and shell.perform(
                plan_commands.set_agenda, plan.id, version=draft.version, blocks=[each for _, each in typed]
            ):
                agenda_draft.drop(plan.id)
                shell.done("The agenda is saved.")
            if st.button("Undo the changes", key="agenda.undo"):
                agenda_draft.drop(plan.id)
                st.rerun()
    return is_changed


def _row(
    actor: Actor,
    plan: Plan,
    rows: Rows,
    number: int,
    key: str,
    block: Block,
    before: int,
    rounds: dict[uuid.UUID, RoundSummary],
    first: int,
) -> Block:
    with st.container(border=True, key=f"block-{key}"):
        left, middle, right = st.columns([2, 4, 1.4], vertical_alignment="bottom")
        with left:
            kind = forms.one_word("Kind", BLOCK_KINDS, block.kind, key=f"block.kind.{key}")
        title = middle.text_input("Title", block.title, max_chars=200, key=f"block.title.{key}")
        minutes = int(
            right.number_input("Minutes", 1, LONGEST_BLOCK, block.minutes, key=f"block.minutes.{key}")
        )
        prompt = st.text_input(
            "What the room is asked", block.prompt, max_chars=200, key=f"block.prompt.{key}"
        )
        changed = replace(block, kind=kind, title=title, minutes=minutes, prompt=prompt)
        changed = _particulars(actor, plan, key, changed, rounds)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.markdown(f"**{plain(running_time(plan.begins, before, minutes))}**", width="stretch")
            raised = st.selectbox(
                "Raised by", (None, *AGENDA_SETTERS), (None, *AGENDA_SETTERS).index(block.raised_by),
                format_func=label, width=170, key=f"block.raised.{key}",
            )  # fmt: skip
            if len(rows) > first + 1:
                up, down = number > first, number < len(rows) - 1
                st.button(
                    "↑", key=f"block.up.{key}", help="Earlier", disabled=not up,
                    on_click=_swap, args=(plan.id, number, number - 1),
                )  # fmt: skip
                st.button(
                    "↓", key=f"block.down.{key}", help="Later", disabled=not down,
                    on_click=_swap, args=(plan.id, number, number + 1),
                )  # fmt: skip
            st.button("Remove", key=f"block.remove.{key}", on_click=_remove, args=(plan.id, number))
        return replace(changed, raised_by=raised)


def _particulars(
    actor: Actor, plan: Plan, key: str, block: Block, rounds: dict[uuid.UUID, RoundSummary]
) -> Block:
    if block.kind == "dots":
        dots = st.number_input("Dots for each person", 1, 20, block.dots, key=f"block.dots.{key}")
        return replace(block, dots=int(dots))
    if block.kind != "vote":
        return replace(block, round_id=None)
    options: list[uuid.UUID | None] = [None, *rounds]
    chosen = st.selectbox(
        "The vote", options, options.index(block.round_id) if block.round_id in rounds else 0,
        format_func=lambda each: shortened(rounds[each].question, 70) if each else "Choose later",
        key=f"block.round.{key}.{len(rounds)}",
    )  # fmt: skip
    if dialogs.button("Make a vote", key=f"block.vote.{key}"):
        vote_rounds.make(actor, plan.project_id)
    return replace(block, round_id=chosen)


def _swap(workshop_id: uuid.UUID, one: int, other: int) -> None:
    rows = agenda_draft.rows_of(workshop_id)
    rows[one], rows[other] = rows[other], rows[one]
    agenda_draft.change(workshop_id, rows)


def _remove(workshop_id: uuid.UUID, number: int) -> None:
    rows = agenda_draft.rows_of(workshop_id)
    del rows[number]
    agenda_draft.change(workshop_id, rows)
