"""Rounds of votes in a list, and the form of a round."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from db.words import ANONYMITIES, GROUPS, ORDERS, REVEALS
from lab.access.rights import Actor
from lab.foundation.text import quantity, shortened
from lab.lifecycle.thread.reading import thread_of
from lab.voting import commands
from lab.voting.methods.registry import method_named, method_names
from lab.voting.queries import RoundSummary, RoundView
from pages.parts import addresses, dialogs, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

REVEAL_WORDS = {"hidden": "Hidden until the close", "live": "Live while people vote"}
ORDER_WORDS = {"shuffled": "Shuffled for each voter", "fixed": "Fixed, as chosen"}
ANONYMITY_WORDS = {
    "anonymous": "Anonymous: who took part is not recorded",
    "participation_recorded": "Records which accounts took part, never how they voted",
}
STATE_COLOUR = {"draft": "gray", "open": "green", "closed": "orange", "revealed": "blue"}


def summary(each: RoundSummary) -> None:
    """A round in two lines, with a button that opens it."""
    words, way = st.columns([5, 1], vertical_alignment="center")
    number = quantity(each.ballots, "ballot")
    words.markdown(
        f"**{plain(each.question)}** :{STATE_COLOUR[each.state]}-badge[{label(each.state)}]  \n"
        f"{plain(each.project)} · {label(each.method)} · {number} · {day(each.made_on)}"
    )
    if way.button("Open", key=f"votes.open.{each.id}", width="stretch"):
        addresses.open_round(each.id)


def listed(rounds: Sequence[RoundSummary]) -> None:
    """Rounds as a list with links."""
    for each in rounds:
        with st.container(border=True, key=f"votes-{each.id}"):
            summary(each)


@dialog("Make a vote", width="large")
def make(actor: Actor, project_id: uuid.UUID) -> None:
    """Draft a round of the project's prototypes, where it has enough of them."""
    names, questions = _prototypes(actor, project_id)
    if len(names) < 2:
        st.info("A vote needs two prototypes or more to choose from.")
        if st.button("Record prototypes", type="primary", key="votes.prototypes"):
            addresses.open_project(project_id, "prototypes")
        return
    typed = _fields(names, questions, None)
    if typed is not None and shell.perform(commands.make_round, project_id, **typed):
        shell.done("The vote is drafted. Open it when the room is ready.")


@dialog("Edit the draft", width="large")
def edit(actor: Actor, room: RoundView) -> None:
    """Change a draft."""
    names, questions = _prototypes(actor, room.project_id)
    version = dialogs.as_opened(room.version, f"votes.form.{room.round_id}")
    typed = _fields(names, questions, room)
    if typed is not None and shell.perform(commands.edit_round, room.round_id, version=version, **typed):
        shell.done("The draft is changed.")


def _method_help() -> Markdown:
    return " ".join(f"{label(name)}: {plain(method_named(name).in_short)}." for name in method_names())


def _prototypes(actor: Actor, project_id: uuid.UUID) -> tuple[dict[uuid.UUID, str], dict[uuid.UUID, str]]:
    """The project's prototypes: their titles and the questions they are to answer."""
    with shell.reading() as session:
        prototypes = thread_of(session, actor, project_id, today=shell.today()).prototypes
    return {each.id: each.title for each in prototypes}, {each.id: each.question for each in prototypes}


def _fields(
    names: dict[uuid.UUID, str], questions: dict[uuid.UUID, str], room: RoundView | None
) -> dict[str, Any] | None:
    """The form of a round; what was typed once it was sent."""
    key = f"votes.form.{room.round_id if room else 'new'}"
    said = {each.prototype_id: each.summary for each in room.options} if room else {}
    question = st.text_input(
        "Question to the room", room.question if room else "Which should we try first?", max_chars=200,
        key=f"{key}.question",
    )  # fmt: skip
    apart = forms.told_apart({each: shortened(name, 70) for each, name in names.items()})
    chosen = st.multiselect(
        "Prototypes, in order", list(names), list(said) or list(names)[:30], max_selections=30,
        format_func=apart.__getitem__, key=f"{key}.options",
    )  # fmt: skip
    with st.expander("One line about each, as the phones show it"):
        summaries = {
            each: st.text_input(
                plain(names[each]), said.get(each, shortened(questions[each], 190)), max_chars=200,
                key=f"{key}.summary.{each}",
            )
            for each in chosen
        }  # fmt: skip
    left, right = st.columns(2)
    methods = method_names()
    with left:
        method = st.selectbox(
            "Method", methods, methods.index(room.method) if room else 0, format_func=label,
            help=_method_help(), key=f"{key}.method",
        )  # fmt: skip
        budget = room.budget if room else 5
        if method_named(method).has_budget:
            budget = int(st.number_input("Dots for each voter", 1, 100, budget, key=f"{key}.budget"))
        reveal = st.radio(
            "Results", REVEALS, REVEALS.index(room.reveal) if room else 0,
            format_func=REVEAL_WORDS.__getitem__, key=f"{key}.reveal",
        )  # fmt: skip
    with right:
        groups = st.multiselect(
            "Ask for a stakeholder group", GROUPS, room.groups if room else (), format_func=label,
            help="Only these groups may vote, and the result shows where support lies. Empty: anyone with "
            "the code, and no group is asked for.", key=f"{key}.groups",
        )  # fmt: skip
        order = st.radio(
            "Order on the phones", ORDERS[::-1], ORDERS[::-1].index(room.option_order) if room else 0,
            format_func=ORDER_WORDS.__getitem__, key=f"{key}.order",
        )  # fmt: skip
    anonymity = st.radio(
        "Anonymity", ANONYMITIES, ANONYMITIES.index(room.anonymity) if room else 0,
        format_func=ANONYMITY_WORDS.__getitem__, key=f"{key}.anonymity",
    )  # fmt: skip
    decides = st.text_input(
        "Who decides next", room.decides_next if room else "", max_chars=200, key=f"{key}.decides"
    )
    hear_by = forms.future_day("The room will hear by", room.hear_by if room else None, key=f"{key}.hear_by")
    if not st.button("Save the draft", type="primary", key=f"{key}.save"):
        return None
    return {
        "question": question,
        "method": method,
        "options": [(each, summaries.get(each, "")) for each in chosen],
        "budget": budget,
        "reveal": reveal,
        "option_order": order,
        "anonymity": anonymity,
        "groups": groups,
        "decides_next": decides,
        "hear_by": hear_by,
    }
