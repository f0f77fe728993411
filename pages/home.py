"""Home: what needs me today, and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from db.words import ANSWERS, VERDICTS
from lab.access.rights import Actor
from lab.disillusion.lists import AtRisk, flags_to_acknowledge
from lab.disillusion.score.words import LEVEL_WORD
from lab.followthrough import commands
from lab.foundation.text import quantity, spoken
from lab.lifecycle import today as questions
from lab.projects.queries import find_projects
from pages.parts import addresses, answers, dialogs, forms, project_form, shell, workshop_list
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label


def render() -> None:
    """What the person looking has to do, by role."""
    actor = shell.actor()
    st.title(f"Good day, {plain(actor.name)}", anchor=False)
    if actor.role == "sponsor":
        _sponsor(actor)
    elif actor.role == "stakeholder":
        _stakeholder(actor)
    else:
        _lab(actor)


def _lab(actor: Actor) -> None:
    today = shell.today()
    with shell.reading() as session:
        flags = flags_to_acknowledge(session, actor)
        stalled = questions.stalled(session, actor, as_of=today)
        promises = questions.promises_due(session, actor, as_of=today)
        coming = questions.coming(session, actor, as_of=today)
        unfinished = questions.not_wrapped_up(session, actor, as_of=today)
    if not (flags or stalled or promises or coming or unfinished):
        _nothing(actor)
        return
    _flags(flags)
    _promises(promises, today)
    _unfinished(unfinished)
    _stalled(stalled)
    _coming(coming)


def _nothing(actor: Actor) -> None:
    """The first steps of a lab that has not met anybody yet; else that there is nothing to do."""
    with shell.reading() as session:
        begun = questions.begun(session, actor)
    if begun.projects and begun.engagements:
        st.success("Nothing needs you today.")
        return
    st.subheader("First steps", anchor=False)
    st.text("Once there are projects, this page lists what needs you today. Until then:")
    _step(1, "Name the lab", f"It is called {plain(begun.name)}.", is_done=True)
    with _step(
        2, "Start the first project", "What is the question, and who asked for an answer?", begun.projects
    ):
        if actor.may("project.create") and dialogs.button(
            "Start another project" if begun.projects else "Start a project",
            type="secondary" if begun.projects else "primary", key="home.first.project",
        ):  # fmt: skip
            project_form.start(following="home.first.workshop")
    meet = "From a ready agenda, with phones, in two minutes. Interviews and meetings are recorded in the "
    meet += "project, under People."
    with _step(3, "Plan the first workshop", meet, begun.engagements):
        if actor.may("workshop.run") and dialogs.button(
            "Plan a workshop", type="primary" if begun.projects else "secondary", key="home.first.workshop"
        ):
            workshop_list.make(actor, _only_project(actor))
    give = "Name, e-mail address and role, sponsors and stakeholders included."
    if not actor.may("lab.administer"):
        give = "An administrator does this, under Administration."
    with _step(4, "Give your colleagues access", give, begun.colleagues):
        if actor.may("lab.administer") and st.button("Give access", key="home.first.access"):
            addresses.open_list("administration")


def _only_project(actor: Actor) -> uuid.UUID | None:
    """The project, where the lab has just one."""
    with shell.reading() as session:
        found = find_projects(session, actor, running=True, limit=2)
    return found[0][0] if len(found) == 1 else None


def _step(number: int, title: Markdown, how: Markdown, is_done: bool) -> Any:
    """A line of the first steps. Returns where its button goes."""
    row = st.container(border=True, horizontal=True, vertical_alignment="center", key=f"first.{number}")
    mark = ":green[✓]" if is_done else f"{number}."
    row.markdown(f"**{mark} {title}**  \n{how}", width="stretch")
    return row


def _flags(flags: Sequence[AtRisk]) -> None:
    if flags:
        st.subheader("Flags nobody has taken on", anchor=False)
    for flag in flags:
        reason = flag.drivers[0].sentence if flag.drivers else ""
        words = f"**{plain(flag.title)}** · {LEVEL_WORD[flag.level]}"
        _row(flag.project_id, flag.title, words, reason, "overview", "flag")


def _promises(promises: Sequence[questions.Promise], today: dt.date) -> None:
    if promises:
        st.subheader("News you promised", anchor=False)
    for promise in promises:
        late = (today - promise.promised_for).days
        when = f"{quantity(late, 'day')} late" if late > 0 else f"by {spoken(promise.promised_for)}"
        _row(promise.project_id, promise.project, f"**{plain(promise.project)}**", when, "replies", "promise")


def _unfinished(workshops: Sequence[questions.Unfinished]) -> None:
    if workshops:
        st.subheader("Workshops to wrap up", anchor=False)
    for workshop in workshops:
        words = f"**{plain(workshop.title)}** · {plain(workshop.project)}"
        why = f"Ended on {spoken(workshop.ended_on)}; nobody knows yet what becomes of what they said"
        if _opened(workshop.title, words, why, f"unfinished.{workshop.id}"):
            addresses.open_workshop(workshop.id)


def _stalled(stalled: Sequence[questions.OpenRecommendation]) -> None:
    if stalled:
        st.subheader("Stalled recommendations", anchor=False)
    if len(stalled) == questions.SHOWN:
        st.caption(f"The {questions.SHOWN} that have waited longest. The others are on the board.")
    for each in stalled:
        why = f"{each.stall.why}; cleared by {each.stall.cleared_by}" if each.stall else ""
        words = f"**{plain(each.title)}** · {plain(each.sponsor)}"
        _row(each.project_id, each.title, words, why, "recommendations", f"stalled.{each.id}", each.id)


def _coming(engagements: Sequence[questions.Coming]) -> None:
    if engagements:
        st.subheader("Coming up", anchor=False)
    for engagement in engagements:
        words = f"**{plain(engagement.title)}** · {plain(engagement.project)}"
        when = f"{label(engagement.kind)} on {spoken(engagement.held_on)}"
        if not _opened(engagement.title, words, when, f"coming.{engagement.id}"):
            continue
        if engagement.has_plan:
            addresses.open_workshop(engagement.id)
        addresses.open_project(engagement.project_id, "people", engagement.id)


def _row(
    project_id: uuid.UUID,
    name: str,
    words: Markdown,
    why: str,
    tab: str,
    key: str,
    record: uuid.UUID | None = None,
) -> None:
    if _opened(name, words, why, f"{key}.{project_id}"):
        addresses.open_project(project_id, tab, record)


def _opened(name: str, words: Markdown, why: str, key: str) -> bool:
    """A row of the list. Returns whether its button was pressed."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"row.{key}"):
        st.markdown(words + (f"  \n{plain(why)}" if why else ""), width="stretch")
        return forms.open_button(name, key=f"home.{key}")


