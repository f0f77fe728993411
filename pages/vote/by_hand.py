"""Paper ballots and raised hands of an open round: counted here, and taken back."""

from __future__ import annotations

import uuid
from typing import Any

import streamlit as st

from lab.foundation.errors import LabError
from lab.foundation.text import quantity
from lab.voting import commands, queries
from lab.voting.methods.registry import method_named
from lab.voting.queries import RoundView
from lab.voting.typed import how_to_type, marks_typed
from pages.parts import ballot_form, shell
from pages.parts.plain import plain


def show(room: RoundView) -> None:
    """Beside the phones: typed or clicked paper ballots, raised hands, and what was entered."""
    st.header("Beside the phones", anchor=False)
    paper, hands = st.columns(2, gap="large")
    with paper:
        _typed(room)
        with st.expander("Or click a paper ballot together"):
            _paper(room)
    if method_named(room.method).takes_hands and not room.by_slip:
        with hands:
            _hands(room)
    _entered(room)


def _typed(room: RoundView) -> None:
    """Ballot after ballot by keyboard: numbers, then Enter."""
    st.subheader("Type paper ballots in", anchor=False)
    st.caption(plain(how_to_type(room.method)))
    st.caption(" · ".join(f"**{option.place + 1}** {plain(option.title)}" for option in room.options))
    with st.form("vote.typed", clear_on_submit=True):
        group = ballot_form.group(room, "vote.typed")
        slip = _slip(room, "vote.typed")
        line = st.text_input("Numbers on the ballot", max_chars=200, key="vote.typed.line")
        sent = st.form_submit_button("Count this ballot (Enter)")
    if not sent:
        return
    try:
        marks = marks_typed(room.method, line, len(room.options))
    except LabError as refusal:
        shell.refuse(refusal)
        return
    if shell.perform(commands.enter_paper_ballot, room.round_id, marks=marks, group=group, slip=slip):
        said = ballot_form.in_words(room, marks)
        shell.done(f"Counted: {plain(said)}")


def _slip(room: RoundView, key: str) -> str:
    if not room.by_slip:
        return ""
    return str(st.text_input("Code on its slip", max_chars=20, key=f"{key}.slip"))


def _empty(form: str) -> str:
    """The form's key. It changes after each count, so that nothing is counted twice."""
    return f"{form}.{st.session_state.get(form, 0)}"


def _count(form: str, command: Any, room: RoundView, **typed: Any) -> None:
    if shell.perform(command, room.round_id, **typed):
        st.session_state[form] = st.session_state.get(form, 0) + 1
        shell.done("Counted.")


def _paper(room: RoundView) -> None:
    key = _empty("vote.paper")
    with st.form(key):
        group = ballot_form.group(room, key)
        slip = _slip(room, key)
        marks = ballot_form.marks(room, None, key)
        sent = st.form_submit_button("Count this ballot")
    if sent:
        _count("vote.paper", commands.enter_paper_ballot, room, marks=marks, group=group, slip=slip)


def _hands(room: RoundView) -> None:
    st.subheader("Raised hands", anchor=False)
    st.caption("Everybody raises a hand once, for the one they prefer.")
    key = _empty("vote.hands")
    with st.form(key):
        group = ballot_form.group(room, key)
        hands = [
            int(st.number_input(plain(option.title), 0, commands.MOST_HANDS, 0, key=f"{key}.{option.place}"))
            for option in room.options
        ]
        sent = st.form_submit_button("Count these hands")
    if sent:
        _count("vote.hands", commands.enter_hands, room, hands=hands, group=group)


def _entered(room: RoundView) -> None:
    with shell.reading() as session:
        entered = queries.entered_by_hand(session, shell.actor(), room.round_id)
    if not entered:
        return
    st.subheader("Entered by hand", anchor=False)
    for each in entered:
        kind = "Paper" if each.source == "paper" else quantity(each.weight, "hand")
        words, undo = st.columns([5, 1], vertical_alignment="center")
        words.text(f"{kind}: {ballot_form.in_words(room, each.marks)}")
        if undo.button("Take back", key=f"vote.undo.{each.voter_id}"):
            _take_back(room.round_id, each.voter_id)


def _take_back(round_id: uuid.UUID, voter_id: uuid.UUID) -> None:
    if shell.perform(commands.take_back, round_id, voter_id):
        shell.done("Taken back.")
