"""Planning a workshop: its facts, whom it invites, and the agenda block by block."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from db.words import AGENDA_SETTERS, BLOCK_KINDS, GROUPS, INFLUENCES
from lab.access.rights import Actor
from lab.foundation.errors import LabError
from lab.foundation.text import shortened
from lab.lifecycle.thread import thread_of
from lab.projects.queries import find_projects, project_head
from lab.voting.queries import RoundSummary, rounds_of
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan import queries as plan_queries
from lab.workshops.plan.agendas import TEMPLATES, Block
from lab.workshops.plan.queries import Plan, WorkshopSummary
from lab.workshops.plan.rules import LONGEST_BLOCK, MOST_BLOCKS, clock_at, running_time
from lab.workshops.room import commands as room_commands
from pages.parts import forms, shell, vote_rounds
from pages.parts.forms import Screen, day
from pages.parts.plain import plain
from pages.parts.shell import label

PROJECTS = 500
"""So many of the running projects, the newest, can be chosen from."""
HEADINGS = {
    "running": "Running now",
    "planned": "Coming",
    "ended": "Waiting for the wrap-up",
    "wrapped_up": "Past",
}
STATE_COLOUR = {"planned": "blue", "running": "green", "ended": "orange", "wrapped_up": "gray"}


def listed(workshops: Sequence[WorkshopSummary], *, with_project: bool) -> None:
    """Workshops under the headings of their states, each leading to its screen."""
    for state, heading in HEADINGS.items():
        theirs = [each for each in workshops if each.state == state]
        if theirs:
            st.subheader(heading, anchor=False)
        for each in theirs:
            _summary(each, with_project=with_project)


def _summary(each: WorkshopSummary, *, with_project: bool) -> None:
    with st.container(border=True, key=f"workshop-{each.id}"):
        words, way = st.columns([5, 1], vertical_alignment="center")
        when = day(each.held_on) + (f", {each.begins}" if each.begins else "")
        facts = [when, plain(each.place), f"{each.minutes} min"]
        facts += [plain(each.project)] if with_project else []
        facts += [f"{each.notes:,} notes"] if each.notes else []
        badge = f":{STATE_COLOUR[each.state]}-badge[{label(each.state)}]"
        words.markdown(f"**{plain(each.title)}** {badge}  \n{' · '.join(fact for fact in facts if fact)}")
        if way.button("Open", key=f"workshops.open.{each.id}", width="stretch"):
            open_workshop(each.id)


def open_workshop(workshop_id: uuid.UUID) -> None:
    """Go to a workshop's own screen."""
    from pages.workshop import screen as workshop

    st.switch_page(
        st.Page(workshop.render, title="Workshops", url_path="workshop"),
        query_params={"workshop": str(workshop_id)},
    )


@st.dialog("Plan a workshop", width="large")
def make(actor: Actor, project_id: uuid.UUID | None = None) -> None:
    """Plan a workshop: its project where that is not known, an agenda to start from, and the facts."""
    project_id = project_id or _project(actor)
    with shell.reading() as session:
        theirs = plan_queries.workshops_of(session, actor, project_id) if project_id else ()
        last = [
            *theirs,
            *(each for each in plan_queries.lab_workshops(session, actor) if each.project_id != project_id),
        ]
    names = {
        **{key: f"{each.name} ({each.minutes} min)" for key, each in TEMPLATES.items()},
        **{
            each.id: f"As last time: {shortened(each.title, 50)}, {day(each.held_on)}"
            for each in sorted(last, key=lambda each: each.held_on, reverse=True)[:20]
        },
    }
    start = st.selectbox("Agenda to start from", list(names), format_func=names.__getitem__, key="plan.start")
    title = TEMPLATES[start].title if start in TEMPLATES else "Workshop"
    typed = _facts("plan.new", None, title=title, hosts=actor.name)
    if not st.button("Plan it", type="primary", key="plan.make"):
        return
    if project_id is None:
        st.error("Choose the project that the workshop is for.")
        return
    made: list[uuid.UUID] = []

    def plan(session: Any, who: Actor, **facts: Any) -> None:
        known = TEMPLATES.get(start)
        blocks = known.blocks if known else plan_queries.agenda_of(session, who, start)
        made.append(plan_commands.plan_workshop(session, who, project_id, blocks=blocks, **facts))

    if shell.perform(plan, refresh=project_id, **typed):
        open_workshop(made[0])


