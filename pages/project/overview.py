"""A project at a glance: its challenge, the gate ahead, the pulse, and what happened so far."""

from __future__ import annotations

import uuid

import streamlit as st

from db.words import STAGES, WITHDRAWAL_REASONS
from lab.disillusion.score.words import STEP_REACHED
from lab.foundation.language import NOT_SAID
from lab.foundation.text import quantity
from lab.lifecycle.queries import gate_facts, news_of_project
from lab.lifecycle.rules import CLOSED, Condition, asked
from lab.lifecycle.thread.timeline import Happening, timeline_of
from pages.parts import shell
from pages.parts.addresses import TAB_OF
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.project import pulse, records
from pages.project.records import Screen

ENTRIES_SHOWN = 15


def render(screen: Screen) -> None:
    """The overview tab."""
    head = screen.head
    story, facts = st.columns([3, 2], gap="large")
    with story:
        st.subheader("Challenge", anchor=False)
        if head.challenge:
            st.text(head.challenge)
        else:
            st.caption("No challenge question yet. Write it down under Edit.")
        if head.outcome_reason:
            st.markdown(f"**Closed {day(head.closed_on)} as {label(head.outcome).lower()}**")
            st.text(head.outcome_reason)
        if head.paused_reason:
            st.markdown(f"**Paused since {day(head.paused_on)}**")
            st.text(head.paused_reason)
        if head.outcome is None:
            _gate_ahead(screen)
        pulse.render(screen)
    with facts:
        st.subheader("Particulars", anchor=False)
        for name, value in (
            ("Form", ", ".join(map(label, head.forms)) or NOT_SAID),
            ("Mode", label(head.mode)),
            ("Cycle phase", label(head.cycle_phase)),
            ("Owner", plain(head.owner) or NOT_SAID),
            ("Reference", plain(head.reference or NOT_SAID)),
            ("Opened", day(head.opened_on)),
            ("News promised every", quantity(head.cadence_days, "day")),
        ):
            st.markdown(f"{name}: **{value}**")
        if head.outcome is None:
            _news(screen)
    _timeline(screen)


def _news(screen: Screen) -> None:
    """When people last heard, and by when they were promised news."""
    with shell.reading() as session:
        news = news_of_project(session, screen.actor, screen.head.id, as_of=screen.today)
    st.markdown(plain(news.said(screen.today)))
    if (by := news.by) is None:
        return
    late = (screen.today - by).days
    since = f" :red[**{quantity(late, 'day')} late**]" if late > 0 else ""
    st.markdown(f"News promised by: **{day(by)}**{since}")


def _gate_ahead(screen: Screen) -> None:
    position = STAGES.index(screen.head.stage)
    ahead = STAGES[position + 1] if position + 1 < len(STAGES) else CLOSED
    words = "Before closing as implemented" if ahead == CLOSED else f"Gate into {label(ahead).lower()}"
    st.subheader(words, anchor=False)
    with shell.reading() as session:
        facts = gate_facts(session, screen.actor, screen.head.id)
        ((_, conditions),) = asked(screen.head.stage, ahead, facts)
    checklist(conditions, "overview.gate")


def checklist(conditions: tuple[Condition, ...], key: str) -> None:
    """A gate's conditions; one that is not met links to where it can be."""
    for number, condition in enumerate(conditions):
        if condition.met:
            st.markdown(f":green[✓] {plain(condition.words)}")
        elif st.button(f"☐ {plain(condition.words)}", key=f"gate.{key}.{number}", type="tertiary", wrap=True):
            records.go(condition.tab, section="contribution" if "idea" in condition.words else "")
            st.rerun()


def _timeline(screen: Screen) -> None:
    st.subheader("What happened", anchor=False)
    counter = f"project.timeline.{screen.head.id}"
    shown = st.session_state.get(counter, ENTRIES_SHOWN)
    with shell.reading() as session:
        entries = timeline_of(session, screen.actor, screen.head.id, limit=shown + 1)
    owners = {
        update.id: recommendation.id
        for recommendation in screen.thread.recommendations
        for update in recommendation.updates
    }
    for entry in entries[:shown]:
        _entry(screen, entry, owners)
    if len(entries) > shown and st.button("Show earlier", key="overview.earlier"):
        st.session_state[counter] = shown + 2 * ENTRIES_SHOWN
        st.rerun()


def _more(entry: Happening) -> Markdown:
    """What an entry changed, beyond its state."""
    if entry.escalated_to:
        return STEP_REACHED[entry.escalated_to]
    if entry.level:
        before = f"{label(entry.level_before).lower()} → " if entry.level_before else ""
        return before + label(entry.level).lower()
    if entry.level_before:
        return f"it was {label(entry.level_before).lower()} before"
    if entry.verdict:
        return label(entry.verdict).lower()
    parts = [f"the date was {day(entry.was)} before"] if entry.was else []
    if entry.verb in ("edited", "completed", "counted"):
        parts += [label(name).lower() for name in entry.changed]
    return ", ".join(parts)


def _entry(screen: Screen, entry: Happening, owners: dict[uuid.UUID, uuid.UUID]) -> None:
    line = f"**{day(entry.day)}** · {label(entry.subject_type)} {plain(entry.verb.replace('_', ' '))}"
    if entry.from_state and entry.to_state:
        line += f": {label(entry.from_state).lower()} → {label(entry.to_state).lower()}"
    if more := _more(entry):
        line += f": {more}"
    if entry.who:
        line += f" · {plain(entry.who)}"
    key = owners.get(entry.subject_id, entry.subject_id) if entry.subject_id else None
    record = screen.thread.records.get(key) if key else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(line, width="content")
        if record is not None:
            st.button(
                records.named(record),
                key=f"timeline.{entry.id}",
                type="tertiary",
                wrap=True,
                on_click=records.go,
                args=(TAB_OF[record.kind], record.id),
            )
    if entry.waived:
        st.markdown(f":orange-badge[Waived] {plain('; '.join(entry.waived))}")
    if entry.reason:
        st.caption(plain(label(entry.reason) if entry.reason in WITHDRAWAL_REASONS else entry.reason))
