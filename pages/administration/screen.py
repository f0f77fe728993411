"""Administration: accounts, import of registers, and export of the whole lab."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import streamlit as st

from db.words import ROLES
from lab.access import commands
from lab.access.passwords import LONGEST, SHORTEST
from lab.access.queries import Person, lab_facts, people_with_access
from lab.access.rights import Actor, require
from lab.exchange.withheld import kept_back
from lab.foundation import clock
from lab.foundation.folding import fold
from lab.projects.commands import name_sponsor
from lab.projects.queries import sponsor_names
from pages.administration import polis, register
from pages.parts import shell
from pages.parts.plain import plain
from pages.parts.shell import label

PARTS: Final = {
    "access": "Access",
    "lab": "The lab",
    "register": "Take in a register",
    "polis": "Polis",
    "export": "Take everything out",
}
PEOPLE_SHOWN: Final = 20
WHAT_ROLES_DO: Final = {
    "facilitator": "works on every project",
    "manager": "works on every project",
    "administrator": "works on every project, gives access, imports and exports",
    "sponsor": "answers what is addressed to one sponsor",
    "stakeholder": "sees what became of what they said themselves",
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
    elif part == "lab":
        _lab()
    else:
        _access(actor)


def _access(actor: Actor) -> None:
    with shell.reading() as session:
        people = people_with_access(session, actor)
    search, give = st.columns([3, 1], vertical_alignment="bottom")
    words = search.text_input(
        "Find somebody by name, address or role", max_chars=200, key="administration.find"
    )
    if give.button("Give somebody access", type="primary", width="stretch"):
        _give(actor)
    sought = fold(words)
    found = [each for each in people if sought in fold(f"{each.name} {each.email} {label(each.role)}")]
    shown = st.session_state.get("administration.shown", PEOPLE_SHOWN)
    if sought:
        st.caption(f"{len(found)} of {len(people)} people")
    for person in found[:shown]:
        _person(person)
    if len(found) > shown and st.button(f"Show more ({len(found) - shown} left)"):
        st.session_state["administration.shown"] = shown + PEOPLE_SHOWN
        st.rerun()


def _person(person: Person) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        gone = " :gray-badge[No access]" if person.disabled else ""
        role = label(person.role) + (f" for {plain(person.sponsor)}" if person.sponsor else "")
        st.markdown(f"**{plain(person.name)}** · {role}{gone}  \n{plain(person.email)}", width="stretch")
        if person.disabled:
            if st.button("Give back", key=f"administration.enable.{person.id}") and shell.perform(
                commands.enable_account, person.id
            ):
                shell.done(f"{plain(person.email)} may sign in again.")
            return
        if st.button("New password", key=f"administration.password.{person.id}"):
            _new_password(person)
        if st.button("Take away", key=f"administration.disable.{person.id}"):
            _take_away(person)


@st.dialog("Give somebody access")
def _give(actor: Actor) -> None:
    with shell.reading() as session:
        sponsors = list(sponsor_names(session, actor))
    role = st.selectbox(
        "Role",
        ROLES,
        format_func=lambda each: f"{label(each)}: {WHAT_ROLES_DO[each]}",
        key="administration.give.role",
    )
    with st.form("administration.give", border=False):
        name = st.text_input("Name", max_chars=200)
        email = st.text_input("E-mail address", max_chars=200)
        sponsor = None
        if role == "sponsor":
            sponsor = st.selectbox(
                "The sponsor they answer for",
                sponsors,
                index=None,
                accept_new_options=True,
                placeholder="Choose one, or type a new name",
            )
        password = _password()
        if st.form_submit_button("Give access", type="primary") and shell.perform(
            _add_account, name=name, email=email, role=role, password=password, sponsor=sponsor or ""
        ):
            shell.done(f"{plain(email)} may sign in. Tell them the password in person, not by e-mail.")


def _add_account(session: Any, actor: Actor, *, sponsor: str, now: dt.datetime, **named: Any) -> uuid.UUID:
    sponsor_id = name_sponsor(session, actor, sponsor, now) if sponsor else None
    return commands.add_account(session, actor, sponsor_id=sponsor_id, now=now, **named)


def _password() -> str:
    return st.text_input(
        f"Password: {SHORTEST} to {LONGEST} characters",
        type="password",
        autocomplete="new-password",
        max_chars=LONGEST,
        help="Three or four unrelated words do well.",
    )


@st.dialog("New password")
def _new_password(person: Person) -> None:
    st.text(f"{person.name} is signed out everywhere and comes back with the new password.")
    with st.form(f"administration.password.form.{person.id}", border=False):
        password = _password()
        if st.form_submit_button("Set the password", type="primary") and shell.perform(
            commands.set_password, person.id, password
        ):
            shell.done(f"{plain(person.email)} has a new password.")


@st.dialog("Take access away")
def _take_away(person: Person) -> None:
    st.text(
        f"{person.name} is signed out everywhere at once. What they recorded stays, and access can be "
        "given back."
    )
    if st.button("Take access away", type="primary", key="administration.disable.sure") and shell.perform(
        commands.disable_account, person.id
    ):
        shell.done(f"{plain(person.email)} can no longer sign in.")


def _lab() -> None:
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
