"""A project's replies: when and how the people concerned were told."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from lab.followthrough.commands import edit_reply, reply_to_people
from lab.lifecycle.thread import ReplyRecord
from pages.parts import forms
from pages.parts.forms import day
from pages.parts.plain import plain
from pages.project import records
from pages.project.records import Screen


def render(screen: Screen) -> None:
    """Every reply, the latest first."""
    if screen.writes and st.button("Tell the people", type="primary", key="reply.new"):
        tell(screen)
    records.listing(
        screen,
        screen.thread.replies,
        _card,
        key="replies",
        nothing="Nobody has been told anything yet. A reply says what happened, why, and what comes next.",
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
        if screen.writes and st.button("Edit", key=f"reply.edit.{reply.id}"):
            _edit(screen, reply)


@st.dialog("Edit the reply", width="medium")
def _edit(screen: Screen, reply: ReplyRecord) -> None:
    st.caption("When people were told, and what they were promised, stays as it was.")
    with st.form("reply.edit.form", border=False):
        what_happened = st.text_area(
            "What happened", reply.what_happened, max_chars=4000, key="reply.edit.what_happened"
        )
        why = st.text_area("Why", reply.why, max_chars=4000, key="reply.edit.why")
        what_next = st.text_area("What next", reply.what_next, max_chars=4000, key="reply.edit.what_next")
        how = st.text_input("How they were told", reply.how, max_chars=200, key="reply.edit.how")
        is_public = st.checkbox("Show on the public page", reply.is_public, key="reply.edit.is_public")
        sent = forms.submit()
    if sent:
        records.save(
            screen,
            "The reply is changed.",
            edit_reply,
            reply.id,
            version=reply.version,
            what_happened=what_happened,
            why=why,
            what_next=what_next,
            how=how,
            is_public=is_public,
        )


@st.dialog("Tell the people", width="medium")
def tell(
    screen: Screen,
    recommendation_ids: Sequence[uuid.UUID] = (),
    expectation_ids: Sequence[uuid.UUID] = (),
) -> None:
    """Record that the people concerned were told."""
    with st.form("reply.form", border=False):
        what_happened = st.text_area("What happened", max_chars=4000, key="reply.what_happened")
        why = st.text_area("Why", max_chars=4000, key="reply.why")
        what_next = st.text_area("What next", max_chars=4000, key="reply.what_next")
        how = st.text_input(
            "How they were told", max_chars=200, key="reply.how", placeholder="letter, meeting …"
        )
        told_on = forms.past_day("Told on", key="reply.told_on")
        next_news_on = forms.future_day("When they will hear next", key="reply.next_news_on")
        recommendations = forms.some_records(
            "About recommendations",
            screen.thread.recommendations,
            recommendation_ids,
            key="reply.recommendations",
        )
        expectations = forms.some_records(
            "About expectations", screen.thread.expectations, expectation_ids, key="reply.expectations"
        )
        is_public = st.checkbox("Show on the public page", value=True, key="reply.is_public")
        sent = forms.submit("Record the reply")
    if sent:
        records.save(
            screen,
            "The reply is recorded.",
            reply_to_people,
            screen.head.id,
            what_happened=what_happened,
            why=why,
            what_next=what_next,
            how=how,
            told_on=told_on,
            next_news_on=next_news_on,
            recommendation_ids=recommendations,
            expectation_ids=expectations,
            is_public=is_public,
        )
