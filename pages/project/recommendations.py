"""A project's recommendations: what sponsors were asked, what they answered, what was done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from db.words import ANSWERS
from lab.followthrough import commands
from lab.followthrough.addressing import draft_to_sponsor
from lab.followthrough.rules import OPEN_STATUSES, RECOMMENDATION_STEPS, RESPONSE_DAYS
from lab.foundation.text import quantity
from lab.lifecycle.thread.records import RecommendationRecord
from lab.projects.queries import sponsor_names
from pages.parts import answers, dialogs, fields, forms, shell
from pages.parts.dialogs import dialog
from pages.parts.fields import (
    Checkbox,
    Day,
    Form,
    NameOrNew,
    Number,
    OneRecord,
    Paragraph,
    Scale,
    SomeRecords,
    TextLine,
)
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.project import records, replies
from pages.project.records import Screen

COLOURS = {
    "declined": "orange",
    "dropped": "orange",
    "implemented": "green",
    "draft": "gray",
}

FORM = Form(
    "recommendation",
    (
        TextLine("title", "Title"),
        Paragraph("words", "What we ask", of="text", limit=20_000),
        NameOrNew("sponsor", "Addressed to", only="making"),
        Scale("importance", "Importance"),
        OneRecord("prototype_id", "Prototype it came from", kind="prototype", nothing="None", only="making"),
        SomeRecords("expectation_ids", "Expectations that hang on it", kind="expectation"),
        Number("cadence_days", "Days between news", low=1, high=365, start=30, needed=True),
        Day("due", "Due", time="promised"),
        Checkbox("is_public", "Show on the public page"),
    ),
)
SENDING = Form(
    "recommendation.send",
    (
        Day("on", "Sent on (today when empty)", time="act"),
        Day(
            "response_due",
            f"Answer due ({RESPONSE_DAYS} days after sending when empty)",
            time="promised",
        ),
    ),
)


def render(screen: Screen) -> None:
    """Every recommendation, the latest first."""
    if screen.writes and dialogs.button("Draft a recommendation", type="primary", key="recommendation.new"):
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
        facts += _sent(each)
        if each.due:
            facts.append(f"due {day(each.due)}")
        if each.due_moves:
            facts.append(f"date moved {quantity(each.due_moves, 'time')}")
        facts.append(f"news every {quantity(each.cadence_days, 'day')}")
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


def _sent(each: RecommendationRecord) -> list[Markdown]:
    """When it was sent, and by when the answer is due."""
    if each.status == "draft":
        return []
    if each.sent_on:
        return [f"sent {day(each.sent_on)}, answer due {day(each.response_due)}"]
    return [f"sent on a day nobody said, answer due by {day(each.response_due)} at the latest"]


def _standing(each: RecommendationRecord) -> Markdown:
    """Says which it is: stalled, without news, or not done."""
    line = f":{COLOURS.get(each.status, 'blue')}-badge[{label(each.status)}] "
    if each.stall:
        since = f"since {day(each.stall.since)}, {quantity(each.stall.days, 'day')}"
        why, by = plain(each.stall.why), plain(each.stall.cleared_by)
        return f"{line}:red-badge[Stalled] {since}: {why}. Cleared by {by}."
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
        if dialogs.button("Edit", key=f"recommendation.edit.{each.id}"):
            _edit(screen, each)
        if "sent" in steps and dialogs.button("Send", key=f"recommendation.send.{each.id}"):
            _send(screen, each)
        if set(steps) & set(ANSWERS) and dialogs.button(
            "Record the answer" if each.status == "sent" else "Record another answer",
            key=f"recommendation.answer.{each.id}",
        ):
            _answer(screen, each)
        if "in_progress" in steps or each.status == "in_progress":
            words = "Report progress" if each.status not in ("implemented", "dropped") else "Take up again"
            if dialogs.button(words, key=f"recommendation.progress.{each.id}"):
                _progress(screen, each)
        if dialogs.button("Tell the people", key=f"recommendation.tell.{each.id}"):
            replies.tell(screen, [each.id], each.expectation_ids)


@dialog("Draft a recommendation", width="medium")
def draft(
    screen: Screen, prototype_id: uuid.UUID | None = None, expectation_ids: Sequence[uuid.UUID] = ()
) -> None:
    """Write down what the lab will ask of a sponsor."""
    with shell.reading() as session:
        sponsors = list(sponsor_names(session, screen.actor))
    typed = fields.new(
        FORM,
        {**screen.offered, "sponsor": sponsors},
        submit="Save the draft",
        sponsor=screen.head.sponsor,
        prototype_id=prototype_id,
        expectation_ids=expectation_ids,
    )
    if typed:
        records.save(screen, "The draft is saved.", draft_to_sponsor, screen.head.id, **typed)


@dialog("Edit the recommendation", width="medium")
def _edit(screen: Screen, each: RecommendationRecord) -> None:
    st.caption("An edit is not news. If you move the date, the old one is kept and the move is counted.")
    typed = fields.edit(FORM, each, screen.offered, version=each.version)
    if typed:
        done = "The recommendation is changed."
        records.save(screen, done, commands.edit_recommendation, each.id, **typed)


@dialog("Send the recommendation")
def _send(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    typed = fields.new(SENDING, submit="It has been sent")
    if typed:
        records.save(screen, "Sent.", commands.send_recommendation, each.id, **typed)


@dialog("Record the sponsor's answer")
def _answer(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    possible = [word for word in ANSWERS if word in RECOMMENDATION_STEPS[each.status]]
    typed = answers.answer(possible, received=True, submit="Record the answer", due=each.due)
    if typed:
        records.save(screen, "The answer is recorded.", commands.answer_recommendation, each.id, **typed)


@dialog("Report progress")
def _progress(screen: Screen, each: RecommendationRecord) -> None:
    st.text(each.title)
    typed = answers.progress(each.status, dated=True, submit="Report")
    if typed:
        records.save(screen, "The progress is recorded.", commands.report_progress, each.id, **typed)
