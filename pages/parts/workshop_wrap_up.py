"""After a workshop: one screen that proposes what to keep, and one button that keeps it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from db.words import GROUPS, INFLUENCES, NOTE_KINDS, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor
from lab.foundation.text import shortened, spoken
from lab.workshops.wrap_up import (
    NEWS_DAYS,
    Choices,
    Mark,
    Proposal,
    Proposed,
    confirm,
    keep_draft,
    kept,
    proposal,
)
from pages.parts import forms, shell
from pages.parts.forms import TAB_OF
from pages.parts.plain import plain
from pages.parts.shell import label

LINKS_SHOWN: Final = 10
"""Records of a kind that are linked at once."""


def render(actor: Actor, workshop_id: uuid.UUID) -> None:
    """What to keep of a workshop that has ended, or what was kept of it; nothing to those who run none."""
    if not actor.may("workshop.run"):
        return
    with shell.reading() as session:
        found = proposal(session, actor, workshop_id)
    if found.state == "wrapped_up":
        _kept(actor, workshop_id, found)
    elif found.state == "ended":
        _proposed(workshop_id, found)


def _proposed(workshop_id: uuid.UUID, found: Proposal) -> None:
    # what is edited is compared with the proposal as it was first shown: each change is saved at once
    shown: Proposal = st.session_state.setdefault(f"wrap_up.shown.{workshop_id}", found)
    st.subheader("What do we keep?", anchor=False)
    hidden = f" {shown.hidden} hidden and left out." if shown.hidden else ""
    st.caption(
        f"{len(shown.notes)} notes. Every one is kept as a contribution; say here what else it is.{hidden} "
        "What you change is saved as you go; only you and your co-hosts see it."
    )
    marks = _marks(workshop_id, shown)
    people, came = _who_came(workshop_id, shown)
    sponsor_present, chaired_by, actual = _how_it_was(workshop_id, shown)
    st.subheader("What we tell those who took part", anchor=False)
    key = f"wrap_up.{workshop_id}"
    heard = st.text_area("What we heard", shown.heard, max_chars=4000, key=f"{key}.heard")
    what_next = st.text_area("What happens next", shown.what_next, max_chars=4000, key=f"{key}.next")
    hear_by = st.date_input(
        "You will hear from us by",
        shown.hear_by or shell.today() + dt.timedelta(days=NEWS_DAYS),
        min_value=min(shell.today(), shown.hear_by or shell.today()),
        key=f"{key}.hear_by",
    )
    day = hear_by if isinstance(hear_by, dt.date) else None
    choices = Choices(day, heard, what_next, marks, people, came, sponsor_present, chaired_by, actual)
    _save_draft(workshop_id, choices)
    if not st.button("Keep all this", type="primary", key=f"{key}.keep"):
        return
    if shell.perform(confirm, workshop_id, choices, refresh=True):
        shell.done("All is kept, and the report is open to those who took part.")


def _marks(workshop_id: uuid.UUID, shown: Proposal) -> dict[uuid.UUID, Mark]:
    """The notes as rows, and what each is said to be."""
    if not shown.notes:
        st.info("Nothing was written on the board.")
        return {}
    prototypes = {key: shortened(title, 60) for key, title in shown.prototypes}
    rows = [_row(note, prototypes) for note in shown.notes]
    named = (note.mark.promised_by for note in shown.notes if note.mark.promised_by)
    column = st.column_config
    fixed = {name: column.TextColumn(disabled=True) for name in ("Cluster", "Group")}
    edited = st.data_editor(
        rows,
        key=f"wrap_up.{workshop_id}.notes",
        hide_index=True,
        num_rows="fixed",
        width="stretch",
        height=min(600, 45 + 35 * len(rows)),
        column_config={
            "Note": column.TextColumn(disabled=True, width="large"),
            **fixed,
            "Voices": column.NumberColumn(disabled=True, width="small"),
            "What it is": column.SelectboxColumn(options=_labels(NOTE_KINDS), required=True),
            "Chosen": column.CheckboxColumn(help="An idea to be prototyped", width="small"),
            "Importance": column.NumberColumn(min_value=1, max_value=5, step=1, width="small"),
            "In our power": column.SelectboxColumn(options=_labels(WITHIN_POWER)),
            "Said back": column.SelectboxColumn(options=_labels(SAID_BACK)),
            "Day": column.DateColumn(help="Hoped for, or promised for"),
            "About prototype": column.SelectboxColumn(
                options=list(dict.fromkeys(prototypes.values())),
                help="A worry about none stays a contribution",
            ),
            "Promised by": column.SelectboxColumn(
                options=list(dict.fromkeys([*shown.sponsors, *named])),
                help="Empty: by the lab. A name without a day: still to be asked.",
            ),
        },
    )
    return {note.id: _mark(row, prototypes) for note, row in zip(shown.notes, edited, strict=True)}


def _row(note: Proposed, prototypes: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    mark = note.mark
    return {
        "Note": note.text,
        "Cluster": note.cluster,
        "Group": label(note.group) if note.group else "",
        "Voices": note.voices,
        "What it is": label(mark.kind),
        "Chosen": mark.chosen,
        "Importance": mark.importance,
        "In our power": label(mark.within_power) if mark.within_power else None,
        "Said back": label(mark.said_back) if mark.said_back else None,
        "Day": mark.day,
        "About prototype": prototypes.get(mark.prototype_id) if mark.prototype_id else None,
        "Promised by": mark.promised_by or None,
    }


def _mark(row: Mapping[str, Any], prototypes: Mapping[uuid.UUID, str]) -> Mark:
    day = row["Day"]
    return Mark(
        kind=_word(row["What it is"], NOTE_KINDS) or "idea",
        chosen=bool(row["Chosen"]),
        importance=int(row["Importance"]) if row["Importance"] else None,
        within_power=_word(row["In our power"], WITHIN_POWER),
        said_back=_word(row["Said back"], SAID_BACK),
        prototype_id=_key(row["About prototype"], prototypes),
        promised_by=row["Promised by"] or "",
        day=dt.date.fromisoformat(day[:10]) if isinstance(day, str) else day,
    )


def _labels(words: Sequence[str]) -> list[str]:
    return [label(word) for word in words]


def _word(said: str | None, words: Sequence[str]) -> str | None:
    return next((word for word in words if said and label(word) == said), None)


def _key(said: str | None, names: Mapping[uuid.UUID, str]) -> uuid.UUID | None:
    return next((key for key, name in names.items() if said and name == said), None)


def _who_came(workshop_id: uuid.UUID, shown: Proposal) -> tuple[dict[str, int], dict[uuid.UUID, bool]]:
    st.subheader("Who came", anchor=False)
    rows = [{"Group": label(group), "People": shown.people.get(group, 0)} for group in GROUPS]
    edited = st.data_editor(
        rows,
        key=f"wrap_up.{workshop_id}.people",
        hide_index=True,
        num_rows="fixed",
        column_config={
            "Group": st.column_config.TextColumn(disabled=True),
            "People": st.column_config.NumberColumn(min_value=0, max_value=100_000, step=1),
        },
    )
    people = {group: int(row["People"] or 0) for group, row in zip(GROUPS, edited, strict=True)}
    names = dict(shown.known)
    came = st.multiselect(
        "Which of those we know",
        list(names),
        [key for key in names if key in shown.came],
        format_func=lambda key: names[key],
        key=f"wrap_up.{workshop_id}.came",
    )
    return people, dict.fromkeys(came, True)


def _how_it_was(workshop_id: uuid.UUID, shown: Proposal) -> tuple[bool | None, str, str | None]:
    key = f"wrap_up.{workshop_id}"
    answers = {"Yes": True, "No": False, "Not known": None}
    was = next(word for word, value in answers.items() if value is shown.sponsor_present)
    present = st.radio("Was the sponsor there?", list(answers), list(answers).index(was), horizontal=True,
                       key=f"{key}.sponsor")  # fmt: skip
    chair = st.text_input("Who chaired", shown.chaired_by, max_chars=200, key=f"{key}.chair")
    declared = f" (declared: {label(shown.declared_influence).lower()})" if shown.declared_influence else ""
    actual = forms.one_word(
        f"What taking part did change{declared}",
        INFLUENCES,
        shown.actual_influence or shown.declared_influence,
        optional=True,
        key=f"{key}.influence",
    )
    return answers[present or "Not known"], chair, actual


def _save_draft(workshop_id: uuid.UUID, choices: Choices) -> None:
    saved = f"wrap_up.saved.{workshop_id}"
    is_new = st.session_state.setdefault(saved, choices) != choices
    if is_new and shell.perform(keep_draft, workshop_id, choices):
        st.session_state[saved] = choices


def _kept(actor: Actor, workshop_id: uuid.UUID, found: Proposal) -> None:
    with shell.reading() as session:
        records = kept(session, actor, workshop_id)
    st.subheader("What was kept", anchor=False)
    until = f" They hear from you by **{spoken(found.hear_by)}**." if found.hear_by else ""
    st.markdown(f"{len(found.notes)} notes are contributions now.{until}")
    st.link_button("The report to those who took part", f"/j/{found.code}/report")
    for kind, heading in (
        ("contribution", "Chosen ideas"),
        ("expectation", "Expectations"),
        ("foreseen_risk", "Foreseen risks"),
        ("recommendation", "Recommendations"),
    ):
        own = [each for each in records if each.kind == kind]
        if not own:
            continue
        with st.expander(f"{heading} ({len(own)})", expanded=len(own) <= LINKS_SHOWN):
            for each in own:
                if st.button(
                    plain(shortened(each.words, 80)), key=f"wrap_up.kept.{each.id}", type="tertiary"
                ):
                    shell.open_project(found.project_id, TAB_OF[kind], each.id)
