"""Project: one thread from what somebody said to the reply they got, with links both ways."""

from __future__ import annotations

import streamlit as st

from db.words import OUTCOMES, STAGES
from lab.foundation.errors import LabError
from lab.lifecycle import commands, rules
from lab.lifecycle.queries import gate_facts, moves_to_undo
from lab.lifecycle.thread.reading import thread_of
from lab.projects.commands import edit_project, publish_project, unpublish_project
from lab.projects.queries import ProjectHead, find_projects, project_head
from pages.parts import addresses, dialogs, fields, forms, project_form, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.project import (
    expectations,
    overview,
    people,
    prototypes,
    recommendations,
    records,
    replies,
    votes,
    workshops,
)
from pages.project.records import TABS, Screen

DRAW = {
    "overview": overview.render,
    "people": people.render,
    "expectations": expectations.render,
    "prototypes": prototypes.render,
    "votes": votes.render,
    "workshops": workshops.render,
    "recommendations": recommendations.render,
    "replies": replies.render,
}


def render() -> None:
    """The project, tab and record in the address."""
    actor, today = shell.actor(), shell.today()
    project_id = addresses.key_in("project")
    if project_id is None:
        _find()
        return
    try:
        with shell.reading() as session:
            head = project_head(session, actor, project_id)
            thread = thread_of(session, actor, project_id, today=today)
    except LabError as refusal:
        shell.refuse(refusal)
        _find()
        return
    record, came_from = addresses.key_in("record"), addresses.key_in("from")
    screen = Screen(
        head,
        thread,
        actor,
        today,
        record if record in thread.records else None,
        came_from if came_from in thread.records else None,
        st.query_params.get("section", ""),
    )
    st.html(records.LINKS)
    _head(screen)
    _thread_so_far(screen)
    _actions(screen)
    DRAW[_tab()](screen)


def _find() -> None:
    st.title("Project", anchor=False)
    words = st.text_input("Find a project by title, place or reference", max_chars=200, key="project.find")
    with shell.reading() as session:
        found = find_projects(session, shell.actor(), words)
    if not found:
        st.info("No project matches." if words else "No project yet. Start the first one on the board.")
    for key, title in found:
        if st.button(plain(title), key=f"project.open.{key}", type="tertiary"):
            addresses.open_project(key)


def _tab() -> str:
    asked = st.query_params.get("tab", "overview")
    st.session_state["project.tab"] = asked if asked in TABS else "overview"
    st.segmented_control(
        "Part of the project",
        list(TABS),
        format_func=TABS.__getitem__,
        required=True,
        key="project.tab",
        on_change=lambda: records.go(st.session_state["project.tab"] or "overview"),
        label_visibility="collapsed",
    )
    return str(st.session_state["project.tab"] or "overview")


def _head(screen: Screen) -> None:
    head = screen.head
    st.title(plain(head.title), anchor=False)
    badges = f":blue-badge[{label(head.stage)} since {day(head.stage_since)}]"
    if head.outcome:
        badges = f":green-badge[Closed {day(head.closed_on)}: {label(head.outcome).lower()}]"
    if head.paused_on:
        badges += f" :orange-badge[Paused since {day(head.paused_on)}]"
    badges += " :green-badge[Public]" if head.is_public else " :gray-badge[Not public]"
    sponsor = plain(head.sponsor) if head.sponsor else "no sponsor named"
    st.markdown(f"{badges} {sponsor}" + (f" · {plain(head.place)}" if head.place else ""))


def _thread_so_far(screen: Screen) -> None:
    thread = screen.thread
    steps = (
        ("contribution", "contributions", len(thread.contributions), "people", "contribution"),
        ("expectation", "expectations", len(thread.expectations), "expectations", ""),
        ("prototype", "prototypes", len(thread.prototypes), "prototypes", ""),
        ("vote", "votes", len(thread.votes), "votes", ""),
        ("recommendation", "recommendations", len(thread.recommendations), "recommendations", ""),
        ("reply", "replies", len(thread.replies), "replies", ""),
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="thread-so-far"):
        for number, (one, many, count, tab, section) in enumerate(steps):
            st.button(
                f"{'→ ' if number else ''}**{count}** {one if count == 1 else many}",
                key=f"project.thread.{one}",
                type="tertiary",
                on_click=records.go,
                args=(tab, None, None, section),
            )


def _actions(screen: Screen) -> None:
    head, actor = screen.head, screen.actor
    with forms.actions():
        if actor.may("project.write") and dialogs.button("Edit", key="project.edit"):
            _edit(head)
        if actor.may("project.move"):
            _steps(head)
            if dialogs.button("Unpublish" if head.is_public else "Publish", key="project.publish"):
                _publish(head)
        if head.is_public:
            st.link_button("Public page", f"/p/{head.slug}")


