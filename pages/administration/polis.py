"""Polis conversations: import one into a project, export a round as one."""

from __future__ import annotations

import streamlit as st

from lab.access.rights import Actor
from lab.exchange import conversations
from lab.exchange.tables import MAXIMUM_BYTES
from lab.foundation.errors import LabError
from lab.foundation.text import quantity, shortened
from lab.projects.queries import find_projects
from lab.voting.polis import Conversation, what_was_left_out
from lab.voting.queries import newest_rounds
from pages.parts import forms, shell
from pages.parts.plain import plain
from pages.parts.tables import text_table


def render(actor: Actor) -> None:
    """Import on the left, export on the right."""
    taking, writing = st.columns(2, gap="large")
    with taking:
        _take(actor)
    with writing:
        _write(actor)


def _take(actor: Actor) -> None:
    st.subheader("Take a conversation in", anchor=False)
    st.write(
        "Its statements become what people said in an online round of a project. Statements that are there "
        "already are not added again."
    )
    key = f"polis.{st.session_state.get('polis.turn', 0)}"
    sent = st.file_uploader(
        f"{', '.join(conversations.FILES)}, up to {MAXIMUM_BYTES // 1024**2} MB each",
        type=["csv"],
        accept_multiple_files=True,
        key=forms.file_key(f"{key}.files"),
    )
    if not sent:
        return
    try:
        conversation = conversations.conversation_in({each.name: each.getvalue() for each in sent})
        listed = conversations.statements(conversation)
    except LabError as refusal:
        shell.refuse(refusal)
        return
    _preview(conversation, listed)
    words = st.text_input("Find the project", max_chars=200, key=f"{key}.find")
    with shell.reading() as session:
        found = dict(find_projects(session, actor, words))
    project = st.selectbox(
        "Project", list(found), index=None, format_func=lambda each: shortened(found[each], 70),
        key=f"{key}.project",
    )  # fmt: skip
    title = st.text_input(
        "Title of the online round", "Polis conversation", max_chars=200, key=f"{key}.title"
    )
    held_on = None
    if conversations.last_said(conversation) is None:
        held_on = st.date_input("Its last day (the files do not say)", None, key=f"{key}.held_on")
    if st.button("Take it in", type="primary", disabled=project is None, key=f"{key}.take") and shell.perform(
        conversations.take_conversation, project, conversation, title=title, held_on=held_on, refresh=project
    ):
        st.session_state["polis.turn"] = st.session_state.get("polis.turn", 0) + 1
        shell.done("The statements are in the project.")


def _preview(conversation: Conversation, listed: list[conversations.Statement]) -> None:
    """What counts, with its numbers; what was left out, and why."""
    voters = len({vote.voter for vote in conversation.votes})
    votes = sum(each.voted for each in listed)
    st.write(
        f"{quantity(len(listed), 'statement')} with {quantity(votes, 'vote')} of {quantity(voters, 'voter')}."
    )
    for sentence in what_was_left_out(conversation):
        st.caption(plain(sentence))
    text_table(
        {
            "Statement": [each.text for each in listed],
            "Agree": [each.agree for each in listed],
            "Voted": [each.voted for each in listed],
        }
    )
    if out := [each for each in conversation.comments if each.left_out]:
        with st.expander(f"{quantity(len(out), 'statement')} left out"):
            text_table({"Statement": [each.text for each in out], "Why": [each.left_out for each in out]})


def _write(actor: Actor) -> None:
    st.subheader("Write a round as a conversation", anchor=False)
    st.write("For the field's analysis tools: a revealed round by approval, without anybody's name.")
    with shell.reading() as session:
        rounds = {
            each.id: f"{each.question} ({each.project})"
            for each in newest_rounds(session, actor)
            if each.method == "approval" and each.state == "revealed"
        }
    chosen = st.selectbox(
        "Round", list(rounds), index=None, format_func=lambda each: shortened(rounds[each], 80),
        key="polis.round", placeholder="Choose a round" if rounds else "No round by approval is revealed",
    )  # fmt: skip
    if chosen is None:
        return
    with shell.reading() as session:
        files = conversations.export_conversation(session, actor, chosen)
    st.download_button(
        "Download the conversation (zip)", conversations.zipped(files), "conversation.zip", "application/zip",
        key="polis.download",
    )  # fmt: skip
