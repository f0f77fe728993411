"""Administration: accounts, import of registers, and export of the whole lab."""

from __future__ import annotations

from typing import Final

import streamlit as st

from lab.access import commands
from lab.access.queries import lab_facts
from lab.access.rights import Actor, require
from lab.access.sessions.rules import HOURS, IDLE_MINUTES
from lab.exchange.withheld import kept_back
from lab.foundation import clock
from pages.administration import access, audit, backups, network, polis, register
from pages.parts import shell
from pages.parts.plain import plain

PARTS: Final = {
    "access": "Access",
    "audit": "Who did what",
    "lab": "The lab",
    "register": "Take in a register",
    "polis": "Polis",
    "export": "Take everything out",
}


def render() -> None:
    """The chosen part of administration."""
    actor = shell.actor()
    require(actor, "lab.administer")
    st.title("Administration", anchor=False)
    part = st.segmented_control(
        "Part of administration",
        list(PARTS),
        format_func=PARTS.__getitem__,
        default="access",
        required=True,
        key="administration.part",
        label_visibility="collapsed",
    )
    if part == "register":
        register.render(actor)
    elif part == "polis":
        polis.render(actor)
    elif part == "export":
        _export(actor)
    elif part == "audit":
        audit.render(actor)
    elif part == "lab":
        _lab(actor)
    else:
        access.render(actor)


def _lab(actor: Actor) -> None:
    with shell.reading() as session:
        lab = lab_facts(session)
    zones = clock.zone_names()
    present = lab.time_zone if lab else "UTC"
    st.write(
        "The lab's days begin at midnight in its time zone. It decides what is due today, late or in the "
        "future, on every screen and in every calendar entry. Recorded dates don't change."
    )
    with st.form("administration.time_zone", border=False):
        chosen = st.selectbox("Time zone", zones, index=zones.index(present) if present in zones else None)
        if st.form_submit_button("Save", type="primary") and shell.perform(
            commands.set_time_zone, time_zone=chosen or ""
        ):
            shell.done(f"The lab's days now begin at midnight in {plain(chosen or '')}.")
    st.divider()
    network.render()
    st.divider()
    st.subheader("Signing out", anchor=False)
    st.write(
        "People are signed out when they have not used the lab for a while, and after some hours in any "
        "case. A screen that refreshes itself, such as a workshop's, counts as used."
    )
    with st.form("administration.sessions", border=False):
        idle = st.number_input(
            "Minutes without use", *IDLE_MINUTES, value=lab.session_idle_minutes if lab else None, step=15
        )
        hours = st.number_input("Hours in any case", *HOURS, value=lab.session_hours if lab else None)
        if st.form_submit_button("Save", type="primary") and shell.perform(
            commands.set_session_limits, idle_minutes=int(idle or 0), hours=int(hours or 0)
        ):
            shell.done("Sessions now end by these limits, open ones too.")
    st.divider()
    backups.render(actor)


def _export(actor: Actor) -> None:
    st.write(
        "Every record of the lab as CSV tables with a description (Frictionless Data Package), and every "
        "picture as a file beside them. Anybody can open it with a spreadsheet; no passwords are in it, but "
        "people's contact data are, so keep it as you keep the lab. That somebody took it out is recorded."
    )
    with shell.reading() as session:
        stays = kept_back(session, actor)
    for sentence in stays.sentences():
        st.info(plain(sentence))
    st.link_button("Download everything (zip)", "/export.zip", type="primary")
    st.write("To put it back, on the server and into an empty database:")
    st.code("python -m lab import followthrough.zip --database new.db", language=None)
