"""A project's replies to the people concerned."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from lab.followthrough.commands import edit_reply, reply_to_people
from lab.lifecycle.thread.records import ReplyRecord
from pages.parts import dialogs, fields
from pages.parts.dialogs import dialog
from pages.parts.fields import Checkbox, Day, Form, Paragraph, SomeRecords, TextLine
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.project import records
from pages.project.records import Screen

FORM = Form(
    "reply",
    (
        Paragraph("what_happened", "What happened"),
        Paragraph("why", "Why"),
        Paragraph("what_next", "What next"),
        TextLine("how", "How they were told", placeholder="letter, meeting …"),
        Day("told_on", "Told on (today when empty)", time="act", only="making"),
        Day("next_news_on", "When they will hear next", time="promised", only="making"),
        SomeRecords("recommendation_ids", "About recommendations", kind="recommendation", only="making"),
        SomeRecords("expectation_ids", "About expectations", kind="expectation", only="making"),
        Checkbox("is_public", "Show on the public page", start=True),
    ),
)


def render(screen: Screen) -> None:
    """Every reply, the latest first."""
    if screen.writes and dialogs.button("Tell the people", type="primary", key="reply.new"):
        tell(screen)
    records.listing(
        screen,
        screen.thread.replies,
        _card,
        key="replies",
        nothing="No reply yet. A reply says what happened, why, and what comes next.",
    )


def _card(screen: Screen, reply: ReplyRecord) -> None:
    with records.card(screen, reply):
        how = f" · {plain(reply.how)}" if reply.how else ""
        st.markdown(f"**{day(reply.told_on)}**{how}" + (" · :green-badge[Public]" if reply.is_public else ""))
        for heading, words in (
            ("What happened", reply.what_happened),
            ("Why", reply.why),
            ("What next", reply.what_next),
        ):
            if words:
                st.caption(heading)
                st.text(words)
        if reply.next_news_on:
            late = reply.next_news_on < screen.today and reply.id == screen.thread.replies[0].id
            st.markdown(
                f"Next news promised by {day(reply.next_news_on)}" + (" · :red-badge[Late]" if late else "")
            )
        if screen.writes and dialogs.button("Edit", key=f"reply.edit.{reply.id}"):
            _edit(screen, reply)


@dialog("Edit the reply", width="medium")
def _edit(screen: Screen, reply: ReplyRecord) -> None:
    st.caption("The date of the reply and the promised date can't be changed.")
    typed = fields.edit(FORM, reply, screen.offered, version=reply.version)
    if typed:
        done = "The reply is changed."
        records.save(screen, done, edit_reply, reply.id, **typed)


@dialog("Tell the people", width="medium")
def tell(
    screen: Screen,
    recommendation_ids: Sequence[uuid.UUID] = (),
    expectation_ids: Sequence[uuid.UUID] = (),
) -> None:
    """Record a reply to the people concerned."""
    typed = fields.new(
        FORM,
        screen.offered,
        submit="Record the reply",
        recommendation_ids=recommendation_ids,
        expectation_ids=expectation_ids,
    )
    if typed:
        records.save(screen, "The reply is recorded.", reply_to_people, screen.head.id, **typed)
