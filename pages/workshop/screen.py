"""Workshops: plan one, run it with the room, and wrap it up."""

from __future__ import annotations

import streamlit as st

from lab.access.rights import Actor
from lab.foundation.errors import LabError
from lab.workshops.plan import queries as plan_queries
from lab.workshops.plan.queries import Plan
from pages.parts import addresses, dialogs, heads, shell, workshop_list
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.workshop import console, planning


def render() -> None:
    """The workshop in the address, or all of them, today's and coming ones first."""
    actor = shell.actor()
    workshop_id = addresses.key_in("workshop")
    if workshop_id is None:
        _all(actor)
        return
    try:
        with shell.reading() as session:
            plan = plan_queries.plan_of(session, actor, workshop_id)
    except LabError as refusal:
        shell.refuse(refusal)
        _all(actor)
        return
    _head(plan)
    if plan.state == "planned":
        planning.render(actor, plan)
    elif plan.state == "running":
        console.render(actor, plan)
    else:
        console.over(actor, plan)


def _all(actor: Actor) -> None:
    title, way = st.columns([3, 1], vertical_alignment="center")
    title.title("Workshops", anchor=False)
    with way:
        if actor.may("workshop.run") and dialogs.button(
            "Plan a workshop", type="primary", key="workshops.plan", width="stretch"
        ):
            workshop_list.make(actor)
    with shell.reading() as session:
        workshops = plan_queries.lab_workshops(session, actor)
    if not workshops:
        st.info("No workshop yet. What people say in one becomes part of its project, typed once.")
    workshop_list.listed(workshops, with_project=True)


def _head(plan: Plan) -> None:
    badge = f":{workshop_list.STATE_COLOUR[plan.state]}-badge[{label(plan.state)}]"
    heads.head(
        plan.title, f"{badge} {day(plan.held_on)} · {plain(plan.project)}", key="workshop",
        back=lambda: addresses.open_project(plan.project_id, "workshops"), is_low=plan.state == "running",
    )  # fmt: skip
