"""The project's pulse: what people answered, answers that came in a burst, and links that ask them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from lab.foundation.text import quantity
from lab.lifecycle.thread.details import HeldAnswers, PulseSummary, held_answers, pulse_summary
from lab.workshops.room.pulse import end_pulse_links, look_at_answers, pulse_link
from pages.parts import dialogs, shell
from pages.parts.dialogs import dialog
from pages.parts.forms import day
from pages.parts.plain import Markdown
from pages.project.records import Screen

WORTH_SAYING: Final = 0.05
"""Share of answers that lie far from the others, from which on it is said."""


def render(screen: Screen) -> None:
    """The means, what to look at, and a link to ask again."""
    st.subheader("Pulse", anchor=False)
    with shell.reading() as session:
        pulse = pulse_summary(session, screen.actor, screen.head.id)
        held = held_answers(session, screen.actor, screen.head.id)
    if pulse is None:
        st.caption("Shown once at least five people have answered.")
    else:
        _means(pulse)
    for each in held:
        _burst(screen, each, pulse)
    _ask_again(screen)


def _means(pulse: PulseSummary) -> None:
    st.markdown(f"I trust this will lead to something: **{pulse.trust:.1f}** of 5")
    st.markdown(f"What I said made a difference: **{pulse.difference:.1f}** of 5")
    st.caption(f"{quantity(pulse.answers, 'answer')}, the last on {day(pulse.last_answered_on)}")
    if pulse.far_off is not None and pulse.far_off >= WORTH_SAYING:
        st.caption(f"{100 * pulse.far_off:.0f} % of all answers lie far from most of those that count.")


def _burst(screen: Screen, held: HeldAnswers, pulse: PulseSummary | None) -> None:
    """Answers that are left out until somebody looks, and the two buttons to say so."""
    with st.container(border=True, key=f"pulse-held-{held.link}"):
        st.warning(
            f"{quantity(held.answers, 'answer')} came by one link, {_when(held)}. That may be a full room, "
            "or one person with many browsers. Until you decide, they are left out of pulse and risk."
        )
        others = (
            "" if pulse is None else f" Those that count say {pulse.trust:.1f} and {pulse.difference:.1f}."
        )
        st.caption(f"They say {held.trust:.1f} and {held.difference:.1f} of 5.{others}")
        if not screen.writes:
            return
        with st.container(horizontal=True):
            if st.button("Keep them", key=f"pulse.keep.{held.link}"):
                _decide(screen, held, keep=True)
            if st.button("Leave them out", key=f"pulse.leave.{held.link}"):
                _decide(screen, held, keep=False)


def _when(held: HeldAnswers) -> Markdown:
    zone = shell.zone()
    first, last = held.first_at.astimezone(zone), held.last_at.astimezone(zone)
    between = (
        f"between {first:%H:%M} and {last:%H:%M}"
        if f"{first:%H:%M}" != f"{last:%H:%M}"
        else f"at {first:%H:%M}"
    )
    is_one_day = first.toordinal() == last.toordinal()
    return (
        f"on {first.day} {first:%B} {between}" if is_one_day else f"from {first.day} to {last.day} {last:%B}"
    )


def _decide(screen: Screen, held: HeldAnswers, *, keep: bool) -> None:
    decided = shell.perform(look_at_answers, screen.head.id, held.link, keep=keep, refresh=screen.head.id)
    if decided:
        shell.done("These answers count now." if keep else "These answers stay left out.")


def _ask_again(screen: Screen) -> None:
    """A pulse link to send to people without an account, and an end to those that are out."""
    if not screen.writes:
        return
    key = f"overview.pulse.{screen.head.id}"
    with st.container(horizontal=True):
        if st.button("Make a link that asks how it goes", key="overview.pulse.ask"):
            made = shell.result_of(pulse_link, screen.head.id)
            if made:
                st.session_state[key] = made
        if dialogs.button("End the links that are out", key="overview.pulse.end", type="tertiary"):
            _end(screen, key)
    if key in st.session_state:
        st.code(f"{shell.address()}/pulse/{st.session_state[key]}", language=None, wrap_lines=True)
        st.caption(
            "Good for 30 days, or until you end it, without an account. Each browser answers once and may "
            "change its answers. Many answers at once wait until you have looked at them."
        )


@dialog("End the links that are out")
def _end(screen: Screen, key: str) -> None:
    st.write(
        "Whoever opens one from then on reads that it has ended, for good. What people have answered stays, "
        "and you can make a new link."
    )
    if st.button("End them", type="primary", key="overview.pulse.end.sure"):
        st.session_state.pop(key, None)
        if shell.perform(end_pulse_links, screen.head.id):
            shell.done("The links have ended. What people have answered stays.")
