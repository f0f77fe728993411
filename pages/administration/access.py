"""Who has access: giving and taking it, roles, links for a password, and where people are signed in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import streamlit as st

from db.words import ROLES
from lab.access import commands
from lab.access.links.commands import make_link
from lab.access.links.rules import LASTS, path_of
from lab.access.queries import Person, people_with_access
from lab.access.rights import Actor
from lab.foundation.folding import fold
from lab.foundation.text import quantity
from lab.projects.commands import name_sponsor
from lab.projects.queries import sponsor_names
from pages.parts import dialogs, shell, signed_in
from pages.parts.dialogs import dialog
from pages.parts.plain import plain
from pages.parts.shell import label

PEOPLE_SHOWN: Final = 20
WHAT_ROLES_DO: Final = {
    "facilitator": "works on every project",
    "manager": "works on every project",
    "administrator": "works on every project, gives access, imports and exports",
    "sponsor": "answers what is addressed to one sponsor",
    "stakeholder": "sees what became of what they said themselves",
}
MADE: Final = "administration.link"
"""The link that was made last: whose, its address, and whether it invites."""


def render(actor: Actor) -> None:
    """Everybody with access."""
    with shell.reading() as session:
        people = people_with_access(session, actor)
    search, give = st.columns([3, 1], vertical_alignment="bottom")
    words = search.text_input(
        "Find somebody by name, address or role", max_chars=200, key="administration.find"
    )
    with give:
        if dialogs.button(
            "Give somebody access", type="primary", width="stretch", key="administration.give.open"
        ):
            _give(actor)
    _show_link()
    sought = fold(words)
    found = [each for each in people if sought in fold(f"{each.name} {each.email} {label(each.role)}")]
    shown = st.session_state.get("administration.shown", PEOPLE_SHOWN)
    if sought:
        st.caption(f"{len(found):,} of {quantity(len(people), 'person', 'people')}")
    for person in found[:shown]:
        _person(actor, person)
    if len(found) > shown and st.button(f"Show more ({len(found) - shown} left)"):
        st.session_state["administration.shown"] = shown + PEOPLE_SHOWN
        st.rerun()


def _person(actor: Actor, person: Person) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        state = " :gray-badge[No access]" if person.disabled else ""
        if not person.disabled and not person.has_password:
            state = " :gray-badge[No password yet]"
        role = label(person.role) + (f" for {plain(person.sponsor)}" if person.sponsor else "")
        st.markdown(f"**{plain(person.name)}** · {role}{state}  \n{plain(person.email)}", width="stretch")
        if person.disabled:
            if st.button("Give back", key=f"administration.enable.{person.id}") and shell.perform(
                commands.enable_account, person.id
            ):
                shell.done(f"{plain(person.email)} may sign in again.")
            return
        if dialogs.button("Change", key=f"administration.change.{person.id}"):
            _change(actor, person)
        if dialogs.button("Take away", key=f"administration.disable.{person.id}"):
            _take_away(person)


def _show_link() -> None:
    """The link that was made last, to be copied: it is shown once and kept nowhere."""
    made = st.session_state.get(MADE)
    if made is None:
        return
    name, address, purpose = made
    with st.container(border=True):
        days = LASTS[purpose].days
        st.markdown(
            f"**A link for {plain(name)}**, with which they choose their password. It is good once, for "
            f"{days} {'days' if days > 1 else 'day'}. Send it to them alone; it is not shown again."
        )
        st.code(address, language=None, wrap_lines=True)
        if st.button("I have copied it", key="administration.link.copied"):
            del st.session_state[MADE]
            st.rerun()


def _keep_link(name: str, token: str, purpose: str) -> None:
    st.session_state[MADE] = (name, shell.address() + path_of(token), purpose)


@dialog("Give somebody access")
def _give(actor: Actor) -> None:
    role = _role("administration.give.role", ROLES[0])
    with st.form("administration.give", border=False):
        name = st.text_input("Name", max_chars=200)
        email = st.text_input("E-mail address", max_chars=200)
        sponsor = _sponsor(actor, None) if role == "sponsor" else None
        st.caption("You get a link to send them. With it they choose a password of their own.")
        if not st.form_submit_button("Give access", type="primary"):
            return
        token = shell.result_of(_invite, name=name, email=email, role=role, sponsor=sponsor or "")
    if token:
        _keep_link(name, token, "invitation")
        shell.done(f"{plain(email)} may come in with the link.")


def _invite(session: Any, actor: Actor, *, sponsor: str, now: dt.datetime, **named: Any) -> str:
    sponsor_id = name_sponsor(session, actor, sponsor, now) if sponsor else None
    account_id = commands.add_account(session, actor, sponsor_id=sponsor_id, password=None, now=now, **named)
    return make_link(session, actor, account_id, now)


def _role(key: str, present: str) -> str:
    return st.selectbox(
        "Role",
        ROLES,
        index=ROLES.index(present),
        format_func=lambda each: f"{label(each)}: {WHAT_ROLES_DO[each]}",
        key=key,
    )


def _sponsor(actor: Actor, present: str | None) -> str | None:
    with shell.reading() as session:
        sponsors = list(sponsor_names(session, actor))
    return st.selectbox(
        "The sponsor they answer for",
        sponsors,
        index=sponsors.index(present) if present in sponsors else None,
        accept_new_options=True,
        placeholder="Choose one, or type a new name",
    )


@dialog("Change access")
def _change(actor: Actor, person: Person) -> None:
    st.markdown(f"**{plain(person.name)}**  \n{plain(person.email)}")
    role = _role(f"administration.role.{person.id}", person.role)
    with st.form(f"administration.role.form.{person.id}", border=False):
        sponsor = _sponsor(actor, person.sponsor) if role == "sponsor" else None
        st.caption("A change signs them out; they come back with the rights of the new role.")
        if st.form_submit_button("Change the role") and shell.perform(
            _change_role, person.id, role=role, sponsor=sponsor or ""
        ):
            shell.done(f"{plain(person.email)} is now {label(role).lower()}.")
    st.divider()
    purpose = "reset" if person.has_password else "invitation"
    what = "a new password" if person.has_password else "their password"
    st.write(f"With a link they choose {what} themselves. Links from before are no longer good.")
    if st.button(f"Make a link for {what}", key=f"administration.link.{person.id}"):
        token = shell.result_of(make_link, person.id)
        if token:
            _keep_link(person.name, token, purpose)
            dialogs.close()
            st.rerun()
    st.divider()
    signed_in.show(actor, person.id, key="administration.sessions")


def _change_role(
    session: Any, actor: Actor, account_id: uuid.UUID, *, role: str, sponsor: str, now: dt.datetime
) -> None:
    sponsor_id = name_sponsor(session, actor, sponsor, now) if sponsor else None
    commands.change_role(session, actor, account_id, role=role, sponsor_id=sponsor_id, now=now)


@dialog("Take access away")
def _take_away(person: Person) -> None:
    st.text(
        f"{person.name} is signed out everywhere at once. What they recorded stays, and access can be "
        "given back."
    )
    if st.button("Take access away", type="primary", key="administration.disable.sure") and shell.perform(
        commands.disable_account, person.id
    ):
        shell.done(f"{plain(person.email)} can no longer sign in.")
