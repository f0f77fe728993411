"""Vote: the ballot of a stakeholder with an account. It goes through the same intake as ballots from
phones."""

from __future__ import annotations

from concurrent.futures import TimeoutError as TooSlow

import streamlit as st

from lab.access.keys import account_voter
from lab.access.rights import Actor
from lab.foundation.errors import LabError
from lab.voting import queries, rules
from lab.voting.commands import ballot_from_account
from lab.voting.intake.queue import PATIENCE, busy, own_intake
from pages.parts import ballot_form, shell
from pages.parts.plain import plain
from pages.parts.shell import label


def render() -> None:
    """Every open vote of the person's projects."""
    actor = shell.actor()
    st.title("Vote", anchor=False)
    with shell.reading() as session:
        rounds = queries.open_rounds_for(session, actor)
    if not rounds:
        st.info("No vote is open in your projects just now.")
    for each in rounds:
        _ballot(actor, each)


def _ballot(actor: Actor, each: queries.RoundSummary) -> None:
    with shell.reading() as session:
        room = queries.room_of_code(session, each.code)
        if room is None:
            return
        own = queries.own_ballot(session, each.id, rules.token_hash(each.id, account_voter(session, actor)))
        pictures = {
            option: queries.voters_picture(session, each.id, option.picture_id)
            for option in room.options
            if option.picture_id
        }
    with st.container(border=True):
        st.markdown(f"## {plain(room.question)}")
        st.caption(f"{plain(room.project)} · {label(room.method)}")
        with st.container(horizontal=True):
            for option, picture in pictures.items():
                if picture:
                    st.image(picture[0], caption=plain(option.title), alt=option.picture_words, width=160)
        if own and own.receipt:
            st.success(
                f"Your vote is in. You may change it until the vote closes. Receipt: {plain(own.receipt)}",
                icon="✅",
            )
        with st.form(f"ballot.{each.id}", border=False):
            marks = ballot_form.marks(room, own.marks if own else None, "ballot")
            worries = {}
            said = dict(own.worries) if own else {}
            with st.expander("I have a worry"):
                for option in room.options:
                    worries[option.place] = st.text_area(
                        f"What could go wrong with “{plain(option.title)}”?",
                        said.get(option.place, ""),
                        max_chars=rules.LONGEST_WORRY,
                        key=f"ballot.worry.{each.id}.{option.place}",
                    )
            sent = st.form_submit_button("Hand in my vote", type="primary")
        st.caption(
            "Your vote is secret: closing the vote erases the link between you and your ballot. "
            + (
                "That you took part is not recorded."
                if room.anonymity == "anonymous"
                else "That you took part is recorded, never how you voted."
            )
        )
    if sent:
        _hand_in(actor, each, marks, worries)


def _hand_in(
    actor: Actor, each: queries.RoundSummary, marks: tuple[int, ...], worries: dict[int, str]
) -> None:
    try:
        with shell.reading() as session:
            handed_in = ballot_from_account(
                session, actor, each.id, marks=marks, worries=worries, phone_token=shell.phone_token()
            )
        receipt = own_intake().submit(handed_in).result(PATIENCE)
    except TooSlow:
        shell.refuse(busy())
    except LabError as refusal:
        shell.refuse(refusal)
    else:
        shell.done(f"Your vote is in. Receipt: {plain(receipt)}")
