"""A workshop's wrap-up: one screen that proposes what to keep, and afterwards what was kept."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from db.words import GROUPS, INFLUENCES, SAID_BACK, WITHIN_POWER
from lab.access.rights import Actor
from lab.workshops.wrap_up import (
    IMPORTANCE,
    Choices,
    KeptExpectation,
    KeptPromise,
    KeptWorry,
    Proposal,
    Voice,
    confirm,
    proposal,
    save_draft,
)
from pages.parts import shell
from pages.parts.plain import plain
from pages.parts.shell import label

Row = dict[str, Any]
NOT_YET = "Nothing yet"
PRESENT = {"Not known": None, "Yes": True, "No": False}
WAYS = {"Given in the room": True, "To be asked for": False}


def render(actor: Actor, workshop_id: uuid.UUID) -> None:
    """What to keep of a workshop that has ended; once wrapped up, what was kept."""
    with shell.reading() as session:
        proposed = proposal(session, actor, workshop_id)
    if proposed.state == "wrapped_up":
        _kept(proposed)
    else:
        _form(proposed)


def _form(proposed: Proposal) -> None:
    st.subheader("Wrap up", anchor=False)
    st.markdown(
        "Everything on the board is kept in people's words. Say here what else it is, and by when people "
        "hear. "
        "Nothing is a record until you press **Keep all this**."
    )
    with st.form(f"wrap-up.{proposed.workshop_id}", border=False, enter_to_submit=False):
        expectations = _expectations(proposed)
        chosen = _ideas(proposed)
        worries = _worries(proposed)
        promises = _promises(proposed)
        _decisions(proposed)
        people, came, facts = _who_came(proposed)
        heard, what_next, hear_by = _report(proposed)
        with st.container(horizontal=True):
            keeps = st.form_submit_button("Keep all this", type="primary")
            saves = st.form_submit_button("Save for later")
    if not keeps and not saves:
        return
    choices = Choices(
        expectations=expectations(),
        chosen=frozenset(chosen()),
        worries=worries(),
        promises=promises(),
        people=people,
        came=came,
        heard=heard,
        what_next=what_next,
        hear_by=hear_by,
        **facts,
    )
    if keeps and shell.perform(confirm, proposed.workshop_id, choices, refresh=proposed.project_id):
        shell.done("Kept. The report is ready for those who took part.")
    if saves and shell.perform(save_draft, proposed.workshop_id, choices):
        shell.done("Saved. Nothing is a record yet.")


def _table(
    title: str,
    key: str,
    voices: Sequence[Voice],
    rows: Sequence[Row],
    columns: dict[str, Any],
    fixed: Sequence[str] = ("Words", "From"),
) -> Callable[[], list[tuple[Voice, Row]]]:
    """A table whose ticked rows are kept; answers with them once the form is sent."""
    st.markdown(f"**{title}**")
    if not rows:
        st.caption("None.")
        return lambda: []
    edited = st.data_editor(
        list(rows),
        key=key,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 420),
        row_height=35,
        disabled=list(fixed),
        column_config={
            "Keep": st.column_config.CheckboxColumn(width=60),
            "Words": st.column_config.TextColumn(width="large"),
            "From": st.column_config.TextColumn(width="small"),
        }
        | columns,
    )
    return lambda: [(voice, row) for voice, row in zip(voices, edited, strict=True) if row["Keep"]]


def _from(proposed: Proposal, voice: Voice) -> str:
    number = proposed.voices_of(voice.note_id)
    who = label(voice.group) if voice.group else "Not said"
    return who if number == 1 else f"{who}, {number} notes"


def _expectations(proposed: Proposal) -> Callable[[], list[KeptExpectation]]:
    voices = proposed.of_kind("expectation")
    rows = [
        {
            "Keep": True,
            "Words": each.text,
            "From": _from(proposed, each),
            "Within our power": label(each.within_power or "partly"),
            "Said back": label(each.said_back) if each.said_back else NOT_YET,
            "Importance": each.importance or IMPORTANCE,
            "Hoped for": None,
        }
        for each in voices
    ]
    power = {label(word): word for word in WITHIN_POWER}
    back = {NOT_YET: None} | {label(word): word for word in SAID_BACK}
    kept = _table(
        "Expectations", "wrap-up.expectations", voices, rows,
        {
            "Within our power": st.column_config.SelectboxColumn(options=list(power), required=True),
            "Said back": st.column_config.SelectboxColumn(options=list(back), required=True),
            "Importance": st.column_config.NumberColumn(min_value=1, max_value=5, step=1, required=True),
            "Hoped for": st.column_config.DateColumn(format="D MMM YYYY"),
        },
    )  # fmt: skip
    return lambda: [
        KeptExpectation(
            voice.note_id, power[row["Within our power"]], int(row["Importance"]), back[row["Said back"]],
            _day(row["Hoped for"]),
        )
        for voice, row in kept()
    ]  # fmt: skip


def _ideas(proposed: Proposal) -> Callable[[], list[uuid.UUID]]:
    voices = sorted(proposed.of_kind("idea"), key=lambda each: (not each.chosen, -each.dots))
    rows = [
        {
            "Keep": each.chosen,
            "Words": each.text,
            "From": _from(proposed, each),
            "Cluster": each.cluster,
            "Dots": each.dots,
        }
        for each in voices
    ]
    kept = _table(
        "Ideas chosen for a prototype", "wrap-up.ideas", voices, rows,
        {"Keep": st.column_config.CheckboxColumn("Chosen", width=70)},
        ("Words", "From", "Cluster", "Dots"),
    )  # fmt: skip
    return lambda: [voice.note_id for voice, _ in kept()]


def _worries(proposed: Proposal) -> Callable[[], list[KeptWorry]]:
    voices = proposed.of_kind("worry")
    titles = {f"{place}. {title}": key for place, (key, title) in enumerate(proposed.prototypes, 1)}
    named = {key: title for title, key in titles.items()}
    rows = [
        {
            "Keep": each.prototype_id in named,
            "Words": each.text,
            "From": _from(proposed, each),
            "About": named.get(each.prototype_id) if each.prototype_id else None,
        }
        for each in voices
    ]
    if voices and not titles:
        st.caption(
            "This project has no prototype yet, so worries stay notes that are kept as they were written."
        )
        return lambda: []
    kept = _table(
        "Worries about a prototype", "wrap-up.worries", voices, rows,
        {"About": st.column_config.SelectboxColumn("About the prototype", options=list(titles))},
    )  # fmt: skip
    return lambda: [
        KeptWorry(voice.note_id, titles[row["About"]]) for voice, row in kept() if row["About"] in titles
    ]


def _promises(proposed: Proposal) -> Callable[[], list[KeptPromise]]:
    voices = proposed.of_kind("promise")
    given, asked = WAYS
    rows = [
        {
            "Keep": True,
            "Words": each.text,
            "Who": each.promised_by or proposed.sponsor,
            "By": each.promised_for,
            "How": given if each.promised_by else asked,
        }
        for each in voices
    ]
    kept = _table(
        "Promises, and what to ask for", "wrap-up.promises", voices, rows,
        {
            "Who": st.column_config.TextColumn(required=True, max_chars=200),
            "By": st.column_config.DateColumn(format="D MMM YYYY"),
            "How": st.column_config.SelectboxColumn(options=list(WAYS), required=True),
        },
        ("Words",),
    )  # fmt: skip
    return lambda: [
        KeptPromise(voice.note_id, row["Who"] or "", _day(row["By"]), WAYS[row["How"]])
        for voice, row in kept()
    ]


def _decisions(proposed: Proposal) -> None:
    decisions = proposed.of_kind("decision")
    if decisions:
        st.markdown("**Decisions**")
        st.markdown("\n".join(f"- {plain(each.text)}" for each in decisions))


def _who_came(proposed: Proposal) -> tuple[dict[str, int], dict[uuid.UUID, bool], dict[str, Any]]:
    st.markdown("**Who came**")
    if proposed.joined_without_group:
        st.caption(f"{proposed.joined_without_group} joined without saying a group.")
    groups = [each for each in GROUPS if each in proposed.joined or each in proposed.hoped_for] or list(
        GROUPS
    )
    people: dict[str, int] = {}
    columns = st.columns(min(len(groups), 4))
    for place, group in enumerate(groups):
        hoped = proposed.hoped_for.get(group)
        people[group] = columns[place % len(columns)].number_input(
            label(group),
            min_value=0,
            max_value=100_000,
            value=proposed.joined.get(group, 0),
            key=f"wrap-up.people.{group}",
            help=f"Hoped for: {hoped}" if hoped else None,
        )
    names = dict(proposed.known)
    came: dict[uuid.UUID, bool] = {}
    if names:
        here = st.multiselect(
            "Of the people we know",
            list(names),
            default=[key for key, is_here in proposed.came.items() if is_here and key in names],
            format_func=lambda key: names[key],
            key="wrap-up.came",
        )
        expected = set(proposed.came) & set(names)
        came = {key: key in here for key in expected | set(here)}
    left, middle, right = st.columns(3)
    present = left.selectbox(
        "Sponsor present", list(PRESENT), index=list(PRESENT.values()).index(proposed.sponsor_present),
        key="wrap-up.sponsor",
    )  # fmt: skip
    chair = middle.text_input("Chaired by", proposed.chaired_by, max_chars=200, key="wrap-up.chair")
    influence = right.selectbox(
        "What taking part changed", INFLUENCES, format_func=label,
        index=INFLUENCES.index(proposed.actual_influence) if proposed.actual_influence else None,
        placeholder="Not said yet", key="wrap-up.influence",
        help=f"Declared before: {label(proposed.declared_influence)}",
    )  # fmt: skip
    facts = {"sponsor_present": PRESENT[present], "chaired_by": chair, "actual_influence": influence}
    return people, came, facts


def _report(proposed: Proposal) -> tuple[str, str, dt.date | None]:
    st.markdown("**What people are told**")
    heard = st.text_area("What we heard", proposed.heard, max_chars=4000, key="wrap-up.heard")
    what_next = st.text_area("What happens next", proposed.what_next, max_chars=4000, key="wrap-up.next")
    hear_by = st.date_input(
        "You will hear from us by", proposed.hear_by, min_value=proposed.held_on, key="wrap-up.hear-by",
        format="DD/MM/YYYY",
    )  # fmt: skip
    return heard, what_next, hear_by


def _kept(proposed: Proposal) -> None:
    st.subheader("Wrapped up", anchor=False)
    chosen = sum(each.chosen for each in proposed.voices)
    counts = [
        (len(proposed.voices), "contributions", "people"),
        (len(proposed.of_kind("expectation")), "marked as expectations", "expectations"),
        (chosen, "ideas chosen", "prototypes"),
        (len(proposed.of_kind("worry")), "worries", "prototypes"),
        (len(proposed.of_kind("promise")), "promises", "recommendations"),
    ]
    for number, words, tab in counts:
        if number and st.button(f"{number} {words}", type="tertiary", key=f"wrap-up.kept.{words}"):
            shell.open_project(proposed.project_id, tab)
    st.markdown(f"You promised: people hear by **{proposed.hear_by.day} {proposed.hear_by:%B %Y}**.")
    st.link_button("The report for those who took part", f"/j/{proposed.code}/report")


def _day(value: Any) -> dt.date | None:
    """A day, however the table gives it."""
    if value is None or value != value:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