def _steps(head: ProjectHead) -> None:
    if head.outcome is not None:
        if dialogs.button("Reopen", key="project.reopen"):
            _reopen(head)
        return
    if dialogs.button("Move to …", key="project.move"):
        _move(head)
    with shell.reading() as session:
        moves = moves_to_undo(session, shell.actor(), now=shell.now(), project_id=head.id)
    for move in moves:
        if st.button(f"Undo the move to {label(move.after).lower()}", key="project.undo"):
            project_form.undo(head.id, move.before)
    if head.paused_on is None and dialogs.button("Pause", key="project.pause"):
        _pause(head)
    if head.paused_on and dialogs.button("Resume", key="project.resume"):
        _resume(head)
    if dialogs.button("Close", key="project.close"):
        _close(head)


def _save(head: ProjectHead, said: Markdown, command: object, **named: object) -> None:
    if shell.perform(command, head.id, refresh=head.id, **named):  # type: ignore[arg-type]
        shell.done(said)


@dialog("Edit the project", width="medium")
def _edit(head: ProjectHead) -> None:
    typed = fields.edit(project_form.FORM, head, version=head.version)
    if typed:
        _save(head, "The project is changed.", edit_project, **typed)


@dialog("Move to …")
def _move(head: ProjectHead) -> None:
    others = [stage for stage in STAGES if stage != head.stage]
    position = STAGES.index(head.stage)
    after = STAGES[position + 1] if position + 1 < len(STAGES) else STAGES[position - 1]
    stage = st.selectbox("Stage", others, others.index(after), format_func=label, key="project.move.stage")
    with shell.reading() as session:
        facts = gate_facts(session, shell.actor(), head.id)
    back = STAGES.index(stage) < position
    missing = rules.unmet(head.stage, stage, facts)
    for gate, conditions in rules.asked(head.stage, stage, facts):
        st.markdown(f"**Gate into {label(gate).lower()}**")
        overview.checklist(conditions, f"project.move.{gate}")
    if missing:
        st.caption("What is not yet true can be waived. The reason is kept, shown, and counts as a risk.")
    question = "Why go back?" if back else "Why go on all the same?" if missing else "Anything to remember?"
    reason = st.text_area(question, max_chars=1000, key="project.move.reason")
    if st.button("Waive and move" if missing else "Move", type="primary", key="project.move.sure"):
        _save(head, f"Moved to {label(stage).lower()}.", commands.move_project, stage=stage, reason=reason)


@dialog("Pause the project")
def _pause(head: ProjectHead) -> None:
    reason = st.text_area("Why it rests for now", max_chars=1000, key="project.pause.reason")
    if st.button("Pause", type="primary", key="project.pause.sure"):
        _save(head, "The project is paused.", commands.pause_project, reason=reason)


@dialog("Go on with the project")
def _resume(head: ProjectHead) -> None:
    st.text(f"Paused since {day(head.paused_on)}: {head.paused_reason}")
    if st.button("Resume", type="primary", key="project.resume.sure"):
        _save(head, "The project goes on.", commands.resume_project)


@dialog("Close the project")
def _close(head: ProjectHead) -> None:
    outcome = st.radio("Outcome", OUTCOMES, index=None, format_func=label, key="project.close.outcome")
    if outcome == rules.CLOSED:
        with shell.reading() as session:
            facts = gate_facts(session, shell.actor(), head.id)
        ((_, conditions),) = rules.asked(head.stage, rules.CLOSED, facts)
        overview.checklist(conditions, "project.close.gate")
    reason = st.text_area("Why this outcome?", max_chars=1000, key="project.close.reason")
    if st.button("Close the project", type="primary", key="project.close.sure"):
        _save(head, "The project is closed.", commands.close_project, outcome=outcome, reason=reason)


@dialog("Reopen the project")
def _reopen(head: ProjectHead) -> None:
    reason = st.text_area("Why the closing was wrong", max_chars=1000, key="project.reopen.reason")
    if st.button("Reopen", type="primary", key="project.reopen.sure"):
        _save(head, "The project is open again.", commands.reopen_project, reason=reason)


@dialog("The public page")
def _publish(head: ProjectHead) -> None:
    if head.is_public:
        st.write("Nobody outside the lab will find the page any more.")
    else:
        st.write(
            "Anybody can then read what people said, what was done and why not yet: only the records marked "
            "for the public page, and never who said it."
        )
    if st.button("Unpublish" if head.is_public else "Publish", type="primary", key="project.publish.sure"):
        if head.is_public:
            _save(head, "The page is withdrawn.", unpublish_project)
        else:
            _save(head, "The page is public.", publish_project)
