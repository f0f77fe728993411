"""Workshops in a list, and the form of a workshop's facts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from db.words import AGENDA_SETTERS, GROUPS, INFLUENCES
from lab.access.rights import Actor
from lab.foundation.text import quantity, shortened
from lab.workshops.plan import commands, queries
from lab.workshops.plan.agendas import TEMPLATES
from lab.workshops.plan.queries import Plan, WorkshopSummary
from pages.parts import addresses, forms, project_form, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label

HEADINGS = {
    "running": "Running now",
    "planned": "Coming",
    "ended": "Waiting for the wrap-up",
    "wrapped_up": "Past",
}
STATE_COLOUR = {"planned": "blue", "running": "green", "ended": "orange", "wrapped_up": "gray"}


def listed(workshops: Sequence[WorkshopSummary], *, with_project: bool) -> None:
    """Workshops grouped by state, with links to their screens."""
    for state, heading in HEADINGS.items():
        theirs = [each for each in workshops if each.state == state]
        if theirs:
            st.subheader(heading, anchor=False)
        for each in theirs:
            _summary(each, with_project=with_project)


def _summary(each: WorkshopSummary, *, with_project: bool) -> None:
    with st.container(border=True, key=f"workshop-{each.id}"):
        words, way = st.columns([5, 1], vertical_alignment="center")
        when = day(each.held_on) + (f", {plain(each.begins)}" if each.begins else "")
        facts = [when, plain(each.place), f"{each.minutes} min"]
        facts += [plain(each.project)] if with_project else []
        facts += [quantity(each.notes, "note")] if each.notes else []
        badge = f":{STATE_COLOUR[each.state]}-badge[{label(each.state)}]"
        words.markdown(f"**{plain(each.title)}** {badge}  \n{' · '.join(fact for fact in facts if fact)}")
        with way:
            if forms.open_button(each.title, key=f"workshops.open.{each.id}", width="stretch"):
                addresses.open_workshop(each.id)


@dialog("Plan a workshop", width="large")
def make(actor: Actor, project_id: uuid.UUID | None = None, like: Plan | None = None) -> None:
    """Plan a workshop: its project if not given, which may be a new one, an agenda to start from, and the
    facts. One that is `like` another starts with that one's agenda, title and place; people, notes and
    promises stay where they are."""
    project = project_id or project_form.choose_or_name(actor, key="plan.project")
    known = project if isinstance(project, uuid.UUID) else None
    with shell.reading() as session:
        theirs = queries.workshops_of(session, actor, known) if known else ()
        last = [
            *theirs,
            *(each for each in queries.lab_workshops(session, actor) if each.project_id != known),
        ]
    names = {
        **{key: f"{each.name} ({each.minutes} min)" for key, each in TEMPLATES.items()},
        **{
            each.id: f"As last time: {shortened(each.title, 50)}, {day(each.held_on)}"
            for each in sorted(last, key=lambda each: each.held_on, reverse=True)[:20]
        },
    }
    if like:
        names = {like.id: f"As in “{shortened(like.title, 50)}”", **names}
    start = st.selectbox("Agenda to start from", list(names), format_func=names.__getitem__, key="plan.start")
    title = TEMPLATES[start].title if start in TEMPLATES else "Workshop"
    if like:
        typed = facts("plan.copy", None, title=like.title, hosts=like.hosts, place=like.place)
    else:
        typed = facts("plan.new", None, title=title, hosts=actor.name)
    if not st.button("Plan it", type="primary", key="plan.make"):
        return
    if not project:
        st.error("Say which project the workshop is for: choose one, or type the title of a new one.")
    elif known:
        made = shell.result_of(commands.plan_workshop_as, known, refresh=known, start=start, **typed)
        if made:
            addresses.open_workshop(made)
    else:
        first = shell.result_of(
            commands.plan_in_new_project, refresh="answer.project_id", project=project, start=start, **typed
        )
        if first:
            addresses.open_workshop(first.workshop_id)


def facts(
    key: str, plan: Plan | None, *, title: str = "", hosts: str = "", place: str = ""
) -> dict[str, Any]:
    """The fields of a plan, without its agenda; what is typed in them now."""
    invited = dict(plan.invited) if plan else {}
    name = st.text_input("Title", plan.title if plan else title, max_chars=200, key=f"{key}.title.{title}")
    when, at = st.columns(2)
    held_on = when.date_input(
        "Date",
        max(plan.held_on, shell.today()) if plan else shell.today(),
        min_value=shell.today(),
        key=f"{key}.held_on",
    )
    begins = at.time_input(
        "Begins at",
        dt.time.fromisoformat(plan.begins) if plan and plan.begins else None,
        step=dt.timedelta(minutes=15),
        key=f"{key}.begins",
    )
    left, right = st.columns(2)
    place = left.text_input("Place", plan.place if plan else place, max_chars=200, key=f"{key}.place")
    by = right.text_input("Hosts", plan.hosts if plan else hosts, max_chars=200, key=f"{key}.hosts")
    groups = st.multiselect("Invited", GROUPS, list(invited), format_func=label, key=f"{key}.groups")
    hoped = {}
    for index, group in enumerate(groups):
        if index % 3 == 0:
            columns = st.columns(3, vertical_alignment="bottom")
        number = columns[index % 3].number_input(
            f"{label(group)}, hoped for", 0, 100_000, invited.get(group), key=f"{key}.hoped.{group}"
        )
        hoped[group] = forms.whole(number)
    left, right = st.columns(2)
    with left:
        influence = forms.one_word(
            "What taking part can change", INFLUENCES, plan.declared_influence if plan else None,
            optional=True, key=f"{key}.influence",
        )  # fmt: skip
    with right:
        setter = forms.one_word(
            "Who set the agenda",
            AGENDA_SETTERS,
            plan.agenda_set_by if plan else None,
            optional=True,
            key=f"{key}.setter",
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