def _sponsor(actor: Actor) -> None:
    with shell.reading() as session:
        waiting = questions.addressed_to_me(session, actor, as_of=shell.today())
    if not waiting:
        st.success("Nothing is waiting for you.")
    for each in waiting:
        with st.container(border=True):
            st.markdown(f"### {plain(each.title)}")
            st.caption(f"{plain(each.project)} · sent {day(each.sent_on)} · {label(each.status)}")
            st.text(each.text)
            if each.stall:
                st.markdown(f":orange-badge[Stalled] {plain(each.stall.why)}")
            if each.status == "sent":
                _answer(each)
            else:
                _progress(each)


def _answer(each: questions.OpenRecommendation) -> None:
    typed = answers.answer(ANSWERS, received=False, submit="Send the answer", key=f"home.answer.{each.id}")
    if typed and shell.perform(commands.answer_recommendation, each.id, refresh=each.project_id, **typed):
        shell.done("Your answer is recorded.")


def _progress(each: questions.OpenRecommendation) -> None:
    typed = answers.progress(
        each.status, dated=False, submit="Report progress", key=f"home.progress.{each.id}"
    )
    if typed and shell.perform(commands.report_progress, each.id, refresh=each.project_id, **typed):
        shell.done("Thank you. Your report is recorded.")


def _stakeholder(actor: Actor) -> None:
    with shell.reading() as session:
        expected = questions.mine(session, actor)
    if not expected:
        st.info("Nothing has been recorded under your name yet.")
    for each in expected:
        with st.container(border=True):
            st.markdown(f"### “{plain(each.statement)}”")
            st.markdown(f"{plain(each.project)} · we say: **{label(each.state)}**")
            if each.told_on:
                st.text(f"{spoken(each.told_on)}: {each.last_reply}")
            if each.slug:
                st.link_button("The whole story", f"/p/{each.slug}")
            if each.state in ("met", "partly_met", "not_met"):
                said = st.segmented_control(
                    "Is this what you meant?",
                    VERDICTS,
                    default=each.verdict,
                    format_func=label,
                    key=f"verdict.{each.id}",
                )
                if (
                    said
                    and said != each.verdict
                    and shell.perform(commands.give_verdict, each.id, verdict=said)
                ):
                    shell.done("Thank you. Your verdict is recorded.")
