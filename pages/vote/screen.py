"""Votes: run one round from draft to result, beside the wall and the phones."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lab.access.rights import Actor
from lab.foundation.errors import LabError
from lab.foundation.language import NOT_SAID
from lab.voting import commands, queries
from lab.voting.drafting import duplicate_round
from lab.voting.queries import RoundView
from lab.voting.slips import slips_of, withdraw_slips
from pages.parts import addresses, dialogs, heads, shell, vote_rounds
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label
from pages.vote import by_hand, result

FOLLOW_EVERY = 2.0
"""Seconds between updates of joins and ballots while a round is open."""


def render() -> None:
    """The round in the address, or the newest ones."""
    actor = shell.actor()
    round_id = addresses.key_in("round")
    if round_id is None:
        _newest(actor)
        return
    try:
        with shell.reading() as session:
            room = queries.room_of_round(session, actor, round_id)
    except LabError as refusal:
        shell.refuse(refusal)
        _newest(actor)
        return
    _head(actor, room)
    if room.state == "draft":
        _draft(actor, room)
    elif room.state == "open":
        _open(room)
    else:
        _over(actor, room)


def _newest(actor: Actor) -> None:
    title, way = st.columns([3, 1], vertical_alignment="center")
    title.title("Votes", anchor=False)
    with way:
        if actor.may("vote.run") and dialogs.button(
            "Make a vote", type="primary", key="vote.new", width="stretch"
        ):
            vote_rounds.make(actor, None)
    with shell.reading() as session:
        rounds = queries.newest_rounds(session, actor)
    if not rounds:
        st.info("No vote yet. A vote shows which prototypes people prefer, and where groups agree.")
    vote_rounds.listed(rounds)


def _head(actor: Actor, room: RoundView) -> None:
    badge = f":{vote_rounds.STATE_COLOUR[room.state]}-badge[{label(room.state)}]"
    row = heads.head(
        room.question, f"{badge} {label(room.method)} · {plain(room.project)}", key="vote",
        back=lambda: addresses.open_project(room.project_id, "votes"),
    )  # fmt: skip
    if room.state != "draft":
        row.link_button("Open the wall", f"/j/{room.code}/wall")
    if room.state in ("draft", "open"):
        row.link_button("Print ballots", f"/rounds/{room.round_id}/ballots")
        row.link_button("Print a count sheet", f"/rounds/{room.round_id}/count-sheet")
        if room.state == "draft" or room.by_slip:
            row.link_button("One-time slips", f"/rounds/{room.round_id}/slips")
    if room.state == "revealed":
        row.link_button("Public result", f"/v/{room.round_id}")
    if actor.may("vote.run") and row.button(
        "Duplicate", key="vote.copy", help="A draft like it, without ballots"
    ):
        copy = shell.result_of(duplicate_round, room.round_id)
        if copy:
            addresses.open_round(copy)


def _facts(room: RoundView) -> None:
    who = ", ".join(label(each) for each in room.groups) or "anyone with the code"
    secret = (
        "no names recorded"
        if room.anonymity == "anonymous"
        else "participation of accounts recorded, not the vote"
    )
    shown = "live while people vote" if room.reveal == "live" else "hidden until the close"
    slips = " with a printed slip" if room.by_slip else ""
    st.markdown(
        f"- May vote: {who}{slips}\n- Anonymity: {secret}\n- Results: {shown}\n"
        f"- Order on the phones: {vote_rounds.ORDER_WORDS[room.option_order].lower()}\n"
        f"- Decides next: {plain(room.decides_next) or NOT_SAID}\n- The room hears by: {day(room.hear_by)}"
    )


def _draft(actor: Actor, room: RoundView) -> None:
    _facts(room)
    for option in room.options:
        bare = "" if option.picture_id else " :gray-badge[no picture]"
        st.markdown(f"{option.place + 1}. **{plain(option.title)}** {plain(option.summary)}{bare}")
    if not (room.decides_next and room.hear_by):
        st.warning("Say who decides next and by when the room will hear: a vote ends with a promise.")
    st.caption("After you open it, this can't be changed, because voters have seen it.")
    with st.container(horizontal=True):
        if st.button("Open the vote", type="primary", key="vote.open"):
            _act("The vote is open.", commands.open_round, room.round_id)
        st.link_button("Open the wall", f"/j/{room.code}/wall")
        if dialogs.button("Edit", key="vote.edit"):
            vote_rounds.edit(actor, room)
        if room.by_slip and st.button("Vote without slips", key="vote.withdraw_slips"):
            _act("All slips are worthless now.", withdraw_slips, room.round_id)
        if st.button("Throw away", key="vote.drop") and shell.perform(commands.drop_draft, room.round_id):
            addresses.open_project(room.project_id, "votes")


def _act(said: Markdown, command: Any, *arguments: Any, **named: Any) -> None:
    if shell.perform(command, *arguments, **named):
        shell.done(said)


@st.fragment(run_every=FOLLOW_EVERY)
def _turnout(room: RoundView) -> None:
    with shell.reading() as session:
        now = queries.turnout(session, room.round_id)
        is_over = queries.room_of_round(session, shell.actor(), room.round_id).state != "open"
    if is_over:
        st.rerun()
    with st.container(horizontal=True, gap="large"):
        st.metric("Joined or on paper", f"{now.joined:,}", width="content")
        st.metric("Voted", now.voted, width="content")
        st.metric("Have not voted", now.joined - now.voted, width="content")
    if room.by_slip:
        _slips(room)
    st.caption(
        f"By phone {now.of('phone')} · with an account {now.of('account')} · on paper {now.of('paper')} · "
        f"raised hands {now.of('hands')}"
    )


def _slips(room: RoundView) -> None:
    with shell.reading() as session:
        count = slips_of(session, shell.actor(), room.round_id)
    st.markdown(
        f"**Slips** {count.issued:,} made · {count.by_phone:,} used on a phone · "
        f"{count.on_paper:,} handed in on paper · {count.unused:,} unused"
    )


def _open(room: RoundView) -> None:
    st.markdown(f"Join code **{plain(room.code[:3])} {plain(room.code[3:])}**")
    _turnout(room)
    with st.container(horizontal=True):
        if dialogs.button("Close and reveal", type="primary", key="vote.close"):
            _close(room, reveal=True)
        if dialogs.button("Close, reveal later", key="vote.close_only"):
            _close(room, reveal=False)
    if room.reveal == "live":
        with st.expander("The result so far"):
            result.show(room)
    by_hand.show(room)
    with st.expander("What voters were told"):
        _facts(room)


@dialog("Close the vote")
def _close(room: RoundView, *, reveal: bool) -> None:
    st.write("Ballots that are in by now count, none after. A closed vote is never reopened.")
    if st.button("Close it", type="primary", key="vote.close.sure"):
        _act("The vote is closed.", commands.close_round, room.round_id, reveal=reveal)


def _over(actor: Actor, room: RoundView) -> None:
    if room.state == "closed":
        st.info("The result is frozen. The room does not see it yet.")
        if st.button("Reveal it to the room", type="primary", key="vote.reveal"):
            _act("The result is revealed.", commands.reveal_round, room.round_id)
    with st.container(horizontal=True):
        for words, path in (("CSV", "result.csv"), ("Picture (PNG)", "result.png"), ("Print it", "result")):
            st.link_button(words, f"/rounds/{room.round_id}/{path}", icon=":material/download:")
    if room.by_slip:
        _slips(room)
    result.show(room)
    with st.expander("What voters were told"):
        _facts(room)
    st.caption(f"Closed {day(room.closed_on)} · SHA-256 {plain(room.digest or NOT_SAID)}")