def _project(actor: Actor) -> uuid.UUID | None:
    with shell.reading() as session:
        titles = dict(find_projects(session, actor, running=True, limit=PROJECTS))
    return st.selectbox(
        "Project", list(titles), None, format_func=lambda each: shortened(titles[each], 80),
        placeholder="Which project is it for?", key="plan.project",
    )  # fmt: skip


def _facts(key: str, plan: Plan | None, *, title: str = "", hosts: str = "") -> dict[str, Any]:
    """The fields of a plan, without its agenda; what is typed in them now."""
    invited = dict(plan.invited) if plan else {}
    name = st.text_input("Title", plan.title if plan else title, max_chars=200, key=f"{key}.title.{title}")
    when, at = st.columns(2)
    held_on = when.date_input("Date", plan.held_on if plan else shell.today(), key=f"{key}.held_on")
    begins = at.time_input(
        "Begins at",
        dt.time.fromisoformat(plan.begins) if plan and plan.begins else None,
        step=dt.timedelta(minutes=15),
        key=f"{key}.begins",
    )
    left, right = st.columns(2)
    place = left.text_input("Place", plan.place if plan else "", max_chars=200, key=f"{key}.place")
    by = right.text_input("Hosts", plan.hosts if plan else hosts, max_chars=200, key=f"{key}.hosts")
    groups = st.multiselect("Invited", GROUPS, list(invited), format_func=label, key=f"{key}.groups")
    hoped = {}
    for place_of, group in enumerate(groups):
        if place_of % 3 == 0:
            columns = st.columns(3, vertical_alignment="bottom")
        hoped[group] = int(
            columns[place_of % 3].number_input(
                f"{label(group)}, hoped for", 0, 100_000, invited.get(group, 0), key=f"{key}.hoped.{group}"
            )
        )
    left, right = st.columns(2)
    with left:
        influence = forms.one_word(
            "What taking part can change", INFLUENCES, plan.declared_influence if plan else "work_with",
            optional=True, key=f"{key}.influence",
        )  # fmt: skip
    with right:
        setter = forms.one_word(
            "Who set the agenda", AGENDA_SETTERS, plan.agenda_set_by if plan else "lab", key=f"{key}.setter"
        )
    return {
        "title": name,
        "held_on": held_on,
        "begins": begins.strftime("%H:%M") if begins else "",
        "place": place,
        "hosts": by,
        "invited": hoped,
        "declared_influence": influence,
        "agenda_set_by": setter,
    }


def render(actor: Actor, plan: Plan) -> None:
    """A planned workshop: what people are told, the agenda, and the way to begin."""
    _said(plan)
    actions = st.container()  # above the agenda, which is long, though it says whether one can begin
    is_changed = _agenda(actor, plan)
    with actions, forms.actions():
        if st.button(
            "Begin", type="primary", key="plan.begin", disabled=is_changed or not plan.blocks,
            help="Save the agenda first." if is_changed else None,
        ):  # fmt: skip
            _begin(plan)
        if st.button("Edit", key="plan.edit"):
            _edit(plan)
        st.link_button("Run sheet", f"/w/{plan.id}/run-sheet")
        st.link_button("Calendar entry", f"/j/{plan.code}/calendar.ics")
        st.link_button("Open the wall", f"/j/{plan.code}/wall")
        if st.button("Call it off", key="plan.drop"):
            _drop(plan)


def _said(plan: Plan) -> None:
    invited = ", ".join(label(group) + (f" ({hoped})" if hoped else "") for group, hoped in plan.invited)
    st.markdown(
        f"- When: {day(plan.held_on)}{f', {plan.begins}' if plan.begins else ''}\n"
        f"- Where: {plain(plan.place) or '—'}\n- Hosts: {plain(plan.hosts) or '—'}\n"
        f"- Invited: {invited or '—'}\n- Taking part can change: {label(plan.declared_influence)}\n"
        f"- Join code: **{plan.code[:3]} {plan.code[3:]}**"
    )


@st.dialog("Edit the plan", width="large")
def _edit(plan: Plan) -> None:
    typed = _facts(f"plan.edit.{plan.id}", plan)
    if st.button("Save", type="primary", key="plan.edit.save") and shell.perform(
        plan_commands.edit_workshop, plan.id, version=plan.version, refresh=plan.project_id, **typed
    ):
        shell.done("The plan is changed.")


