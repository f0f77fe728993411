"""A project's recommendations: what sponsors were asked, what they answered, what was done."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st

from db.words import ANSWERS
from lab.access.rights import Actor
from lab.followthrough import commands
from lab.followthrough.rules import OPEN_STATUSES, RECOMMENDATION_STEPS, RESPONSE_DAYS
from lab.lifecycle.thread import RecommendationRecord
from lab.projects.commands import name_sponsor
from lab.projects.queries import sponsor_names
from pages.parts import forms, shell
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.parts.shell import label
from pages.project import records, replies
from pages.project.records import Screen

COLOURS = {
    "declined": "orange",
    "dropped": "orange",
    "implemented": "green",
    "draft": "gray",
}


def render(screen: Screen) -> None:
    """Every recommendation, the latest first."""
    if screen.writes and st.button("Draft a recommendation", type="primary", key="recommendation.new"):
        draft(screen)
    records.listing(
        screen,
        screen.thread.recommendations,
        _card,
        key="recommendations",
        nothing="Nothing has been asked of a sponsor yet.",
    )


def _card(screen: Screen, each: RecommendationRecord) -> None:
    with records.card(screen, each):
        st.markdown(f"#### {plain(each.title)}")
        st.markdown(_standing(each))
        st.text(each.text)
        facts = [f"to {plain(each.sponsor)}", forms.of_five(each.importance)]
        if each.sent_on:
            facts.append(f"sent {day(each.sent_on)}, answer due {day(each.response_due)}")
        if each.due:
            facts.append(f"due {day(each.due)}")
        if each.due_moves:
            facts.append(f"date moved {each.due_moves} time{'s' if each.due_moves > 1 else ''}")
        facts.append(f"news every {each.cadence_days} days")
        if each.is_public:
            facts.append("public")
        st.caption(" · ".join(facts))
        for response in each.responses:
            when = day(response.received_on) if response.received_on else "on an unknown day"
            st.markdown(f"**{label(response.answer)}** · answered {when}")
            if response.reason:
                st.text(response.reason)
        for update in each.updates:
            badge = (
                ":green-badge[with evidence]"
                if update.evidence
                else ":gray-badge[without evidence: not news]"
            )
            st.markdown(f"**Progress** · {day(update.done_on)} · {badge}")
            st.text(update.what)
            if update.evidence:
                st.text(f"Evidence: {update.evidence}")
        if screen.writes:
            _actions(screen, each)


def _standing(each: RecommendationRecord) -> str:
    """Stalled, no news, and not done are three things; the line says which."""
    line = f":{COLOURS.get(each.status, 'blue')}-badge[{label(each.status)}] "
    if each.stall:
        since = f"since {day(each.stall.since)}, {each.stall.days} days"
        return (
            line
            + f":red-badge[Stalled] {since}: {plain(each.stall.why)}. Cleared by {each.stall.cleared_by}."
        )
    if each.status == "sent":
        return line + "No answer yet: we do not know."
    if each.status in OPEN_STATUSES:
        return line + f"Last news {day(each.last_news_on)}."
    if each.status in ("declined", "dropped"):
        return line + "Not done: a decision, with its reason below."
    return line


def _actions(screen: Screen, each: RecommendationRecord) -> None:
    steps = RECOMMENDATION_STEPS[each.status]
    with forms.actions():
        if st.button("Edit", key=f"recommendation.edit.{each.id}"):
            _edit(screen, each)
        if "sent" in steps and st.button("Send", key=f"recommendation.send.{each.id}"):
            _send(screen, each)
        if set(steps) & set(ANSWERS) and st.button(
            "Record the answer" if each.status == "sent" else "Record another answer",
            key=f"recommendation.answer.{each.id}",
        ):
            _answer(screen, each)
        if "in_progress" in steps or each.status == "in_progress":
            words = "Report progress" if each.status not in ("implemented", "dropped") else "Take up again"
            if st.button(words, key=f"recommendation.progress.{each.id}"):
                _progress(screen, each)
        if st.button("Tell the people", key=f"recommendation.tell.{each.id}"):
            replies.tell(screen, [each.id], each.expectation_ids)


def _draft(
    session: Any, actor: Actor, project_id: uuid.UUID, *, sponsor: str, now: dt.datetime, **named: Any
) -> uuid.UUID:
    sponsor_id = name_sponsor(session, actor, sponsor, now)
    return commands.draft_recommendation(session, actor, project_id, sponsor_id=sponsor_id, now=now, **named)


@st.dialog("Draft a recommendation", width="medium")
def draft(
    screen: Screen, prototype_id: uuid.UUID | None = None, expectation_ids: Sequence[uuid.UUID] = ()
) -> None:
    """Write down what the lab will ask of a sponsor."""
    with shell.reading() as session:
        sponsors = list(sponsor_names(session, screen.actor))
    with st.form("recommendation.form", border=False):
        title = st.text_input("Title", max_chars=200, key="recommendation.title")
        words = st.text_area("What we ask", max_chars=20_000, key="recommendation.words")
        sponsor = st.selectbox(
            "Addressed to",
            sponsors,
            sponsors.index(screen.head.sponsor) if screen.head.sponsor in sponsors else None,
            accept_new_options=True,
            placeholder="Choose, or type a new name",
            key="recommendation.sponsor",
        )
        importance = forms.one_to_five("Importance", key="recommendation.importance")
        prototype = forms.one_record(
            "Prototype it came from", screen.thread.prototypes, prototype_id, key="recommendation.prototype"
        )
        expectations = forms.some_records(
            "Expectations that hang on it",
            screen.thread.expectations,
            expectation_ids,
            key="recommendation.expectations",
        )
        cadence = st.number_input("Days between news", 1, 365, 30, key="recommendation.cadence")
        due = forms.future_day("Due", key="recommendation.due")
        is_public = st.checkbox("Show on the public page", key="recommendation.is_public")
        sent = forms.submit("Save the draft")
    if sent:
        records.save(
            screen,
            "The draft is saved.",
            _draft,
            screen.head.id,
            title=title,
            words=words,
            sponsor=sponsor or "",
            importance=importance,
            prototype_id=prototype,
            expectation_ids=expectations,
            cadence_days=int(cadence),
            due=due,
            is_public=is_public,
        )


@st.dialog("Edit the recommendation", width="medium")
def _edit(screen: Screen, each: RecommendationRecord) -> None:
    st.caption("An edit is never news. A moved date is kept with its old value, and counted.")
    with st.form("recommendation.edit.form", border=False):
        title = st.text_input("Title", each.title, max_chars=200, key="recommendation.edit.title")
        words = st.text_area("What we ask", each.text, max_chars=20_000, key="recommendation.edit.words")
        importance = forms.one_to_five(
            "Importance", each.importance, key="recommendation.edit.importance"
        )
        expectations = forms.some_records(
            "Expectations that hang on it",
            screen.thread.expectations,
            each.expectation_ids,
            key="recommendation.edit.expectations",
        )
        cadence = st.number_input(
            "Days between news", 1, 365, each.cadence_days, key="recommendation.edit.cadence"
        )
        due = forms.future_day("Due", each.due, key="recommendation.edit.due")
        is_public = st.checkbox(
            "Show on the public page", each.is_public, key="recommendation.edit.is_public"
        )
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The recommendation is changed.",
            commands.edit_recommendation,
            each.id,
            version=each.version,
            title=title,
            words=words,
            importance=importance,
            cadence_days=int(cadence),
            due=due,
            expectation_ids=expectations,
            is_public=is_public,
        )


@st.dialog("Send the recommendation")
def _send(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    with st.form("recommendation.send.form", border=False):
        on = forms.past_day("Sent on", key="recommendation.send.on")
        response_due = forms.future_day(
            f"Answer due ({RESPONSE_DAYS} days after sending when empty)", key="recommendation.send.due"
        )
        sent = forms.submit("It has been sent")
    if sent:
        records.save(screen, "Sent.", commands.send_recommendation, each.id, on=on, response_due=response_due)


@st.dialog("Record the sponsor's answer")
def _answer(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    with st.form("recommendation.answer.form", border=False):
        possible = [word for word in ANSWERS if word in RECOMMENDATION_STEPS[each.status]]
        answer = st.radio(
            "Answer", possible, index=None, format_func=label, key="recommendation.answer.answer"
        )
        reason = st.text_area(
            "Reason (needed when declined: the people will read it)",
            max_chars=20_000,
            key="recommendation.answer.reason",
        )
        on = forms.past_day("Received on", key="recommendation.answer.on")
        due = forms.future_day("Promised completion", each.due, key="recommendation.answer.due")
        sent = forms.submit("Record the answer")
    if sent:
        records.save(
            screen,
            "The answer is recorded.",
            commands.answer_recommendation,
            each.id,
            answer=answer,
            reason=reason,
            on=on,
            due=due,
        )


@st.dialog("Report progress")
def _progress(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    steps = [s for s in ("in_progress", "implemented", "dropped") if s in RECOMMENDATION_STEPS[each.status]]
    options = steps if each.status == "dropped" else [None, *steps]
    with st.form("recommendation.progress.form", border=False):
        status = st.radio(
            "What it is now",
            options,
            None if each.status == "dropped" else 0,
            format_func=lambda word: label(word) if word else f"Still: {label(each.status).lower()}",
            key="recommendation.progress.status",
        )
        what = st.text_area(
            "What was done (or why it is dropped or taken up again)",
            max_chars=20_000,
            key="recommendation.progress.what",
        )
        evidence = st.text_area(
            "Evidence: where anybody can see it. Without it this is not news.",
            max_chars=2000,
            key="recommendation.progress.evidence",
        )
        on = forms.past_day("Done on", key="recommendation.progress.on")
        sent = forms.submit("Report")
    if sent:
        records.save(
            screen,
            "The progress is recorded.",
            commands.report_progress,
            each.id,
            what=what,
            evidence=evidence,
            status=status,
            on=on,
        )
