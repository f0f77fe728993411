"""The bar of a running workshop, which stays in sight: clock, Next, phones, people here, blank the wall."""

from __future__ import annotations

import uuid
from typing import Any, Final

import streamlit as st

from lab.foundation.disclosure import LEAST
from lab.foundation.text import quantity, shortened
from lab.voting import commands as votes
from lab.voting.queries import room_of_round, turnout
from lab.workshops.plan.queries import Plan, PlannedBlock
from lab.workshops.plan.rules import TAKES, running_time
from lab.workshops.room import commands as room_commands
from lab.workshops.room import queries as room_queries
from lab.workshops.room.queries import Standing
from lab.workshops.room.reactions import RECENT, recent_reactions
from lab.workshops.room.rules import LARGE
from lab.workshops.room.words import ON_PHONES, phones_now
from pages.components.clock import clock
from pages.parts import addresses, forms, shell, vote_rounds
from pages.parts.plain import Markdown, plain
from pages.parts.shell import label

FOLLOW_EVERY: Final = 2.0
"""Seconds between updates."""


def do(command: Any, *arguments: Any, **named: Any) -> None:
    """Run a command and draw the screen anew."""
    if shell.perform(command, *arguments, **named):
        st.rerun()


@st.fragment(run_every=FOLLOW_EVERY)
def live(plan: Plan, version: int) -> None:
    """The bar, and below it what the present block needs beside the board."""
    with shell.reading() as session:
        now = room_queries.standing(session, shell.actor(), plan.id)
        place = now.place or 0
        round_id = plan.blocks[place].block.round_id if place < len(plan.blocks) else None
        vote_state = room_of_round(session, shell.actor(), round_id).state if round_id else None
    if now.version != version or now.place is None:
        st.rerun()  # another host moved to another block
    block = plan.blocks[now.place]
    with st.container(border=True, key="console-bar"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(plain(block.block.title), anchor=False, width="content")
            until = plain(running_time(plan.begins, block.minutes_before, block.block.minutes))
            said = f"{now.place + 1} of {len(plan.blocks)} · {label(block.block.kind)} · {until}"
            st.caption(said + (f" · {plain(block.block.prompt)}" if block.block.prompt else ""))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            clock.show(now)
            _clock(plan, now)
            _lead(plan, now)
            _doors(plan, block, now)
            _hold(plan, block, now)
            _words(plan, block, now)
        st.markdown(_facts(plan, block, now, vote_state))
    _reactions(block, now)
    _standing(block, now)
    if block.block.round_id:
        _vote(block.block.round_id)


def _clock(plan: Plan, now: Standing) -> None:
    if now.paused_at is None:
        if st.button("Pause", key="console.pause", shortcut="Space"):
            do(room_commands.pause, plan.id)
    elif st.button("Go on", type="primary", key="console.resume", shortcut="Space"):
        do(room_commands.resume, plan.id)
    with st.popover("Time"):
        for minutes, words in ((-1, "−1 min"), (1, "+1 min"), (5, "+5 min")):
            if st.button(words, key=f"console.minutes.{minutes}"):
                do(room_commands.add_minutes, plan.id, minutes=minutes)
        said = st.toggle(
            "Signal at the end", now.signals_end, key=f"console.signal.{now.version}.{now.signals_end}",
            help="Wall and remote sound and turn red when the time of a block is over.",
        )  # fmt: skip
        if said != now.signals_end:
            do(room_commands.signal_end, plan.id, signals=said)


def _lead(plan: Plan, now: Standing) -> None:
    place = now.place or 0
    names = [f"{each.place + 1}. {shortened(each.block.title, 50)}" for each in plan.blocks]
    if st.button("Back", key="console.back", disabled=place == 0, shortcut="Left"):
        do(room_commands.go_to, plan.id, place=place - 1)
    is_last = place == len(plan.blocks) - 1
    following = "" if is_last else f": {plain(shortened(plan.blocks[place + 1].block.title, 24))}"
    if st.button(f"Next{following}", type="primary", key="console.next", disabled=is_last, shortcut="Right"):
        do(room_commands.go_to, plan.id, place=place + 1)
    wanted = st.selectbox(
        "Any block", range(len(names)), place, format_func=names.__getitem__,
        key=f"console.jump.{now.version}", width=170, label_visibility="collapsed",
    )  # fmt: skip
    if wanted != place:
        do(room_commands.go_to, plan.id, place=wanted)


def _doors(plan: Plan, block: PlannedBlock, now: Standing) -> None:
    """Phones open or closed, the wall shown or blank."""
    if block.block.kind in ON_PHONES and st.button(
        "Close the phones" if now.phones_open else "Open the phones", key="console.phones"
    ):
        do(room_commands.open_phones, plan.id, are_open=not now.phones_open)
    if st.button(
        "Show the wall" if now.wall_blank else "Blank the wall",
        type="primary" if now.wall_blank else "secondary", key="console.blank", shortcut="B",
        help="The wall shows the lab's name and nothing else.",
    ):  # fmt: skip
        do(room_commands.blank_wall, plan.id, is_blank=not now.wall_blank)


def _words(plan: Plan, block: PlannedBlock, now: Standing) -> None:
    """The notes on the wall, or the words that they say most."""
    if block.block.kind not in TAKES:
        return
    said = st.toggle(
        "Word cloud", now.wall_words, key=f"console.words.{now.version}.{now.wall_words}",
        help="The wall shows the words that most notes of this block say, and not the notes.",
    )  # fmt: skip
    if said != now.wall_words:
        do(room_commands.show_words, plan.id, shows=said)


def _hold(plan: Plan, block: PlannedBlock, now: Standing) -> None:
    if block.block.kind not in TAKES:
        return
    key = f"console.hold.{now.holds_notes}"
    said = st.toggle(
        "Hold notes", now.holds_notes, key=key,
        help=f"Notes wait until you let them on the wall. On by itself once more than {LARGE} are here.",
    )  # fmt: skip
    if said != now.holds_notes:
        do(room_commands.hold_notes, plan.id, holds=said)


def _facts(plan: Plan, block: PlannedBlock, now: Standing, vote_state: str | None) -> Markdown:
    """One line: join code, phones, who is here, what came in."""
    words, is_open = phones_now(block.block.kind, phones_open=now.phones_open, vote_state=vote_state)
    facts: list[Markdown] = [
        f"Join code **{plain(plan.code[:3])} {plain(plan.code[3:])}**",
        f":{'green' if is_open else 'orange'}-badge[{words}]",
        f"**{now.people:,} here**" + (f", {now.by('paper'):,} without a phone" if now.by("paper") else ""),
        *_groups(plan, now),
    ]
    if block.block.kind == "pulse":
        on_paper = f", {now.answered_on_paper} of them on paper" if now.answered_on_paper else ""
        facts.append(f"**{now.answered} answered**{on_paper}")
    elif block.block.kind != "vote":
        facts.append(f"**{quantity(now.notes, 'note')} in this block**")
    return " · ".join(facts)


def _groups(plan: Plan, now: Standing) -> list[Markdown]:
    """Each group that is here against how many were hoped for; those not here yet in one count."""
    hoped = dict(plan.invited)
    said: list[Markdown] = []
    for group in [*hoped, *sorted({each or "" for each, _, _ in now.joined} - {*hoped})]:
        people = now.of(group or None)
        if people:
            against = f" of {hoped[group]:,}" if hoped.get(group) else ""
            said.append(f"{label(group) if group else 'No group said'} {people:,}{against}")
    absent = sum(not now.of(group) for group in hoped)
    if absent:
        said.append(f"{quantity(absent, 'invited group')} not here yet")
    return said


def _reactions(block: PlannedBlock, now: Standing) -> None:
    """What phones say about how it goes, while they say it."""
    with shell.reading() as session:
        sent = recent_reactions(session, block.id, shell.now())
    if sent:
        words = " · ".join(f"**{label(word)} {number:,}**" for word, number in sent)
        st.markdown(f"On the phones in the last {RECENT.seconds // 60:d} minutes: {words}")


def _standing(block: PlannedBlock, now: Standing) -> None:
    """Where dots stand once they are counted, and when the pulse's answers are shown."""
    if block.block.kind == "pulse":
        st.caption(f"The answers are shown only from {LEAST} answers on, after the workshop.")
    if block.block.kind != "dots":
        return
    if now.phones_open:
        st.caption("Where the dots stand is shown once the phones are closed.")
    elif now.dots:
        with st.expander("Where the dots stand", expanded=True):
            for text, dots in now.dots:
                st.markdown(f"**{dots:,}** {plain(shortened(text, 100))}")


def _vote(round_id: uuid.UUID) -> None:
    with shell.reading() as session:
        room = room_of_round(session, shell.actor(), round_id)
        now = turnout(session, round_id)
    with st.container(border=True, key="console-vote"):
        badge = f":{vote_rounds.STATE_COLOUR[room.state]}-badge[{label(room.state)}]"
        st.markdown(f"**{plain(room.question)}** {badge} · {now.voted} of {now.joined:,} have voted")
        with forms.actions():
            if room.state == "draft" and st.button("Open the vote", type="primary", key="console.vote.open"):
                do(votes.open_round, round_id)
            if room.state == "open":
                with st.popover("Close the vote"):
                    st.write("Ballots that are in by now count, none after.")
                    if st.button("Close and reveal", type="primary", key="console.vote.close"):
                        do(votes.close_round, round_id, reveal=True)
                    if st.button("Close, reveal later", key="console.vote.close_only"):
                        do(votes.close_round, round_id, reveal=False)
            if room.state == "closed" and st.button("Reveal it", type="primary", key="console.vote.reveal"):
                do(votes.reveal_round, round_id)
            if st.button("The whole vote", key="console.vote.whole"):
                addresses.open_round(round_id)