@st.dialog("Begin the workshop")
def _begin(plan: Plan) -> None:
    if plan.held_on != shell.today():
        st.write(f"It is planned for {day(plan.held_on)}. Begun now, it is held today.")
    st.write("From then on what was declared before it stays as it is.")
    if st.button("Begin now", type="primary", key="plan.begin.sure") and shell.perform(
        room_commands.begin, plan.id, refresh=plan.project_id
    ):
        shell.done("The workshop is running.")


@st.dialog("Call the workshop off")
def _drop(plan: Plan) -> None:
    st.write("Its plan and its code are gone for good.")
    if st.button("Call it off", type="primary", key="plan.drop.sure") and shell.perform(
        plan_commands.drop_workshop, plan.id, refresh=plan.project_id
    ):
        shell.open_project(plan.project_id, "workshops")


Rows = list[tuple[str, Block]]


def ahead(actor: Actor, plan: Plan, place: int) -> None:
    """What follows the present block of a running workshop, to be changed while the room works."""
    _rows(actor, plan, first=place + 1)


def _agenda(actor: Actor, plan: Plan) -> bool:
    st.header("Agenda", anchor=False)
    return _rows(actor, plan)


def _rows(actor: Actor, plan: Plan, first: int = 0) -> bool:
    """The agenda from a block on, as it is being edited; whether it differs from what is saved."""
    saved = [each.block for each in plan.blocks]
    draft = f"agenda.{plan.id}"
    rows, base, version = _draft(plan, saved)
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
    st.markdown(f"**{before} minutes**" + (f", until {ends}" if ends else ""))
    is_changed = [block for _, block in typed] != base
    st.session_state[draft] = typed
    with forms.actions():
        if st.button("Add a block", key="agenda.add", disabled=len(typed) >= MOST_BLOCKS):
            st.session_state[draft] = [*typed, (uuid.uuid4().hex[:8], Block("ideas", "Ideas", 15))]
            st.rerun()
        if is_changed:
            if st.button("Save the agenda", type="primary", key="agenda.save") and shell.perform(
                plan_commands.set_agenda, plan.id, version=version, blocks=[each for _, each in typed]
            ):
                del st.session_state[draft]
                shell.done("The agenda is saved.")
            if st.button("Undo the changes", key="agenda.undo"):
                del st.session_state[draft]
                st.rerun()
    return is_changed


def _draft(plan: Plan, saved: list[Block]) -> tuple[Rows, list[Block], int]:
    """The rows being edited, the agenda they began from, and its version: whoever edits an agenda that
    another host has changed meanwhile is told so when saving."""
    draft, origin = f"agenda.{plan.id}", f"agenda.from.{plan.id}"
    rows: Rows | None = st.session_state.get(draft)
    base, version = st.session_state.get(origin, (saved, plan.version))
    is_untouched = rows is None or [block for _, block in rows] == base
    if rows is None or (is_untouched and base != saved):
        rows = [(uuid.uuid4().hex[:8], block) for block in saved]
        st.session_state[draft] = rows
        base = saved
    if base == saved:
        version = plan.version
    st.session_state[origin] = (base, version)
    return rows, base, version


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
            st.markdown(f"**{running_time(plan.begins, before, minutes)}**", width="stretch")
            raised = st.selectbox(
                "Raised by", AGENDA_SETTERS, AGENDA_SETTERS.index(block.raised_by), format_func=label,
                width=170, key=f"block.raised.{key}",
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
        format_func=lambda each: shortened(rounds[each].question, 70) if each else "— choose later —",
        key=f"block.round.{key}.{len(rounds)}",
    )  # fmt: skip
    if st.button("Make a vote", key=f"block.vote.{key}"):
        make_vote(actor, plan.project_id)
    return replace(block, round_id=chosen)


def make_vote(actor: Actor, project_id: uuid.UUID) -> None:
    """Draft a vote on the project's prototypes."""
    try:
        with shell.reading() as session:
            head = project_head(session, actor, project_id)
            thread = thread_of(session, actor, project_id, today=shell.today())
    except LabError as refusal:
        st.error(refusal.message)
        return
    if len(thread.prototypes) < 2:
        st.info("A vote needs two prototypes or more to choose from. Record them on the project first.")
        return
    vote_rounds.make(Screen(head, thread, actor, shell.today(), None, None, ""))


def _swap(workshop_id: uuid.UUID, one: int, other: int) -> None:
    rows: Rows = st.session_state[f"agenda.{workshop_id}"]
    rows[one], rows[other] = rows[other], rows[one]


def _remove(workshop_id: uuid.UUID, number: int) -> None:
    del st.session_state[f"agenda.{workshop_id}"][number]
