"""Planning a workshop: its facts, whom it invites, and the way to its beginning."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from lab.access.rights import Actor
from lab.foundation.language import NOT_SAID
from lab.workshops.plan import commands as plan_commands
from lab.workshops.plan.queries import Plan
from lab.workshops.room import commands as room_commands
from pages.parts import addresses, dialogs, forms, shell, workshop_list
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.workshop import agenda


def render(actor: Actor, plan: Plan) -> None:
    """A planned workshop: its facts, the agenda, and the button to begin."""
    _said(plan)
    actions = st.container()  # shown above the long agenda, although it depends on whether that is saved
    st.subheader("Agenda", anchor=False)
    is_changed = agenda.rows(actor, plan)
    with actions, forms.actions():
        if dialogs.button(
            "Begin", type="primary", key="plan.begin", disabled=is_changed or not plan.blocks,
            help="Save the agenda first." if is_changed else None,
        ):  # fmt: skip
            _begin(plan)
        if dialogs.button("Edit", key="plan.edit"):
            _edit(plan)
        st.link_button("Run sheet", f"/w/{plan.id}/run-sheet")
        if dialogs.button("Duplicate", key="plan.copy"):
            workshop_list.make(actor, plan.project_id, plan)
        if plan.begins:
            st.link_button("Calendar entry", f"/j/{plan.code}/calendar.ics")
        elif dialogs.button("Calendar entry", key="plan.calendar"):
            _say_when(plan)
        st.link_button("Open the wall", f"/j/{plan.code}/wall")
        if dialogs.button("Call it off", key="plan.drop"):
            _drop(plan)


def _said(plan: Plan) -> None:
    invited = ", ".join(label(group) + (f" ({hoped:,})" if hoped else "") for group, hoped in plan.invited)
    when = f"{day(plan.held_on)}{f', {plain(plan.begins)}' if plan.begins else ''}"
    facts = (
        ("When", when),
        ("Where", plain(plan.place) or NOT_SAID),
        ("Hosts", plain(plan.hosts) or NOT_SAID),
        ("Invited", invited or NOT_SAID),
        ("Taking part can change", label(plan.declared_influence)),
        ("Join code", f"**{plain(plan.code[:3])} {plain(plan.code[3:])}**"),
    )
    st.markdown(" · ".join(f"{name}: {words}" for name, words in facts))


@dialog("Edit the plan", width="large")
def _edit(plan: Plan) -> None:
    typed = workshop_list.facts(f"plan.edit.{plan.id}", plan)
    version = dialogs.as_opened(plan.version, "plan.edit.version")
    if st.button("Save", type="primary", key="plan.edit.save") and shell.perform(
        plan_commands.edit_workshop, plan.id, version=version, refresh=plan.project_id, **typed
    ):
        shell.done("The plan is changed.")


@dialog("When does it begin?")
def _say_when(plan: Plan) -> None:
    st.write("A calendar entry needs the time at which people are to come.")
    begins = st.time_input("Begins at", None, step=dt.timedelta(minutes=15), key="plan.calendar.begins")
    is_sent = st.button("Save", type="primary", disabled=begins is None, key="plan.calendar.save")
    if begins and is_sent and shell.perform(
        plan_commands.say_when, plan.id, begins=begins.strftime("%H:%M"), version=plan.version
    ):  # fmt: skip
        shell.done("The time is kept. The calendar entry can be opened now.")


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
