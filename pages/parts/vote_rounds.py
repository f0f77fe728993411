"""Rounds of votes in a list, and the form of a round."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from db.words import ANONYMITIES, FIDELITIES, GROUPS, ORDERS, REVEALS
from lab.access.rights import Actor
from lab.foundation.text import quantity, shortened
from lab.lifecycle.thread.reading import thread_of
from lab.voting import commands
from lab.voting.drafting import make_vote
from lab.voting.methods.registry import method_named, method_names
from lab.voting.queries import RoundSummary, RoundView
from lab.voting.rules import MOST_OPTIONS
from lab.workshops.room.votes import ideas_to_vote_on
from pages.parts import addresses, dialogs, forms, project_form, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

FIRST_IDEAS: Final = 5
"""Of the ideas with dots, how many are options to begin with."""
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
    with way:
        if forms.open_button(each.question, key=f"votes.open.{each.id}", width="stretch"):
            addresses.open_round(each.id)


def listed(rounds: Sequence[RoundSummary]) -> None:
    """Rounds as a list with links."""
    for each in rounds:
        with st.container(border=True, key=f"votes-{each.id}"):
            summary(each)


@dataclass(frozen=True, slots=True)
class ForBlock:
    """The block of an agenda that a vote is made for."""

    workshop_id: uuid.UUID
    question: str
    command: Callable[..., uuid.UUID]
    """Drafts the vote and puts it in the block."""
    named: Mapping[str, Any] = field(default_factory=dict)
    """What the command is told beside the draft."""
    then: Callable[[], None] = lambda: None
    """Called once the vote is in the block."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """What a vote can be about: prototypes with the questions they are to answer; ideas with their dots."""

    names: Mapping[uuid.UUID, str]
    questions: Mapping[uuid.UUID, str]
    ideas: Sequence[tuple[str, int]] = ()
    question: str = ""
    """Of the block that the vote is for."""

    @property
    def labels(self) -> dict[uuid.UUID | str, str]:
        """Every option as the list shows it."""
        apart: dict[uuid.UUID | str, str] = {key: shortened(name, 70) for key, name in self.names.items()}
        for words, dots in self.ideas:
            apart[words] = shortened(words, 60) + (f" ({quantity(dots, 'dot')})" if dots else "")
        return forms.told_apart(apart)

    @property
    def first(self) -> list[uuid.UUID | str]:
        """Those chosen to begin with: what the room put the most dots on, else the prototypes."""
        dotted = [words for words, dots in self.ideas if dots][:FIRST_IDEAS]
        prototypes: list[uuid.UUID | str] = [*self.names]
        return [*dotted] if len(dotted) > 1 else prototypes[:MOST_OPTIONS]


@dialog("Make a vote", width="large")
def make(actor: Actor, project_id: uuid.UUID | None, block: ForBlock | None = None) -> None:
    """Draft a round of the project's prototypes, or of ideas that become prototypes with it. One for a block
    of an agenda takes its question and the room's ideas. Without a project, it is chosen first."""
    project_id = project_id or project_form.choose(actor, key="votes.project")
    if project_id is None:
        return
    names, questions = _prototypes(actor, project_id)
    ideas: list[tuple[str, int]] = []
    if block:
        with shell.reading() as session:
            ideas = ideas_to_vote_on(session, actor, block.workshop_id)
    offered = _Offered(names, questions, ideas, block.question if block else "")
    typed = _fields(offered, None)
    if typed is None:
        return
    if block is None:
        is_made = shell.perform(make_vote, project_id, refresh=project_id, **typed)
    else:
        is_made = shell.perform(block.command, block.workshop_id, refresh=project_id, **block.named, **typed)
    if is_made:
        if block:
            block.then()
        shell.done("The vote is drafted. Open it when the room is ready.")


@dialog("Edit the draft", width="large")
def edit(actor: Actor, room: RoundView) -> None:
    """Change a draft."""
    names, questions = _prototypes(actor, room.project_id)
    version = dialogs.as_opened(room.version, f"votes.form.{room.round_id}")
    typed = _fields(_Offered(names, questions), room)
    if typed is not None and shell.perform(commands.edit_round, room.round_id, version=version, **typed):
        shell.done("The draft is changed.")


def _fidelity(chosen: Sequence[uuid.UUID | str], key: str) -> str | None:
    """What the ideas among the options are so far: each becomes a prototype."""
    new = sum(isinstance(each, str) for each in chosen)
    if not new:
        return None
    words = "1 option becomes a prototype" if new == 1 else f"{new} options become prototypes"
    return st.pills(
        f"{words} of the project. What is there of it so far?", FIDELITIES, format_func=label,
        key=f"{key}.fidelity",
    )  # fmt: skip


def _not_yet(chosen: Sequence[uuid.UUID | str], fidelity: str | None) -> Markdown:
    """What the draft still lacks; nothing once it can be saved."""
    if len(chosen) < 2:
        return "A vote needs two options or more."
    if fidelity is None and any(isinstance(each, str) for each in chosen):
        return "Say what there is of the new options so far."
    return ""


def _method_help() -> Markdown:
    return " ".join(f"{label(name)}: {plain(method_named(name).in_short)}." for name in method_names())


def _prototypes(actor: Actor, project_id: uuid.UUID) -> tuple[dict[uuid.UUID, str], dict[uuid.UUID, str]]:
    """The project's prototypes: their titles and the questions they are to answer."""
    with shell.reading() as session:
        prototypes = thread_of(session, actor, project_id, today=shell.today()).prototypes
    return {each.id: each.title for each in prototypes}, {each.id: each.question for each in prototypes}


def _fields(offered: _Offered, room: RoundView | None) -> dict[str, Any] | None:
    """The form of a round; what was typed once it was sent."""
    key = f"votes.form.{room.round_id if room else 'new'}"
    said = {each.prototype_id: each.summary for each in room.options} if room else {}
    question = st.text_input(
        "Question to the room", room.question if room else offered.question or "Which should we try first?",
        max_chars=200, key=f"{key}.question.{offered.question}",
    )  # fmt: skip
    labels = offered.labels
    chosen = st.multiselect(
        "Options, in order", list(labels), list(said) or offered.first, max_selections=MOST_OPTIONS,
        format_func=lambda each: labels[each] if each in labels else str(each),
        accept_new_options=room is None,
        placeholder="Choose, or type a new one" if room is None else "Choose", key=f"{key}.options",
    )  # fmt: skip
    fidelity = _fidelity(chosen, key)
    with st.expander("One line about each, as the phones show it"):
        summaries = {
            each: st.text_input(
                plain(offered.names[each]), said.get(each, shortened(offered.questions[each], 190)),
                max_chars=200, key=f"{key}.summary.{each}",
            )
            for each in chosen if isinstance(each, uuid.UUID)
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
    why = _not_yet(chosen, fidelity)
    if why:
        st.caption(why)
    if not st.button("Save the draft", type="primary", disabled=bool(why), key=f"{key}.save"):
        return None
    made = {} if room else {"fidelity": fidelity}
    return made | {
        "question": question,
        "method": method,
        "options": [
            (each, summaries.get(each, "") if isinstance(each, uuid.UUID) else "") for each in chosen
        ],
        "budget": budget,
        "reveal": reveal,
        "option_order": order,
        "anonymity": anonymity,
        "groups": groups,
        "decides_next": decides,
        "hear_by": hear_by,
    }
